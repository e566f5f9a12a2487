import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { instant } from '../../../core/quorum/instant.ts';
import { notReached, tally, type Decision } from '../../../core/quorum/count.ts';
import { initialPolicy, policySchema, type Policy } from '../../../core/quorum/policy.ts';

const PEOPLE = ['custodian-1', 'custodian-2', 'custodian-3'];
const policy = initialPolicy(PEOPLE, 2);
const rule = policy.rules[0]!;

describe('a policy', () => {
  test('as a new vault has it is well-formed', () => {
    expect(v.safeParse(policySchema, policy).success).toBe(true);
  });

  const two = (people: string[][], all: [string, number][]): Partial<Policy> => ({
    groups: people.map((list, i) => ({ id: `group-${i}`, people: list })),
    rules: [{ ...rule, all: all.map(([of, required]) => ({ of, required })) }],
  });
  test.each<[string, Partial<Policy>]>([
    ['two rules for one act', { rules: [rule, { ...rule, declines: 'count' }] }],
    ['a group twice', { groups: [...policy.groups, ...policy.groups] }],
    [
      'a person twice in a group',
      { groups: [{ id: 'custodians', people: ['custodian-1', 'custodian-1', 'custodian-2'] }] },
    ],
    ['a rule over no group', { rules: [{ ...rule, all: [] }] }],
    ['a group that it does not define', { rules: [{ ...rule, all: [{ of: 'constructor', required: 1 }] }] }],
    ['more required than there are', { rules: [{ ...rule, all: [{ of: 'custodians', required: 4 }] }] }],
    ['nobody required', { rules: [{ ...rule, all: [{ of: 'custodians', required: 0 }] }] }],
    ['half a person required', { rules: [{ ...rule, all: [{ of: 'custodians', required: 1.5 }] }] }],
    [
      'one person who would count in two groups',
      two(
        [['custodian-1'], ['custodian-1', 'custodian-2']],
        [
          ['group-0', 1],
          ['group-1', 1],
        ],
      ),
    ],
    [
      'one group twice in a rule',
      two(
        [PEOPLE],
        [
          ['group-0', 1],
          ['group-0', 1],
        ],
      ),
    ],
  ])('with %s is refused', (_, change) => {
    expect(v.safeParse(policySchema, { ...policy, ...change }).success).toBe(false);
  });

  test('with two groups of different people is well-formed', () => {
    const change = two(
      [['custodian-1'], ['custodian-2', 'custodian-3']],
      [
        ['group-0', 1],
        ['group-1', 2],
      ],
    );
    expect(v.safeParse(policySchema, { ...policy, ...change }).success).toBe(true);
  });
});

describe('counting', () => {
  /** The most decisions that can be picked so that no person and no key is there twice, by trying all. */
  function most(decisions: readonly Decision[]): number {
    let best = 0;
    for (let picked = 0; picked < 2 ** decisions.length; picked++) {
      const some = decisions.filter((_, i) => Math.floor(picked / 2 ** i) % 2 === 1);
      const sound =
        some.every((d) => d.decision === 'approve' && PEOPLE.includes(d.person)) &&
        new Set(some.map((d) => d.person)).size === some.length &&
        new Set(some.map((d) => d.key)).size === some.length;
      if (sound) best = Math.max(best, some.length);
    }
    return best;
  }
  const decision = fc.record<Decision>({
    person: fc.constantFrom(...PEOPLE, 'witness-1'),
    key: fc.constantFrom('k1', 'k2', 'k3'),
    decision: fc.constantFrom('approve', 'approve', 'decline'),
  });

  test('never finds more people than can be told apart by person and by key', () => {
    fc.assert(
      fc.property(fc.array(decision, { maxLength: 7 }), (decisions) => {
        expect(tally(policy, rule, decisions)[0]!.approved).toBeLessThanOrEqual(most(decisions));
      }),
    );
  });

  test('finds all of them where each person has one key of their own', () => {
    const own: Readonly<Record<string, string>> = {
      'custodian-1': 'k1',
      'custodian-2': 'k2',
      'custodian-3': 'k3',
      'witness-1': 'k4',
    };
    fc.assert(
      fc.property(fc.array(decision, { maxLength: 7 }), (drawn) => {
        const decisions = drawn.map((d) => ({ ...d, key: own[d.person]! }));
        expect(tally(policy, rule, decisions)[0]!.approved).toBe(most(decisions));
      }),
    );
  });

  test('of a rule over no group is never enough', () => {
    expect(notReached(policy, { ...rule, all: [] }, [])).toBe('QUORUM-1');
  });

  test('needs every group of a rule', () => {
    const groups = [
      { id: 'a', people: ['custodian-1'] },
      { id: 'b', people: ['custodian-2', 'custodian-3'] },
    ];
    const both = {
      ...rule,
      all: [
        { of: 'a', required: 1 },
        { of: 'b', required: 1 },
      ],
    };
    const by = (...people: string[]): Decision[] =>
      people.map((person) => ({ person, key: person, decision: 'approve' }));
    const over = { ...policy, groups };
    expect(notReached(over, both, by('custodian-2', 'custodian-3'))).toBe('QUORUM-1');
    expect(notReached(over, both, by('custodian-1'))).toBe('QUORUM-1');
    expect(notReached(over, both, by('custodian-1', 'custodian-3'))).toBeNull();
  });
});

describe('an instant', () => {
  test.each(['2026-11-03T09:00:00Z', '2026-11-03T09:00:00.000Z', '2024-02-29T23:59:59.999Z'])('%s is one', (text) => {
    expect(instant(text)).toBe(new Date(text).getTime());
  });
  test.each([
    '',
    'now',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-99-99T99:99:99Z',
    '2026-01-01T00:00:60Z',
    '2026-11-03T09:00:00+01:00',
    '2026-11-03',
    '1',
  ])('%j is none', (text) => {
    expect(instant(text)).toBeNaN();
  });
});
