/** What one check found. */
import type { CheckId } from './catalogue.ts';
import type { Opened } from './opened.ts';
import type { CheckResult } from './report.ts';

export interface Outcome {
  readonly result: CheckResult;
  readonly detail?: string;
  /** False where the check does not apply to this bundle, and its absence therefore cannot make it fail. */
  readonly required?: false;
}

export const pass = (detail?: string): Outcome => ({ result: 'PASS', ...(detail === undefined ? {} : { detail }) });
export const failed = (detail: string): Outcome => ({ result: 'FAIL', detail });
export const unchecked = (detail?: string): Outcome => ({
  result: 'NOT CHECKED',
  ...(detail === undefined ? {} : { detail }),
});
export const notApplicable = (detail: string): Outcome => ({ result: 'NOT CHECKED', detail, required: false });

/** PASS where there is no problem to report. */
export const judge = (problem: string | null, detail?: string): Outcome =>
  problem === null ? pass(detail) : failed(problem);

export type Checks = Partial<Record<CheckId, (bundle: Opened) => Outcome | Promise<Outcome>>>;
