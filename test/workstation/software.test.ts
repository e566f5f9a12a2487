import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkSoftware, readSoftware } from '../../electron/workstation/software.ts';

let folder: string;
let manifest: string;
const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');
const FILES: Record<string, string> = { 'electron/main.js': 'main', 'renderer/index.html': '<p>', VERSION: '' };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-software-'));
  manifest = join(folder, 'manifest.json');
  mkdirSync(join(folder, 'electron'));
  mkdirSync(join(folder, 'renderer'));
  for (const [path, text] of Object.entries(FILES)) writeFileSync(join(folder, path), text);
  writeFileSync(join(folder, 'package.json'), '{"name":"conclave"}');
  write(Object.entries(FILES).map(([path, text]) => ({ path, sha256: sha256(text), bytes: text.length })));
});
afterEach(() => rmSync(folder, { recursive: true }));

let written = '';
function write(files: unknown) {
  written = `${JSON.stringify({ files }, null, 1)}\n`;
  writeFileSync(manifest, written);
}

const problems = async () => {
  const checked = await checkSoftware('0.1.0', manifest);
  return checked.ok ? checked.value.problems : checked.error.code;
};

test('the software is named by its version and the SHA-256 of the manifest’s bytes', async () => {
  expect(await readSoftware('0.1.0', manifest)).toEqual({
    ok: true,
    value: { version: '0.1.0', manifest: sha256(written) },
  });
});

describe('the check of the files', () => {
  test('finds nothing where every file is as listed', async () => {
    expect(await checkSoftware('0.1.0', manifest)).toEqual({
      ok: true,
      value: { version: '0.1.0', manifest: sha256(written), files: 3, problems: [] },
    });
  });

  test('names a file that was changed, at the same size and at another', async () => {
    writeFileSync(join(folder, 'electron/main.js'), 'MAIN');
    writeFileSync(join(folder, 'VERSION'), '1');
    expect(await problems()).toEqual([
      { path: 'electron/main.js', problem: 'changed' },
      { path: 'VERSION', problem: 'changed' },
    ]);
  });

  test('names a file that is missing and one that was added', async () => {
    rmSync(join(folder, 'renderer/index.html'));
    writeFileSync(join(folder, 'renderer/extra.js'), '');
    expect(await problems()).toEqual([
      { path: 'renderer/index.html', problem: 'missing' },
      { path: 'renderer/extra.js', problem: 'not in the manifest' },
    ]);
  });
});

describe('a manifest is refused', () => {
  test.each([
    ['that leads out of its folder', [{ path: '../secret', sha256: 'a'.repeat(64), bytes: 1 }]],
    ['that names a full path', [{ path: '/etc/passwd', sha256: 'a'.repeat(64), bytes: 1 }]],
    ['that lists nothing', []],
    ['with another field', [{ path: 'a', sha256: 'a'.repeat(64), bytes: 1, more: 1 }]],
    ['of another shape', 'files'],
  ])('%s', async (_what, files) => {
    write(files);
    expect(await problems()).toBe('io');
  });

  test('that is missing or no JSON', async () => {
    writeFileSync(manifest, 'not json');
    expect(await problems()).toBe('io');
    rmSync(manifest);
    expect(await problems()).toBe('io');
    expect((await readSoftware('0.1.0', manifest)).ok).toBe(false);
  });
});
