/**
 * The lines of a journal that were verified once, without the lines: their hashes in a tree and where they lie on the
 * disk. One is read again when it is wanted, and believed only where it still has its hash.
 */
import { equal, fromUtf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { leafHash, parseEntry } from '../../core/ledger/entry.ts';
import { MerkleTree } from '../../core/ledger/tree.ts';
import { journalFailure, type JournalLine } from '../../core/ledger/verify-journal.ts';
import { Failed } from '../../core/result.ts';
import type { JournalFiles } from './files.ts';
import type { Layout } from './layout.ts';
import { Places } from './places.ts';

/** As plain data. */
export interface StoredLinesState {
  /** The kept levels of the tree, leaf hashes first. */
  readonly levels: readonly Uint8Array[];
  /** Where each line ends in the journal, its newline included. */
  readonly ends: Float64Array;
  /** Where the disclosures of each entry end in their file. */
  readonly besideEnds: Float64Array;
}

export class StoredLines {
  readonly #ends: Places;
  readonly #besideEnds: Places;
  readonly tree: MerkleTree;

  constructor(
    private readonly files: JournalFiles,
    private readonly at: Layout,
    private readonly crypto: Crypto,
    state: StoredLinesState = { levels: [], ends: new Float64Array(), besideEnds: new Float64Array() },
  ) {
    this.tree = MerkleTree.resume(crypto, state.levels);
    this.#ends = new Places(state.ends);
    this.#besideEnds = new Places(state.besideEnds);
  }

  state(): StoredLinesState {
    return { levels: this.tree.levels(), ends: this.#ends.values(), besideEnds: this.#besideEnds.values() };
  }

  /** How many lines are placed. Their hashes are in the tree by then. */
  get size(): number {
    return this.#ends.length;
  }

  /** Where the last line ends in the journal. */
  get end(): number {
    return this.#ends.before(this.size);
  }

  /** Where the last disclosure ends in its file. */
  get besideEnd(): number {
    return this.#besideEnds.before(this.size);
  }

  /** Says where the line ends whose hash the tree took in. */
  place(end: number, besideEnd: number): void {
    this.#ends.push(end);
    this.#besideEnds.push(besideEnd);
  }

  /** The lines [from, to). Throws a `Failed` of JOURNAL-2 where one has another hash now. */
  read(from: number, to: number): JournalLine[] {
    const start = this.#ends.before(from);
    const bytes = this.files.readAt(this.at.journal, start, this.#ends.before(to) - start);
    const lines: JournalLine[] = [];
    for (let seq = from; seq < to; seq++) {
      const leaf = bytes.subarray(this.#ends.before(seq) - start + 65, this.#ends.before(seq + 1) - start - 1);
      const hash = this.tree.leaf(seq);
      const entry = equal(leafHash(this.crypto, leaf), hash) ? parseEntry(leaf) : null;
      if (!entry?.ok)
        throw new Failed(journalFailure('JOURNAL-2', seq, 'It was changed on the disk while the ledger was open.'));
      lines.push({ entry: entry.value, leaf, hash });
    }
    return lines;
  }

  /** Encoded disclosures of an entry, as they stand on the disk. Check them against its digests with `disclosed`. */
  disclosuresOf(seq: number): readonly string[] {
    if (seq < 0 || seq >= this.size) return [];
    const [start, end] = [this.#besideEnds.before(seq), this.#besideEnds.before(seq + 1)];
    if (start === end) return [];
    const text = fromUtf8(this.files.readAt(this.at.disclosures, start, end - start)) ?? '';
    return text.split('\n').flatMap((line) => (line === '' ? [] : [line.slice(line.indexOf(' ') + 1)]));
  }
}
