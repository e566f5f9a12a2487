/** How the release build starts, and does not. No driver can steer it, so it is looked at from outside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { giveToApplication, launchApp, newFolder, runRelease, testApplication } from '../e2e/launch.ts';

let folder: string;

beforeAll(() => {
  folder = newFolder('start');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const untouched = () => expect(readdirSync(folder)).toEqual([]);

describe('the release build does not start with', () => {
  test.each([
    '--no-sandbox',
    '--disable-setuid-sandbox',
    '--disable-seccomp-filter-sandbox',
    '--single-process',
    '--remote-debugging-port=0',
    '--remote-debugging-pipe',
    '--inspect',
    '--inspect-brk=0',
    '--js-flags=--allow-natives-syntax',
    '--proxy-server=http://127.0.0.1:1',
    '--host-rules=MAP * 127.0.0.1',
    '--disable-web-security',
    '--allow-running-insecure-content',
    '--load-extension=/tmp',
    '--renderer-cmd-prefix=/bin/true',
    '--enable-logging',
    '--user-data-dir=/tmp/other',
    '-r/tmp/x.js',
  ])('%s, and says so', async (argument) => {
    const ended = await runRelease({ dataDir: folder, args: [argument] });
    expect(ended.code).toBe(1);
    expect(ended.output).toContain(`Conclave does not start with the switch ${argument.split('=', 1)[0]}.`);
    untouched();
  });

  test('a sandbox that the environment switches off, and says so', async () => {
    const ended = await runRelease({ dataDir: folder, env: { ELECTRON_DISABLE_SANDBOX: '1' } });
    expect(ended.code).toBe(1);
    expect(ended.output).toContain('Conclave does not start without its sandbox.');
    untouched();
  });
});

test('the release build is no Node.js, whatever the environment says', async () => {
  const ended = await runRelease({
    dataDir: folder,
    args: ['-p', '"node " + 6 * 7'],
    env: { ELECTRON_RUN_AS_NODE: '1' },
  });
  expect(ended.output).not.toContain('node 42');
  expect(ended.output).toContain('does not start with the switch -p');
});

test('NODE_OPTIONS loads nothing into the release build', async () => {
  const ended = await runRelease({
    dataDir: folder,
    args: ['--self-check'],
    env: { NODE_OPTIONS: '--require /nonexistent/loaded.js' },
  });
  expect(ended.output).not.toContain('/nonexistent/loaded.js');
  expect(ended.code).toBe(0);
});

test('the self-check of the release build passes, in words, and leaves the data folder alone', async () => {
  const ended = await runRelease({ dataDir: folder, args: ['--self-check'] });
  const line = ended.output.split('\n').find((each) => each.startsWith('{'));
  const report = JSON.parse(line ?? '{}') as Record<string, unknown>;
  expect(report).toMatchObject({ selfCheck: 'passed', electron: testApplication().electron });
  expect(report['manifest']).toMatch(/^[0-9a-f]{64}$/);
  const checks = Object.entries(report['checks'] as Record<string, boolean>);
  expect(checks.length).toBeGreaterThan(8);
  expect(checks.filter(([, passed]) => !passed)).toEqual([]);
  expect(ended.code).toBe(0);
  untouched();
});

/** Starts a build and does not wait for its end. */
function begin(launcher: string, dataDir: string, args: readonly string[] = []): ChildProcess & { printed(): string } {
  giveToApplication(dataDir);
  const { env } = testApplication();
  const child = spawn(launcher, [`--data-dir=${dataDir}`, ...args], {
    cwd: '/',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces: string[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  child.stderr.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  return Object.assign(child, { printed: () => pieces.join('') });
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('close', resolve);
  });

test('a data folder that cannot be used ends the start in words', async () => {
  const { release } = testApplication();
  const child = begin(release!.launcher, folder, [`--data-dir=${folder}`]);
  await vi.waitFor(() => expect(child.printed()).toContain('--data-dir is given more than once.'), { timeout: 30_000 });
  // The same words are on the screen until somebody has read them, or until it is asked to end.
  expect(child.exitCode).toBe(null);
  child.kill('SIGTERM');
  await ended(child);
});

/** The process and all below it, from the kernel's table. */
function tree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      parents.set(Number(name), Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]));
    } catch {
      // It ended while it was looked at.
    }
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};

interface InternetSocket {
  readonly protocol: string;
  readonly local: string;
  readonly remote: string;
  readonly pid: number;
}

/** Internet sockets that a process holds, as its own network namespace lists them. */
function socketsOf(pid: number): InternetSocket[] {
  const held = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) held.add(inode);
    } catch {
      // It was closed while it was looked at.
    }
  }
  const found: InternetSocket[] = [];
  for (const protocol of ['tcp', 'tcp6', 'udp', 'udp6', 'udplite', 'raw', 'raw6']) {
    const file = `/proc/${pid}/net/${protocol}`;
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const [local, remote, inode] = [fields[1], fields[2], fields[9]];
      if (inode !== undefined && held.has(inode)) found.push({ protocol, local: local!, remote: remote!, pid });
    }
  }
  return found;
}

describe('while the release build is open', () => {
  let dataDir: string;
  let child: ReturnType<typeof begin>;

  beforeAll(async () => {
    dataDir = newFolder('open');
    child = begin(testApplication().release!.launcher, dataDir);
    // The profile is locked before the window; its renderer comes last.
    await vi.waitFor(
      () =>
        expect(tree(child.pid!).filter((pid) => commandOf(pid).includes('--type=renderer')).length).toBeGreaterThan(0),
      { timeout: 60_000, interval: 200 },
    );
  });

  afterAll(async () => {
    child.kill('SIGKILL');
    await ended(child);
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('no process of it listens on the network or is connected; at most it holds UDP sockets to nowhere', () => {
    const found = tree(child.pid!).flatMap((pid) => {
      try {
        return socketsOf(pid);
      } catch {
        // A sandboxed process may hide what it holds from its own user; a run as root sees all.
        return [];
      }
    });
    const reaching = found.filter(({ protocol, remote }) => !/^udp6?$/.test(protocol) || !/^0+:0000$/.test(remote));
    expect(reaching).toEqual([]);
  });

  test('this test would see a socket', async () => {
    const { createServer } = await import('node:net');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    expect(socketsOf(process.pid).some(({ protocol }) => protocol === 'tcp')).toBe(true);
    server.close();
  });

  test('a second start with the same data folder ends at once and says why', async () => {
    const second = await runRelease({ dataDir });
    expect(second.output).toContain('Conclave is open already with this data folder.');
    expect(second.code).toBe(0);
    expect(child.exitCode).toBe(null);
  });

  test('nothing but folders and the profile was written, readable by their owner only', () => {
    expect(readdirSync(dataDir).sort()).toEqual(['exports', 'log', 'media', 'profile', 'softhsm', 'vault']);
    expect(readdirSync(join(dataDir, 'log'))).toEqual([]);
  });

  test('asked to end, it ends in order', async () => {
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
  });
});

test('the test build takes a debugger and the release build none, by their names alone', async () => {
  const dataDir = newFolder('inspected');
  const launched = await launchApp({ dataDir });
  expect(await launched.app.evaluate(({ app }) => app.getName())).toBe('Conclave Test');
  await launched.close();
  const release = await runRelease({ dataDir, args: ['--inspect=0'] });
  expect(release.code).toBe(1);
  expect(release.output).not.toContain('Debugger listening');
  rmSync(dataDir, { recursive: true, force: true });
});
