import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, hex, utf8 } from '../../../core/bytes.ts';
import { jcs, MAX_DEPTH, parseCanonical, type Json } from '../../../core/json/jcs.ts';
import { countPublishedVectors, publishedVector } from '../published.ts';

/** RFC 8785 appendix B: the bits of a double, and how JCS writes it. */
const NUMBERS: readonly (readonly [bits: string, text: string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

/** The published sample documents of the JCS author (RFC 8785 section 3.2 and the set beside it), as values. */
const DOCUMENTS: readonly (readonly [what: string, value: Json, text: string])[] = [
  ['arrays', [56, { d: true, 10: null, 1: [] }], '[56,{"1":[],"10":null,"d":true}]'],
  [
    'names sorted without a locale',
    { peach: 'a', 'p\u00e9ch\u00e9': 'b', 'p\u00eache': 'c', sin: 'd' },
    '{"peach":"a","p\u00e9ch\u00e9":"b","p\u00eache":"c","sin":"d"}',
  ],
  [
    'structures',
    {
      1: { f: { f: 'hi', F: 5 }, '\n': 56.0 },
      10: {},
      '': 'empty',
      a: {},
      111: [{ e: 'yes', E: 'no' }],
      A: {},
    },
    '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}',
  ],
  [
    'unnormalised Unicode is left as it is',
    { 'Unnormalized Unicode': 'A\u030a' },
    '{"Unnormalized Unicode":"A\u030a"}',
  ],
  [
    'literals, numbers and escapes (RFC 8785 section 3.2.2)',
    {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    },
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  ],
  [
    'names sorted by UTF-16 code units (RFC 8785 section 3.2.3)',
    {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      1: 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    },
    '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",' +
      '"\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
  ],
];

const double = (bits: string): number => new DataView(fromHex(bits)!.slice().buffer).getFloat64(0);

const json: fc.Arbitrary<Json> = fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' });

/** The same value with the members of every object the other way round. */
function reversed(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item!)]),
  );
}

countPublishedVectors();

describe('canonical JSON', () => {
  it.each(NUMBERS)('writes the double %s as %s (RFC 8785 appendix B)', (bits, text) => {
    expect(jcs(double(bits))).toBe(text);
    publishedVector('RFC 8785 numbers');
  });

  it('refuses the doubles of appendix B that are not numbers', () => {
    expect(() => jcs(double('7fffffffffffffff'))).toThrow(TypeError);
    publishedVector('RFC 8785 numbers');
    expect(() => jcs(double('7ff0000000000000'))).toThrow(TypeError);
    publishedVector('RFC 8785 numbers');
  });

  it.each(DOCUMENTS)('writes the published document: %s', (_what, value, text) => {
    expect(jcs(value)).toBe(text);
    expect(parseCanonical(utf8(text))).toEqual({ ok: true, value: JSON.parse(text) as Json });
    publishedVector('JCS documents');
  });

  it('reads back what it wrote, whatever the order of members', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = jcs(value);
        expect(jcs(reversed(value))).toBe(text);
        expect(parseCanonical(utf8(text))).toEqual({ ok: true, value: JSON.parse(text) as Json });
      }),
    );
  });

  it('accepts bytes only if they are the canonical form of what they say', () => {
    fc.assert(
      fc.property(json, fc.nat(), fc.integer({ min: 0, max: 7 }), (value, at, bit) => {
        const bytes = utf8(jcs(value));
        const i = at % bytes.length;
        bytes[i] = bytes[i]! ^ (1 << bit);
        const read = parseCanonical(bytes);
        expect(read.ok ? hex(utf8(jcs(read.value))) : hex(bytes)).toBe(hex(bytes));
      }),
    );
  });

  it.each([
    ['white space', '{"a": 1}'],
    ['a newline at the end', '{"a":1}\n'],
    ['members out of order', '{"b":1,"a":1}'],
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice with another value', '{"a":1,"a":2}'],
    ['a number with an exponent', '1e2'],
    ['a number with a fraction of zero', '1.0'],
    ['minus zero', '-0'],
    ['an escape that is not needed', '"\\u0041"'],
    ['an escape in upper case', '"\\u001F"'],
    ['an escaped solidus', '"\\/"'],
    ['a lone surrogate, escaped', '"\\ud800"'],
    ['a byte order mark', '\ufeff{}'],
    ['two values', '1 2'],
    ['nothing', ''],
  ])('refuses %s', (_what, text) => {
    expect(parseCanonical(utf8(text)).ok).toBe(false);
  });

  it('reads names that look like numbers in the order of their code units, and a backslash before ud800 as text', () => {
    for (const text of ['{"1":0,"10":0,"2":0}', '{"-1":0,"1":0,"a":0}', '"\\\\ud800"', '{"\\\\ud800":"\\\\ud"}'])
      expect(parseCanonical(utf8(text)).ok).toBe(true);
    for (const text of ['{"1":0,"2":0,"10":0}', '{"1":0,"-1":0}', '{"\\ud800":0}', '["\\ud800","\\\\ud800"]'])
      expect(parseCanonical(utf8(text)).ok).toBe(false);
  });

  it('refuses bytes that are not UTF-8', () => {
    for (const bytes of ['22ff22', '22c0af22', '22eda08022', '22f4908080'])
      expect(parseCanonical(fromHex(bytes)!).ok).toBe(false);
  });

  it('refuses nesting beyond the limit instead of exhausting the stack', () => {
    const nested = (depth: number) => utf8('['.repeat(depth) + ']'.repeat(depth));
    expect(parseCanonical(nested(MAX_DEPTH + 1)).ok).toBe(true);
    expect(parseCanonical(nested(MAX_DEPTH + 2)).ok).toBe(false);
    expect(parseCanonical(nested(200_000)).ok).toBe(false);
  });
});
