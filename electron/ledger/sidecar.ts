/**
 * The disclosures beside the journal: lines of `<sequence number> <encoded disclosure>`. They are written before their
 * leaf, so a crash can leave disclosures of an entry that was never made, and never an entry without its disclosures.
 */
import { fromUtf8, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { decodeDisclosure, disclosureDigest } from '../../core/ledger/disclosure.ts';
import type { Entry } from '../../core/ledger/entry.ts';
import { parseDecimal } from '../../core/ledger/note.ts';

export const sidecarLine = (seq: number, encoded: string): Uint8Array => utf8(`${seq} ${encoded}\n`);

export interface Sidecar {
  readonly bySeq: ReadonlyMap<number, readonly string[]>;
  /** Length of what belongs to the journal. Anything after it was written for entries that do not exist. */
  readonly length: number;
}

/**
 * Reads the sidecar of a journal. Answers the sequence number at which a disclosure does not belong to its entry.
 */
export function readSidecar(crypto: Crypto, bytes: Uint8Array, entries: readonly Entry[]): Sidecar | number {
  const bySeq = new Map<number, string[]>();
  let start = 0;
  for (let end; (end = bytes.indexOf(0x0a, start)) >= 0; start = end + 1) {
    const [number = '', encoded = '', ...rest] = (fromUtf8(bytes.subarray(start, end)) ?? '').split(' ');
    const seq = parseDecimal(number);
    if (seq !== null && seq >= entries.length) break;
    const entry = seq === null ? undefined : entries[seq];
    const belongs =
      rest.length === 0 &&
      decodeDisclosure(encoded) !== null &&
      entry?.disclosures.includes(disclosureDigest(crypto, encoded)) === true;
    if (seq === null || !belongs) {
      // A last line of zeros or rubbish is a torn write like one without its end; elsewhere it is damage.
      if (bytes.indexOf(0x0a, end + 1) < 0 && bytes.subarray(start, end).includes(0)) break;
      return seq ?? 0;
    }
    const list = bySeq.get(seq) ?? [];
    list.push(encoded);
    bySeq.set(seq, list);
  }
  return { bySeq, length: start };
}
