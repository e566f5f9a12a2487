import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, utf8 } from '../../../core/bytes.ts';
import { jcs, MAX_DEPTH, parseCanonical, type Json } from '../../../core/json/jcs.ts';
import { parsePlain } from '../../../core/json/plain.ts';

const name = fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,9}$/);
const text = fc.string({ unit: 'grapheme' }).filter((value) => !/["\\]|\p{Cc}/u.test(value));
const integer = fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 });

/** What the ledger writes all the time: no escapes, integers, plain names. */
const { plain } = fc.letrec<{ plain: Json }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 5 },
    text,
    integer,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('plain'), { maxLength: 4 }),
    fc.dictionary(name, tie('plain'), { maxKeys: 6 }),
  ),
}));

/** Anything, with names and numbers at the edges of what is plain. */
const any: fc.Arbitrary<Json> = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });

describe('plain canonical JSON', () => {
  it('is read as the value it says', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const written = jcs(value);
        expect(parsePlain(utf8(written))).toEqual(JSON.parse(written));
      }),
      { numRuns: 1000 },
    );
  });

  it('is only what the definition of canonical form takes as well, whatever bytes are given', () => {
    let read = 0;
    const agrees = (bytes: Uint8Array) => {
      const value = parsePlain(bytes);
      if (value === undefined) return;
      read++;
      expect(parseCanonical(bytes)).toEqual({ ok: true, value });
    };
    fc.assert(
      fc.property(fc.oneof(plain, any), fc.nat(), fc.integer({ min: 0, max: 255 }), (value, at, byte) => {
        const bytes = utf8(jcs(value));
        agrees(bytes);
        agrees(bytes.with(at % bytes.length, byte));
        agrees(bytes.filter((_, i) => i !== at % bytes.length));
        agrees(new Uint8Array([...bytes.slice(0, at % bytes.length), byte, ...bytes.slice(at % bytes.length)]));
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(2000);
  });

  it.each([
    ['white space before', ' {}'],
    ['white space after', '{} '],
    ['white space within', '{"a": 1}'],
    ['a byte order mark', '\ufeff{}'],
    ['two values', '{}{}'],
    ['nothing', ''],
    ['an unfinished object', '{"a":1'],
    ['an unfinished string', '"a'],
    ['a comma too many in an object', '{"a":1,}'],
    ['a comma too many in an array', '[1,]'],
    ['a comma too few', '[1 2]'],
    ['an object without a colon', '{"a"1}'],
    ['a name twice', '{"a":1,"a":1}'],
    ['names out of order', '{"b":1,"a":1}'],
    ['a longer name before its beginning', '{"ab":1,"a":1}'],
    ['an empty name', '{"":1}'],
    ['a name that begins with a digit', '{"1":1}'],
    ['a name that begins with a capital letter', '{"A":1}'],
    ['a name with a hyphen', '{"a-b":1}'],
    ['a name of 65 characters', `{"${'a'.repeat(65)}":1}`],
    ['an escaped name', '{"\\u0061":1}'],
    ['a name that is no string', '{a:1}'],
    ['an escape that need not be', '"\\u0061"'],
    ['an escape that must be', '"\\n"'],
    ['a control character', '"\n"'],
    ['a lone surrogate', '"\\ud800"'],
    ['minus zero', '-0'],
    ['a zero before other digits', '01'],
    ['a minus without digits', '-'],
    ['a plus', '+1'],
    ['a fraction', '1.5'],
    ['a whole number written as a fraction', '1.0'],
    ['an exponent', '1e3'],
    ['a number of sixteen digits', '1000000000000000'],
    ['another literal', 'nul'],
    ['a literal with more after it', 'nulls'],
    ['no literal of JSON', 'NaN'],
    ['deep nesting', `${'['.repeat(MAX_DEPTH + 1)}1${']'.repeat(MAX_DEPTH + 1)}`],
  ])('is not %s', (_what, given) => {
    expect(parsePlain(utf8(given))).toBeUndefined();
  });

  it.each([
    ['names of which one begins the other', '{"a":1,"ab":1,"b":1}'],
    ['a name of 64 characters', `{"${'a'.repeat(64)}":1}`],
    ['the largest numbers of fifteen digits', '[-999999999999999,999999999999999]'],
    ['everything empty', '[{},[],"",0]'],
    ['the deepest nesting there may be', `${'['.repeat(MAX_DEPTH)}1${']'.repeat(MAX_DEPTH)}`],
  ])('is %s', (_what, given) => {
    expect(parsePlain(utf8(given))).toEqual(JSON.parse(given));
    expect(parseCanonical(utf8(given)).ok).toBe(true);
  });

  it('is not what is no UTF-8', () => {
    for (const bytes of ['22ff22', '22c3', '22c322', '22eda08022', '22f4908080']) {
      expect(hex(Uint8Array.from(Buffer.from(bytes, 'hex')))).toBe(bytes);
      expect(parsePlain(Uint8Array.from(Buffer.from(bytes, 'hex')))).toBeUndefined();
    }
  });
});
