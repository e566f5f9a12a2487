import { expect, test } from 'vitest';
import { fixDates } from '../../electron/window/pdf-dates.ts';

const info = (created: string, changed: string, text = '\u00ff binary') =>
  Buffer.from(
    `${text}\n<</Creator (Chromium)\n/CreationDate (D:${created})\n/ModDate (D:${changed})>>\nendobj`,
    'latin1',
  );

test('two files that differ in their time stamps only are equal afterwards, and keep their length', () => {
  const first = info("20260101120000+00'00'", "20260101120001+00'00'");
  const second = info("20271231235959-11'30'", "20271231235959-11'30'");
  const length = first.length;
  expect(Buffer.from(fixDates(first))).toEqual(Buffer.from(fixDates(second)));
  expect(first).toHaveLength(length);
  expect(first.toString('latin1').match(/D:19700101000000\+00'00'/g)).toHaveLength(2);
});

test('nothing but the time stamps is changed', () => {
  const stamp = "20260101120000+00'00'";
  const [first, second] = [info(stamp, stamp, 'a'), info(stamp, stamp, 'b')];
  expect(Buffer.from(fixDates(first))).not.toEqual(Buffer.from(fixDates(second)));
});
