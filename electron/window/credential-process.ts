import { utilityProcess } from 'electron';
import type { HostExit, HostProcess, SpawnHost } from '../process/host-process.ts';

/**
 * A host as an Electron utilityProcess. It gets only the environment named here. Electron reports an exit code and no
 * signal, and its own `kill` asks politely (SIGTERM), so the operating system is asked instead.
 *
 * @param entry Absolute path of the host's bundled JavaScript.
 * @param name As the process is listed, such as `Conclave credential host`.
 */
export function spawnUtilityHost(entry: string, name: string, env: Readonly<Record<string, string>> = {}): HostProcess {
  const child = utilityProcess.fork(entry, [], { serviceName: name, stdio: 'ignore', env: { ...env } });
  let ended: HostExit | undefined;
  let killed = false;
  const exitListeners: ((exit: HostExit) => void)[] = [];
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
    ended = { code, signal: null };
    for (const listener of exitListeners.splice(0)) listener(ended);
  });
  return {
    get pid() {
      return ended === undefined ? child.pid : undefined;
    },
    post(message) {
      if (ended === undefined) child.postMessage(message);
    },
    onMessage(listener) {
      child.on('message', listener);
    },
    onExit(listener) {
      if (ended === undefined) exitListeners.push(listener);
      else queueMicrotask(() => listener(ended!));
    },
    kill() {
      // Before it runs there is no process to end; the `spawn` event then does it.
      killed = true;
      killNow();
    },
  };
}

/** Starts one credential host a call, as custody/client.ts wants it. */
export const credentialProcess =
  (entry: string): SpawnHost =>
  () =>
    spawnUtilityHost(entry, 'Conclave credential host');
