import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as nodeCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { crc32, isSafeName, MAX_ENTRIES, readZip, writeZip } from '../../core/evidence/zip.ts';
import { must } from './factory.ts';
import { entriesOf, zip } from './mutator/zip.ts';

const names = fc.stringMatching(/^[a-z][a-z0-9.-]{0,10}(\/[a-z0-9][a-z0-9.-]{0,10})?$/);
const archives = fc
  .dictionary(names, fc.uint8Array({ maxLength: 64 }), { maxKeys: 6 })
  .map((files) => new Map(Object.entries(files)));

test('what was written is read', () => {
  fc.assert(
    fc.property(archives, (files) => {
      const read = must(readZip(writeZip(files)));
      expect(new Map([...read].sort())).toEqual(new Map([...files].sort()));
    }),
  );
});

test('the order in which files were added makes no difference', () => {
  fc.assert(
    fc.property(archives, (files) => {
      expect(writeZip(new Map([...files].reverse()))).toEqual(writeZip(files));
    }),
  );
});

test('another writer of the same form gives the same bytes', () => {
  fc.assert(
    fc.property(archives, (files) => {
      const other = zip(entriesOf(new Map([...files].map(([name, body]) => [name, Buffer.from(body)]))));
      expect(other.equals(writeZip(files))).toBe(true);
    }),
  );
});

test('every change of one byte anywhere is refused', () => {
  const archive = writeZip(
    new Map([
      ['a.txt', utf8('alpha')],
      ['b/c.json', utf8('{}')],
      ['empty', new Uint8Array(0)],
    ]),
  );
  for (let at = 0; at < archive.length; at++)
    for (const flip of [1, 0x20, 0x80, 0xff]) {
      const altered = archive.slice();
      altered[at] = altered[at]! ^ flip;
      expect(readZip(altered).ok, `byte ${at}`).toBe(false);
    }
});

test('every cut is refused, and every byte put anywhere', () => {
  const archive = writeZip(
    new Map([
      ['a.txt', utf8('alpha')],
      ['b.txt', utf8('beta')],
    ]),
  );
  for (let at = 0; at < archive.length; at++) {
    expect(readZip(archive.slice(0, at)).ok).toBe(false);
    expect(readZip(new Uint8Array([...archive.slice(0, at), 0, ...archive.slice(at)])).ok).toBe(false);
  }
  expect(readZip(new Uint8Array([...archive, 0])).ok).toBe(false);
});

test('arbitrary bytes are refused and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(readZip(bytes).ok).toBe(false);
    }),
  );
});

test.for(['', '/etc/passwd', '../a', 'a/../b', 'a//b', 'a/', './a', 'a\\b', 'C:a', 'a\u0000', 'é', '.hidden'])(
  'the name %j is not a plain relative path',
  (name) => {
    expect(isSafeName(name)).toBe(false);
    const archive = zip([{ name, body: Buffer.from('x') }]);
    expect(readZip(new Uint8Array(archive)).ok).toBe(false);
  },
);

test('more entries than allowed are neither written nor read', () => {
  const many = new Map(Array.from({ length: MAX_ENTRIES + 1 }, (_, i) => [`f${i}`, Buffer.from('x')] as const));
  expect(() => writeZip(many)).toThrow(RangeError);
  expect(readZip(new Uint8Array(zip(entriesOf(many)))).ok).toBe(false);
});

test('entries that share their bytes are refused before they are unpacked', () => {
  const archive = Buffer.from(
    writeZip(
      new Map([
        ['a', utf8('x')],
        ['b', utf8('x')],
      ]),
    ),
  );
  const second = archive.lastIndexOf(Buffer.from('504b0102', 'hex'));
  archive.writeUInt32LE(0, second + 42);
  archive.write('a', second + 46);
  expect(readZip(new Uint8Array(archive)).ok).toBe(false);
  archive.write('b', second + 46);
  const read = readZip(new Uint8Array(archive));
  expect(read.ok ? '' : read.error.message).toContain('overlap');
});

test('the checksum is that of zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(crc32(bytes)).toBe(nodeCrc32(bytes));
    }),
  );
});

test('Info-ZIP finds nothing wrong with an archive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-zip-'));
  try {
    writeFileSync(
      join(folder, 'a.zip'),
      writeZip(
        new Map([
          ['a.txt', utf8('alpha')],
          ['b/c.json', utf8('{}')],
        ]),
      ),
    );
    const { status, stdout } = spawnSync('unzip', ['-t', join(folder, 'a.zip')], { encoding: 'utf8' });
    expect(stdout).toContain('No errors detected');
    expect(status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
