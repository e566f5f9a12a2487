import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isRuleId, refusal, refuse, RULES, type RuleId } from '../../../core/rules.ts';

/** Rules that the pure decisions do not produce, and the room that does. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'APPROVAL-9': 'electron/ceremony: the typed groups, compared at the desk',
  'APPROVAL-11': 'electron/ceremony: the ticked rows, checked at the desk',
  'COSIGN-6': 'electron/ceremony: the head that was on the screen, compared at the desk',
  'USE-1': 'electron/ceremony: a key is tried, and what comes back compared, before it is called active and good',
  'SIGNATURE-1': 'electron/ceremony: a signature is verified after the act that made it',
  'LIFECYCLE-3': 'electron/ceremony: what the token answered to a right that is taken away',
  'LIFECYCLE-4': 'electron/ceremony: what was found after a destruction',
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [`PERIOD-${n}`, 'core/lifecycle/cryptoperiod.ts'])),
  ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`DRIFT-${n}`, 'core/inventory/compare.ts'])),
  'LEDGER-1': 'electron/ledger',
  'LEDGER-2': 'electron/ledger',
  'LEDGER-3': 'electron/view/what-was-found.ts',
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14].map((n) => [`ANCHOR-${n}`, 'core/ledger/anchor.ts']),
  ),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((n) => [`CONTINUITY-${n}`, 'core/continuity'])),
  'MODULE-1': 'electron/ceremony/engine.ts',
  'SETUP-1': 'electron/setup',
  'SETUP-3': 'electron/setup',
  'SETUP-4': 'electron/setup',
  'BUILD-1': 'electron/setup',
  'IPC-1': 'electron/ipc',
};

const folder = (path: string): URL => new URL(`../../../${path}/`, import.meta.url);
const read = (path: string, except: string): string =>
  readdirSync(folder(path))
    .filter((name) => name.endsWith('.ts') && name !== except)
    .map((name) => readFileSync(new URL(name, folder(path)), 'utf8'))
    .join('\n');
const rules = Object.keys(RULES) as RuleId[];
const named = (text: string, id: string): boolean => new RegExp(`['": ]${id}\\b`).test(text);

describe('rules', () => {
  const sources = ['core/ceremony', 'core/quorum'].map((path) => read(path, '')).join('\n');
  const tests = read('test/core/ceremony', 'rules.test.ts');

  test('that the decisions produce each have a test that names them', () => {
    const untested = rules.filter((id) => !(id in ELSEWHERE) && !named(tests, id));
    expect(untested).toEqual([]);
  });

  test('are divided: one that another room produces is not in the sources of the decisions, and the reverse', () => {
    const here = rules.filter((id) => sources.includes(`'${id}'`));
    expect(rules.filter((id) => !here.includes(id)).sort()).toEqual(Object.keys(ELSEWHERE).sort());
  });

  test('each say what happened and what to do, calmly, in whole sentences', () => {
    for (const id of rules) {
      const { message, hint } = RULES[id];
      for (const text of [message, hint]) {
        expect(text).toMatch(/^[A-Z].*\.$/);
        expect(text).not.toContain('!');
      }
      expect(id).toMatch(/^[A-Z]{2,12}-\d{1,3}$/);
    }
  });

  test('are found by their own names only', () => {
    for (const odd of ['constructor', '__proto__', 'toString', 'QUORUM-99', '']) expect(isRuleId(odd)).toBe(false);
    expect(isRuleId('QUORUM-1')).toBe(true);
  });

  test('refuse as data, with the particular after the general', () => {
    expect(refuse('AIRGAP-1', 'eth0')).toEqual({ ok: false, error: refusal('AIRGAP-1', 'eth0') });
    expect(refusal('AIRGAP-1', 'eth0').message).toBe('A network interface is up. eth0');
  });
});
