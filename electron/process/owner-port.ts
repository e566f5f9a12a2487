import type { OwnerPort } from './host-process.ts';

/** What Electron adds to `process` inside a utilityProcess. */
interface UtilityPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/**
 * The channel to whoever started this process: Electron's parent port, or the IPC channel of a Node child process,
 * which ends this process when its owner goes. Null in a process that nobody started as a host.
 */
export function ownerPort(): OwnerPort | null {
  const utility = (process as unknown as { readonly parentPort?: UtilityPort | null }).parentPort;
  if (utility != null) {
    return {
      postMessage: (message) => {
        utility.postMessage(message);
      },
      onMessage: (listener) => {
        utility.on('message', (event) => {
          listener(event.data);
        });
      },
    };
  }
  if (process.send === undefined) return null;
  process.once('disconnect', () => process.exit(0));
  return {
    postMessage: (message) => {
      if (process.connected) process.send!(message);
    },
    onMessage: (listener) => {
      process.on('message', listener);
    },
  };
}
