import { fork } from 'node:child_process';
import type { HostExit, HostProcess } from './host-process.ts';

/**
 * A host as a Node child process, for tests and the command line. The child gets only the environment named here, so
 * that no preload or option of the surrounding shell reaches it.
 *
 * @param entry Absolute path of the host's bundled JavaScript.
 */
export function nodeHost(entry: string, env: Readonly<Record<string, string>> = {}): HostProcess {
  const child = fork(entry, [], { serialization: 'advanced', execArgv: [], env: { ...env }, stdio: 'ignore' });
  let ended: HostExit | undefined;
  const exitListeners: ((exit: HostExit) => void)[] = [];
  const end = (exit: HostExit) => {
    if (ended !== undefined) return;
    ended = exit;
    for (const listener of exitListeners.splice(0)) listener(exit);
  };
  child.once('exit', (code, signal) => {
    end({ code, signal });
  });
  child.on('error', () => {
    // A failed start has no exit event; a failed send or kill of a running child has one later.
    if (child.pid === undefined) end({ code: null, signal: null });
  });
  return {
    get pid() {
      return ended === undefined ? child.pid : undefined;
    },
    post(message) {
      // A channel that is closed reports through the callback; the exit that closed it is what the owner hears of.
      if (child.connected) child.send(message as never, () => undefined);
    },
    onMessage(listener) {
      child.on('message', listener);
    },
    onExit(listener) {
      if (ended === undefined) exitListeners.push(listener);
      else queueMicrotask(() => listener(ended!));
    },
    kill() {
      if (ended === undefined) child.kill('SIGKILL');
    },
  };
}
