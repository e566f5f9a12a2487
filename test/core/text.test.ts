import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { printable } from '../../core/terminal.ts';
import { FreeText, HIDDEN_REFUSED } from '../../core/text.ts';

const read = (text: string) => v.safeParse(FreeText(40), text);

describe('a note or reason', () => {
  test.each([
    ['The door was opened at 09:14.', 'The door was opened at 09:14.'],
    ['  Zoë’s clé: 10 % “off” – 王 ', 'Zoë’s clé: 10 % “off” – 王'],
    ['two lines,\r\n one\tsentence', 'two lines, one sentence'],
  ])('%j is kept as %j', (typed, kept) => {
    expect(read(typed)).toMatchObject({ success: true, output: kept });
  });

  test.each([
    ['a control character', 'a\u0007b'],
    ['a C1 control character', 'a\u009bb'],
    ['an escape sequence of a terminal', '\u001b[2J'],
    ['a right-to-left override', 'a\u202eb'],
    ['a bidirectional isolate', 'a\u2066b'],
    ['an Arabic letter mark', 'a\u061cb'],
    ['a zero-width space', 'a\u200bb'],
    ['a byte order mark', 'a\ufeffb'],
    ['a line separator', 'a\u2028b'],
    ['a tag character', 'a\u{e0041}b'],
    ['a variation selector', 'a\ufe0fb'],
    ['a private-use character', 'a\ue000b'],
    ['half a surrogate pair', 'a\ud800b'],
  ])('with %s is refused, and is told why', (_name, text) => {
    expect(read(text)).toMatchObject({ success: false, issues: [{ message: HIDDEN_REFUSED }] });
    expect(printable(text)).toContain('?');
    expect(read(printable(text)).success).toBe(true);
  });

  test('of spaces and line breaks alone, or longer than agreed, is refused', () => {
    expect(read(' \n\t ').success).toBe(false);
    expect(read('x'.repeat(41)).success).toBe(false);
  });
});
