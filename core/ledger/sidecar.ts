/**
 * The disclosures beside a journal, read along with it: lines of `<sequence number> <encoded disclosure>` in the order of
 * their entries. They are written before their leaf, so a crash can leave disclosures of an entry that was never made,
 * and never an entry without its disclosures.
 */
import { fromUtf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { decodeDisclosure, disclosureDigest } from './disclosure.ts';
import type { Entry } from './entry.ts';
import type { FileLine } from './lines.ts';
import { parseDecimal } from './note.ts';

interface Waiting {
  readonly seq: number | null;
  readonly encoded: string;
  readonly start: number;
}

export class SidecarReader {
  readonly #crypto: Crypto;
  readonly #lines: Iterator<FileLine>;
  #next: Waiting | null = null;
  #end = 0;
  /** Disclosures that belong to their entries. */
  count = 0;
  /** Sequence number of the first entry with one that does not. */
  wrongAt: number | null = null;

  constructor(crypto: Crypto, lines: Iterator<FileLine>) {
    this.#crypto = crypto;
    this.#lines = lines;
    this.#advance();
  }

  /** Sequence number of the next disclosure, which after the last entry is one of an entry that is not here. */
  get nextSeq(): number | null {
    return this.#next?.seq ?? null;
  }

  /** Where the disclosures of the entries so far end. After the last entry, what follows was torn or has no entry. */
  get position(): number {
    return this.#next?.start ?? this.#end;
  }

  /** The disclosures of the next entry, encoded. */
  take(entry: Entry): string[] {
    const found: string[] = [];
    while (this.wrongAt === null && this.#next !== null && (this.#next.seq === null || this.#next.seq <= entry.seq)) {
      const { seq, encoded } = this.#next;
      const belongs =
        seq === entry.seq &&
        entry.disclosures.includes(disclosureDigest(this.#crypto, encoded)) &&
        decodeDisclosure(encoded) !== null;
      if (belongs) found.push(encoded);
      else this.wrongAt = seq ?? entry.seq;
      this.#advance();
    }
    this.count += found.length;
    return found;
  }

  /** To be called after the last entry: a line that is none is damage, and not left by a crash. */
  finish(size: number): void {
    if (this.wrongAt === null && this.#next !== null && this.#next.seq === null) this.wrongAt = Math.max(0, size - 1);
  }

  #advance(): void {
    const line = this.#read();
    if (line === null) {
      this.#next = null;
      return;
    }
    const [seq = '', encoded = '', ...more] = (fromUtf8(line.bytes) ?? '').split(' ');
    this.#next = { seq: more.length > 0 ? null : parseDecimal(seq), encoded, start: line.start };
    this.#end = line.start + line.bytes.length + 1;
    // Zeros in a last line are blocks that the file system never wrote; elsewhere they are damage.
    if (line.bytes.includes(0) && this.#read() === null) {
      this.#end = this.#next.start;
      this.#next = null;
    }
  }

  /** The next whole line. A last line that a crash cut short belongs to no entry. */
  #read(): FileLine | null {
    const line = this.#lines.next();
    return line.done === true || !line.value.whole ? null : line.value;
  }
}
