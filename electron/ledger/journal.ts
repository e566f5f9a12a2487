/**
 * The journal: the authority of the ledger. One line an entry, `<leaf hash> <JCS leaf>`, appended, fsynced and only then
 * acknowledged. Databases, checkpoints and proofs are derived from it.
 *
 * It decides nothing about ceremonies. It does refuse an entry that would make the journal unverifiable, with the same
 * code that verifies it at the next start.
 */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { concat, equal, hex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { disclosureDigest, encodeDisclosure, SALT_BYTES } from '../../core/ledger/disclosure.ts';
import { leafBytes, leafHash, type Entry, type Environment } from '../../core/ledger/entry.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import { rootOf, type Hash } from '../../core/ledger/merkle.ts';
import type { VerifierKey } from '../../core/ledger/note.ts';
import {
  journalFailure,
  type JournalLine,
  type JournalSummary,
  type JournalVerifier,
} from '../../core/ledger/verify-journal.ts';
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import { systemClock, type LedgerClock } from './clock.ts';
import { diskFiles, isTemporary, writeAll, writeAtomically, type JournalFiles, type WritableFile } from './files.ts';
import { layout, type Layout } from './layout.ts';
import { systemProcesses, takeLock, type Lock, type Processes } from './lock.ts';
import { openVerified, readCheckpoint, type Opened, type Quarantined, type StoredCheckpoint } from './open.ts';
import { sidecarLine } from './sidecar.ts';

export interface JournalPorts {
  readonly crypto: Crypto;
  /** What every entry of this ledger says. A folder with entries of the other environment is refused. */
  readonly environment: Environment;
  /** The key of the log, from outside the ledger's folder. With it, stored checkpoints must carry its signature. */
  readonly logKey?: VerifierKey;
  readonly clock?: LedgerClock;
  readonly files?: JournalFiles;
  readonly processes?: Processes;
  readonly random?: (length: number) => Uint8Array;
}

/** An acknowledged entry: it is on the medium. */
export type AppendedEntry = JournalLine;

const io = (error: unknown): Failure => ({
  code: 'io',
  message: `The ledger's folder cannot be read or written: ${error instanceof Error ? error.message : String(error)}`,
});

const NEWLINE = utf8('\n');

const DISCLOSURE_NAME = /^[a-z][A-Za-z0-9_]{0,63}$/;

/**
 * Opens the ledger in `dir`, and makes it where there is none. Everything is verified in full first: leaf hashes, chain,
 * canonical form, root at every stored checkpoint, disclosures. `ledger` failures carry a JOURNAL id; nothing on disk
 * was changed then. `Journal.quarantined` lists unfinished lines that were moved aside and have no entry yet.
 */
export async function openJournal(dir: string, ports: JournalPorts): Promise<Result<Journal>> {
  const files = ports.files ?? diskFiles;
  const at = layout(dir);
  try {
    for (const folder of [at.checkpoints, at.blobs, at.quarantine]) await files.makeFolder(folder);
    const lock = await takeLock(files, ports.processes ?? systemProcesses(), at.lock);
    if (!lock.ok) return lock;
    const opened = await openLocked(at, files, ports, lock.value).catch((error: unknown) => fail(io(error)));
    if (!opened.ok) await lock.value.release();
    return opened;
  } catch (error) {
    return fail(io(error));
  }
}

async function openLocked(at: Layout, files: JournalFiles, ports: JournalPorts, lock: Lock): Promise<Result<Journal>> {
  const { crypto, environment, logKey } = ports;
  const opened = await openVerified(at, { files, crypto, environment, logKey });
  if (!opened.ok) return opened;
  for (const folder of [at.checkpoints, at.blobs, at.quarantine]) {
    for (const name of (await files.list(folder)).filter(isTemporary)) await files.remove(`${folder}/${name}`);
  }
  const held: WritableFile[] = [];
  try {
    for (const path of [at.journal, at.disclosures]) {
      const file = await files.open(path, 'append');
      held.push(file);
      // What was read may be in the kernel's memory only, where a process left it that was killed in the midst of an append.
      // From here on it counts as acknowledged.
      await file.sync();
    }
    await files.syncFolder(dirname(at.journal));
  } catch (error) {
    for (const file of held) await file.close();
    throw error;
  }
  const [journal, sidecar] = held;
  return ok(new Journal({ at, files, ports, lock, opened: opened.value, journal: journal!, sidecar: sidecar! }));
}

interface Parts {
  readonly at: Layout;
  readonly files: JournalFiles;
  readonly ports: JournalPorts;
  readonly lock: Lock;
  readonly opened: Opened;
  readonly journal: WritableFile;
  readonly sidecar: WritableFile;
}

/** What one append is about to write. */
interface Draft {
  readonly verifier: JournalVerifier;
  readonly lines: readonly JournalLine[];
  /** The same as they go to the disk. */
  readonly written: readonly Uint8Array[];
  readonly disclosures: readonly (readonly [seq: number, encoded: readonly string[]])[];
}

export class Journal {
  readonly #parts: Parts;
  readonly #crypto: Crypto;
  readonly #clock: LedgerClock;
  readonly #random: (length: number) => Uint8Array;
  readonly #lines: JournalLine[];
  readonly #disclosures: Map<number, readonly string[]>;
  readonly #checkpoints: Map<number, StoredCheckpoint>;
  /** Size of the largest stored checkpoint. */
  #sealed: number;
  #verifier: JournalVerifier;
  #state: 'open' | 'poisoned' | 'closed' = 'open';
  #queue: Promise<unknown> = Promise.resolve();

  /** Unfinished lines found at this start or before, of which no `ledger.tail-quarantined` entry speaks yet. */
  readonly quarantined: readonly Quarantined[];

  constructor(parts: Parts) {
    const { opened, ports } = parts;
    this.#parts = parts;
    this.#crypto = ports.crypto;
    this.#clock = ports.clock ?? systemClock();
    this.#random = ports.random ?? ((length) => new Uint8Array(randomBytes(length)));
    this.#lines = opened.lines;
    this.#disclosures = opened.disclosures;
    this.#checkpoints = opened.checkpoints;
    this.#sealed = [...opened.checkpoints.keys()].reduce((largest, size) => Math.max(largest, size), 0);
    this.#verifier = opened.verifier;
    this.quarantined = opened.quarantined;
  }

  get size(): number {
    return this.#lines.length;
  }

  root(): Hash {
    return this.#verifier.root();
  }

  /** Intents without an outcome and what the clocks showed, with size and root. */
  summary(): JournalSummary {
    return this.#verifier.summary();
  }

  /** The acknowledged entries [from, to). */
  entries(from = 0, to = this.size): readonly JournalLine[] {
    return this.#lines.slice(from, to);
  }

  leafHashes(): Hash[] {
    return this.#lines.map((line) => line.hash);
  }

  /** Encoded disclosures of an entry. Check them against its digests with `disclosed`. */
  disclosuresOf(seq: number): readonly string[] {
    return this.#disclosures.get(seq) ?? [];
  }

  /** Stored checkpoints, smallest first. */
  checkpoints(): StoredCheckpoint[] {
    return [...this.#checkpoints.values()].sort((a, b) => a.size - b.size);
  }

  latestCheckpoint(): StoredCheckpoint | null {
    return this.#checkpoints.get(this.#sealed) ?? null;
  }

  /**
   * Adds entries and resolves when they are on the medium, all of them or, after a crash, a beginning of them. A refusal
   * (JOURNAL-6, -7, -15) has written nothing. After a failed write or fsync the journal is poisoned (JOURNAL-14): the
   * kernel may have dropped what it could not write, so only a new start that reads the disk knows what is there.
   */
  append(entries: readonly NewEntry[]): Promise<Result<AppendedEntry[]>> {
    return this.#next(async () => {
      const usable = this.#usable();
      if (!usable.ok) return usable;
      const draft = this.#draft(entries);
      if (!draft.ok) return draft;
      const { verifier, lines, written, disclosures } = draft.value;
      try {
        const beside = disclosures.flatMap(([seq, encoded]) => encoded.map((text) => sidecarLine(seq, text)));
        if (beside.length > 0) await persist(this.#parts.sidecar, beside);
        await persist(this.#parts.journal, written);
      } catch (error) {
        this.#state = 'poisoned';
        return fail({ ...journalFailure('JOURNAL-14', null), hint: io(error).message });
      }
      this.#verifier = verifier;
      this.#lines.push(...lines);
      for (const [seq, encoded] of disclosures) this.#disclosures.set(seq, encoded);
      return ok([...lines]);
    });
  }

  /** Keeps bytes under their SHA-256 (hex), on the medium when it resolves. */
  putBlob(bytes: Uint8Array): Promise<Result<string>> {
    return this.#next(async () => {
      const usable = this.#usable();
      if (!usable.ok) return usable;
      const sha256 = hex(this.#crypto.sha256(bytes));
      const path = this.#parts.at.blob(sha256);
      const present = await this.#attempt(() => this.#parts.files.read(path));
      if (!present.ok) return present;
      if (present.value !== null && equal(present.value, bytes)) return ok(sha256);
      const written = await this.#attempt(() => writeAtomically(this.#parts.files, path, bytes));
      return written.ok ? ok(sha256) : written;
    });
  }

  /** A blob whose bytes have the hash that names it. JOURNAL-16 where the file says something else. */
  async getBlob(sha256: string): Promise<Result<Uint8Array>> {
    if (!/^[0-9a-f]{64}$/.test(sha256))
      return fail({ code: 'bad-input', message: 'The name of a blob is its SHA-256.' });
    const read = await this.#attempt(() => this.#parts.files.read(this.#parts.at.blob(sha256)));
    if (!read.ok) return read;
    if (read.value === null) return fail({ code: 'not-found', message: `The ledger has no blob ${sha256}.` });
    return hex(this.#crypto.sha256(read.value)) === sha256
      ? ok(read.value)
      : fail(journalFailure('JOURNAL-16', null, `It is ${sha256}.`));
  }

  /** Stores a signed checkpoint of this journal. One that is not, or not signed by the log, is refused. */
  writeCheckpoint(size: number, note: string): Promise<Result<StoredCheckpoint>> {
    return this.#next(async () => {
      const usable = this.#usable();
      if (!usable.ok) return usable;
      const checkpoint = await readCheckpoint(this.#crypto, note, this.#parts.ports.logKey);
      if (!checkpoint.ok || checkpoint.value.size !== size) return fail(journalFailure('JOURNAL-9', null));
      if (size > this.size) return fail(journalFailure('JOURNAL-10', null));
      const root = size === this.size ? this.root() : rootOf(this.#crypto, this.leafHashes().slice(0, size));
      if (!equal(root, checkpoint.value.root)) return fail(journalFailure('JOURNAL-11', null));
      const { files, at } = this.#parts;
      const written = await this.#attempt(() => writeAtomically(files, at.checkpoint(size), utf8(note)));
      if (!written.ok) return written;
      const stored = { size, note };
      this.#checkpoints.set(size, stored);
      this.#sealed = Math.max(this.#sealed, size);
      return ok(stored);
    });
  }

  /** Replaces the derived database file beside the journal. */
  writeDatabase(bytes: Uint8Array): Promise<Result<void>> {
    const { files, at } = this.#parts;
    return this.#next(() => this.#attempt(() => writeAtomically(files, at.database, bytes)));
  }

  /** Waits for what is under way, closes the files and lets go of the lock. */
  close(): Promise<Result<void>> {
    return this.#next(() =>
      this.#attempt(async () => {
        if (this.#state === 'closed') return;
        this.#state = 'closed';
        await this.#parts.journal.close();
        await this.#parts.sidecar.close();
        await this.#parts.lock.release();
      }),
    );
  }

  /** One thing at a time, in the order asked for. */
  #next<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  #usable(): Result<null> {
    if (this.#state === 'open') return ok(null);
    return this.#state === 'poisoned'
      ? fail(journalFailure('JOURNAL-14', null))
      : fail({ code: 'ledger', message: 'The ledger is closed.' });
  }

  async #attempt<T>(act: () => Promise<T>): Promise<Result<T>> {
    try {
      return ok(await act());
    } catch (error) {
      return fail(io(error));
    }
  }

  /** Makes the entries and runs them through a copy of the verifier, so that what is written also verifies. */
  #draft(entries: readonly NewEntry[]): Result<Draft> {
    const verifier = this.#verifier.clone();
    const lines: JournalLine[] = [];
    const written: Uint8Array[] = [];
    const disclosures: [number, string[]][] = [];
    for (const { event, ceremony, actor, disclose } of entries) {
      const named = Object.entries(disclose ?? {});
      if (!named.every(([name]) => DISCLOSURE_NAME.test(name)))
        return fail(journalFailure('JOURNAL-15', verifier.size));
      const encoded = named.map(([name, value]) => encodeDisclosure(this.#random(SALT_BYTES), { name, value }));
      const entry = {
        v: 1,
        seq: verifier.size,
        prev: verifier.head,
        ceremony,
        environment: this.#parts.ports.environment,
        actor,
        clock: this.#clock.now(),
        disclosures: encoded.map((text) => disclosureDigest(this.#crypto, text)).sort(),
        ...event,
      } as Entry;
      const line = draftLine(this.#crypto, entry);
      const taken = line && verifier.push(line.subarray(0, -1));
      if (!taken) return fail(journalFailure('JOURNAL-15', entry.seq));
      if (!taken.ok) return taken.error.policy === 'JOURNAL-3' ? refusedDraft(entry.seq, taken.error.message) : taken;
      lines.push(taken.value);
      written.push(line);
      if (encoded.length > 0) disclosures.push([entry.seq, encoded]);
    }
    return ok({ verifier, lines, written, disclosures });
  }
}

const refusedDraft = (seq: number, detail: string) => fail({ ...journalFailure('JOURNAL-15', seq), hint: detail });

/** The line of an entry with its newline, or null where JSON cannot say what it holds. */
function draftLine(crypto: Crypto, entry: Entry): Uint8Array | null {
  try {
    const leaf = leafBytes(entry);
    return concat(utf8(`${hex(leafHash(crypto, leaf))} `), leaf, NEWLINE);
  } catch {
    return null;
  }
}

async function persist(file: WritableFile, parts: readonly Uint8Array[]): Promise<void> {
  await writeAll(file, parts.length === 1 ? parts[0]! : concat(...parts));
  await file.sync();
}
