import { expect, test } from 'vitest';
import { settlePdf } from '../../electron/window/settle-pdf.ts';

const info = (created: string, changed: string, text = '\u00ff binary') =>
  Buffer.from(
    `${text}\n<</Creator (Chromium)\n/CreationDate (D:${created})\n/ModDate (D:${changed})>>\nendobj`,
    'latin1',
  );

test('two files that differ in their time stamps only are equal afterwards, and keep their length', () => {
  const first = info("20260101120000+00'00'", "20260101120001+00'00'");
  const second = info("20271231235959-11'30'", "20271231235959-11'30'");
  const length = first.length;
  expect(Buffer.from(settlePdf(first))).toEqual(Buffer.from(settlePdf(second)));
  expect(first).toHaveLength(length);
  expect(first.toString('latin1').match(/D:19700101000000\+00'00'/g)).toHaveLength(2);
});

const elements = (...numbers: number[]) =>
  Buffer.from(numbers.map((n) => `<</ID (node${String(n).padStart(8, '0')})>>`).join('\n'), 'latin1');

test('two files whose structure elements were counted from different numbers are equal afterwards', () => {
  const [first, second] = [elements(7, 4, 12, 4), elements(19, 5, 40, 5)];
  expect(Buffer.from(settlePdf(first))).toEqual(Buffer.from(settlePdf(second)));
  expect(first).toEqual(elements(2, 1, 3, 1));
});

test('nothing else is changed', () => {
  const stamp = "20260101120000+00'00'";
  const [first, second] = [info(stamp, stamp, 'a'), info(stamp, stamp, 'b')];
  expect(Buffer.from(settlePdf(first))).not.toEqual(Buffer.from(settlePdf(second)));
  const text = Buffer.from('node00000009 (node9) (nodes00000009)', 'latin1');
  expect(settlePdf(Buffer.from(text))).toEqual(text);
});
