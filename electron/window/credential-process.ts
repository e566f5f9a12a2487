import { utilityProcess } from 'electron';
import type { SpawnHost } from '../process/host-process.ts';

/**
 * A host as an Electron utilityProcess. It gets only the environment named here, and its output is discarded.
 *
 * @param entry Absolute path of the host's bundled JavaScript.
 * @param name As the process is listed, such as `Conclave credential host`.
 */
export const utilityHost =
  (entry: string, name: string, env: Readonly<Record<string, string>> = {}): SpawnHost =>
  () => {
    const child = utilityProcess.fork(entry, [], { serviceName: name, stdio: 'ignore', env: { ...env } });
    let ended: string | undefined;
    let killed = false;
    const listeners: ((reason: string) => void)[] = [];
    // Electron's own `kill` asks politely (SIGTERM), which a process in the middle of scrypt or a native call ignores.
    const killNow = () => {
      if (child.pid === undefined) return;
      try {
        process.kill(child.pid, 'SIGKILL');
      } catch {
        // It ended by itself in between.
      }
    };
    child.once('spawn', () => {
      if (killed) killNow();
    });
    child.once('exit', (code) => {
      ended = `exit code ${code}`;
      for (const listener of listeners.splice(0)) listener(ended);
    });
    return {
      get pid() {
        return child.pid;
      },
      postMessage(message) {
        if (ended === undefined) child.postMessage(message);
      },
      onMessage(listener) {
        child.on('message', listener);
      },
      onExit(listener) {
        if (ended === undefined) listeners.push(listener);
        else listener(ended);
      },
      kill() {
        // Before it runs there is no process to end; the `spawn` event then does it.
        killed = true;
        if (ended === undefined) killNow();
      },
    };
  };

/** Starts one credential host a call, as custody/client.ts wants it. */
export const credentialProcess = (entry: string): SpawnHost => utilityHost(entry, 'Conclave credential host');
