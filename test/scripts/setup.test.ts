import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkIntegrity } from '../../scripts/electron-runtime.mjs';
import { npmIsDone, refuseLinkedModules } from '../../scripts/setup.mjs';
import { missingFrom, systemPackages } from '../../scripts/system-packages.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-setup-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('npm packages', () => {
  const wanted = {
    '': { version: '1.0.0' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b': { version: '2.0.0', integrity: 'sha512-b', optional: true },
  };
  const write = (have: Readonly<Record<string, object>> | null) => {
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: wanted }));
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    const record = join(folder, 'node_modules', '.package-lock.json');
    if (have !== null) writeFileSync(record, JSON.stringify({ packages: have }));
  };
  const { '': _root, ...installed } = wanted;

  test('are taken as installed when npm recorded exactly what the lock file names', () => {
    write(installed);
    expect(npmIsDone(folder)).toBe(true);
  });
  test('are taken as installed without an optional package for another machine', () => {
    write({ 'node_modules/a': wanted['node_modules/a'] });
    expect(npmIsDone(folder)).toBe(true);
  });
  test('are installed again when the record is missing, as after an interruption', () => {
    write(null);
    expect(npmIsDone(folder)).toBe(false);
  });
  test.each([
    ['another version', { ...installed, 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }],
    ['another content', { ...installed, 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } }],
    ['a package too few', { 'node_modules/b': wanted['node_modules/b'] }],
    ['a package too many', { ...installed, 'node_modules/c': { version: '1.0.0' } }],
  ])('are installed again when the record has %s', (_name, have) => {
    write(have);
    expect(npmIsDone(folder)).toBe(false);
  });
});

test('a node_modules that is a symbolic link is refused, with the link named and what is behind it untouched', () => {
  const other = join(folder, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'kept'), '');
  symlinkSync(other, join(folder, 'node_modules'));
  expect(() => refuseLinkedModules(folder)).toThrow(`${join(folder, 'node_modules')} is a symbolic link`);
  expect(existsSync(join(other, 'kept'))).toBe(true);
});

test('a node_modules that is a folder, or that is not there yet, is not refused', () => {
  refuseLinkedModules(folder);
  mkdirSync(join(folder, 'node_modules'));
  refuseLinkedModules(folder);
});

describe('system packages', () => {
  test('any of the names of a library will do', () => {
    expect(missingFrom(new Set(['libgtk-3-0t64']), [['libgtk-3-0', 'libgtk-3-0t64']])).toEqual([]);
  });
  test('a library under none of its names is missing', () => {
    expect(missingFrom(new Set(['libgtk-3-bin']), [['libgtk-3-0', 'libgtk-3-0t64']])).toHaveLength(1);
  });
  test('no package is listed twice', () => {
    const names = Object.values(systemPackages).flat(2);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the fetched runtime', () => {
  const bytes = Buffer.from('a runtime');
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

  test('is used when its SHA-512 is the pinned one', async () => {
    writeFileSync(join(folder, 'runtime.tgz'), bytes);
    await expect(checkIntegrity(join(folder, 'runtime.tgz'), integrity)).resolves.toBeUndefined();
  });
  test('is refused when one bit of it differs', async () => {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(3) ^ 1, 3);
    writeFileSync(join(folder, 'runtime.tgz'), changed);
    await expect(checkIntegrity(join(folder, 'runtime.tgz'), integrity)).rejects.toThrow('It is not used.');
  });
});
