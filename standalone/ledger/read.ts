/** Verifies a journal while reading it once, with the disclosures beside it, and stops at the first line that is wrong. */
import { fromUtf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { decodeDisclosure, disclosureDigest } from '../../core/ledger/disclosure.ts';
import type { Entry } from '../../core/ledger/entry.ts';
import { parseDecimal } from '../../core/ledger/note.ts';
import {
  journalFailure,
  JournalVerifier,
  type JournalFailure,
  type JournalLine,
} from '../../core/ledger/verify-journal.ts';
import { folder, linesOf } from './files.ts';

/** The sidecar, read along with the journal: its lines stand in the order of their entries. */
export class Sidecar {
  readonly #crypto: Crypto;
  readonly #lines: ReturnType<typeof linesOf>;
  #next: { seq: number | null; encoded: string } | null = null;
  /** Disclosures that belong to their entries. */
  count = 0;
  /** Sequence number of the first entry with one that does not. */
  wrongAt: number | null = null;

  constructor(crypto: Crypto, path: string) {
    this.#crypto = crypto;
    this.#lines = linesOf(path);
    this.#advance();
  }

  /** Sequence number of the next disclosure, which after the last entry is one of an entry that is not here. */
  get nextSeq(): number | null {
    return this.#next?.seq ?? null;
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

  #advance(): void {
    const line = this.#lines.next();
    // A last line that a crash cut short belongs to no entry: the journal's line is written after it.
    if (line.done === true || !line.value.whole) {
      this.#next = null;
      return;
    }
    const [seq = '', encoded = '', ...more] = (fromUtf8(line.value.bytes) ?? '').split(' ');
    this.#next = { seq: more.length > 0 ? null : parseDecimal(seq), encoded };
  }
}

export interface Walk {
  readonly verifier: JournalVerifier;
  readonly sidecar: Sidecar;
  /** The line that is wrong, or null. */
  readonly failure: JournalFailure | null;
}

/** Reads the journal of `dir` and hands every line that verifies to `visit`, with the disclosures of its entry. */
export function walkJournal(
  crypto: Crypto,
  dir: string,
  visit: (line: JournalLine, disclosures: readonly string[], verifier: JournalVerifier) => void,
): Walk {
  const verifier = new JournalVerifier(crypto);
  const sidecar = new Sidecar(crypto, folder(dir).disclosures);
  for (const { bytes, whole } of linesOf(folder(dir).journal)) {
    if (!whole)
      return { verifier, sidecar, failure: journalFailure('JOURNAL-17', null, `It has ${bytes.length} bytes.`) };
    const line = verifier.push(bytes);
    if (!line.ok) return { verifier, sidecar, failure: line.error };
    visit(line.value, sidecar.take(line.value.entry), verifier);
  }
  return { verifier, sidecar, failure: null };
}
