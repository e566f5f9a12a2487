import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { clockSchema } from '../../core/ledger/entry.ts';
import { systemClock } from '../../electron/ledger/clock.ts';

describe('the system clock', () => {
  it('says wall clock, monotonic clock and boot id in the form of an entry', () => {
    const first = systemClock().now();
    const second = systemClock().now();
    expect(v.safeParse(clockSchema, first).success).toBe(true);
    expect(second.mono).toBeGreaterThanOrEqual(first.mono);
    expect(second.boot).toBe(first.boot);
    expect(first.boot).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  });

  it('counts microseconds of the monotonic clock', () => {
    const before = process.hrtime.bigint();
    const { mono } = systemClock().now();
    const after = process.hrtime.bigint();
    expect(BigInt(mono)).toBeGreaterThanOrEqual(before / 1000n);
    expect(BigInt(mono)).toBeLessThanOrEqual(after / 1000n);
  });
});
