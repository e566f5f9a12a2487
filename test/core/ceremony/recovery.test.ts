/** The answers of a token about an interrupted call, each with the one outcome that follows from it. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  afterDestroy,
  afterGenerate,
  afterInitPin,
  afterInitToken,
  afterRequest,
  afterSetAttributes,
  afterSetPin,
  afterSign,
  afterUnwrap,
  afterWrap,
  ASKED,
  mayTryPin,
  type Finding,
  type PinAnswer,
} from '../../../core/ceremony/recovery.ts';
import type { Attribute } from '../../../core/ledger/fields.ts';

const said = ({ outcome, rest }: Finding): string => (rest === null ? outcome : `${outcome}, ${rest}`);

describe('C_GenerateKeyPair', () => {
  test.each([
    [0, 0, 'not-committed'],
    [1, 1, 'committed'],
    [1, 0, 'not-committed, half'],
    [0, 1, 'not-committed, half'],
    [2, 1, 'unknown'],
    [1, 2, 'unknown'],
    [0, 2, 'unknown'],
  ])('with %i private and %i public objects under its CKA_ID: %s', (priv, pub, outcome) => {
    expect(said(afterGenerate({ private: priv, public: pub }))).toBe(outcome);
  });

  test('names the half that must be removed', () => {
    expect(afterGenerate({ private: 1, public: 0 }).found).toContain('Only the private half');
    expect(afterGenerate({ private: 0, public: 1 }).found).toContain('Only the public half');
  });
});

test.each([
  [0, 'not-committed'],
  [1, 'committed'],
  [2, 'unknown'],
])('C_UnwrapKey with %i objects under its CKA_ID: %s', (objects, outcome) => {
  expect(said(afterUnwrap(objects))).toBe(outcome);
});

test.each([
  [1, 0, 'committed'],
  [1, 1, 'not-committed'],
  [2, 0, 'committed'],
  [2, 1, 'not-committed, half'],
  [2, 2, 'not-committed'],
  [2, 3, 'unknown'],
])('C_DestroyObject of %i objects of which %i are there: %s', (before, now, outcome) => {
  expect(said(afterDestroy(before, now))).toBe(outcome);
});

describe('C_SetAttributeValue', () => {
  const a = (name: string, value: boolean): Attribute => ({ name, value });
  const wanted = [a('CKA_SIGN', true), a('CKA_DERIVE', false)];
  const was = [a('CKA_SIGN', false), a('CKA_DERIVE', true)];
  const beside = [a('CKA_VERIFY', true)];

  test.each([
    ['all as wanted', wanted, beside, 'committed'],
    ['what decides as wanted, the rest not', wanted, [a('CKA_VERIFY', false)], 'committed, attributes'],
    ['what decides as wanted, the rest unreadable', wanted, [], 'committed, attributes'],
    ['all as before', was, [], 'not-committed'],
    ['all as before, the rest as wanted', was, beside, 'not-committed'],
    ['one set and one not', [a('CKA_SIGN', true), a('CKA_DERIVE', true)], beside, 'unknown'],
    ['one unreadable', [a('CKA_SIGN', true)], beside, 'unknown'],
    ['none readable', [], beside, 'unknown'],
  ] as const)('%s: %4$s', (_, now, nowBeside, outcome) => {
    expect(said(afterSetAttributes({ wanted, beside, was, now, nowBeside }))).toBe(outcome);
  });

  test('is never taken for undone where it is not known how it was', () => {
    expect(said(afterSetAttributes({ wanted, was: [], now: was }))).toBe('unknown');
  });

  test('is committed exactly where every attribute that decides reads as it was to be set', () => {
    const flags = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(flags, flags, flags, (want, before, after) => {
        const list = (values: boolean[]) => values.map((value, i) => a(`CKA_${i}`, value));
        const { outcome } = afterSetAttributes({ wanted: list(want), was: list(before), now: list(after) });
        const done = want.every((value, i) => value === after[i]);
        const undone = before.every((value, i) => value === after[i]);
        expect(outcome).toBe(done ? 'committed' : undone ? 'not-committed' : 'unknown');
      }),
    );
  });
});

test('C_Sign and C_WrapKey leave no trace: the outcome is unknown, which never lets the step be done again', () => {
  expect(said(afterSign())).toBe('unknown');
  expect(said(afterWrap())).toBe('unknown');
});

test('a request that was interrupted was not made, and the right to sign does not stay', () => {
  expect(said(afterRequest(true))).toBe('not-committed, right-to-sign');
  expect(said(afterRequest(false))).toBe('not-committed');
});

describe('a PIN', () => {
  const answers: readonly (readonly [PinAnswer, string])[] = [
    ['new', 'committed'],
    ['old', 'not-committed'],
    ['neither', 'unknown'],
    ['not-tried', 'unknown'],
  ];
  test.each(answers)('changed by C_SetPIN, of which the login says %s: %s', (opens, outcome) => {
    expect(said(afterSetPin(opens))).toBe(outcome);
  });

  test.each(answers)(
    'set anew by C_InitPIN on a token that had one, of which the login says %s: %s',
    (opens, outcome) => {
      expect(said(afterInitPin({ had: true, has: true, opens }))).toBe(outcome);
    },
  );

  test('set by C_InitPIN on a token that had none is there by its flag, and no login is tried', () => {
    expect(said(afterInitPin({ had: false, has: true, opens: 'not-tried' }))).toBe('committed');
    expect(said(afterInitPin({ had: false, has: false, opens: 'not-tried' }))).toBe('not-committed');
  });

  test('is not tried where the token says that few tries are left', () => {
    expect(mayTryPin(['CKF_LOGIN_REQUIRED', 'CKF_USER_PIN_INITIALIZED'])).toBe(true);
    for (const flag of ['CKF_USER_PIN_COUNT_LOW', 'CKF_USER_PIN_FINAL_TRY', 'CKF_USER_PIN_LOCKED'])
      expect(mayTryPin([flag])).toBe(false);
  });
});

describe('C_InitToken', () => {
  const empty = { initialized: false, label: '', userPin: false };
  const used = { initialized: true, label: 'old', userPin: true };
  const wanted = { label: 'new', withPin: true };
  const now = (label: string, userPin = true) => ({ initialized: true, label, userPin });

  test.each([
    ['an empty token that is still empty', empty, empty, 'none', 'not-committed'],
    ['an empty token with the new label and a PIN', empty, now('new'), 'none', 'committed'],
    ['an empty token with the new label and no PIN', empty, now('new', false), 'none', 'not-committed, no-user-pin'],
    ['an empty token with another label', empty, now('other'), 'none', 'unknown'],
    ['a used token as it was', used, used, 'there', 'not-committed'],
    ['a used token with the new label, its objects gone', used, now('new'), 'gone', 'committed'],
    ['a used token with the new label and an object from before', used, now('new'), 'there', 'not-committed'],
    ['a used token with a third label', used, now('other'), 'gone', 'unknown'],
  ] as const)('%s: %5$s', (_, was, is, known, outcome) => {
    expect(said(afterInitToken(was, is, wanted, known))).toBe(outcome);
  });

  test('of a used token under its old label is told by an object that was on it', () => {
    const again = { label: 'old', withPin: true };
    expect(said(afterInitToken(used, used, again, 'gone'))).toBe('committed');
    expect(said(afterInitToken(used, used, again, 'there'))).toBe('not-committed');
    expect(said(afterInitToken(used, used, again, 'none'))).toBe('unknown');
  });
});

test('docs/ledger.md says how the token is asked about each kind of call', () => {
  const document = readFileSync(new URL('../../../docs/ledger.md', import.meta.url), 'utf8').replace(/\s+/g, ' ');
  for (const [call, how] of Object.entries(ASKED)) expect(document).toContain(`| \`${call}\` | ${how} |`);
});
