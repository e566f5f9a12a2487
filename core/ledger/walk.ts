/** Verifies a journal while reading it once, with the disclosures beside it, and stops at the first line that is wrong. */
import type { Crypto } from '../crypto.ts';
import type { StoredNote } from './heads.ts';
import type { FileLine } from './lines.ts';
import { SidecarReader } from './sidecar.ts';
import { journalFailure, JournalVerifier, type JournalFailure, type JournalLine } from './verify-journal.ts';

export interface Walk {
  readonly verifier: JournalVerifier;
  readonly sidecar: SidecarReader;
  /** The line that is wrong, or null. */
  readonly failure: JournalFailure | null;
}

/** Where a ledger is read from. Each of its files is read in pieces, from the beginning. */
export interface LedgerSource {
  /** Where it lies, for the report. */
  readonly folder: string;
  journal(): Iterator<FileLine>;
  disclosures(): Iterator<FileLine>;
  checkpoints(): Iterable<StoredNote>;
  /** Names of the files that stand for documents. */
  blobs(): readonly string[];
  /** SHA-256 of one of them, hex. */
  blobSha256(name: string): string;
  /** A small one of them as a whole, which may have another hash than its name. */
  blob(name: string): Uint8Array;
}

/** Hands every line that verifies to `visit`, with the disclosures of its entry. */
export function walkJournal(
  crypto: Crypto,
  source: Pick<LedgerSource, 'journal' | 'disclosures'>,
  visit: (line: JournalLine, disclosures: readonly string[], verifier: JournalVerifier) => void,
): Walk {
  const verifier = new JournalVerifier(crypto);
  const sidecar = new SidecarReader(crypto, source.disclosures());
  const lines = source.journal();
  for (let next = lines.next(); next.done !== true; next = lines.next()) {
    const { bytes, whole } = next.value;
    if (!whole)
      return { verifier, sidecar, failure: journalFailure('JOURNAL-17', null, `It has ${bytes.length} bytes.`) };
    const line = verifier.push(bytes);
    if (!line.ok) return { verifier, sidecar, failure: line.error };
    visit(line.value, sidecar.take(line.value.entry), verifier);
  }
  sidecar.finish(verifier.size);
  return { verifier, sidecar, failure: null };
}
