import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeNew } from '../../electron/custody/host/write-new.ts';
import { bytes, must, mustFail } from './bench.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-write-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string) => writeNew(folder, name, bytes('ours'), 'key file');

test('a new file is written whole, for its owner alone, and nothing is left beside it', async () => {
  expect(must(await write('a.age'))).toEqual({ path: join(folder, 'a.age') });
  expect(readFileSync(join(folder, 'a.age'), 'utf8')).toBe('ours');
  expect(statSync(join(folder, 'a.age')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['a.age']);
});

test('a file that came into being after the look at the folder is not overwritten: CRED-6', async () => {
  writeFileSync(join(folder, 'a.age'), 'theirs');
  expect(mustFail(await write('a.age')).policy).toBe('CRED-6');
  expect(readFileSync(join(folder, 'a.age'), 'utf8')).toBe('theirs');
  expect(readdirSync(folder)).toEqual(['a.age']);
});

test('a link that came into being meanwhile is not written through: CRED-6', async () => {
  const target = join(folder, 'target');
  symlinkSync(target, join(folder, 'a.age'));
  expect(mustFail(await write('a.age')).policy).toBe('CRED-6');
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(folder)).toEqual(['a.age']);
});

test('of two that write the same name at once, one succeeds and its file stays whole', async () => {
  const results = await Promise.all(Array.from({ length: 8 }, () => write('a.age')));
  expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  expect(readFileSync(join(folder, 'a.age'), 'utf8')).toBe('ours');
  expect(readdirSync(folder)).toEqual(['a.age']);
});
