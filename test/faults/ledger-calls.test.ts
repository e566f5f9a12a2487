/** Every kind of call under the power cut: at every step, in every way, and again at every step of the recovery. */
import { expect, test } from 'vitest';
import { afterDestroy, afterInitPin, afterUnwrap } from '../../core/ceremony/recovery.ts';
import { CALLS, playCall } from './ledger/calls.ts';
import { cutsAt } from './ledger/story.ts';

/** What an interrupted call may come to; without a cut it is committed. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  C_GenerateKeyPair: ['committed', 'none', 'not-committed', 'not-committed, half'],
  C_UnwrapKey: ['committed', 'none', 'not-committed'],
  C_DestroyObject: ['committed', 'none', 'not-committed', 'not-committed, half'],
  C_SetAttributeValue: ['committed', 'none', 'not-committed', 'unknown'],
  C_Sign: ['committed', 'none', 'unknown'],
  C_WrapKey: ['committed', 'none', 'unknown'],
  C_SetPIN: ['committed', 'none', 'not-committed'],
  C_InitPIN: ['committed', 'none', 'not-committed'],
  'C_InitPIN of a token that had one': ['committed', 'none', 'not-committed'],
  'C_InitToken and C_InitPIN': ['committed', 'none', 'not-committed', 'not-committed, no-user-pin'],
  'C_InitToken of a token that was in use, under its old label': ['committed', 'none', 'not-committed'],
};

let states = 0;

test.each(Object.keys(CALLS))('%s has one outcome, which is what the token came to', async (name) => {
  const whole = await playCall(name, []);
  expect(whole).toMatchObject({ violations: [], outcome: 'committed' });
  const seen = new Set<string>();
  for (let at = 1; at <= whole.steps[0]!.length; at++) {
    for (const cut of cutsAt(whole.steps[0]!, at)) {
      const once = await playCall(name, [cut]);
      expect(once.violations, JSON.stringify(cut)).toEqual([]);
      seen.add(once.outcome);
      states++;
      for (let then = 1; then <= (once.steps[1] ?? []).length; then++) {
        for (const again of cutsAt(once.steps[1]!, then)) {
          const twice = await playCall(name, [cut, again]);
          expect(twice.violations, JSON.stringify([cut, again])).toEqual([]);
          expect(twice.outcome).toBe(once.outcome);
          states++;
        }
      }
    }
  }
  expect([...seen].sort()).toEqual(MAY[name]);
});

test.each([
  ['C_Sign', 'an interrupted signature never happened', () => afterUnwrap(0)],
  ['C_DestroyObject', 'a half that is gone is a key that is there', () => afterDestroy(2, 2)],
  [
    'C_InitToken and C_InitPIN',
    'a token without a PIN is ready',
    () => afterInitPin({ had: false, has: true, opens: 'new' }),
  ],
] as const)('%s: a recovery that says that %s is found out', async (name, _, wrong) => {
  const { steps } = await playCall(name, []);
  const found: string[] = [];
  for (let at = 1; at <= steps[0]!.length; at++) {
    for (const cut of cutsAt(steps[0]!, at)) found.push(...(await playCall(name, [cut], wrong)).violations);
  }
  expect(found.some((one) => one.startsWith('said '))).toBe(true);
});

test('the count of states', () => {
  process.stdout.write(`every kind of call under a power cut: ${states} states, 0 violations\n`);
  expect(states).toBeGreaterThan(1000);
});
