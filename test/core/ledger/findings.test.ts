import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BLOB_FINDINGS, CLOCK_FINDINGS, JOURNAL_FINDINGS, RECEIPT_FINDINGS } from '../../../core/ledger/findings.ts';
import { RULES } from '../../../core/rules.ts';

const rows = readFileSync(new URL('../../../docs/ledger.md', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('every finding stands in docs/ledger.md with its id and its very sentence, and no other stands there', () => {
  // RECEIPT-5 is a rule of the application, not a finding of the verifier.
  const asked = { 'RECEIPT-5': RULES['RECEIPT-5'].message };
  const all = { ...JOURNAL_FINDINGS, ...RECEIPT_FINDINGS, ...asked, ...BLOB_FINDINGS, ...CLOCK_FINDINGS };
  const written = rows.filter(([, id = '']) => /^(JOURNAL|RECEIPT|BLOB|CLOCK)-\d+$/.test(id));
  expect(Object.fromEntries(written.map(([, id, sentence]) => [id, sentence]))).toEqual(all);
});
