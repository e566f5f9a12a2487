/** The HSM host as an Electron utilityProcess, which the main process starts and alone can reach. */

import { utilityProcess } from 'electron';

import type { SpawnHost } from '../hsm/host-process.ts';

/**
 * `entry` is the bundled host (JavaScript), which may lie in the application's archive.
 *
 * Output of the host is discarded: some libraries write calls and their arguments, PINs included, to standard error.
 */
export const electronHost =
  (entry: string): SpawnHost =>
  () => {
    const child = utilityProcess.fork(entry, [], { serviceName: 'Conclave HSM host', stdio: 'ignore' });
    let killed = false;
    const kill = (): void => {
      killed = true;
      // kill() of Electron sends SIGTERM, which a process inside a native call may never get to see.
      if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
    };
    child.on('spawn', () => {
      if (killed) kill();
    });
    return {
      get pid() {
        return child.pid;
      },
      postMessage: (message) => child.postMessage(message),
      onMessage: (listener) => void child.on('message', listener),
      onExit: (listener) => void child.once('exit', (code) => listener(`exit code ${code}`)),
      kill,
    };
  };
