import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { initials, nameKey, PersonName } from '../../../core/people/person.ts';

const isName = (name: string): boolean => v.safeParse(PersonName, name).success;

describe('a name', () => {
  test.each(['Ada Brandt', 'Chloé Dubois', 'Seán O’Neill', 'Anne-Marie L.', '王小明', 'Ольга', "D'Arcy", 'Ngô Đình'])(
    '%s is one',
    (name) => {
      expect(isName(name)).toBe(true);
    },
  );
  test.each([
    ['nothing', ''],
    ['a space before', ' Ada'],
    ['a space behind', 'Ada '],
    ['two spaces', 'Ada  Brandt'],
    ['a line break', 'Ada\nBrandt'],
    ['a right-to-left override', 'Ada\u202eBrandt'],
    ['a zero-width joiner', 'Ada\u200dBrandt'],
    ['a Hangul filler, which is a letter and invisible', 'Ada\u3164'],
    ['a variation selector, which is a mark and invisible', 'Ada\ufe0f'],
    ['a grapheme joiner, which is a mark and invisible', 'Ada\u034f'],
    ['a mark before any letter', '\u0301Ada'],
    ['another spelling of the same letters', 'Chloe\u0301'],
    ['half a surrogate pair', 'Ada\ud800'],
    ['markup', '<b>Ada</b>'],
    ['81 letters', 'a'.repeat(81)],
  ])('with %s is none', (_, name) => {
    expect(isName(name)).toBe(false);
  });
});

test('two spellings of one person’s name have one key', () => {
  expect(nameKey('ADA  brandt')).toBe(nameKey('Ada Brandt'));
  expect(nameKey('Chloe\u0301')).toBe(nameKey('Chloé'));
  expect(nameKey('Ada Brandt')).not.toBe(nameKey('Ada Brand'));
});

test.each([
  ['Ada Brandt', 'AB'],
  ['Ada', 'AD'],
  ['A', 'A'],
  ['Ada Maria Brandt', 'AB'],
  ['Anne-Marie', 'AM'],
  ['𐐀da 𐐁randt', '𐐀𐐁'],
  ['', '?'],
])('the initials of %j are %j', (name, letters) => {
  expect(initials(name)).toBe(letters);
});
