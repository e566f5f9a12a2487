import { expect, test } from 'vitest';
import { countLine, countOf } from '../../scripts/lib/vitest.mjs';

const report = {
  numPassedTests: 3,
  numFailedTests: 1,
  numPendingTests: 0,
  testResults: [
    { status: 'passed', assertionResults: [{ status: 'passed' }] },
    { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] },
  ],
};

test('the closing line counts what passed and what failed', () => {
  expect(countLine(countOf(report))).toBe('3 passed, 1 failed');
});

test('a file that fails before its first test counts as one failure', () => {
  const broken = { status: 'failed', assertionResults: [] };
  expect(countLine(countOf({ ...report, testResults: [...report.testResults, broken] }))).toBe('3 passed, 2 failed');
});

test('skipped tests are told', () => {
  expect(countLine(countOf({ ...report, numPendingTests: 2 }))).toBe('3 passed, 1 failed, 2 skipped');
});
