import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { actorSchema, clockSchema } from '../../../core/ledger/entry.ts';
import { Attribute, Hash, instantOf, Milliseconds, PersonId, StepId, Timestamp } from '../../../core/ledger/fields.ts';
import { matcher } from '../../../core/ledger/match.ts';

/** Every kind of schema that the ledger is made of, and two that the matcher does not know itself. */
const SCHEMAS: Readonly<Record<string, v.GenericSchema>> = {
  text: v.string(),
  'text of some length': v.pipe(v.string(), v.maxLength(3)),
  'text of one length': v.pipe(v.string(), v.length(2)),
  number: v.number(),
  count: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  flag: v.boolean(),
  literal: v.literal(1),
  choice: v.picklist(['a', 'b']),
  'one or nothing': v.nullable(v.picklist(['a', 'b'])),
  'one of several': v.union([v.boolean(), v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.maxLength(1))]),
  list: v.pipe(v.array(v.string()), v.maxLength(2)),
  record: v.record(v.string(), v.unknown()),
  'record of numbers': v.record(v.pipe(v.string(), v.maxLength(1)), v.number()),
  checked: v.pipe(
    v.string(),
    v.check((text) => text !== 'a'),
  ),
  identifier: v.pipe(v.string(), v.uuid()),
  object: v.strictObject({ a: v.string(), b: v.optional(v.number()), c: v.nullable(v.boolean()) }),
  'object in an object': v.strictObject({ a: v.optional(v.strictObject({ b: v.literal(1) })) }),
  'list of objects': v.array(v.strictObject({ a: v.picklist(['a', 'b']) })),
  'object with a value of its own': v.strictObject({ a: v.optional(v.number(), 1) }),
  'open object': v.object({ a: v.string() }),
  'several of one kind': v.variant('a', [v.object({ a: v.literal('a') }), v.object({ a: v.literal('b') })]),
  attribute: Attribute,
  actor: actorSchema,
  clock: clockSchema,
  hash: Hash,
  person: PersonId,
  step: StepId,
  milliseconds: Milliseconds,
};

const leaf = fc.oneof(
  fc.constantFrom('a', 'b', '', 'ab', 'abc', 'abcd', 'custodian-1', 'administrator', 'CKA_SIGN', '0'.repeat(64)),
  fc.constantFrom('2026-04-22T08:00:00.000Z', '2026-02-30T08:00:00.000Z', '00000000-0000-4000-8000-000000000001'),
  fc.constantFrom<unknown>(0, 1, -1, 1.5, 2 ** 53, true, false, null),
);
const member = fc.constantFrom(
  'a',
  'b',
  'c',
  'd',
  'name',
  'value',
  'role',
  'person',
  'wall',
  'mono',
  'boot',
  'toString',
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(member, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.record({ a: tie('value'), b: tie('value'), c: tie('value') }, { requiredKeys: [], noNullPrototype: true }),
    fc.record(
      {
        wall: fc.constantFrom('2026-04-22T08:00:00.000Z', '2026-02-30T08:00:00.000Z'),
        mono: fc.constantFrom(0, 1, -1, 1.5),
        boot: fc.constantFrom('00000000-0000-4000-8000-000000000001', 'a'),
        bound: fc.constantFrom(0, -1),
      },
      { requiredKeys: ['wall', 'mono', 'boot'], noNullPrototype: true },
    ),
    fc.record(
      { a: leaf, b: fc.integer(), c: fc.constantFrom(true, null, 1) },
      { requiredKeys: ['a', 'c'], noNullPrototype: true },
    ),
    fc.record({ name: leaf, value: leaf }, { noNullPrototype: true }),
    fc.record({ role: leaf, person: leaf }, { requiredKeys: ['role'], noNullPrototype: true }),
  ),
}));

describe('a schema as a plain test', () => {
  it.each(Object.keys(SCHEMAS))('agrees with the schema itself: %s', (what) => {
    const schema = SCHEMAS[what]!;
    const test = matcher(schema);
    let matched = 0;
    fc.assert(
      fc.property(value, (given) => {
        expect(test(given)).toBe(v.is(schema, given));
        if (test(given)) matched++;
      }),
      { numRuns: 3000, seed: 20260422 },
    );
    expect(matched).toBeGreaterThan(0);
  });
});

describe('an instant', () => {
  /** What the language itself says of such a text. */
  const platform = (text: string): number => {
    const at = Date.parse(text);
    const written = Number.isNaN(at) ? '' : new Date(at).toISOString();
    return written === (text.length === 20 ? text.replace('Z', '.000Z') : text) ? at : NaN;
  };

  it('is what Date.parse says it is', () => {
    const part = (max: number, length = 2) =>
      fc.integer({ min: 0, max }).map((number) => String(number).padStart(length, '0'));
    const parts = fc.tuple(part(9999, 4), part(13), part(32), part(25), part(61), part(61), part(999, 3), fc.boolean());
    fc.assert(
      fc.property(parts, ([year, month, day, hour, minute, second, ms, whole]) => {
        const text = `${year}-${month}-${day}T${hour}:${minute}:${second}${whole ? '' : `.${ms}`}Z`;
        expect(instantOf(text)).toBe(platform(text));
        expect(v.is(Timestamp, text)).toBe(!Number.isNaN(platform(text)));
      }),
      { numRuns: 5000 },
    );
  });

  it('is any millisecond that four digits of a year can say', () => {
    const FIRST = Date.parse('0000-01-01T00:00:00.000Z');
    const LAST = Date.parse('9999-12-31T23:59:59.999Z');
    fc.assert(
      fc.property(fc.integer({ min: FIRST, max: LAST }), (at) => {
        expect(instantOf(new Date(at).toISOString())).toBe(at);
      }),
      { numRuns: 5000 },
    );
    expect([instantOf('0000-01-01T00:00:00.000Z'), instantOf('9999-12-31T23:59:59.999Z')]).toEqual([FIRST, LAST]);
  });

  it.each(['2023-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2026-04-31T00:00:00Z', '2026-04-22T24:00:00.000Z'])(
    'is none on %s',
    (text) => {
      expect(instantOf(text)).toBeNaN();
      expect(v.is(Timestamp, text)).toBe(false);
    },
  );
});
