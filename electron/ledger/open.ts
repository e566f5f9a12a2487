/**
 * Opening a journal: everything that is on disk is verified before anything is changed, and the only change ever made
 * is to move aside a last line that a crash left unfinished.
 */
import { equal, fromUtf8, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Environment } from '../../core/ledger/entry.ts';
import type { Hash } from '../../core/ledger/merkle.ts';
import { parseCheckpoint, parseNote, verifyCheckpoint, type VerifierKey } from '../../core/ledger/note.ts';
import { journalFailure, JournalVerifier, type JournalLine } from '../../core/ledger/verify-journal.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { writeAtomically, type JournalFiles } from './files.ts';
import { checkpointSize, type Layout } from './layout.ts';
import { readSidecar } from './sidecar.ts';

/** An unfinished last line that was moved aside. */
export interface Quarantined {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface StoredCheckpoint {
  readonly size: number;
  /** The signed note, verbatim. */
  readonly note: string;
}

export interface Opened {
  readonly verifier: JournalVerifier;
  readonly lines: JournalLine[];
  readonly disclosures: Map<number, readonly string[]>;
  /** By size. */
  readonly checkpoints: Map<number, StoredCheckpoint>;
  readonly quarantined: readonly Quarantined[];
}

export interface OpenPorts {
  readonly files: JournalFiles;
  readonly crypto: Crypto;
  readonly environment: Environment;
  readonly logKey: VerifierKey | undefined;
}

/**
 * Where the unfinished tail begins: after the last newline, or before a last line with a zero byte in it, which is what
 * a file system shows of blocks it never wrote. Entries are JSON and never hold one.
 */
export function tailStart(bytes: Uint8Array): number {
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end === 0) return 0;
  const last = end === 1 ? 0 : bytes.lastIndexOf(0x0a, end - 2) + 1;
  return bytes.subarray(last, end).includes(0) ? last : end;
}

/** Reads and verifies the whole folder. Rejects where the disk fails. */
export async function openVerified(at: Layout, ports: OpenPorts): Promise<Result<Opened>> {
  const { files, crypto } = ports;
  const bytes = (await files.read(at.journal)) ?? new Uint8Array();
  const tail = tailStart(bytes);

  const stored = await readCheckpoints(at, ports);
  if (!stored.ok) return stored;
  const roots = new Map<number, Hash>();

  const verifier = new JournalVerifier(crypto);
  const lines: JournalLine[] = [];
  for (let start = 0; ;) {
    if (stored.value.has(verifier.size)) roots.set(verifier.size, verifier.root());
    if (start >= tail) break;
    const end = bytes.indexOf(0x0a, start);
    const line = verifier.push(bytes.subarray(start, end));
    if (!line.ok) return line;
    if (line.value.entry.environment !== ports.environment) return fail(journalFailure('JOURNAL-8', verifier.size - 1));
    lines.push(line.value);
    start = end + 1;
  }

  const checkpoints = new Map<number, StoredCheckpoint>();
  for (const [size, { note, root }] of stored.value) {
    const actual = roots.get(size);
    if (!actual) return fail(journalFailure('JOURNAL-10', null, `The checkpoint covers ${size} of ${lines.length}.`));
    if (!equal(actual, root))
      return fail(journalFailure('JOURNAL-11', null, `It is the checkpoint of ${size} entries.`));
    checkpoints.set(size, { size, note });
  }

  const beside = (await files.read(at.disclosures)) ?? new Uint8Array();
  const sidecar = readSidecar(
    crypto,
    beside,
    lines.map((line) => line.entry),
  );
  if (typeof sidecar === 'number') return fail(journalFailure('JOURNAL-12', sidecar));

  // Everything is as it should be; only now is the disk changed.
  await files.makeFolder(at.quarantine);
  await moveAside(at, ports, at.journal, bytes, tail, 'journal');
  await moveAside(at, ports, at.disclosures, beside, sidecar.length, 'disclosures');
  const quarantined = await unreported(at, files, lines);
  return ok({ verifier, lines, disclosures: new Map(sidecar.bySeq), checkpoints, quarantined });
}

/** Checkpoints by size, each well-formed, named after its size and, where the key is known, signed by the log. */
async function readCheckpoints(
  at: Layout,
  { files, crypto, logKey }: OpenPorts,
): Promise<Result<Map<number, { note: string; root: Hash }>>> {
  const found = new Map<number, { note: string; root: Hash }>();
  for (const name of await files.list(at.checkpoints)) {
    const size = checkpointSize(name);
    if (size === null) continue;
    const note = fromUtf8((await files.read(at.checkpoint(size))) ?? new Uint8Array());
    const parsed = note === null ? null : await readCheckpoint(crypto, note, logKey);
    if (note === null || !parsed?.ok || parsed.value.size !== size)
      return fail(journalFailure('JOURNAL-9', null, `It is the checkpoint of ${size} entries.`));
    found.set(size, { note, root: parsed.value.root });
  }
  return ok(found);
}

/** Reads a checkpoint note and, where the log's key is given, believes it only when that key signed it. */
export async function readCheckpoint(crypto: Crypto, note: string, logKey: VerifierKey | undefined) {
  if (logKey) return verifyCheckpoint(crypto, note, logKey);
  const parsed = parseNote(note);
  return parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
}

/** Keeps what follows `from` in the quarantine folder, then cuts it off. Done again after a crash, it does the same. */
async function moveAside(
  at: Layout,
  { files, crypto }: OpenPorts,
  path: string,
  bytes: Uint8Array,
  from: number,
  what: 'journal' | 'disclosures',
): Promise<void> {
  const tail = bytes.slice(from);
  if (tail.length === 0) return;
  await writeAtomically(files, `${at.quarantine}/${what}-${from}-${hex(crypto.sha256(tail))}.tail`, tail);
  const file = await files.open(path, 'append');
  try {
    await file.truncate(from);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Journal tails in the quarantine that no entry speaks of yet: also those of a start that crashed before its entry. */
async function unreported(at: Layout, files: JournalFiles, lines: readonly JournalLine[]): Promise<Quarantined[]> {
  const reported = lines.flatMap(({ entry }) => (entry.type === 'ledger.tail-quarantined' ? [entry.data.sha256] : []));
  const found: Quarantined[] = [];
  for (const name of (await files.list(at.quarantine)).sort()) {
    const [, sha256] = /^journal-\d+-([0-9a-f]{64})\.tail$/.exec(name) ?? [];
    if (sha256 === undefined) continue;
    const mentioned = reported.indexOf(sha256);
    if (mentioned >= 0) reported.splice(mentioned, 1);
    else found.push({ bytes: ((await files.read(`${at.quarantine}/${name}`)) ?? new Uint8Array()).length, sha256 });
  }
  return found;
}
