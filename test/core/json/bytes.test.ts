import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  base64,
  base64url,
  concat,
  equal,
  fromBase64,
  fromBase64url,
  fromHex,
  hex,
  groups,
  utf8,
} from '../../../core/bytes.ts';

const bytes = fc.uint8Array({ maxLength: 200 });

describe('written forms of bytes', () => {
  // RFC 4648 section 10.
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('writes %j as the base64 %j of RFC 4648', (text, encoded) => {
    expect(base64(utf8(text))).toBe(encoded);
    expect(base64url(utf8(text))).toBe(encoded.replaceAll('=', ''));
  });

  it('agrees with the platform on base64, base64url and hex, both ways', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const buffer = Buffer.from(value);
        expect(base64(value)).toBe(buffer.toString('base64'));
        expect(base64url(value)).toBe(buffer.toString('base64url'));
        expect(hex(value)).toBe(buffer.toString('hex'));
        expect(fromBase64(base64(value))).toEqual(value);
        expect(fromBase64url(base64url(value))).toEqual(value);
        expect(fromHex(hex(value))).toEqual(value);
      }),
    );
  });

  it('has one spelling for every byte string: what decodes also encodes to the same text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ABab01+/-_= \n'), maxLength: 12 });
    fc.assert(
      fc.property(text, (given) => {
        const standard = fromBase64(given);
        if (standard) expect(base64(standard)).toBe(given);
        const url = fromBase64url(given);
        if (url) expect(base64url(url)).toBe(given);
        const raw = fromHex(given);
        if (raw) expect(hex(raw)).toBe(given);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['Zg', 'Zg=', 'Zh==', 'Zm9=', 'Zg==\n', 'Z g=', '=', '====', 'Zg==Zg==', 'Zm8-'])(
    'refuses %j as base64',
    (text) => {
      expect(fromBase64(text)).toBeNull();
    },
  );

  it('joins and compares', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(hex(concat(a, b))).toBe(hex(a) + hex(b));
        expect(equal(a, b)).toBe(hex(a) === hex(b));
      }),
    );
    expect(groups('c2d7cf95')).toEqual(['c2d7', 'cf95']);
  });
});
