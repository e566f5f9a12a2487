import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, workCache } from './paths.mjs';
import { Stop, foreground } from './run.mjs';

/**
 * What a run of vitest came to.
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed Failed tests, and files that failed before any test of theirs ran.
 * @property {number} skipped
 */

/**
 * Counts the tests in vitest's JSON report.
 * @param {{numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests?: number,
 *   testResults: {status: string, assertionResults: {status: string}[]}[]}} report
 * @returns {Count}
 */
export function countOf(report) {
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

/** @param {Count} count */
export const countLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/**
 * Runs vitest in the foreground and counts from its own JSON report.
 * @param {readonly string[]} args
 * @returns {Promise<Count>} An error outside of every test counts as one failure.
 */
export async function runVitest(args) {
  const report = join(workCache, 'test-results.json');
  rmSync(report, { force: true });
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await foreground(process.execPath, [vitest, 'run', ...reporters, ...args]);
  if (!existsSync(report)) throw new Stop(`vitest ended with exit code ${code} and wrote no report.`);
  const count = countOf(JSON.parse(readFileSync(report, 'utf8')));
  if (count.passed + count.failed + count.skipped === 0) return count;
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

/**
 * Prints the count as the last line and returns the exit code: 0 only when something ran and nothing failed.
 * @param {Count} count
 */
export function conclude(count) {
  process.stdout.write(`${countLine(count)}\n`);
  return count.failed === 0 && count.passed > 0 ? 0 : 1;
}
