/** The clocks that every ledger entry carries. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../../core/ledger/entry.ts';

export interface LedgerClock {
  now(): Clock;
}

/**
 * The kernel's boot id. Where there is none, a value of this process's own: monotonic readings are then compared only
 * within one run, which claims less and nothing false.
 */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return randomUUID();
  }
}

/** Wall clock as the workstation believes it, and CLOCK_MONOTONIC in microseconds. */
export function systemClock(): LedgerClock {
  const boot = bootId();
  return {
    now: () => ({
      wall: new Date().toISOString(),
      mono: Number(process.hrtime.bigint() / 1000n),
      boot,
    }),
  };
}
