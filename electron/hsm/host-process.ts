/** The HSM host as the client sees it, whichever way it was started. */
export interface HostProcess {
  /** Undefined until the operating system has started it. */
  readonly pid: number | undefined;
  /** Copies the message (structured clone) before it returns. */
  postMessage(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when the process has ended for certain. */
  onExit(listener: (reason: string) => void): void;
  /** Ends the process at once, also in the middle of a native call. */
  kill(): void;
}

export type SpawnHost = () => HostProcess;
