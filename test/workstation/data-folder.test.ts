import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseDataFolder, layout, openDataFolder } from '../../electron/workstation/data-folder.ts';

let base: string;
let root: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'conclave-data-'));
  root = join(base, 'share', 'conclave');
});
afterEach(() => rmSync(base, { recursive: true }));

const FOLDERS = ['root', 'vault', 'ledger', 'softhsm', 'media', 'exports', 'log', 'profile'] as const;
const mode = (path: string) => statSync(path).mode & 0o777;

describe('the data folder is', () => {
  const chosen = (argv: string[], env: Record<string, string>) => {
    const result = chooseDataFolder(argv, env, '/home/ada');
    return result.ok ? result.value : result.error.code;
  };
  test.each([
    [[], {}, '/home/ada/.local/share/conclave'],
    [[], { XDG_DATA_HOME: '/xdg' }, '/xdg/conclave'],
    [[], { XDG_DATA_HOME: 'relative' }, '/home/ada/.local/share/conclave'],
    [[], { XDG_DATA_HOME: '/xdg', CONCLAVE_DATA_DIR: '/env/' }, '/env'],
    [['--lang=en', '--data-dir=/given'], { CONCLAVE_DATA_DIR: '/env' }, '/given'],
    [['--data-dir=relative'], {}, 'bad-input'],
    [['--data-dir='], {}, 'bad-input'],
    [['--data-dir', '/given'], {}, 'bad-input'],
    [['--data-dir=/a', '--data-dir=/b'], {}, 'bad-input'],
    [[], { CONCLAVE_DATA_DIR: '' }, 'bad-input'],
    [[], { CONCLAVE_DATA_DIR: '/a\nb' }, 'bad-input'],
  ])('chosen by switch, environment, XDG and home in this order: %j %j', (argv, env, expected) => {
    expect(chosen(argv, env)).toBe(expected);
  });

  test('made with every folder for its owner alone, and opened again as it is', () => {
    const opened = openDataFolder(root);
    expect(opened).toEqual({ ok: true, value: layout(root) });
    for (const name of FOLDERS) expect(mode(layout(root)[name]), name).toBe(0o700);
    writeFileSync(layout(root).genesis, '{}');
    expect(openDataFolder(root)).toEqual(opened);
    expect(readdirSync(layout(root).vault).sort()).toEqual(['genesis.json', 'ledger']);
  });

  test('closed to others who could only read it', () => {
    mkdirSync(root, { recursive: true, mode: 0o755 });
    chmodSync(root, 0o755);
    expect(openDataFolder(root).ok).toBe(true);
    expect(mode(root)).toBe(0o700);
  });
});

describe('a data folder is refused', () => {
  const policy = (uid?: number) => {
    const result = openDataFolder(root, uid);
    return result.ok ? 'opened' : (result.error.policy ?? result.error.code);
  };

  test.each(FOLDERS)('with DATA-1 where %s is a symbolic link, a dangling one included', (name) => {
    openDataFolder(root);
    const path = layout(root)[name];
    rmSync(path, { recursive: true });
    const target = join(base, 'elsewhere');
    symlinkSync(target, path);
    expect(policy()).toBe('DATA-1');
    mkdirSync(target, { mode: 0o700 });
    expect(policy()).toBe('DATA-1');
    expect(readdirSync(target)).toEqual([]);
  });

  test('with DATA-1 where a file stands in its place', () => {
    mkdirSync(join(base, 'share'));
    writeFileSync(root, '');
    expect(policy()).toBe('DATA-1');
  });

  test('with DATA-2 where it belongs to another user', () => {
    openDataFolder(root);
    expect(policy(process.getuid!() + 1)).toBe('DATA-2');
  });

  test('with DATA-3 where others could write in any of it', () => {
    openDataFolder(root);
    chmodSync(layout(root).ledger, 0o770);
    expect(policy()).toBe('DATA-3');
    chmodSync(layout(root).ledger, 0o702);
    expect(policy()).toBe('DATA-3');
  });

  test('in words where it cannot be made', () => {
    root = '/proc/conclave';
    const result = openDataFolder(root);
    expect(result).toMatchObject({ ok: false, error: { code: 'io', hint: expect.any(String) as string } });
  });
});
