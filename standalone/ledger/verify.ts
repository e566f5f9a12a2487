/** `verify`: one pass over the journal, then the heads, disclosures and documents beside it. */
import { join } from 'node:path';
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { CLOCK_FINDINGS, JOURNAL_FINDINGS, RECEIPT_FINDINGS } from '../../core/ledger/findings.ts';
import { emptyRoot, type Hash } from '../../core/ledger/merkle.ts';
import { formatVkey, parseVkey, type VerifierKey } from '../../core/ledger/note.ts';
import type { LedgerCheck, LedgerReport } from '../../core/ledger/report.ts';
import type { JournalSummary } from '../../core/ledger/verify-journal.ts';
import { beforeCheck, noneBefore, notGiven, type Beginning } from './before.ts';
import { folder, mustBeLedger, namesIn, sha256Of } from './files.ts';
import { judgeReceipt, judgeStored, storedHeads, type Head } from './heads.ts';
import { walkJournal, type Walk } from './read.ts';

export interface VerifyOptions {
  /** The key of the log, from outside the ledger. */
  readonly logKey?: VerifierKey;
  /** Keys of people and witnesses who cosign. A bad signature of one of them refuses the head that carries it. */
  readonly cosigners?: readonly VerifierKey[];
  readonly receipts?: readonly Head[];
  /** The folder of the ledger that this one goes on from. */
  readonly before?: string;
}

/** What the entries say about the ledger itself. */
interface Named {
  environment: string | null;
  origin: string | null;
  vkey: string | null;
  begins: Beginning | null;
}

export async function verifyFolder(crypto: Crypto, dir: string, options: VerifyOptions = {}): Promise<LedgerReport> {
  mustBeLedger(dir);
  const stored = storedHeads(dir);
  const receipts = options.receipts ?? [];
  const wanted = new Set([...stored, ...receipts].map(({ says }) => says?.size));
  const roots = new Map<number, Hash>([[0, emptyRoot(crypto)]]);
  const named: Named = { environment: null, origin: null, vkey: null, begins: null };

  const walk = walkJournal(crypto, dir, ({ entry }, _disclosures, verifier) => {
    named.environment ??= entry.environment;
    if (entry.type === 'ledger.continued' && entry.seq === 0) {
      named.begins = { continued: entry.data, environment: entry.environment, at: Date.parse(entry.clock.wall) };
    }
    if (entry.type === 'vault.created') named.origin ??= entry.data.origin;
    if (entry.type === 'genesis.sealed') named.vkey ??= entry.data.vkey;
    if (wanted.has(verifier.size)) roots.set(verifier.size, verifier.root());
  });

  const { verifier, failure } = walk;
  const ownKey = named.vkey === null ? null : parseVkey(crypto, named.vkey);
  const logKey = options.logKey ?? (ownKey?.ok === true ? ownKey.value : null);
  const complete = failure === null || failure.policy === 'JOURNAL-17';
  const known = { size: verifier.size, roots, complete, logKey, cosigners: options.cosigners ?? [] };
  const { check: checkpoints, sealed } = await judgeStored(crypto, stored, known);
  const checks = [
    ...entryChecks(walk, complete),
    checkpoints,
    keyCheck(options.logKey, named.vkey),
    ...(await Promise.all(receipts.map((head) => judgeReceipt(crypto, head, known)))),
    ...(receipts.length === 0 ? [noReceipt] : []),
    ...(await linkChecks(crypto, dir, named, options)),
    disclosureCheck(walk),
    blobCheck(dir),
    clockCheck(verifier.summary()),
  ];
  return {
    v: 1,
    folder: dir,
    passed: checks.every(({ result }) => result !== 'FAIL'),
    environment: named.environment,
    origin: named.origin ?? logKey?.name ?? null,
    size: verifier.size,
    root: hex(verifier.root()),
    sealed,
    checks,
  };
}

/** Whether this ledger goes on from another one, and from the one that was given. */
async function linkChecks(
  crypto: Crypto,
  dir: string,
  { begins, origin }: Named,
  { before, cosigners = [] }: VerifyOptions,
): Promise<LedgerCheck[]> {
  if (before === undefined) return [begins ? notGiven(begins) : noneBefore];
  const report = await verifyFolder(crypto, before, { cosigners });
  return [await beforeCheck(crypto, { dir, begins, origin: origin ?? '' }, before, report)];
}

const noReceipt: LedgerCheck = {
  id: 'ledger.receipt',
  result: 'NOT CHECKED',
  policy: null,
  found: 'No receipt was given. Only a receipt from outside shows that entries at the end were cut off or replaced.',
};

function entryChecks({ verifier, failure }: Walk, complete: boolean): LedgerCheck[] {
  const { size, openIntents } = verifier.summary();
  const entries: LedgerCheck = complete
    ? { id: 'ledger.entries', result: 'PASS', policy: null, found: `${size} entries, one unbroken chain.` }
    : { id: 'ledger.entries', result: 'FAIL', policy: failure!.policy, found: failure!.message };
  const tail: LedgerCheck =
    failure?.policy === 'JOURNAL-17'
      ? { id: 'ledger.tail', result: 'FAIL', policy: 'JOURNAL-17', found: failure.message }
      : complete
        ? { id: 'ledger.tail', result: 'PASS', policy: null, found: 'The journal ends with a whole line.' }
        : { id: 'ledger.tail', result: 'NOT CHECKED', policy: null, found: 'Verification stopped before it.' };
  const open = openIntents.map(({ seq, act }) => `entry ${seq} (${act})`).join(', ');
  const outcomes: LedgerCheck =
    openIntents.length === 0
      ? { id: 'ledger.outcomes', result: 'PASS', policy: null, found: 'No announced act is without its outcome.' }
      : { id: 'ledger.outcomes', result: 'NOTE', policy: null, found: `Without an outcome: ${open}.` };
  return [entries, tail, outcomes];
}

function keyCheck(given: VerifierKey | undefined, own: string | null): LedgerCheck {
  const id = 'ledger.key';
  if (given === undefined) {
    const source = own === null ? 'The ledger names no log key' : `The ledger names its own log key, ${own}`;
    return { id, result: 'NOT CHECKED', policy: null, found: `${source}; none was given from outside.` };
  }
  if (own !== null && own !== formatVkey(given))
    return { id, result: 'FAIL', policy: 'RECEIPT-4', found: `${RECEIPT_FINDINGS['RECEIPT-4']} It names ${own}.` };
  return { id, result: 'PASS', policy: null, found: `The log key is ${formatVkey(given)}, as given.` };
}

function disclosureCheck({ sidecar, verifier, failure }: Walk): LedgerCheck {
  const id = 'ledger.disclosures';
  if (sidecar.wrongAt !== null) {
    const found = `Entry ${sidecar.wrongAt}: ${JOURNAL_FINDINGS['JOURNAL-12']}`;
    return { id, result: 'FAIL', policy: 'JOURNAL-12', found };
  }
  const orphan = sidecar.nextSeq;
  if (failure === null && orphan !== null && orphan >= verifier.size) {
    const found =
      `There are disclosures of entry ${orphan}, which is not here. They are written before their entry: ` +
      'the machine stopped in between, or entries were removed.';
    return { id, result: 'NOTE', policy: null, found };
  }
  if (sidecar.count === 0) return { id, result: 'NOT CHECKED', policy: null, found: 'There are none in this copy.' };
  return { id, result: 'PASS', policy: null, found: `${sidecar.count} belong to their entries.` };
}

function blobCheck(dir: string): LedgerCheck {
  const id = 'ledger.blobs';
  const { blobs } = folder(dir);
  const names = namesIn(blobs).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const wrong = names.find((name) => sha256Of(join(blobs, name)) !== name);
  if (wrong !== undefined)
    return { id, result: 'FAIL', policy: 'JOURNAL-16', found: `${JOURNAL_FINDINGS['JOURNAL-16']} It is ${wrong}.` };
  if (names.length === 0) return { id, result: 'NOT CHECKED', policy: null, found: 'There are none in this copy.' };
  return { id, result: 'PASS', policy: null, found: `${names.length} documents.` };
}

/** How many places of a kind are named one by one. */
const SHOWN = 5;

function clockCheck({ findings }: JournalSummary): LedgerCheck {
  const id = 'ledger.clocks';
  if (findings.length === 0) return { id, result: 'PASS', policy: null, found: 'No jumps.' };
  const listed = findings
    .slice(0, SHOWN)
    .map(
      ({ id: finding, seq, milliseconds }) =>
        `Entry ${seq}: ${CLOCK_FINDINGS[finding]} (${finding}, ${milliseconds} ms)`,
    );
  const more = findings.length > SHOWN ? [`And ${findings.length - SHOWN} more.`] : [];
  return { id, result: 'NOTE', policy: null, found: [...listed, ...more].join(' ') };
}
