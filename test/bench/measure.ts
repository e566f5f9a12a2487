/** What the benchmarks measure and print with. */

/** One line of the report, past the test runner. */
export const say = (line: string): boolean => process.stdout.write(`${line}\n`);

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

export function microseconds(act: () => void): number {
  const begin = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - begin) / 1e3;
}

const quartile = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 2]!;

/** How much of the rate of `plain` is left in `ours`, from times of each: by the median, and in the calmer moments. */
export const over = (plain: readonly number[], ours: readonly number[]): string =>
  `${(median(plain) / median(ours)).toFixed(2)} by the median, ${(quartile(plain) / quartile(ours)).toFixed(2)} by the lower quartile`;
