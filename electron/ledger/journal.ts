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
import type { Entry, Environment } from '../../core/ledger/entry.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import type { Hash } from '../../core/ledger/merkle.ts';
import type { VerifierKey } from '../../core/ledger/note.ts';
import type { ReadTree } from '../../core/ledger/tree.ts';
import {
  journalFailure,
  JournalVerifier,
  type JournalLine,
  type JournalSummary,
} from '../../core/ledger/verify-journal.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { readBlob } from './blobs.ts';
import { checkLedger, readCheckpoint, type Checked, type StoredCheckpoint } from './check.ts';
import { systemClock, type LedgerClock } from './clock.ts';
import { draftOf, type Draft, type DraftPorts } from './draft.ts';
import {
  diskFiles,
  folderFailure,
  isTemporary,
  writeAll,
  writeAtomically,
  type JournalFiles,
  type WritableFile,
} from './files.ts';
import { layout, type Layout } from './layout.ts';
import { systemProcesses, takeLock, type Lock, type Processes } from './lock.ts';
import { tidy, type Quarantined } from './open.ts';
import { StoredLines } from './stored-lines.ts';

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
  /** Verifies the folder, where that is not to be done by this process. */
  readonly check?: (at: Layout) => Promise<Result<Checked>>;
}

/** An acknowledged entry: it is on the medium. */
export type AppendedEntry = JournalLine;

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
    const opened = await openLocked(at, files, ports, lock.value).catch((error: unknown) => fail(folderFailure(error)));
    if (!opened.ok) await lock.value.release();
    return opened;
  } catch (error) {
    return fail(folderFailure(error));
  }
}

async function openLocked(at: Layout, files: JournalFiles, ports: JournalPorts, lock: Lock): Promise<Result<Journal>> {
  const { crypto, environment, logKey } = ports;
  const check = ports.check ?? (() => checkLedger(at, { files, crypto, environment, logKey, replay: null }));
  const checked = await check(at);
  if (!checked.ok) return checked;
  const quarantined = await tidy(at, { files, crypto }, checked.value);
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
  return ok(
    new Journal({ at, files, ports, lock, checked: checked.value, quarantined, journal: journal!, sidecar: sidecar! }),
  );
}

interface Parts {
  readonly at: Layout;
  readonly files: JournalFiles;
  readonly ports: JournalPorts;
  readonly lock: Lock;
  readonly checked: Checked;
  readonly quarantined: readonly Quarantined[];
  readonly journal: WritableFile;
  readonly sidecar: WritableFile;
}

/** Lines that were appended and are still in memory: the screens show the newest over and over. */
const RECENT = 1_024;

const sidecarLine = (seq: number, encoded: string): Uint8Array => utf8(`${seq} ${encoded}\n`);

export class Journal {
  readonly #parts: Parts;
  readonly #crypto: Crypto;
  readonly #drafting: DraftPorts;
  readonly #stored: StoredLines;
  #recent: JournalLine[] = [];
  readonly #checkpoints: Map<number, StoredCheckpoint>;
  #latest: StoredCheckpoint | null;
  #verifier: JournalVerifier;
  #state: 'open' | 'poisoned' | 'closed' = 'open';
  #queue: Promise<unknown> = Promise.resolve();

  /** Unfinished lines found at this start or before, of which no `ledger.tail-quarantined` entry speaks yet. */
  readonly quarantined: readonly Quarantined[];

  constructor(parts: Parts) {
    const { checked, ports } = parts;
    this.#parts = parts;
    this.#crypto = ports.crypto;
    this.#drafting = {
      crypto: ports.crypto,
      environment: ports.environment,
      clock: ports.clock ?? systemClock(),
      random: ports.random ?? ((length) => new Uint8Array(randomBytes(length))),
    };
    this.#stored = new StoredLines(parts.files, parts.at, ports.crypto, checked.lines);
    this.#verifier = JournalVerifier.resume(ports.crypto, this.#stored.tree, checked.verifier);
    this.#checkpoints = new Map(checked.checkpoints.map((one) => [one.size, one]));
    this.#latest = checked.checkpoints.at(-1) ?? null;
    this.quarantined = parts.quarantined;
  }

  get size(): number {
    return this.#stored.size;
  }

  root(): Hash {
    return this.#verifier.root();
  }

  /** Intents without an outcome and what the clocks showed, with size and root. */
  summary(): JournalSummary {
    return this.#verifier.summary();
  }

  /** Every subtree of the ledger, for roots and proofs at any size. To be read, never appended to. */
  get tree(): ReadTree {
    return this.#stored.tree;
  }

  /**
   * The acknowledged entries [from, to). Those of long ago are read from the disk again, and believed only where they
   * still have their hash: else a `Failed` is thrown and the journal is of no more use (JOURNAL-2).
   */
  entries(from = 0, to = this.size): readonly JournalLine[] {
    const [begin, end] = [Math.max(0, from), Math.min(to, this.size)];
    if (begin >= end) return [];
    const kept = this.size - this.#recent.length;
    const recent = this.#recent.slice(Math.max(0, begin - kept), Math.max(0, end - kept));
    return begin < kept ? [...this.#reread(begin, Math.min(end, kept)), ...recent] : recent;
  }

  #reread(from: number, to: number): JournalLine[] {
    try {
      return this.#stored.read(from, to);
    } catch (error) {
      if (this.#state === 'open') this.#state = 'poisoned';
      throw error;
    }
  }

  /** The first entry that fits, from `from` on. */
  find(fits: (entry: Entry) => boolean, from = 0): JournalLine | undefined {
    for (let at = from; at < this.size; at += RECENT) {
      const line = this.entries(at, at + RECENT).find(({ entry }) => fits(entry));
      if (line) return line;
    }
    return undefined;
  }

  leafHashes(): Hash[] {
    return Array.from({ length: this.size }, (_, seq) => this.tree.leaf(seq));
  }

  /** Encoded disclosures of an entry. Check them against its digests with `disclosed`. */
  disclosuresOf(seq: number): readonly string[] {
    return this.#stored.disclosuresOf(seq);
  }

  /** Stored checkpoints, smallest first. */
  checkpoints(): StoredCheckpoint[] {
    return [...this.#checkpoints.values()].sort((a, b) => a.size - b.size);
  }

  latestCheckpoint(): StoredCheckpoint | null {
    return this.#latest;
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
      const draft = draftOf(this.#verifier, entries, this.#drafting);
      if (!draft.ok) return draft;
      const { lines, written, disclosures } = draft.value;
      const beside = disclosures.flatMap(([seq, encoded]) => encoded.map((text) => sidecarLine(seq, text)));
      try {
        if (beside.length > 0) await persist(this.#parts.sidecar, beside);
        await persist(this.#parts.journal, written);
      } catch (error) {
        this.#state = 'poisoned';
        return fail({ ...journalFailure('JOURNAL-14', null), hint: folderFailure(error).message });
      }
      this.#accept(draft.value);
      return ok([...lines]);
    });
  }

  /** Takes in what is on the medium now. */
  #accept({ verifier, lines, disclosures }: Draft): void {
    const beside = new Map(disclosures);
    for (const line of lines) {
      const { entry, leaf, hash } = line;
      this.#stored.tree.append(hash);
      this.#recent.push(line);
      const texts = (beside.get(entry.seq) ?? []).map((text) => sidecarLine(entry.seq, text).length);
      const besideEnd = texts.reduce((sum, length) => sum + length, this.#stored.besideEnd);
      this.#stored.place(this.#stored.end + 65 + leaf.length + 1, besideEnd);
    }
    this.#verifier = JournalVerifier.resume(this.#crypto, this.#stored.tree, verifier.state());
    if (this.#recent.length > 2 * RECENT) this.#recent = this.#recent.slice(-RECENT);
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

  /** A blob whose bytes have the hash that names it. BLOB-1 where the file says something else. */
  async getBlob(sha256: string): Promise<Result<Uint8Array>> {
    const { files, at } = this.#parts;
    const read = await this.#attempt(() => readBlob(files, at, this.#crypto, sha256));
    return read.ok ? read.value : read;
  }

  /**
   * Stores a signed checkpoint of this journal. One that is not, or not signed by the log, is refused. `last`: whether it
   * must outlast a power cut from now on, which it need not where the token keeps the same head.
   */
  writeCheckpoint(size: number, note: string, { last = true } = {}): Promise<Result<StoredCheckpoint>> {
    return this.#next(async () => {
      const usable = this.#usable();
      if (!usable.ok) return usable;
      const checkpoint = await readCheckpoint(this.#crypto, note, this.#parts.ports.logKey);
      if (!checkpoint.ok || checkpoint.value.size !== size) return fail(journalFailure('JOURNAL-9', null));
      if (size > this.size) return fail(journalFailure('JOURNAL-10', null));
      if (!equal(this.tree.root(size), checkpoint.value.root)) return fail(journalFailure('JOURNAL-11', null));
      const { files, at } = this.#parts;
      const written = await this.#attempt(() => writeAtomically(files, at.checkpoint(size), utf8(note), { last }));
      if (!written.ok) return written;
      const stored = { size, note };
      this.#checkpoints.set(size, stored);
      if (size >= (this.#latest?.size ?? 0)) this.#latest = stored;
      return ok(stored);
    });
  }

  /** Puts the derived database, written whole beside it, in its place. `beforeRename` is where a test may crash. */
  placeDatabase(beforeRename: () => void): Promise<Result<void>> {
    const { files, at } = this.#parts;
    return this.#next(() =>
      this.#attempt(async () => {
        beforeRename();
        await files.rename(`${at.database}.tmp`, at.database);
        await files.syncFolder(dirname(at.database));
      }),
    );
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
      return fail(folderFailure(error));
    }
  }
}

async function persist(file: WritableFile, parts: readonly Uint8Array[]): Promise<void> {
  await writeAll(file, parts.length === 1 ? parts[0]! : concat(...parts));
  await file.sync();
}
