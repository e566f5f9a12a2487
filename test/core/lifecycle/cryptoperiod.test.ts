import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cryptoperiod } from '../../../core/ledger/fields.ts';
import { CHANGES } from '../../../core/lifecycle/change.ts';
import {
  dayOf,
  daysBetween,
  due,
  keyInTime,
  longerThanTable,
  monthsAfter,
  nextLabel,
  PERIODS,
  periodsOf,
  refusedPeriod,
  suggested,
  warnedBefore,
  type Due,
  type KeyInTime,
} from '../../../core/lifecycle/cryptoperiod.ts';
import type { KeyType } from '../../../core/lifecycle/key-type.ts';
import { PROFILES } from '../../../core/lifecycle/profiles/index.ts';
import { NIST_R5 } from '../../../core/lifecycle/profiles/nist-sp800-57.ts';
import { isRuleId } from '../../../core/rules.ts';
import { KEY, ruleOf, World } from '../ceremony/world.ts';

const DAY_MS = 86_400_000;
const at = (day: string, ms = 0): number => Date.parse(`${day}T00:00:00Z`) + ms;

/** The published table, read by nothing of the product. */
const table = readFileSync(new URL('sp800-57-table-1.csv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('row,'))
  .map((line) => line.split(',') as [row: string, type: string, least: string, most: string, beyond: string]);

const written = (periods: typeof PERIODS): string[] =>
  Object.entries(periods).map(([type, { row, use, after }]) =>
    [row, type, use ? use.from / 12 : '', use ? use.to / 12 : '', after === null ? '' : after / 12].join(','),
  );

/** Kinds of key, as their objects, and what of each protects and processes when active. */
const KINDS: readonly (readonly KeyType[])[] = [
  ['private-signature', 'public-verification'],
  ['private-authentication', 'public-authentication'],
  ['private-key-transport', 'public-key-transport'],
  ['symmetric-encryption'],
  ['symmetric-authentication'],
  ['symmetric-wrapping'],
  ['key-derivation'],
];

const days = fc
  .integer({ min: at('2000-01-01') / DAY_MS, max: at('2090-01-01') / DAY_MS })
  .map((n) => dayOf(n * DAY_MS));
const period = (from: string) =>
  fc
    .record({ first: fc.nat(2_000), more: fc.option(fc.nat(2_000), { nil: undefined }) })
    .map(({ first, more }): Cryptoperiod => ({
      originatorEnd: dayOf(at(from, first * DAY_MS)),
      ...(more === undefined ? {} : { recipientEnd: dayOf(at(from, (first + more) * DAY_MS)) }),
    }));
const keys: fc.Arbitrary<KeyInTime> = fc
  .record({ types: fc.constantFrom(...KINDS), state: fc.constantFrom(...NIST_R5.states.map(({ state }) => state)) })
  .chain(({ types, state }) =>
    days.chain((begin) =>
      fc.record({
        key: fc.nat(0xffff).map((n) => n.toString(16).padStart(40, '0')),
        label: fc.nat(9_999).map((n) => `KEY-${n}`),
        objects: fc.constant(types.map((type) => ({ type, state }))),
        active: fc.option(fc.constant(`${begin}T12:00:00.000Z`)),
        cryptoperiod: fc.option(period(begin)),
        changes: fc.subarray([...CHANGES]).map((changes) => () => changes),
        successor: fc.option(fc.constant('f'.repeat(40))),
        destroyAfter: fc.constant(null),
        enabled: fc.boolean(),
      }),
    ),
  );
const moment = days.chain((day) => fc.nat(DAY_MS - 1).map((ms) => at(day, ms)));
const of = (found: readonly Due[], ...rules: string[]): Due[] => found.filter(({ rule }) => rules.includes(rule));

describe('the suggested cryptoperiods', () => {
  test('are those of the published table, row by row, and no others', () => {
    expect(written(PERIODS).sort()).toEqual(table.map((row) => row.join(',')).sort());
  });

  test('are seen to differ where one of them is altered', () => {
    const bent = { ...PERIODS, 'private-signature': { ...PERIODS['private-signature'], use: { from: 12, to: 60 } } };
    expect(written(bent).sort()).not.toEqual(table.map((row) => row.join(',')).sort());
  });

  test.each([
    [['private-signature', 'public-verification'], { originatorEnd: '2029-02-28' }],
    [['private-key-transport', 'public-key-transport'], { originatorEnd: '2028-02-28', recipientEnd: '2028-02-28' }],
    [['symmetric-encryption'], { originatorEnd: '2028-02-28', recipientEnd: '2031-02-28' }],
    [['key-derivation'], { originatorEnd: '2027-02-28' }],
    [['random-bit-generation'], {}],
    [['ephemeral-agreement'], {}],
  ] as const)('of %j begin with the first use', (types, expected) => {
    expect(suggested(types, '2026-02-28')).toEqual(expected);
  });

  test('months are calendar months, and a day that a month does not have is its last', () => {
    expect(monthsAfter('2024-02-29', 12)).toBe('2025-02-28');
    expect(monthsAfter('2024-02-29', 48)).toBe('2028-02-29');
    expect(monthsAfter('2026-01-31', 1)).toBe('2026-02-28');
    expect(monthsAfter('2026-12-15', 13)).toBe('2028-01-15');
    fc.assert(
      fc.property(days, fc.nat(120), (day, months) => {
        const later = monthsAfter(day, months);
        expect(Number(later.slice(0, 4)) * 12 + Number(later.slice(5, 7))).toBe(
          Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) + months,
        );
        expect(later.slice(8) <= day.slice(8)).toBe(true);
      }),
    );
  });

  test('a period that ends before it begins, or for recipients first, is refused; one that is long is only told', () => {
    const types = KINDS[3]!;
    expect(refusedPeriod({ originatorEnd: '2026-01-01' }, '2026-01-02')).toBe('PERIOD-5');
    expect(refusedPeriod({ originatorEnd: '2026-01-02', recipientEnd: '2026-01-01' }, '2026-01-01')).toBe('PERIOD-6');
    expect(refusedPeriod({ originatorEnd: '2099-01-02', recipientEnd: '2099-01-02' }, '2026-01-01')).toBeNull();
    expect(longerThanTable(types, '2026-01-01', { originatorEnd: '2028-01-02' })).toBe(true);
    expect(longerThanTable(types, '2026-01-01', { originatorEnd: '2028-01-01' })).toBe(false);
    expect(longerThanTable(types, '2026-01-01', { originatorEnd: '2027-01-01', recipientEnd: '2030-01-02' })).toBe(
      true,
    );
  });
});

describe('what is due', () => {
  test('comes ninety days before the end of a long period, and a quarter before that of a short one', () => {
    expect(warnedBefore('2026-01-01', '2029-01-01')).toBe(90);
    expect(warnedBefore('2026-01-01', '2026-01-13')).toBe(3);
  });

  const signing: KeyInTime = {
    key: 'a'.repeat(40),
    label: 'root-2026',
    objects: [
      { type: 'private-signature', state: 'active' },
      { type: 'public-verification', state: 'active' },
    ],
    active: '2026-01-31T10:00:00.000Z',
    cryptoperiod: { originatorEnd: '2027-06-30', recipientEnd: '2031-06-30' },
    changes: () => ['suspend', 'deactivate', 'compromise', 'destroy'],
    successor: null,
    destroyAfter: null,
    enabled: true,
  };
  const told = (key: KeyInTime, day: string) =>
    due([key], at(day), NIST_R5).map(({ rule, days: left, plan }) => [rule, left, plan?.change]);

  test('of a signing key: its rotation, and its own end where it has a successor', () => {
    expect(told(signing, '2027-03-31')).toEqual([]);
    expect(told(signing, '2027-04-01')).toEqual([['PERIOD-1', 90, 'rotate']]);
    expect(told({ ...signing, successor: 'b'.repeat(40) }, '2027-04-01')).toEqual([['PERIOD-1', 90, 'deactivate']]);
    expect(told(signing, '2027-06-30')).toEqual([['PERIOD-1', 0, 'rotate']]);
    expect(told(signing, '2027-07-01')).toEqual([['PERIOD-2', -1, 'rotate']]);
    expect(told({ ...signing, successor: 'b'.repeat(40) }, '2027-07-01')).toEqual([['PERIOD-2', -1, 'deactivate']]);
    expect(due([signing], at('2027-07-01'), NIST_R5)[0]!.plan).toMatchObject({ fate: 'deactivate' });
    expect(due([signing], at('2027-07-01'), NIST_R5)[0]!.sentence).toBe(
      'Originator use of root-2026 ended on 2027-06-30.',
    );
    expect(due([signing], at('2027-04-01'), NIST_R5)[0]!.plan).toMatchObject({ label: 'root-2027', fate: 'keep' });
  });

  test('of its public half: nothing to destroy while recipients may need it, its end after that', () => {
    const ended: KeyInTime = {
      ...signing,
      objects: [
        { type: 'private-signature', state: 'destroyed' },
        { type: 'public-verification', state: 'deactivated' },
      ],
      changes: () => ['compromise', 'destroy'],
    };
    expect(told(ended, '2030-01-01')).toEqual([]);
    expect(told(ended, '2031-06-01')).toEqual([['PERIOD-3', 29, undefined]]);
    expect(told(ended, '2031-07-01')).toEqual([['PERIOD-4', -1, 'destroy']]);
  });

  test('is a destruction that has waited, from the moment on that it was to wait for', () => {
    const waiting: KeyInTime = {
      ...signing,
      objects: [{ type: 'private-signature', state: 'pending-destruction' }],
      changes: () => ['destroy'],
      destroyAfter: '2027-05-05T12:00:00.000Z',
    };
    expect(due([waiting], at('2027-05-05', DAY_MS / 2 - 1), NIST_R5)).toEqual([]);
    expect(due([waiting], at('2027-05-05', DAY_MS / 2), NIST_R5)).toMatchObject([
      { rule: 'PERIOD-7', days: 0, plan: { change: 'destroy' } },
    ]);
    expect(due([{ ...waiting, changes: () => [] }], at('2028-01-01'), NIST_R5)).toEqual([]);
  });

  test('without a recorded period is by the table, and says so', () => {
    const [found] = due([{ ...signing, cryptoperiod: null }], at('2029-02-01'), NIST_R5);
    expect(found).toMatchObject({ rule: 'PERIOD-2', end: '2029-01-31', by: 'table', days: -1 });
    expect(found!.sentence).toContain('Table 1: no period is recorded');
  });

  test('is nothing for a key that was never active, or may do nothing in its state', () => {
    for (const profile of PROFILES) {
      const still = profile.states.filter(
        ({ protect, process, object }) => object === 'absent' || (protect !== 'yes' && process !== 'yes'),
      );
      fc.assert(
        fc.property(keys, moment, fc.constantFrom(...still), (key, now, { state }) => {
          const resting = { ...key, objects: key.objects.map(({ type }) => ({ type, state })) };
          expect(due([{ ...key, active: null }, resting], now, profile)).toEqual([]);
        }),
      );
    }
  });

  test('says at most one thing of each of the two uses, with a rule that exists, and its sentence has the day', () => {
    fc.assert(
      fc.property(keys, moment, (key, now) => {
        const found = due([key], now, NIST_R5);
        expect(of(found, 'PERIOD-1', 'PERIOD-2').length).toBeLessThanOrEqual(1);
        expect(of(found, 'PERIOD-3', 'PERIOD-4').length).toBeLessThanOrEqual(1);
        for (const { rule, end, days: left, sentence } of found) {
          expect(isRuleId(rule)).toBe(true);
          expect(sentence).toContain(end);
          expect(left).toBe(daysBetween(dayOf(now), end));
          expect(left < 0).toBe(rule === 'PERIOD-2' || rule === 'PERIOD-4');
        }
      }),
    );
  });

  test('stays due as long as nothing is done, and what is over stays over', () => {
    fc.assert(
      fc.property(keys, moment, fc.nat(4_000), (key, now, later) => {
        const then = due([key], now + later * DAY_MS, NIST_R5);
        for (const { rule } of due([key], now, NIST_R5)) {
          const use = rule === 'PERIOD-1' || rule === 'PERIOD-2' ? ['PERIOD-1', 'PERIOD-2'] : ['PERIOD-3', 'PERIOD-4'];
          const [after] = of(then, ...use);
          expect(after).toBeDefined();
          if (rule === use[1]) expect(after!.rule).toBe(use[1]);
        }
      }),
    );
  });

  test('is the same at every moment of a day, and in whatever order the keys come', () => {
    fc.assert(
      fc.property(fc.uniqueArray(keys, { selector: ({ label }) => label, maxLength: 8 }), moment, (all, now) => {
        const midnight = now - (now % DAY_MS);
        const found = due(all, now, NIST_R5);
        expect(due(all, midnight, NIST_R5)).toEqual(found);
        expect(new Set(due([...all].reverse(), now, NIST_R5))).toEqual(new Set(found));
        expect(found.map(({ days: left }) => left)).toEqual(found.map(({ days: left }) => left).sort((a, b) => a - b));
      }),
    );
  });

  test('proposes only what the profile has from here, for this key, with a reason that can be read aloud', () => {
    fc.assert(
      fc.property(keys, moment, (key, now) => {
        for (const { plan, sentence } of due([key], now, NIST_R5)) {
          if (!plan) continue;
          expect(plan).toMatchObject({ key: key.key, reason: sentence });
          if (plan.change !== 'rotate') expect(key.changes()).toContain(plan.change);
        }
      }),
    );
  });

  test('a day that was recorded counts, and the table does not', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const periods = periodsOf(key);
        if (!periods || !key.cryptoperiod) return;
        for (const [end, recorded] of [
          [periods.originator, key.cryptoperiod.originatorEnd],
          [periods.recipient, key.cryptoperiod.recipientEnd],
        ] as const) {
          if (recorded !== undefined && end) expect(end).toEqual({ end: recorded, by: 'ledger' });
        }
      }),
    );
  });
});

describe('a cryptoperiod in the ledger', () => {
  const cryptoperiod = { originatorEnd: '2030-01-31', recipientEnd: '2035-01-31' };

  test('comes out of the plan into the intent, and out of the entries to the key', () => {
    const world = World.ready();
    world.freeze(world.plan({ cryptoperiod })).to();
    expect(world.made.periods).toMatchObject([cryptoperiod]);
    const intent = world.lines.find(({ entry }) => entry.type === 'act.intent' && entry.data.act === 'key.generate');
    expect(intent!.entry.data).toMatchObject({ cryptoperiod });
    const key = keyInTime(NIST_R5, world.made);
    expect(periodsOf(key)).toMatchObject({
      originator: { end: '2030-01-31', by: 'ledger' },
      recipient: { end: '2035-01-31', by: 'ledger' },
    });
    expect(due([key], at('2030-02-01'), NIST_R5)).toMatchObject([
      { rule: 'PERIOD-2', plan: { change: 'rotate', fate: 'deactivate' } },
    ]);
  });

  test('is read aloud with the plan', () => {
    const world = World.ready();
    const said = world.plan({ cryptoperiod }).script.steps.find(({ id }) => id === 'approve-generate')!.say;
    expect(said).toContain(
      'It may sign until the end of 2030-01-31, and what it protected may be used until the end of 2035-01-31.',
    );
    expect(world.plan().script.steps.find(({ id }) => id === 'approve-generate')!.say).not.toContain('until');
  });

  test.each([
    ['PERIOD-5', { originatorEnd: '2001-01-01' }],
    ['PERIOD-6', { originatorEnd: '2090-01-02', recipientEnd: '2090-01-01' }],
  ])('that cannot be is refused with %s before the plan is frozen', (rule, wrong) => {
    const world = World.ready();
    const plan = world.plan({ cryptoperiod: wrong });
    expect(ruleOf(world.ask(world.freezing(plan)))).toBe(rule);
    expect(ruleOf(world.ask(world.freezing(world.plan({ cryptoperiod: { originatorEnd: '2026-02-30' } }))))).toBe(
      'PLAN-6',
    );
  });

  test('is not needed: a key without one is as keys always were', () => {
    const world = World.ready();
    world.freeze(world.plan({ label: KEY.label })).to();
    expect(world.made.periods).toEqual([]);
    expect(JSON.stringify(world.lines.map(({ entry }) => entry))).not.toContain('cryptoperiod');
  });
});

test('the label of the key that follows goes on counting, and fits a label', () => {
  expect(nextLabel('root-2026')).toBe('root-2027');
  expect(nextLabel('K-09')).toBe('K-10');
  expect(nextLabel('K-99')).toBe('K-100');
  expect(nextLabel('code-signing')).toBe('code-signing-2');
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/), (label) => {
      expect(nextLabel(label)).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/);
      expect(nextLabel(label)).not.toBe(label);
    }),
  );
});
