/**
 * A process that the privileged process starts, owns and alone can talk to: the HSM host and the credential host.
 * In the application it is an Electron utilityProcess, in tests and on the command line a Node child process. Both
 * sides exchange plain data by the structured clone algorithm, so bytes stay Uint8Array.
 */

/** The owner's side. */
export interface HostProcess {
  /** Undefined until the operating system has started it. */
  readonly pid: number | undefined;
  /** The message is copied before this returns, so that the caller may zero its secrets at once. Never throws. */
  postMessage(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /**
   * Called once, also where the process could not be started, with the reason in words, such as `signal SIGKILL` or
   * `exit code 1`. Electron's utilityProcess reports no signals, only codes.
   */
  onExit(listener: (reason: string) => void): void;
  /** Ends it at once (SIGKILL), whatever it is doing. `onExit` is still called. */
  kill(): void;
}

/** Starts one host. */
export type SpawnHost = () => HostProcess;

/** The host's own side of the same channel. */
export interface OwnerPort {
  postMessage(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}
