/**
 * The end of a ledger at a workstation: closed for good, moved to another workstation, or succeeded by another origin.
 * Pure decisions; making the copies and signing the last head is the caller's.
 */
import type { VaultState } from '../ceremony/state.ts';
import type { EventOf, NewEntry } from '../ledger/event.ts';
import { ok, type Result } from '../result.ts';
import { refuse, type RuleId } from '../rules.ts';

export type Ended = EventOf<'ledger.ended'>['data'];
export type EndKind = Ended['kind'];

const OVER: Readonly<Record<EndKind, RuleId>> = {
  closed: 'CONTINUITY-1',
  retired: 'CONTINUITY-2',
  succeeded: 'CONTINUITY-3',
};

/** The rule that refuses whatever comes after the end of the ledger, or null while it goes on. */
export const overBy = ({ ended }: Pick<VaultState, 'ended'>): RuleId | null => (ended ? OVER[ended.kind] : null);

/** Whether exactly one administrator and one witness of the vault confirm. */
export function confirmedByBoth({ people }: Pick<VaultState, 'people'>, confirmed: readonly string[]): Result<null> {
  const roles = confirmed.map((person) => people.get(person)?.role);
  const both = roles.length === 2 && roles.includes('administrator') && roles.includes('witness');
  return both ? ok(null) : refuse('CONTINUITY-7');
}

/** Whether the ledger may end now. Asked before anyone logs in and before anything is copied. */
export function mayEnd(state: VaultState, confirmed: readonly string[]): Result<null> {
  const over = overBy(state);
  if (over) return refuse(over);
  if (state.open || state.intents.size > 0 || state.session.vault) return refuse('CONTINUITY-4');
  return confirmedByBoth(state, confirmed);
}

/** A copy as it was read back after it was written. */
export interface ReadBack {
  /** SHA-256 of its SHA256SUMS, hex. */
  readonly sums: string;
  readonly files: number;
  /** Entries and root (hex) that its journal verified to. */
  readonly size: number;
  readonly root: string;
}

/** The last entry, once both copies hold the ledger as it is. */
export function decideEnd(
  here: { readonly size: number; readonly root: string; readonly environment: VaultState['environment'] },
  kind: EndKind,
  {
    copies,
    apart,
    confirmed,
    successor,
  }: {
    readonly copies: readonly ReadBack[];
    /** Whether the copies are on two devices. A rehearsal may do without, and says so. */
    readonly apart: boolean;
    readonly confirmed: readonly string[];
    readonly successor?: string;
  },
): Result<NewEntry> {
  if (copies.length !== 2 || (!apart && here.environment === 'production')) return refuse('CONTINUITY-5');
  const [first, second] = copies;
  const same = copies.every(({ size, root }) => size === here.size && root === here.root);
  if (!same || first!.sums !== second!.sums) return refuse('CONTINUITY-6');
  const data: Ended = {
    kind,
    size: here.size,
    root: here.root,
    copies: copies.map(({ sums, files }) => ({ sums, files })),
    apart,
    confirmed: [...confirmed],
    ...(successor === undefined ? {} : { successor }),
  };
  const person = confirmed.find((one) => one.startsWith('administrator-'));
  return ok({
    event: { type: 'ledger.ended', data },
    ceremony: null,
    actor: { role: 'administrator', ...(person === undefined ? {} : { person }) },
  });
}
