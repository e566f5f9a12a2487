/** `npm run faults -- ledger`: what takes too long for every run. Slices of the same run in `npm test`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cutBytes, describeCuts } from '../ledger/attacks/cuts.ts';
import { describeFlips, flipBits } from '../ledger/attacks/flips.ts';
import { describeTally, EVERYTHING, simulate } from '../ledger/crash/simulate.ts';
import { generateLedger } from '../ledger/generate.ts';
import { MEMORY } from '../ledger/scratch.ts';
import { readHead } from '../../core/ledger/heads.ts';

describe('the crash simulator, every step and every byte', () => {
  it.each([
    ['writes that take everything at once', Infinity],
    ['writes that take 200 bytes at a time', 200],
  ])('with %s', async (what, most) => {
    const found = await simulate(EVERYTHING, most);
    process.stdout.write(describeTally(`Crash simulator, ${what}`, found));
    expect(found.examples).toEqual([]);
    expect(found).toMatchObject({ lost: 0, changed: 0, unstable: 0, alarms: 0 });
    expect(found.states).toBeGreaterThan(10_000);
  });
});

describe('a journal of 200 entries', () => {
  it('shows every single-bit flip by name', () => {
    const dir = mkdtempSync(join(tmpdir(), 'conclave-flips-'));
    generateLedger(dir, 200);
    const flips = flipBits(new Uint8Array(readFileSync(join(dir, 'journal.jsonl'))), () => true);
    rmSync(dir, { recursive: true });
    process.stdout.write(`All ${describeFlips(flips)}`);
    expect(flips.missed).toEqual([]);
  });

  it('cut to every length in bytes is found by a receipt, and without one wherever a line is torn', async () => {
    const dir = mkdtempSync(join(MEMORY, 'conclave-cuts-'));
    const { by } = generateLedger(dir, 200);
    const receipt = readHead('receipt.note', new Uint8Array(readFileSync(join(dir, 'checkpoints/200.note'))));
    const cuts = await cutBytes(dir, by, receipt, () => true);
    rmSync(dir, { recursive: true });
    process.stdout.write(`Cut to all ${describeCuts(cuts)}`);
    expect(cuts.missed).toEqual([]);
    expect(cuts.whole).toBe(200);
  });
});
