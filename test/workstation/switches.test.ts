import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'rolldown';
import { describe, expect, test, vi } from 'vitest';
import { refusedSwitches } from '../../electron/workstation/argv.ts';
import { CRASH_AT, CRASH_POINTS, crashPoints, type CrashPoint } from '../../electron/workstation/crash-points.ts';

describe('a release build', () => {
  const refused = (...argv: string[]) => refusedSwitches(argv, { testBuild: false });

  test.each([
    '--remote-debugging-port=9222',
    '--remote-debugging-pipe',
    '--inspect',
    '--inspect=0',
    '--inspect-brk=127.0.0.1:9229',
    '--inspect-publish-uid=http',
    '--no-sandbox',
    '--disable-setuid-sandbox',
    '--proxy-server=http://127.0.0.1:1',
    '--load-extension=/tmp/x',
    '--js-flags=--allow-natives-syntax',
    '--host-rules=MAP * 127.0.0.1',
    '--host-resolver-rules=MAP * 127.0.0.1',
    '--enable-logging',
    '--log-net-log=/tmp/x',
    '--user-data-dir=/tmp/x',
    '--disable-web-security',
    '--require=/tmp/x.js',
    '-r',
    '-no-sandbox',
    '--INSPECT',
    '--data-dirx=/tmp',
    '--a-switch-of-tomorrow',
  ])('does not start with %s', (argument) => {
    expect(refused(argument)).toEqual([argument.split('=')[0]]);
  });

  test('starts with its own switches, with those a display needs, and with none', () => {
    expect(refused()).toEqual([]);
    expect(refused('--data-dir=/srv/x', '--self-check', '--ozone-platform=x11', '--lang=en')).toEqual([]);
  });

  test('names every switch it refuses, also behind the end of the options, and no value', () => {
    expect(refused('--data-dir=/x', '--inspect=secret', '--', '--no-sandbox', 'file')).toEqual([
      '--inspect',
      '--no-sandbox',
    ]);
  });
});

test('the build for tests lets a test driver in and still refuses to start without its sandbox', () => {
  const refused = (...argv: string[]) => refusedSwitches(argv, { testBuild: true });
  expect(refused('--inspect=0', '--remote-debugging-port=0', '--data-dir=/x')).toEqual([]);
  expect(refused('--no-sandbox', '--js-flags=x')).toEqual(['--no-sandbox', '--js-flags']);
});

describe('a crash point', () => {
  const names = Object.keys(CRASH_POINTS) as CrashPoint[];
  const reach = (testBuild: boolean, at: string | undefined, reached: readonly CrashPoint[]) => {
    const kill = vi.fn();
    const crashPoint = crashPoints({ testBuild, env: { [CRASH_AT]: at }, kill });
    for (const name of reached) crashPoint(name);
    return kill.mock.calls.length;
  };

  test.each(names)('%s kills the build for tests when it is named, and no other point does', (name) => {
    expect(reach(true, name, [name])).toBe(1);
    expect(
      reach(
        true,
        name,
        names.filter((other) => other !== name),
      ),
    ).toBe(0);
  });

  test('is inert in a release build, whatever the environment says', () => {
    for (const name of [...names, 'nonsense', '']) expect(reach(false, name, names)).toBe(0);
  });

  test('is inert where nothing is named', () => {
    expect(reach(true, undefined, names)).toBe(0);
    expect(reach(true, '', names)).toBe(0);
  });

  test('can be meant the third time it is met, and is used once', () => {
    const name = 'result-after-append';
    expect(reach(true, `${name}#3`, [name, name])).toBe(0);
    expect(reach(true, `${name}#3`, [name, name, name])).toBe(1);
    expect(reach(true, `${name}#3`, [name, name, name, name])).toBe(1);
  });

  test('can be the third of all, whatever its name', () => {
    const [one, two] = names as [CrashPoint, CrashPoint];
    expect(reach(true, 'any#3', [one, two])).toBe(0);
    expect(reach(true, 'any#3', [one, two, one])).toBe(1);
    expect(reach(true, 'any#3', [one, two, one, two])).toBe(1);
  });

  test('that does not exist stops the build for tests, so that no test passes without its crash', () => {
    for (const at of ['nonsense', 'toString', 'result-after-append#0', 'result-after-append ', 'any', 'any#0']) {
      expect(() => reach(true, at, [])).toThrow(RangeError);
    }
  });

  test('ends the process by a signal that nothing can catch', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-crash-'));
    const file = join(folder, 'crash.js');
    const input = resolve(import.meta.dirname, '../../electron/workstation/crash-points.ts');
    await build({ input, platform: 'node', logLevel: 'silent', output: { file, format: 'cjs' } });
    const program = `process.on('exit', () => console.log('cleaned up')); require(${JSON.stringify(file)}).killSelf(); console.log('went on')`;
    const ended = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(ended.signal).toBe('SIGKILL');
    expect(ended.stdout).toBe('');
  });
});
