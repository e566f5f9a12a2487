/** Signed heads of a ledger, compared with its entries: the checkpoints stored beside them, and receipts from outside. */
import { equal, hex } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { JOURNAL_FINDINGS, RECEIPT_FINDINGS, type JournalFinding, type ReceiptFinding } from './findings.ts';
import type { Hash } from './merkle.ts';
import { parseCheckpoint, parseNote, verifyCheckpoint, type Checkpoint, type VerifierKey } from './note.ts';
import type { LedgerCheck } from './report.ts';

/** A note as it was found, and what it says without being believed. Null where it is no checkpoint. */
export interface Head {
  readonly source: string;
  readonly note: Uint8Array;
  readonly says: Checkpoint | null;
}

export function readHead(source: string, note: Uint8Array): Head {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  return { source, note, says: checkpoint.ok ? checkpoint.value : null };
}

/** Checkpoints as they lie in a folder, by their file names, smallest first. One whose name is not its size counts as none. */
export const readStored = (files: Iterable<StoredNote>): Head[] =>
  [...files]
    .map(({ name, note }) => {
      const head = readHead(name, note);
      return head.says !== null && name !== `${head.says.size}.note` ? { ...head, says: null } : head;
    })
    .sort((a, b) => (a.says?.size ?? -1) - (b.says?.size ?? -1));

export interface StoredNote {
  readonly name: string;
  readonly note: Uint8Array;
}

/** What is known of the entries when heads are judged. */
export interface Known {
  readonly size: number;
  /** Roots at the sizes that heads speak of. */
  readonly roots: ReadonlyMap<number, Hash>;
  /** Whether the journal was verified to its end. */
  readonly complete: boolean;
  readonly logKey: VerifierKey | null;
  readonly cosigners: readonly VerifierKey[];
}

type Verdict = 'unsigned' | 'longer' | 'other-root' | 'not-reached' | 'right';

interface Judged {
  readonly verdict: Verdict;
  /** Names of the known cosigners whose signatures it carries. */
  readonly cosignedBy: readonly string[];
}

async function judge(crypto: Crypto, head: Head, known: Known): Promise<Judged> {
  const { says } = head;
  if (says === null) return { verdict: 'unsigned', cosignedBy: [] };
  let cosignedBy: readonly string[] = [];
  if (known.logKey !== null) {
    const verified = await verifyCheckpoint(crypto, head.note, known.logKey, known.cosigners);
    if (!verified.ok) return { verdict: 'unsigned', cosignedBy };
    cosignedBy = verified.value.signedBy.filter((key) => key !== known.logKey).map(({ name }) => name);
  }
  const root = known.roots.get(says.size);
  if (root === undefined) return { verdict: known.complete ? 'longer' : 'not-reached', cosignedBy };
  return { verdict: equal(root, says.root) ? 'right' : 'other-root', cosignedBy };
}

const FOUND: Readonly<Record<'stored' | 'receipt', Partial<Record<Verdict, JournalFinding | ReceiptFinding>>>> = {
  stored: { unsigned: 'JOURNAL-9', longer: 'JOURNAL-10', 'other-root': 'JOURNAL-11' },
  receipt: { unsigned: 'RECEIPT-3', longer: 'RECEIPT-1', 'other-root': 'RECEIPT-2' },
};

const SENTENCES: Readonly<Record<string, string>> = { ...JOURNAL_FINDINGS, ...RECEIPT_FINDINGS };

const about = ({ source, says }: Head, { size }: Known): string =>
  says === null ? source : `${source} covers ${says.size} entries with the root ${hex(says.root)}; here are ${size}.`;

/** All stored checkpoints as one check, and the size up to which the ledger is sealed. */
export async function judgeStored(
  crypto: Crypto,
  heads: readonly Head[],
  known: Known,
): Promise<{ check: LedgerCheck; sealed: number }> {
  let sealed = 0;
  let unreached = 0;
  for (const head of heads) {
    const { verdict } = await judge(crypto, head, known);
    const policy = FOUND.stored[verdict] ?? null;
    if (policy !== null) {
      const found = `${SENTENCES[policy]} ${about(head, known)}`;
      return { check: { id: 'ledger.checkpoints', result: 'FAIL', policy, found }, sealed };
    }
    if (verdict === 'not-reached') unreached++;
    else sealed = Math.max(sealed, head.says?.size ?? 0);
  }
  const right = heads.length - unreached;
  const after = known.size - sealed;
  const unsealed = after > 0 ? ` The last ${after} entries are chained and not sealed yet.` : '';
  const pending = unreached > 0 ? ` ${unreached} lie beyond the entry at which verification stopped.` : '';
  if (known.logKey === null) {
    const found = `${heads.length} stored. No log key is named in the ledger or given, so no signature was checked.${pending}`;
    return { check: { id: 'ledger.checkpoints', result: 'NOT CHECKED', policy: null, found }, sealed: 0 };
  }
  const found = `${right} of ${heads.length} have the root of the entries and the signature of the log.${pending}${unsealed}`;
  return {
    check: { id: 'ledger.checkpoints', result: unreached > 0 ? 'NOT CHECKED' : 'PASS', policy: null, found },
    sealed,
  };
}

/** One check for each receipt. */
export async function judgeReceipt(crypto: Crypto, head: Head, known: Known): Promise<LedgerCheck> {
  const id = 'ledger.receipt';
  const { verdict, cosignedBy } = await judge(crypto, head, known);
  const policy = FOUND.receipt[verdict] ?? null;
  if (policy !== null) return { id, result: 'FAIL', policy, found: `${SENTENCES[policy]} ${about(head, known)}` };
  if (verdict === 'not-reached')
    return {
      id,
      result: 'NOT CHECKED',
      policy: null,
      found: `${about(head, known)} Verification stopped before that.`,
    };
  if (known.logKey === null)
    return {
      id,
      result: 'NOT CHECKED',
      policy: null,
      found: `${about(head, known)} The root agrees; without a key its signature means nothing.`,
    };
  const by = cosignedBy.length === 0 ? '' : ` Cosigned by ${cosignedBy.join(', ')}.`;
  return {
    id,
    result: 'PASS',
    policy: null,
    found: `${about(head, known)} The root agrees and the log signed it.${by}`,
  };
}
