/**
 * Attacks on a ledger of 200 entries, each with and without a receipt. The detection table in docs/ledger.md is made from
 * what was found here and compared with the document.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';
import { readHead } from '../../../core/ledger/heads.ts';
import { ledgerAt } from '../../../standalone/ledger/files.ts';
import { verifyLedger } from '../../../core/ledger/verify-ledger.ts';
import { generateLedger, newSigner } from '../generate.ts';
import { copy, MEMORY } from '../scratch.ts';
import { ATTACKS, SIZE, type Target } from './attacks.ts';
import { cutBytes, describeCuts } from './cuts.ts';
import { describeFlips, flipBits } from './flips.ts';

let target: Target;
let receipt: Uint8Array;

beforeAll(() => {
  const origin = mkdtempSync(join(tmpdir(), 'conclave-attack-'));
  const by = newSigner('ledger.example/attacked');
  generateLedger(origin, SIZE, { by });
  target = { by, origin };
  receipt = new Uint8Array(readFileSync(join(origin, 'checkpoints/200.note')));
});
afterAll(() => rmSync(target.origin, { recursive: true }));

/** Ids of all that is wrong, each once and sorted. */
async function findings(dir: string, withReceipt: boolean): Promise<string[]> {
  const receipts = withReceipt ? [readHead('receipt.note', receipt)] : [];
  const report = await verifyLedger(crypto, ledgerAt(dir), { logKey: target.by.key, receipts });
  const wrong = report.checks.flatMap(({ result, policy }) => (result === 'FAIL' ? [policy ?? '?'] : []));
  expect(report.passed).toBe(wrong.length === 0);
  return [...new Set(wrong)].sort();
}

const rows: string[] = [];
const cell = (ids: readonly string[]): string => (ids.length === 0 ? 'not detected' : ids.join(', '));

describe('an attack on the folder of a ledger', () => {
  it('is not seen where there was none', async () => {
    expect([await findings(target.origin, false), await findings(target.origin, true)]).toEqual([[], []]);
  });

  it.each(ATTACKS)('in which $what is found as the table says', async (attack) => {
    const dir = copy(target.origin, MEMORY);
    attack.run(dir, target);
    const found = { without: await findings(dir, false), with: await findings(dir, true) };
    expect(found).toEqual({ without: attack.without, with: attack.with });
    rows.push(`| ${attack.what} | ${attack.needs} | ${cell(found.without)} | ${cell(found.with)} |`);
  });

  it('by cutting it to any length is found with a receipt every time, and without one where a line is torn', async () => {
    const dir = copy(target.origin, MEMORY);
    const cuts = await cutBytes(
      dir,
      target.by,
      readHead('receipt.note', receipt),
      (length, whole) => whole || length % 211 === 7,
    );
    process.stdout.write(`A slice of the cuts: ${describeCuts(cuts)}`);
    expect(cuts.missed).toEqual([]);
    expect(cuts.whole).toBe(SIZE);
    expect(cuts.torn).toBeGreaterThan(500);
    rows.push(`| the journal is cut to each length from 0 to 199 entries | folder | not detected | RECEIPT-1 |`);
  }, 120_000);

  it('by flipping one bit is found wherever the bit is: a slice', () => {
    const journal = new Uint8Array(readFileSync(join(target.origin, 'journal.jsonl')));
    const flips = flipBits(journal, (bit) => bit % 61 === 17);
    process.stdout.write(`A slice of ${describeFlips(flips)}`);
    expect(flips.missed).toEqual([]);
    expect(flips.tried).toBeGreaterThan(10_000);
  }, 120_000);

  it('is in the published table as it was found', () => {
    const table = [
      '| attack | needs | without a receipt | with a receipt of all entries |',
      '| --- | --- | --- | --- |',
      ...rows,
    ];
    const squeeze = (text: string): string => text.replaceAll(/ +/g, ' ').replaceAll(/-+ \|/g, '--- |');
    expect(squeeze(readFileSync('docs/ledger.md', 'utf8'))).toContain(squeeze(table.join('\n')));
  });
});
