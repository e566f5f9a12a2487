import { describe, expect, it } from 'vitest';
import { describeTally, simulate } from './simulate.ts';

/** A fixed slice, the same in every run. `npm run faults -- ledger` takes every step and every byte. */
const SLICE = { step: (n: number) => n % 5 === 2, byte: (at: number) => at % 89 === 13 };

describe('the journal on a disk that fails', () => {
  it('loses nothing that was acknowledged and takes no honest crash for tampering', async () => {
    const found = await simulate(SLICE);
    process.stdout.write(describeTally('A slice of the crash simulator', found));
    expect(found.examples).toEqual([]);
    expect(found).toMatchObject({ lost: 0, changed: 0, unstable: 0, alarms: 0 });
    expect(found.states).toBeGreaterThan(100);
    expect(found.again).toBeGreaterThan(100);
  }, 120_000);

  it('would be caught if it acknowledged entries that are not on the medium', async () => {
    const none = { step: (n: number) => n < 40 && n % 3 === 1, byte: () => false };
    const found = await simulate(none, Infinity, 'acknowledge-early');
    expect(found.lost).toBeGreaterThan(0);
    expect(found.examples.join()).toContain('lost');
  }, 120_000);
});
