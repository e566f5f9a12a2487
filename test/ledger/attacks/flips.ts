/** Every single-bit flip of a journal, judged as the verifier would meet it: at its line, with all before it verified. */
import { JournalVerifier } from '../../../core/ledger/verify-journal.ts';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';

export interface Flips {
  /** Flips tried. */
  readonly tried: number;
  /** How often each finding was made. */
  readonly found: Readonly<Record<string, number>>;
  /** Positions (in bits) of flips that nothing showed. */
  readonly missed: readonly number[];
}

/** `take` chooses among the bits. */
export function flipBits(journal: Uint8Array, take: (bit: number) => boolean): Flips {
  const found: Record<string, number> = {};
  const missed: number[] = [];
  let tried = 0;
  const before = new JournalVerifier(crypto);
  for (let start = 0; start < journal.length;) {
    const end = journal.indexOf(0x0a, start) + 1;
    const next = journal.indexOf(0x0a, end) + 1;
    // A flip can make a newline or take one away, so the line after it is read as well.
    const stop = next === 0 ? journal.length : next;
    const piece = journal.slice(start, stop);
    for (let bit = 0; bit < (end - start) * 8; bit++) {
      if (!take(start * 8 + bit)) continue;
      tried++;
      piece[bit >> 3]! ^= 1 << (bit & 7);
      const policy = judge(before.clone(), piece);
      if (policy === null) missed.push(start * 8 + bit);
      else found[policy] = (found[policy] ?? 0) + 1;
      piece[bit >> 3]! ^= 1 << (bit & 7);
    }
    before.push(journal.subarray(start, end - 1));
    start = end;
  }
  return { tried, found, missed };
}

function judge(verifier: JournalVerifier, piece: Uint8Array): string | null {
  for (let start = 0; start < piece.length;) {
    const end = piece.indexOf(0x0a, start);
    if (end < 0) return 'JOURNAL-17';
    const line = verifier.push(piece.subarray(start, end));
    if (!line.ok) return line.error.policy;
    start = end + 1;
  }
  return null;
}

export const describeFlips = ({ tried, found, missed }: Flips): string =>
  `${tried} single-bit flips, ${missed.length} missed; found as ${Object.entries(found)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([id, count]) => `${id} ${count}`)
    .join(', ')}.\n`;
