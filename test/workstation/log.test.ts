import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LOG_FILE, MAX_LOG_BYTES, OLDER_LOG_FILE, openLog, type Log } from '../../electron/workstation/log.ts';

let folder: string;
let log: Log;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-log-'));
  log = openLog(folder, () => new Date('2026-01-02T03:04:05.678Z'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = () => join(folder, LOG_FILE);
const lines = () =>
  readFileSync(file(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

class OddError extends Error {}

describe('a defect', () => {
  test('is told with a reference that finds its line, its kind and its place in the program', () => {
    const failure = log.internal('ceremony.approve', new OddError('boom'));
    expect(failure).toMatchObject({ code: 'internal', ref: expect.stringMatching(/^\w{4}-\w{4}$/) as string });
    expect(failure.hint).toContain(failure.ref);
    expect(lines()).toEqual([
      {
        at: '2026-01-02T03:04:05.678Z',
        ref: failure.ref,
        code: 'internal',
        where: 'ceremony.approve',
        error: 'OddError',
        places: expect.arrayContaining([expect.stringMatching(/log\.test\.ts:\d+:\d+/)]) as string[],
      },
    ]);
  });

  test('leaves no word of its message, not even one dressed as a place in the program', () => {
    const secret = 'PIN 123456\n    at marker (marker.ts:1:1)\n    at 654321.ts:1:1';
    log.internal('ceremony.login', new Error(secret));
    log.internal('ceremony.login', secret);
    log.internal('PIN 123456', { pin: 'marker' });
    log.write({ code: 'hsm', where: 'hsm.login', call: 'C_Login', rv: 'marker with spaces' });
    expect(readFileSync(file(), 'utf8')).not.toMatch(/123456|654321|marker/);
    expect(lines()).toHaveLength(4);
  });
});

describe('the log', () => {
  test('keeps code, rule, call and return value, one line each, in a file for its owner alone', () => {
    log.write({ code: 'refused', where: 'plan', policy: 'QUORUM-2' });
    log.write({ code: 'hsm', where: 'hsm.login', call: 'C_Login', rv: 'CKR_PIN_INCORRECT' });
    expect(lines()).toMatchObject([
      { code: 'refused', policy: 'QUORUM-2' },
      { code: 'hsm', call: 'C_Login', rv: 'CKR_PIN_INCORRECT' },
    ]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test('is continued by the next start, and begun anew when it is large', () => {
    log.write({ code: 'io', where: 'first' });
    openLog(folder).write({ code: 'io', where: 'second' });
    expect(lines().map(({ where }) => where)).toEqual(['first', 'second']);
    writeFileSync(file(), 'x'.repeat(MAX_LOG_BYTES + 1));
    log.write({ code: 'io', where: 'third' });
    expect(lines().map(({ where }) => where)).toEqual(['third']);
    expect(statSync(join(folder, OLDER_LOG_FILE)).size).toBe(MAX_LOG_BYTES + 1);
  });

  test('that cannot be written does not stop the work, and a link in its place is not followed', () => {
    const target = join(folder, 'target');
    symlinkSync(target, file());
    expect(log.internal('a', new Error()).ref).toBeDefined();
    expect(existsSync(target)).toBe(false);
    expect(openLog(join(folder, 'missing')).write({ code: 'io', where: 'a' })).toMatch(/^\w{4}-\w{4}$/);
  });

  test('gives every line another reference', () => {
    const refs = Array.from({ length: 500 }, () => log.write({ code: 'io', where: 'a' }));
    expect(new Set(refs).size).toBe(500);
  });
});
