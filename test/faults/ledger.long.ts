/** `npm run faults -- ledger`: what takes too long for every run. Slices of the same run in `npm test`. */
import { describe, expect, it } from 'vitest';
import { describeTally, EVERYTHING, simulate } from '../ledger/crash/simulate.ts';

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
