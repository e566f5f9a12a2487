import { fork } from 'node:child_process';
import type { SpawnHost } from './host-process.ts';

/**
 * A host as a Node child process, for tests and the command line. The child gets only the environment named here, so
 * that no preload or option of the surrounding shell reaches it. Its output is discarded: it might hold a secret.
 *
 * @param entry Absolute path of the host's bundled JavaScript.
 */
export const nodeHost =
  (entry: string, env: Readonly<Record<string, string>> = {}): SpawnHost =>
  () => {
    const child = fork(entry, [], {
      serialization: 'advanced',
      execArgv: [],
      env: { ...env },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    let ended: string | undefined;
    const listeners: ((reason: string) => void)[] = [];
    const end = (reason: string) => {
      if (ended !== undefined) return;
      ended = reason;
      for (const listener of listeners.splice(0)) listener(reason);
    };
    child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.on('error', (error) => {
      // A failed start has no exit event; a message that cannot be sent to a running child is no end of it.
      if (child.pid === undefined) {
        end(`it could not be started (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
      }
    });
    return {
      get pid() {
        return child.pid;
      },
      postMessage(message) {
        if (child.connected) child.send(message as object, () => undefined);
      },
      onMessage(listener) {
        child.on('message', listener);
      },
      onExit(listener) {
        if (ended === undefined) listeners.push(listener);
        else listener(ended);
      },
      kill() {
        if (ended === undefined) child.kill('SIGKILL');
      },
    };
  };
