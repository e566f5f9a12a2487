import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { find, readFileList, readListed, type FileList } from '../../electron/window/file-list.ts';

const ORIGIN = 'conclave://app';
let folder: string;
let list: FileList;

function application(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'conclave-files-'));
  const entries = Object.entries(files).map(([path, text]) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
    return { path, sha256: createHash('sha256').update(text).digest('hex'), bytes: text.length };
  });
  writeFileSync(join(root, 'manifest.json'), JSON.stringify({ files: entries }));
  return root;
}

beforeAll(async () => {
  folder = application({
    'electron/main.js': 'main',
    'renderer/index.html': '<!doctype html>',
    'renderer/index.js': 'page',
  });
  writeFileSync(join(folder, 'renderer', 'unlisted.js'), 'not in the manifest');
  list = await readFileList(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const get = (url: string, method = 'GET') => find(list, ORIGIN, { method, url });

test('the files of the renderer are served by name, with their types', () => {
  expect([...list.keys()].sort()).toEqual(['/', '/index.html', '/index.js']);
  expect(get('conclave://app/')?.type).toBe('text/html; charset=utf-8');
  expect(get('conclave://app/index.js')?.type).toBe('text/javascript; charset=utf-8');
});

describe('nothing is served for', () => {
  test.each([
    ['a file that is not in the manifest', 'conclave://app/unlisted.js'],
    ['a file of another room', 'conclave://app/electron/main.js'],
    ['the manifest', 'conclave://app/manifest.json'],
    ['a climb out of the folder', 'conclave://app/../electron/main.js'],
    ['an encoded climb', 'conclave://app/%2e%2e/electron/main.js'],
    ['an encoded slash', 'conclave://app/..%2felectron%2fmain.js'],
    ['a backslash', 'conclave://app/..\\electron\\main.js'],
    ['an encoded letter', 'conclave://app/inde%78.js'],
    ['a doubled slash', 'conclave://app//index.js'],
    ['a query', 'conclave://app/index.js?x'],
    ['another case', 'conclave://app/Index.js'],
    ['another host', 'conclave://print/index.js'],
    ['another scheme', 'file:///index.js'],
    ['a name of the prototype', 'conclave://app/constructor'],
  ])('%s', (_name, url) => {
    expect(get(url)).toBe(null);
  });

  test('another method', () => {
    expect(get('conclave://app/', 'POST')).toBe(null);
    expect(get('conclave://app/', 'HEAD')).toBe(null);
  });

  test('any path that is not in the list', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const url = `conclave://app${path}`;
        const listed = URL.canParse(url) && list.has(new URL(url).pathname);
        expect(get(url) !== null).toBe(listed);
      }),
    );
  });
});

test('a listed file whose bytes were changed is not served', async () => {
  const file = get('conclave://app/index.js')!;
  expect(Buffer.from((await readListed(file)) ?? []).toString()).toBe('page');
  writeFileSync(file.path, 'other');
  expect(await readListed(file)).toBe(null);
  rmSync(file.path);
  expect(await readListed(file)).toBe(null);
});

test('a renderer with a file of an unknown kind, or without a page, is a failed start', async () => {
  for (const files of [{ 'renderer/index.html': '', 'renderer/x.wasm': '' }, { 'renderer/index.js': '' }]) {
    const root = application(files);
    await expect(readFileList(root)).rejects.toThrow(/unknown kind|no index/);
    rmSync(root, { recursive: true });
  }
});
