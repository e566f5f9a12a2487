/**
 * A process that the privileged process starts, owns and alone can talk to: the HSM host and the credential host.
 * In the application it is an Electron utilityProcess, in tests and on the command line a Node child process. Both
 * sides exchange plain data by the structured clone algorithm, so bytes stay Uint8Array.
 */

/** How a host process ended. A process that was killed may have no exit code. */
export interface HostExit {
  readonly code: number | null;
  /** The signal's name, such as `SIGKILL`, where the adapter is told of it. Electron's utilityProcess is not. */
  readonly signal: string | null;
}

/** The owner's side. */
export interface HostProcess {
  /** Undefined before the process runs and after it ended. */
  readonly pid: number | undefined;
  /** The message is copied before this returns, so that the caller may zero its secrets at once. Never throws. */
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also where the process could not be started. */
  onExit(listener: (exit: HostExit) => void): void;
  /** Ends it at once (SIGKILL), whatever it is doing. `onExit` is still called. */
  kill(): void;
}

/** Starts one host. */
export type SpawnHost = () => HostProcess;

/** The host's own side of the same channel. */
export interface OwnerPort {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}
