/**
 * What the application needs of the shell it runs in. In Electron, `window/` supplies the windows, dialogs, printing and
 * host processes; tests supply Node's. Nothing behind these ports imports electron.
 */
import type { Crypto } from '../core/crypto.ts';
import type { Result } from '../core/result.ts';
import type { Input, Method, Replies } from '../contract/schema.ts';
import type { AppView } from '../contract/views.ts';
import type { Credentials } from './custody/credential.ts';
import type { Hsm } from './hsm/port.ts';
import type { LedgerClock } from './ledger/clock.ts';
import type { SpawnHost } from './process/host-process.ts';
import type { CrashPoint } from './workstation/crash-points.ts';
import type { DataFolder } from './workstation/data-folder.ts';
import type { Log } from './workstation/log.ts';

export interface ApplicationPorts {
  readonly folder: DataFolder;
  readonly software: {
    readonly name: string;
    readonly version: string;
    readonly manifest: string;
    readonly testBuild: boolean;
    /** Whether this copy may serve a production vault: a release build that its user cannot change. */
    readonly mayArm: boolean;
  };
  readonly crypto: Crypto;
  readonly clock: LedgerClock;
  readonly random: (bytes: number) => Uint8Array;
  /** A client for a new HSM host. The host process starts with the first call. */
  readonly startHsm: () => Hsm;
  readonly credentials: Credentials;
  /** Starts a process that reads the ledger. */
  readonly ledgerHost: SpawnHost;
  /** Path of sql.js's `sql-wasm.wasm`. */
  readonly sqliteWasm: string;
  readonly log: Log;
  readonly crash: (point: CrashPoint) => void;
  /** The system's open dialog; null where nothing was chosen. */
  readonly chooseFile: (title: string, extensions: readonly string[]) => Promise<string | null>;
  /** Prints a complete HTML page (no scripts) to PDF bytes, in a hidden window without rights. */
  readonly printToPdf: (html: string) => Promise<Result<Uint8Array>>;
  /** Called with a new snapshot after every change. */
  readonly changed: (view: AppView) => void;
}

/** One handler for every method of the contract. Inputs were parsed before they come here. */
export type Handlers = {
  readonly [M in Method]: (input: Input<M>) => Promise<Result<Replies[M]>>;
};

export interface Application {
  readonly handlers: Handlers;
  /** Settles when the ledger was opened, refused, or its check was stopped. It may take minutes. */
  readonly begun: Promise<void>;
  snapshot(): AppView;
  /** Records a call that was refused at the boundary (policy IPC-1), coalesced. */
  refusedCall(method: string): Promise<void>;
  /** Ends the HSM host and closes the ledger. */
  shutdown(): Promise<void>;
}

/** Begins to open the data folder's vault if there is one. Never throws; what is wrong is in the snapshot. */
export type StartApplication = (ports: ApplicationPorts) => Application;
