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
import { refusal, RULES, type RuleId } from '../rules.ts';
import type { Entry } from './entry.ts';
import type { EventType } from './event.ts';
import type { AnchorKind } from './fields.ts';
import type { Hash } from './merkle.ts';
import { verifyCheckpoint, type VerifierKey } from './note.ts';

/** CKA_LABEL of the data object. CKA_APPLICATION is the origin of the ledger. */
export const ANCHOR_LABEL = 'conclave-head';

const CHAINED_ONLY: ReadonlySet<EventType> = new Set<EventType>([
  'workstation.started',
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
  readonly foreign: number;
}

const refused = (policy: RuleId, detail?: string): Result<never> =>
  fail({ ...refusal(policy, detail), code: 'ledger' } satisfies Failure);

const entries = (n: number): string => `${n} ${n === 1 ? 'entry' : 'entries'}`;

/**
 * Compares the disk with every head on the token: after a power cut there may be two, the older not yet removed. All of
 * them must be of this ledger; the largest counts. Failures are `ledger` with ANCHOR-1 to -5.
 */
export function judgeAnchor(disk: LedgerOnDisk, { anchors, foreign }: FoundAnchors): Result<AnchorVerdict> {
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
  return ok({ state, size, following: following.length, unsealed: about[0]?.seq ?? null, foreign });
}

/** Where the comparison stands, for the screens. `none`: a ledger from before heads were kept on the token. */
export type AnchorStanding =
  | { readonly state: 'none' | 'unavailable' | 'not-checked' | 'token-absent' }
  | { readonly state: 'checked'; readonly verdict: AnchorVerdict }
  | { readonly state: 'refused'; readonly policy: string; readonly message: string };

/** Before anyone asked the token. */
export const unasked = (kind: AnchorKind | null): AnchorStanding => ({
  state: kind === null ? 'none' : kind === 'unavailable' ? 'unavailable' : 'not-checked',
});

export interface AnchorWords {
  readonly state: AnchorStanding['state'] | AnchorVerdict['state'];
  readonly text: string;
  readonly policy: string | null;
}

/** The exact sentences of the screens. `chained` is the number of entries that no checkpoint covers. */
export function anchorWords(standing: AnchorStanding, chained: number): AnchorWords {
  const tail = chained === 0 ? '' : ` ${chained === 1 ? '1 entry is' : `${chained} entries are`} chained only.`;
  switch (standing.state) {
    case 'none':
      return {
        state: 'none',
        policy: null,
        text: `Anchor: none. This vault was made before heads were kept on the token.${tail}`,
      };
    case 'unavailable':
      return { state: 'unavailable', policy: 'ANCHOR-7', text: `${RULES['ANCHOR-7'].message}${tail}` };
    case 'not-checked':
      return {
        state: 'not-checked',
        policy: null,
        text: `Anchor not yet checked. The disk is compared with the head on the token at the next login.${tail}`,
      };
    case 'token-absent':
      return {
        state: 'token-absent',
        policy: null,
        text: `Anchor not checked: the token of this vault is not connected.${tail}`,
      };
    case 'refused':
      return { state: 'refused', policy: standing.policy, text: standing.message };
    case 'checked':
      return checkedWords(standing.verdict, tail);
  }
}

function checkedWords({ state, size, following, unsealed, foreign }: AnchorVerdict, tail: string): AnchorWords {
  const other = foreign > 0 ? ` ${RULES['ANCHOR-8'].message}` : '';
  const policy = unsealed !== null ? 'ANCHOR-6' : foreign > 0 ? 'ANCHOR-8' : null;
  const found =
    state === 'equal'
      ? `Anchor checked at login: the token keeps the head of ${entries(size)}, and the disk had the same.`
      : state === 'chained-only'
        ? `Anchor checked at login: the token kept the head of ${entries(size)}. ${entries(following)} without an effect on the token followed, and ${following === 1 ? 'was' : 'were'} sealed then.`
        : `Anchor checked at login: the token kept the head of ${entries(size)}. Entry ${unsealed} is about the token and had no head, as a power cut leaves it.`;
  return { state, policy, text: `${found}${other}${tail}` };
}
