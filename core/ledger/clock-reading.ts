/**
 * A clock outside the workstation, read by one person and confirmed by another, and what follows from it for the times of
 * later entries. The workstation's own clocks only say how long ago the reading was.
 */
import type { Clock } from './entry.ts';

/** A witnessed reading, with the workstation's clocks at the moment of its entry. */
export interface ClockReading {
  /** UTC, as the outside clock showed it. */
  readonly reading: string;
  /** Seconds by which the outside clock and the hand that typed may be off. */
  readonly uncertainty: number;
  readonly wall: string;
  /** Monotonic clock in microseconds, under this boot. */
  readonly mono: number;
  readonly boot: string;
}

/** Error of a quartz clock that is allowed for, in parts per million: more than any data sheet of a workstation says. */
export const DRIFT_PPM = 100;

/** By how much the wall clock was ahead of the reading, in milliseconds. Negative is behind. */
export const offsetOf = ({ reading, wall }: Pick<ClockReading, 'reading' | 'wall'>): number =>
  Date.parse(wall) - Date.parse(reading);

/**
 * By how many seconds the wall clock of an entry may be off: its distance from the reading carried on by the monotonic
 * clock, the uncertainty of the reading, and the drift of that clock since. Null after a restart, where the monotonic
 * clock begins anew and the reading says nothing any more.
 */
export function boundOf(reading: ClockReading, now: Clock): number | null {
  const elapsed = now.mono - reading.mono;
  if (now.boot !== reading.boot || elapsed < 0) return null;
  const expected = Date.parse(reading.reading) + elapsed / 1000;
  const off = Math.abs(Date.parse(now.wall) - expected) / 1000;
  return Math.ceil(off + reading.uncertainty + (elapsed / 1_000_000) * (DRIFT_PPM / 1_000_000));
}

/** What an entry carries of the last reading: the reading and the bound, or nothing. */
export function carried(reading: ClockReading | null, now: Clock): Pick<Clock, 'reading' | 'bound'> {
  const bound = reading && boundOf(reading, now);
  return reading && bound !== null ? { reading: reading.reading, bound } : {};
}
