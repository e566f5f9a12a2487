/** A key's two periods (SP 800-57 part 1, 5.3): ISO dates, `YYYY-MM-DD`. */
export interface CryptoperiodView {
  readonly originator?: Period | undefined;
  readonly recipient?: Period | undefined;
  /** The latest day on which originator use should end, where the recommendation is a span. */
  readonly atMost?: string | undefined;
  /** The day on which a state change ended originator use early. */
  readonly cutShort?: string | undefined;
}

export interface Period {
  readonly from: string;
  readonly to: string;
}

/** The years on the axis, both included. */
export interface Axis {
  readonly fromYear: number;
  readonly toYear: number;
}

const day = (iso: string): number => Date.parse(`${iso}T00:00:00Z`);

/** Where a day falls on the axis, 0 to 100. */
export function position(axis: Axis, iso: string): number {
  const start = Date.UTC(axis.fromYear, 0, 1);
  const end = Date.UTC(axis.toYear + 1, 0, 1);
  return Math.max(0, Math.min(100, ((day(iso) - start) / (end - start)) * 100));
}

/** Every second year, so that the labels never touch. */
export function axisYears(axis: Axis): number[] {
  const years: number[] = [];
  for (let year = axis.fromYear + (axis.fromYear % 2); year <= axis.toYear; year += 2) years.push(year);
  return years;
}
