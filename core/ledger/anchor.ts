/**
 * The head that the token keeps, compared with the ledger on disk. It shows when the disk alone was set back, cut off or
 * forked. It does not show when disk and token were set back together, or what someone with the PIN can forge.
 *
 * Entries are of two kinds. Most change nothing on the token and use no key: they may be made while nobody is logged in,
 * and are chained only until the next head. Entries about the token may follow the last head one at most: the one that a
 * power cut left between its place on disk and its head.
 */
import { equal, fromUtf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { fail, ok, type Failure, type Result } from '../result.ts';
import { refusal, type RuleId } from '../rules.ts';
import type { Entry } from './entry.ts';
import type { EventType } from './event.ts';
import type { AnchorKind } from './fields.ts';
import type { Hash } from './merkle.ts';
import { verifyCheckpoint, type VerifierKey } from './note.ts';

/** CKA_LABEL of the data object. CKA_APPLICATION is the origin of the ledger. */
export const ANCHOR_LABEL = 'conclave-head';

const CHAINED_ONLY: ReadonlySet<EventType> = new Set<EventType>([
  'workstation.started',
  'clock.read',
  'ledger.tail-quarantined',
  'plan.frozen',
  'step.done',
  'exception.recorded',
  'approval.given',
  'approval.declined',
  'command.refused',
  'session.opened',
  'session.refused',
  'session.closed',
  'hsm.lost',
  'calls.reconciled',
  'inventory.taken',
  'token.enforcement',
  'ledger.ended',
  'checkpoint.cosigned',
  'receipt.given',
  'receipt.presented',
  'receipt.skipped',
  'evidence.exported',
  'ceremony.closed',
]);

/**
 * Whether an entry is about an effect on the token or the use of a key, so that it is only ever made with the token at
 * hand. An outcome that is recorded as unknown claims nothing: people may end an act so when the token is gone.
 */
export const hasEffect = (entry: Entry): boolean =>
  !CHAINED_ONLY.has(entry.type) && !(entry.type === 'act.recovered' && entry.data.outcome === 'unknown');

/** A head that was found on the token and is signed by the log key. */
export interface Anchor {
  readonly size: number;
  readonly root: Hash;
  /** The signed note, verbatim. */
  readonly note: string;
}

export interface FoundAnchors {
  readonly anchors: readonly Anchor[];
  /** Values under the anchor's name that are no head of this ledger signed by its key. */
  readonly foreign: number;
}

/** Sorts the values of the data objects into heads of this ledger and others. Two objects with one value are two. */
export async function readAnchors(
  crypto: Crypto,
  values: readonly Uint8Array[],
  logKey: VerifierKey,
): Promise<FoundAnchors> {
  const anchors: Anchor[] = [];
  for (const value of values) {
    const checkpoint = await verifyCheckpoint(crypto, value, logKey);
    if (!checkpoint.ok) continue;
    const { size, root } = checkpoint.value;
    anchors.push({ size, root, note: fromUtf8(value) ?? '' });
  }
  return { anchors, foreign: values.length - anchors.length };
}

/** The ledger on disk, as far as it is compared. */
export interface LedgerOnDisk {
  readonly size: number;
  /** Size of the newest stored checkpoint that the log key signed, 0 where there is none. */
  readonly checkpointed: number;
  /** The root over the first `size` entries; asked only up to `size`. */
  rootAt(size: number): Hash;
  entriesFrom(size: number): readonly Entry[];
}

/** What the token says of the ledger, where it is not refused. */
export interface AnchorVerdict {
  /**
   * `equal`: nothing follows the head. `chained-only`: entries without an effect follow it. `unsealed`: among those that
   * follow it is one about the token.
   */
  readonly state: 'equal' | 'chained-only' | 'unsealed';
  /** Entries under the newest head on the token. */
  readonly size: number;
  readonly following: number;
  /** Sequence number of the one entry about the token that follows the head. */
  readonly unsealed: number | null;
  /** Heads of this ledger on the token. Two are what a power cut leaves between making the new and destroying the old. */
  readonly heads: number;
  readonly foreign: number;
}

/** The start-up states in which the ledger is not used. */
export const ANCHOR_REFUSALS = ['ANCHOR-1', 'ANCHOR-2', 'ANCHOR-3', 'ANCHOR-4', 'ANCHOR-5'] as const satisfies RuleId[];
export type AnchorRefusal = (typeof ANCHOR_REFUSALS)[number];

export interface AnchorFailure extends Failure {
  readonly code: 'ledger';
  readonly policy: AnchorRefusal;
}

const refused = (policy: AnchorRefusal, detail?: string): Result<never, AnchorFailure> =>
  fail({ ...refusal(policy, detail), code: 'ledger', policy });

export const entries = (n: number): string => `${n} ${n === 1 ? 'entry' : 'entries'}`;

/**
 * Compares the disk with every head on the token: after a power cut there may be two, the older not yet removed. All of
 * them must be of this ledger; the largest counts. Failures are `ledger` with ANCHOR-1 to -5.
 */
export function judgeAnchor(
  disk: LedgerOnDisk,
  { anchors, foreign }: FoundAnchors,
): Result<AnchorVerdict, AnchorFailure> {
  const newest = anchors.reduce<Anchor | null>((best, one) => (best && best.size >= one.size ? best : one), null);
  if (!newest) {
    return refused('ANCHOR-4', foreign > 0 ? 'An object has its name, and is not signed by the log key.' : undefined);
  }
  const { size } = newest;
  if (disk.size < size) return refused('ANCHOR-1', `The token: ${entries(size)}. The disk: ${entries(disk.size)}.`);
  for (const anchor of anchors) {
    if (!equal(disk.rootAt(anchor.size), anchor.root))
      return refused('ANCHOR-2', `It shows at ${entries(anchor.size)}.`);
  }
  const following = disk.entriesFrom(size);
  const about = following.filter(hasEffect);
  if (about.length > 1) {
    const seqs = about.map(({ seq }) => seq);
    return refused('ANCHOR-3', `The token: ${entries(size)}. Entries ${seqs.join(', ')} came later.`);
  }
  if (disk.checkpointed > size) {
    return refused('ANCHOR-5', `The token: ${entries(size)}. The checkpoint: ${entries(disk.checkpointed)}.`);
  }
  const state = about.length === 1 ? 'unsealed' : following.length > 0 ? 'chained-only' : 'equal';
  const unsealed = about[0]?.seq ?? null;
  return ok({ state, size, following: following.length, unsealed, heads: anchors.length, foreign });
}

/** Where the comparison stands, for the screens. `none`: a ledger from before heads were kept on the token. */
export type AnchorStanding =
  | { readonly state: 'none' | 'unavailable' | 'token-absent' }
  /** `token`: whether it is known to be connected. Its head is private, so that only a login shows it. */
  | { readonly state: 'not-checked'; readonly token: 'connected' | 'not-asked' }
  | { readonly state: 'checked'; readonly at: 'start' | 'login'; readonly verdict: AnchorVerdict }
  | { readonly state: 'refused'; readonly policy: AnchorRefusal; readonly message: string };

/** Before anyone asked the token. */
export const unasked = (kind: AnchorKind | null): AnchorStanding =>
  kind === null
    ? { state: 'none' }
    : kind === 'unavailable'
      ? { state: 'unavailable' }
      : { state: 'not-checked', token: 'not-asked' };
