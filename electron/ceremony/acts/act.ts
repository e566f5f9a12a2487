/**
 * An act on the token. `run` is called once, after the intent is in the ledger; `find` asks the token what an
 * interrupted or failed run left behind. Neither ever repeats the act.
 */
import type { Crypto } from '../../../core/crypto.ts';
import type { Drift } from '../../../core/inventory/drift.ts';
import type { Profile } from '../../../core/lifecycle/profile.ts';
import type { KeyRecord } from '../../../core/lifecycle/replay.ts';
import type { Half } from '../../../core/lifecycle/states.ts';
import type { Outcome } from '../../../core/ledger/event.ts';
import type { Plan } from '../../../core/plan/plan.ts';
import type { OpenIntent } from '../../../core/ceremony/state.ts';
import type { Failure, Result } from '../../../core/result.ts';
import type { Hsm, TokenRef } from '../../hsm/port.ts';
import type { ReadAttributes } from './read-key.ts';
import type { CrashPoint } from '../../workstation/crash-points.ts';

export interface ActContext {
  readonly hsm: Hsm;
  readonly token: TokenRef;
  readonly crypto: Crypto;
  readonly plan: Plan;
  /** The table that the keys of the vault keep to. */
  readonly profile: Profile;
  readonly intent: OpenIntent;
  /** What the ledger says of the key acted on, before the act. */
  readonly record: KeyRecord | undefined;
  /** The bytes whose digest the intent names, where the act signs something prepared before it. */
  readonly material?: Uint8Array | undefined;
  /** Every object of the token, looked at now and compared with the ledger. */
  drift(): Promise<Result<readonly Drift[]>>;
  /** Where a test ends the process. Does nothing in a release build. */
  crash(point: CrashPoint): void;
  /** Keeps bytes in the ledger's blob store; gives their SHA-256 in hex. */
  putBlob(bytes: Uint8Array): Promise<string>;
}

/** What an act came to, as its result or recovery entry will say. */
export interface ActOutcome {
  readonly outcome: Outcome;
  readonly key?: string;
  /** SubjectPublicKeyInfo, base64 DER. */
  readonly spki?: string;
  readonly attributes?: ReadAttributes;
  readonly blobs?: string[];
  /** Objects of the key that were not found on the token. */
  readonly gone?: Half[];
  /** Findings of the intent that were not resolved, by their place there. */
  readonly left?: number[];
  /** Whether the usage attributes that the token reports enforce the state that the key now has. */
  readonly enforced?: 'device' | 'procedure';
  /** Why it did not fully succeed; goes to the screen. A refusal by a rule is recorded besides. */
  readonly failure?: Failure;
  /** What the token holds, in words; for recoveries. */
  readonly found?: string;
}

export interface ActRunner {
  run(context: ActContext): Promise<ActOutcome>;
  find(context: ActContext): Promise<ActOutcome>;
}
