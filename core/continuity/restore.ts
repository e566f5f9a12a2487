/**
 * Whether a copy may take the place of a lost ledger: it has to be whole, of the vault whose token is connected, and not
 * behind the head on that token or any receipt that people bring.
 */
import { equal, hex } from '../bytes.ts';
import type { EventOf, NewEntry } from '../ledger/event.ts';
import type { AnchorVerdict } from '../ledger/anchor.ts';
import type { Hash } from '../ledger/merkle.ts';
import { fail, ok, type Failure, type Result } from '../result.ts';
import { refusal, refuse } from '../rules.ts';
import type { VaultState } from '../ceremony/state.ts';
import { confirmedByBoth } from './end.ts';

/** A receipt whose signature by the log key was verified. */
export interface PresentedReceipt {
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
  readonly size: number;
  readonly root: Hash;
}

export interface Copied {
  readonly sums: string;
  readonly size: number;
  readonly rootAt: (size: number) => Hash;
}

/** Compares the copy with the receipts. CONTINUITY-9 where it is behind one, CONTINUITY-10 where it is another history. */
export function judgeReceipts({ size, rootAt }: Copied, receipts: readonly PresentedReceipt[]): Result<null> {
  const longest = Math.max(0, ...receipts.map((receipt) => receipt.size));
  if (longest > size) return refuse('CONTINUITY-9', `The copy: ${size} entries. A receipt: ${longest}.`);
  const other = receipts.find((receipt) => !equal(rootAt(receipt.size), receipt.root));
  return other ? refuse('CONTINUITY-10', `It shows at ${other.size} entries.`) : ok(null);
}

/** What the comparison with the token's head refuses, in the words of a restoration. */
export function asRestoration(error: Failure): Result<never> {
  const behind = error.policy === 'ANCHOR-1' || error.policy === 'ANCHOR-5';
  const other = error.policy === 'ANCHOR-2' || error.policy === 'ANCHOR-3' || error.policy === 'ANCHOR-4';
  if (behind) return fail(refusal('CONTINUITY-9', error.message));
  return other ? fail(refusal('CONTINUITY-10', error.message)) : fail(error);
}

/** The first entry at the new workstation. Only a ledger that goes on can be restored. */
export function decideRestore(
  state: VaultState,
  copied: Copied,
  {
    verdict,
    receipts,
    confirmed,
  }: {
    /** Null where the token keeps no head. */
    readonly verdict: AnchorVerdict | null;
    readonly receipts: readonly PresentedReceipt[];
    readonly confirmed: readonly string[];
  },
): Result<NewEntry> {
  if (state.ended?.kind === 'closed') return refuse('CONTINUITY-1');
  if (state.ended?.kind === 'succeeded') return refuse('CONTINUITY-3');
  const both = confirmedByBoth(state, confirmed);
  if (!both.ok) return both;
  const data: EventOf<'ledger.restored'>['data'] = {
    sums: copied.sums,
    size: copied.size,
    root: hex(copied.rootAt(copied.size)),
    anchor: verdict?.size ?? null,
    receipts: receipts.map(({ sha256, size }) => ({ sha256, size })),
    retired: state.ended !== null,
    confirmed: [...confirmed],
  };
  const person = confirmed.find((one) => one.startsWith('administrator-'));
  return ok({
    event: { type: 'ledger.restored', data },
    ceremony: null,
    actor: { role: 'administrator', ...(person === undefined ? {} : { person }) },
  });
}
