/** A key's two periods (SP 800-57 part 1, 5.3): ISO dates, `YYYY-MM-DD`. */
export interface CryptoperiodView {
  readonly originator?: Period | undefined;
  readonly recipient?: Period | undefined;
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

/** Every second year, or fewer on a long axis, so that the labels never touch. */
export function axisYears(axis: Axis): number[] {
  const step = Math.max(2, Math.ceil((axis.toYear - axis.fromYear) / 7));
  const years: number[] = [];
  for (let year = Math.ceil(axis.fromYear / step) * step; year <= axis.toYear; year += step) years.push(year);
  return years;
}
