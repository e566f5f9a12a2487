/** Verifies a journal while reading it once, with the disclosures beside it, and stops at the first line that is wrong. */
import type { Crypto } from '../../core/crypto.ts';
import { SidecarReader } from '../../core/ledger/sidecar.ts';
import {
  journalFailure,
  JournalVerifier,
  type JournalFailure,
  type JournalLine,
} from '../../core/ledger/verify-journal.ts';
import { folder, linesOf } from './files.ts';

export interface Walk {
  readonly verifier: JournalVerifier;
  readonly sidecar: SidecarReader;
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
  const sidecar = new SidecarReader(crypto, linesOf(folder(dir).disclosures));
  for (const { bytes, whole } of linesOf(folder(dir).journal)) {
    if (!whole)
      return { verifier, sidecar, failure: journalFailure('JOURNAL-17', null, `It has ${bytes.length} bytes.`) };
    const line = verifier.push(bytes);
    if (!line.ok) return { verifier, sidecar, failure: line.error };
    visit(line.value, sidecar.take(line.value.entry), verifier);
  }
  sidecar.finish(verifier.size);
  return { verifier, sidecar, failure: null };
}
