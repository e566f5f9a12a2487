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

/** Elements as Chromium names them: the n-th object has the n-th of these numbers. The tree lists them by name. */
const elements = (...numbers: number[]) => {
  const named = numbers.map((n, i) => ({ name: `(node${String(n).padStart(8, '0')})`, object: i + 9 }));
  const objects = named.map(({ name, object }) => `${object} 0 obj\n<</ID ${name}>>`);
  const sorted = [...named].sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = sorted.map(({ name, object }) => `${name} ${object} 0 R`).join(' ');
  const limits = `${sorted[0]!.name} ${sorted.at(-1)!.name}`;
  return Buffer.from(`${objects.join('\n')}\n<</Limits [${limits}]\n/Names [${names}]>>`, 'latin1');
};

test('two files whose structure elements were counted in another order are equal afterwards, and their tree is sorted', () => {
  const [first, second] = [elements(7, 4, 12, 5), elements(19, 20, 40, 50)];
  const length = first.length;
  expect(Buffer.from(settlePdf(first))).toEqual(Buffer.from(settlePdf(second)));
  expect(first).toHaveLength(length);
  const text = first.toString('latin1');
  expect(text).toContain(
    '/Names [(node00000001) 9 0 R (node00000002) 10 0 R (node00000003) 11 0 R (node00000004) 12 0 R]',
  );
  expect(text).toContain('11 0 obj\n<</ID (node00000003)>>');
});

test('nothing else is changed', () => {
  const stamp = "20260101120000+00'00'";
  const [first, second] = [info(stamp, stamp, 'a'), info(stamp, stamp, 'b')];
  expect(Buffer.from(settlePdf(first))).not.toEqual(Buffer.from(settlePdf(second)));
  const text = Buffer.from('node00000009 (node9) (nodes00000009)', 'latin1');
  expect(settlePdf(Buffer.from(text))).toEqual(text);
});
