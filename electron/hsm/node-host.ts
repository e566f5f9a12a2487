/** The HSM host as a Node child process, for the command line and for tests. */

import { fork } from 'node:child_process';

import type { SpawnHost } from './host-process.ts';

/**
 * `entry` is the bundled host (JavaScript). `env` is added to this process's environment.
 *
 * Output of the host is discarded: some libraries write calls and their arguments, PINs included, to standard error.
 */
export const nodeHost =
  (entry: string, env: Readonly<Record<string, string>> = {}): SpawnHost =>
  () => {
    const child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
      env: { ...process.env, ...env },
    });
    let exited: string | undefined;
    const listeners: ((reason: string) => void)[] = [];
    const ended = (reason: string): void => {
      if (exited !== undefined) return;
      exited = reason;
      for (const listener of listeners) listener(reason);
    };
    child.on('exit', (code, signal) => ended(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.on('error', (error) => {
      // Also emitted when a message cannot be sent; only a process that never started ends here.
      if (child.pid === undefined)
        ended(`it could not be started (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
    });
    return {
      get pid() {
        return child.pid;
      },
      postMessage: (message) => {
        if (child.connected) child.send(message as object);
      },
      onMessage: (listener) => void child.on('message', listener),
      onExit: (listener) => {
        if (exited === undefined) listeners.push(listener);
        else listener(exited);
      },
      kill: () => void child.kill('SIGKILL'),
    };
  };
