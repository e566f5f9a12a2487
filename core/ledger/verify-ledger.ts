/**
 * The verification of a whole ledger: one pass over the journal, then the heads, disclosures and documents beside it. The
 * command line and the application run this same code, each with its own way to the files.
 */
import { hex } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { beforeCheck, noneBefore, notGiven, type Beginning } from './before.ts';
import { documentsOf } from './documents.ts';
import {
  BLOB_FINDINGS,
  CLOCK_FINDINGS,
  JOURNAL_FINDINGS,
  RECEIPT_FINDINGS,
  type BlobFinding,
  type Finding,
} from './findings.ts';
import { emptyRoot, type Hash } from './merkle.ts';
import { formatVkey, parseVkey, type VerifierKey } from './note.ts';
import type { LedgerCheck, LedgerFinding, LedgerReport } from './report.ts';
import type { JournalSummary } from './verify-journal.ts';
import { RULES } from '../rules.ts';
import { judgeReceipt, judgeStored, readStored, type Head } from './heads.ts';
import { walkJournal, type LedgerSource, type Walk } from './walk.ts';

export interface VerifyOptions {
  /** The key of the log, from outside the ledger. */
  readonly logKey?: VerifierKey;
  /** Keys of people and witnesses who cosign. A bad signature of one of them refuses the head that carries it. */
  readonly cosigners?: readonly VerifierKey[];
  readonly receipts?: readonly Head[];
  /** The ledger that this one goes on from. */
  readonly before?: LedgerSource;
  /** Called every few entries with how many are checked. */
  readonly progress?: (done: number) => void;
}

/** What the entries say about the ledger itself. */
interface Named {
  /** Heads that others have signed, as the entries say. */
  readonly cosigned: { readonly seq: number; readonly size: number; readonly root: string }[];
  /** Entries that restored the ledger from a copy, and with how many receipts. */
  readonly restored: { readonly seq: number; readonly receipts: number }[];
  environment: string | null;
  origin: string | null;
  vkey: string | null;
  begins: Beginning | null;
}

/** Entries between two words about the progress. */
const SLICE = 500;

export async function verifyLedger(
  crypto: Crypto,
  source: LedgerSource,
  options: VerifyOptions = {},
): Promise<LedgerReport> {
  const stored = readStored(source.checkpoints());
  const receipts = options.receipts ?? [];
  const wanted = new Set([...stored, ...receipts].map(({ says }) => says?.size));
  const roots = new Map<number, Hash>([[0, emptyRoot(crypto)]]);
  const named: Named = { cosigned: [], restored: [], environment: null, origin: null, vkey: null, begins: null };

  const names = source.blobs().filter((name) => /^[0-9a-f]{64}$/.test(name));
  const documents = new Map<string, number>();

  const walk = walkJournal(crypto, source, ({ entry }, _disclosures, verifier) => {
    named.environment ??= entry.environment;
    if (entry.type === 'ledger.continued' && entry.seq === 0) {
      named.begins = { continued: entry.data, environment: entry.environment, at: Date.parse(entry.clock.wall) };
    }
    if (entry.type === 'vault.created') named.origin ??= entry.data.origin;
    if (entry.type === 'genesis.sealed') named.vkey ??= entry.data.vkey;
    if (entry.type === 'checkpoint.cosigned') named.cosigned.push({ seq: entry.seq, ...entry.data });
    if (entry.type === 'ledger.restored') named.restored.push({ seq: entry.seq, receipts: entry.data.receipts.length });
    // A copy without any documents withholds them; what entries name is then of no use.
    for (const name of names.length > 0 ? documentsOf(entry) : [])
      if (!documents.has(name)) documents.set(name, entry.seq);
    if (wanted.has(verifier.size)) roots.set(verifier.size, verifier.root());
    if (verifier.size % SLICE === 0) options.progress?.(verifier.size);
  });

  const { verifier, failure } = walk;
  const ownKey = named.vkey === null ? null : parseVkey(crypto, named.vkey);
  const logKey = options.logKey ?? (ownKey?.ok === true ? ownKey.value : null);
  const complete = failure === null || failure.policy === 'JOURNAL-17';
  const known = { size: verifier.size, roots, complete, logKey, cosigners: options.cosigners ?? [] };
  const { check: checkpoints, sealed } = await judgeStored(crypto, stored, known);
  const checks = [
    ...entryChecks(walk, complete, complete ? cosignedElsewhere(crypto, source, named, roots) : null),
    checkpoints,
    keyCheck(options.logKey, named.vkey),
    ...(await Promise.all(receipts.map((head) => judgeReceipt(crypto, head, known)))),
    ...(receipts.length === 0 ? [noReceipt] : []),
    ...(await linkChecks(crypto, source, named, options)),
    restoredCheck(named),
    disclosureCheck(walk),
    blobCheck(source, names, documents),
    clockCheck(verifier.summary()),
  ];
  return {
    v: 1,
    folder: source.folder,
    passed: checks.every(({ result }) => result !== 'FAIL'),
    environment: named.environment,
    origin: named.origin ?? logKey?.name ?? null,
    size: verifier.size,
    root: hex(verifier.root()),
    sealed,
    checks,
    findings: findingsOf(checks, verifier.summary()),
  };
}

function findingsOf(checks: readonly LedgerCheck[], { findings }: JournalSummary): LedgerFinding[] {
  const named = (result: LedgerCheck['result']): LedgerFinding[] =>
    checks.flatMap(({ id, policy, found, ...check }) =>
      check.result === result && policy !== null ? [{ id: policy, check: id, what: found }] : [],
    );
  const jumps = findings.map((finding): LedgerFinding => ({
    id: finding.id,
    check: 'ledger.clocks',
    what: jump(finding),
  }));
  return [...named('FAIL'), ...named('NOTE'), ...jumps];
}

/** Whether this ledger goes on from another one, and from the one that was given. */
async function linkChecks(
  crypto: Crypto,
  source: LedgerSource,
  { begins, origin }: Named,
  { before, cosigners = [] }: VerifyOptions,
): Promise<LedgerCheck[]> {
  if (before === undefined) return [begins ? notGiven(begins) : noneBefore];
  const report = await verifyLedger(crypto, before, { cosigners });
  return [await beforeCheck(crypto, { source, begins, origin: origin ?? '' }, before, report)];
}

const noReceipt: LedgerCheck = {
  id: 'ledger.receipt',
  result: 'NOT CHECKED',
  policy: null,
  found: 'No receipt was given. Only a receipt from outside shows that entries at the end were cut off or replaced.',
};

/** The first recorded cosignature over a head that these entries do not have, or null. */
function cosignedElsewhere(
  crypto: Crypto,
  source: LedgerSource,
  { cosigned }: Named,
  roots: Map<number, Hash>,
): Named['cosigned'][number] | null {
  // Nearly always the checkpoint is stored. Where it is not, the entries are gone through once more for its root.
  const unknown = new Set(cosigned.map(({ size }) => size).filter((size) => !roots.has(size)));
  if (unknown.size > 0) {
    walkJournal(crypto, source, (_line, _disclosures, verifier) => {
      if (unknown.has(verifier.size)) roots.set(verifier.size, verifier.root());
    });
  }
  const agrees = ({ seq, size, root }: Named['cosigned'][number]): boolean =>
    size <= seq && hex(roots.get(size) ?? new Uint8Array()) === root;
  return cosigned.find((one) => !agrees(one)) ?? null;
}

/** Of a ledger that was taken from a copy: whether receipts were shown then, each time. */
function restoredCheck({ restored }: Named): LedgerCheck {
  const id = 'ledger.restored';
  if (restored.length === 0)
    return { id, result: 'NOT CHECKED', policy: null, found: 'This ledger was never taken from a copy.' };
  const bare = restored.filter(({ receipts }) => receipts === 0);
  const at = (list: readonly { readonly seq: number }[]) => list.map(({ seq }) => `entry ${seq}`).join(', ');
  return bare.length > 0
    ? { id, result: 'NOTE', policy: 'CONTINUITY-13', found: `${RULES['CONTINUITY-13'].message} It is ${at(bare)}.` }
    : { id, result: 'PASS', policy: null, found: `Taken from a copy, with receipts: ${at(restored)}.` };
}

function entryChecks(
  { verifier, failure }: Walk,
  complete: boolean,
  elsewhere: Named['cosigned'][number] | null,
): LedgerCheck[] {
  const { size, openIntents } = verifier.summary();
  const entries: LedgerCheck = elsewhere
    ? {
        id: 'ledger.entries',
        result: 'FAIL',
        policy: 'JOURNAL-19',
        found: `Entry ${elsewhere.seq}: ${JOURNAL_FINDINGS['JOURNAL-19']} It covers ${elsewhere.size} entries.`,
      }
    : complete
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

const some = (hashes: readonly string[]): string =>
  `${hashes.slice(0, SHOWN).join(', ')}${hashes.length > SHOWN ? ` and ${hashes.length - SHOWN} more` : ''}`;

/** `named`: the documents that entries name, each with the first entry that does. */
function blobCheck(source: LedgerSource, names: readonly string[], named: ReadonlyMap<string, number>): LedgerCheck {
  const id = 'ledger.blobs';
  if (names.length === 0) return { id, result: 'NOT CHECKED', policy: null, found: 'There are none in this copy.' };
  const here = new Set(names);
  const altered = names.filter((name) => source.blobSha256(name) !== name);
  const missing = [...named].filter(([name]) => !here.has(name)).map(([name, seq]) => `${name} (entry ${seq})`);
  const unnamed = names.filter((name) => !named.has(name));
  const of = (policy: BlobFinding, hashes: readonly string[]): string[] =>
    hashes.length === 0 ? [] : [`${BLOB_FINDINGS[policy]} (${policy}: ${some(hashes)})`];
  const found = [...of('BLOB-1', altered), ...of('BLOB-2', missing), ...of('BLOB-3', unnamed)].join(' ');
  if (altered.length > 0) return { id, result: 'FAIL', policy: 'BLOB-1', found };
  if (missing.length > 0) return { id, result: 'NOTE', policy: 'BLOB-2', found };
  if (unnamed.length > 0) return { id, result: 'NOTE', policy: 'BLOB-3', found };
  return { id, result: 'PASS', policy: null, found: `${names.length} documents, each named by an entry.` };
}

/** How many places of a kind are named one by one. */
const SHOWN = 5;

const jump = ({ id, seq, milliseconds }: Finding): string =>
  `Entry ${seq}: ${CLOCK_FINDINGS[id]}${milliseconds === 0 ? '' : ` By ${Math.abs(milliseconds).toLocaleString('en')} ms.`}`;

function clockCheck({ findings, found }: JournalSummary): LedgerCheck {
  const id = 'ledger.clocks';
  if (findings.length === 0) return { id, result: 'PASS', policy: null, found: 'No jumps.' };
  const listed = findings.slice(0, SHOWN).map((finding) => `${jump(finding)} (${finding.id})`);
  const more = found > SHOWN ? [`And ${found - SHOWN} more.`] : [];
  return { id, result: 'NOTE', policy: null, found: [...listed, ...more].join(' ') };
}
