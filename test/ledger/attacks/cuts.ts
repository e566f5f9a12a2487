/**
 * A journal cut to every length in bytes, by somebody who also removes the checkpoints and disclosures of what is gone. The
 * folder is cut shorter and shorter in place and verified as a whole each time.
 */
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';
import type { Head } from '../../../core/ledger/heads.ts';
import { verifyLedger } from '../../../core/ledger/verify-ledger.ts';
import { ledgerAt } from '../../../standalone/ledger/files.ts';
import type { Signer } from '../go/logs.ts';

export interface Cuts {
  /** Lengths tried: those that end with a whole line, and all others. */
  whole: number;
  torn: number;
  /** How often which findings were made, with a receipt of all entries and without one. */
  readonly found: Record<string, number>;
  /** Lengths at which a cut was not found as it must be, the first of them. */
  readonly missed: number[];
}

/** Verifies the ledger in `dir`, which is used up, at each length that `take` chooses. */
export async function cutBytes(
  dir: string,
  by: Signer,
  receipt: Head,
  take: (length: number, whole: boolean) => boolean,
): Promise<Cuts> {
  const cuts: Cuts = { whole: 0, torn: 0, found: {}, missed: [] };
  const path = join(dir, 'journal.jsonl');
  const journal = readFileSync(path);
  let entries = count(journal);
  for (let length = journal.length - 1; length >= 0; length--) {
    if (journal[length] === 0x0a) forget(dir, --entries);
    const whole = length === 0 || journal[length - 1] === 0x0a;
    if (!take(length, whole)) continue;
    truncateSync(path, length);
    cuts[whole ? 'whole' : 'torn']++;
    const { checks } = await verifyLedger(crypto, ledgerAt(dir), { logKey: by.key, receipts: [receipt] });
    const wrong = checks.flatMap(({ id, result, policy }) => (result === 'FAIL' ? [{ id, policy: policy! }] : []));
    const without = wrong.flatMap(({ id, policy }) => (id === 'ledger.receipt' ? [] : [policy])).join(', ');
    const withReceipt = wrong.map(({ policy }) => policy).join(', ');
    const what = `${without || 'nothing'} without a receipt, ${withReceipt || 'nothing'} with one`;
    cuts.found[what] = (cuts.found[what] ?? 0) + 1;
    const right = whole
      ? without === '' && withReceipt === 'RECEIPT-1'
      : without === 'JOURNAL-17' && withReceipt === 'JOURNAL-17, RECEIPT-1';
    if (!right) cuts.missed.push(length);
  }
  return cuts;
}

const count = (journal: Uint8Array): number => journal.reduce((lines, byte) => (byte === 0x0a ? lines + 1 : lines), 0);

/** Removes what speaks of entries from `entries` on. */
function forget(dir: string, entries: number): void {
  const disclosures = join(dir, 'disclosures.jsonl');
  const text = readFileSync(disclosures, 'utf8');
  const from = text.search(new RegExp(`^${entries} `, 'm'));
  if (from >= 0) writeFileSync(disclosures, text.slice(0, from));
  for (const name of readdirSync(join(dir, 'checkpoints')))
    if (parseInt(name) > entries) rmSync(join(dir, 'checkpoints', name));
}

export const describeCuts = ({ whole, torn, found, missed }: Cuts): string =>
  `${whole + torn} lengths, ${missed.length} missed: ${whole} end with a whole line and ${torn} within one; found as ${Object.entries(
    found,
  )
    .map(([what, times]) => `${what} (${times})`)
    .join('; ')}.\n`;
