/**
 * Reads the folder of a ledger and verifies everything in it. Nothing on disk is changed here, and nothing of the journal
 * is kept but hashes and places, so that memory stays small. It runs in a process of its own (host/) and gives back plain
 * data; the privileged process goes on from that.
 */
import { equal, fromUtf8, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { ReplayState, VaultReplay } from '../../core/ceremony/replay.ts';
import type { Environment } from '../../core/ledger/entry.ts';
import type { FileLine } from '../../core/ledger/lines.ts';
import { parseCheckpoint, parseNote, parseVkey, verifyCheckpoint, type VerifierKey } from '../../core/ledger/note.ts';
import { SidecarReader } from '../../core/ledger/sidecar.ts';
import {
  journalFailure,
  JournalVerifier,
  type JournalLine,
  type VerifierState,
} from '../../core/ledger/verify-journal.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { besideOf } from '../ceremony/documents.ts';
import { readBlob } from './blobs.ts';
import { linesOfFile, type JournalFiles } from './files.ts';
import { checkpointSize, type Layout } from './layout.ts';
import { StoredLines, type StoredLinesState } from './stored-lines.ts';

export interface StoredCheckpoint {
  readonly size: number;
  /** The signed note, verbatim. */
  readonly note: string;
}

/** What a ledger was found to be, as plain data. */
export interface Checked {
  readonly verifier: VerifierState;
  readonly lines: StoredLinesState;
  readonly checkpoints: readonly StoredCheckpoint[];
  /** SHA-256 of the unfinished lines in quarantine of which an entry speaks. */
  readonly reported: readonly string[];
  /** Null where no vault was replayed. */
  readonly replay: ReplayState | null;
}

export interface CheckPorts {
  readonly files: JournalFiles;
  readonly crypto: Crypto;
  readonly environment: Environment;
  /** The key of the log, where it is known from outside the ledger's folder. */
  readonly logKey?: VerifierKey | undefined;
  /** Takes in every entry. Checkpoints are then believed only by the log key that the vault's seal names. */
  readonly replay: VaultReplay | null;
  /** Every entry that was accepted, in order, with its disclosures. */
  readonly seen?: ((line: JournalLine, disclosures: readonly string[]) => void) | undefined;
  /** Called every few entries. What it waits for may be anything that wants its turn meanwhile. */
  readonly between?: () => Promise<unknown>;
}

/** Entries between two turns. */
const SLICE = 200;

/** Verifies a ledger from its first entry on, and later what was appended to it. */
export class LedgerReading {
  readonly lines: StoredLines;
  readonly #verifier: JournalVerifier;
  readonly #reported: string[] = [];

  constructor(
    private readonly at: Layout,
    private readonly ports: CheckPorts,
  ) {
    this.lines = new StoredLines(ports.files, at, ports.crypto);
    this.#verifier = new JournalVerifier(ports.crypto, this.lines.tree);
  }

  /**
   * Reads on from the last entry that was read to the end of the journal, and leaves out an unfinished last line.
   * Failures are `ledger` with a JOURNAL id, or of a document that the replay needs. Rejects where the disk fails.
   */
  async read(): Promise<Result<null>> {
    const { files, crypto, environment } = this.ports;
    const from = { journal: this.lines.end, beside: this.lines.besideEnd };
    const sidecar = new SidecarReader(crypto, linesOfFile(files, this.at.disclosures, from.beside));
    const lines = linesOfFile(files, this.at.journal, from.journal);
    for (let next = lines.next(); next.done !== true && next.value.whole; next = lines.next()) {
      const { bytes, start } = next.value;
      const line = this.#verifier.push(bytes);
      if (!line.ok) {
        // A last line with zeros in it is what a file system shows of blocks it never wrote. Entries never hold one.
        if (bytes.includes(0) && isLast(lines)) break;
        return line;
      }
      const { entry } = line.value;
      if (entry.environment !== environment) return fail(journalFailure('JOURNAL-8', entry.seq));
      const disclosures = sidecar.take(entry);
      if (sidecar.wrongAt !== null) break;
      this.lines.place(from.journal + start + bytes.length + 1, from.beside + sidecar.position);
      if (entry.type === 'ledger.tail-quarantined') this.#reported.push(entry.data.sha256);
      const replayed = await this.#replay(line.value, disclosures);
      if (!replayed.ok) return replayed;
      if (entry.type === 'checkpoint.cosigned' && !this.#covers(entry.data))
        return fail(journalFailure('JOURNAL-19', entry.seq, `It covers ${entry.data.size} entries.`));
      this.ports.seen?.(line.value, disclosures);
      if (this.lines.size % SLICE === 0) await this.ports.between?.();
    }
    if (sidecar.wrongAt === null) sidecar.finish(this.lines.size);
    return sidecar.wrongAt === null ? ok(null) : fail(journalFailure('JOURNAL-12', sidecar.wrongAt));
  }

  /** Whether the entries so far begin with those of the head. Its own entry is in the tree by now, and never under it. */
  #covers({ size, root }: { readonly size: number; readonly root: string }): boolean {
    const { tree } = this.lines;
    return size < tree.size && hex(tree.root(size)) === root;
  }

  async #replay({ entry, hash }: JournalLine, disclosures: readonly string[]): Promise<Result<null>> {
    const { files, crypto, replay } = this.ports;
    if (!replay) return ok(null);
    const getBlob = (sha256: string) => readBlob(files, this.at, crypto, sha256);
    const documents = { getBlob, disclosuresOf: () => disclosures };
    const beside = await besideOf(crypto, documents, entry, replay.state);
    if (!beside.ok) return beside;
    replay.add({ entry, leafHash: hex(hash) }, beside.value);
    return ok(null);
  }

  /** Every stored checkpoint against the entries, by the key that is known or that the vault's seal names. */
  async checkpoints(): Promise<Result<StoredCheckpoint[]>> {
    const { files, crypto, logKey, replay, between } = this.ports;
    const vkey = replay?.state.genesis?.vkey;
    const named = vkey === undefined ? null : parseVkey(crypto, vkey);
    const key = logKey ?? (named?.ok === true ? named.value : undefined);
    const found: StoredCheckpoint[] = [];
    for (const name of await files.list(this.at.checkpoints)) {
      const size = checkpointSize(name);
      if (size === null) continue;
      const about = `It is the checkpoint of ${size} entries.`;
      const note = fromUtf8((await files.read(this.at.checkpoint(size))) ?? new Uint8Array());
      const parsed = note === null ? null : await readCheckpoint(crypto, note, key);
      if (note === null || !parsed?.ok || parsed.value.size !== size)
        return fail(journalFailure('JOURNAL-9', null, about));
      const { tree } = this.lines;
      if (size > tree.size)
        return fail(journalFailure('JOURNAL-10', null, `The checkpoint covers ${size} of ${tree.size}.`));
      if (!equal(tree.root(size), parsed.value.root)) return fail(journalFailure('JOURNAL-11', null, about));
      found.push({ size, note });
      if (found.length % SLICE === 0) await between?.();
    }
    return ok(found.sort((a, b) => a.size - b.size));
  }

  state(checkpoints: readonly StoredCheckpoint[]): Checked {
    return {
      verifier: this.#verifier.state(),
      lines: this.lines.state(),
      checkpoints,
      reported: this.#reported,
      replay: this.ports.replay?.kept ?? null,
    };
  }
}

/** Whether no whole line follows. */
function isLast(lines: Iterator<FileLine>): boolean {
  const after = lines.next();
  return after.done === true || !after.value.whole;
}

/** All of a ledger at once. */
export async function checkLedger(at: Layout, ports: CheckPorts): Promise<Result<Checked>> {
  const reading = new LedgerReading(at, ports);
  const read = await reading.read();
  if (!read.ok) return read;
  const checkpoints = await reading.checkpoints();
  return checkpoints.ok ? ok(reading.state(checkpoints.value)) : checkpoints;
}

/** Reads a checkpoint note and, where the log's key is given, believes it only when that key signed it. */
export async function readCheckpoint(crypto: Crypto, note: string, logKey: VerifierKey | undefined) {
  if (logKey) return verifyCheckpoint(crypto, note, logKey);
  const parsed = parseNote(note);
  return parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
}
