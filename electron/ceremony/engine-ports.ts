/** What the engine needs of the workstation it runs on. */
import type { Crypto } from '../../core/crypto.ts';
import type { Result } from '../../core/result.ts';
import type { Credentials } from '../custody/credential.ts';
import type { ExportPorts } from './export.ts';

export interface EnginePorts extends ExportPorts {
  readonly crypto: Crypto;
  readonly credentials: Credentials;
  /** Interfaces that are up, other than loopback, asked anew for each decision. */
  readonly interfacesUp: () => Promise<readonly string[]>;
  readonly random: (bytes: number) => Uint8Array;
  /** The folder of a person's medium, absolute. */
  readonly mediumOf: (medium: string) => string;
  /** Says on the screen what is under way; null when it is over. */
  readonly working: (title: string | null) => void;
  /** Called when something that no entry says has changed on the screen. */
  readonly changed: () => void;
  /** Rebuilds the derived database after a ceremony. */
  readonly snapshot: () => Promise<Result<unknown>>;
}
