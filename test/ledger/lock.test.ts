import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hex } from '../../core/bytes.ts';
import { diskFiles } from '../../electron/ledger/files.ts';
import { systemProcesses, takeLock, type Holder, type Processes } from '../../electron/ledger/lock.ts';
import { error, ledger, open, scratch, value } from './scratch.ts';

const me: Holder = systemProcesses().self;
/** Processes as one of them sees them, with those in `alive` running. */
const seenBy = (self: Holder, ...alive: Holder[]): Processes => ({
  self,
  isRunning: (holder) => alive.some((one) => JSON.stringify(one) === JSON.stringify(holder)),
});

describe('the lock', () => {
  it('lets one process in and names it to the next (JOURNAL-13)', async () => {
    const dir = await ledger(2);
    const first = value(await open(dir));
    const refused = error(await open(dir));
    expect(refused).toMatchObject({
      code: 'ledger',
      policy: 'JOURNAL-13',
      hint: `It is held by process ${process.pid}.`,
    });
    value(await first.close());
    expect(existsSync(join(dir, 'lock'))).toBe(false);
    expect((await open(dir)).ok).toBe(true);
  });

  it.each([
    ['a process of an earlier boot', { ...me, boot: '11111111-2222-3333-4444-555555555555' }],
    ['a process that is gone', { ...me, pid: 4_194_305 }],
    ['a process whose id another one has now', { ...me, start: '1' }],
  ])('left behind by %s is taken over', async (_what, holder) => {
    const dir = await ledger(2);
    writeFileSync(join(dir, 'lock'), `${holder.pid} ${holder.boot} ${holder.start}\n`);
    const journal = value(await open(dir));
    expect(readFileSync(join(dir, 'lock'), 'utf8')).toBe(`${me.pid} ${me.boot} ${me.start}\n`);
    value(await journal.close());
  });

  it('that cannot be read is a stale lock', async () => {
    const dir = await ledger(2);
    for (const text of ['', '\0\0\0\0', 'x y z', '0 a b']) {
      writeFileSync(join(dir, 'lock'), text);
      value(await value(await open(dir)).close());
    }
  });

  it('goes to one of two that find it stale at the same time', async () => {
    const path = join(scratch(), 'lock');
    const [a, b]: [Holder, Holder] = [
      { pid: 100, boot: 'b', start: '1' },
      { pid: 101, boot: 'b', start: '1' },
    ];
    writeFileSync(path, '99 b 1\n');
    // The second takes the lock over after the first has read it and before the first moves it away.
    let second: Promise<unknown> | null = null;
    const files = {
      ...diskFiles,
      rename: async (from: string, to: string) => {
        if (!second) {
          second = takeLock(diskFiles, seenBy(b), path).then(value);
          await second;
        }
        return diskFiles.rename(from, to);
      },
    };
    expect(error(await takeLock(files, seenBy(a), path)).policy).toBe('JOURNAL-13');
    expect(readFileSync(path, 'utf8')).toBe('101 b 1\n');
  });
});

describe('a process killed while it appends', () => {
  let folder = '';
  let script = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-append-loop-'));
    script = join(folder, 'append-loop.mjs');
    const bundle = await rolldown({
      input: fileURLToPath(new URL('./append-loop.ts', import.meta.url)),
      platform: 'node',
    });
    await bundle.write({ file: script, format: 'esm' });
    await bundle.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs it until it has acknowledged `count` entries, kills it, and answers what it had acknowledged. */
  async function killedAfter(dir: string, count: number): Promise<Map<number, string>> {
    const child: ChildProcess = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let text = '';
    child.stdout!.setEncoding('utf8');
    child.stdout!.on('data', (more: string) => {
      text += more;
      if (text.split('\n').length > count + 1) child.kill('SIGKILL');
    });
    await new Promise((done) => child.on('close', done));
    const whole = text.slice(0, text.lastIndexOf('\n')).split('\n');
    expect(whole.shift()).toBe('open');
    return new Map(whole.map((line) => [Number(line.split(' ')[0]), line.split(' ')[1]!]));
  }

  it('with SIGKILL has lost no acknowledged entry, and the next start takes over its lock', async () => {
    const dir = scratch();
    let size = 0;
    for (const count of [1, 2, 3, 5, 8, 13, 21, 34]) {
      const acknowledged = await killedAfter(dir, count);
      expect(acknowledged.size).toBeGreaterThanOrEqual(count);
      expect(existsSync(join(dir, 'lock'))).toBe(true);
      const journal = value(await open(dir));
      for (const [seq, hash] of acknowledged) {
        const [line] = journal.entries(seq, seq + 1);
        expect(hex(line!.hash)).toBe(hash);
      }
      expect(journal.size).toBeGreaterThanOrEqual(size + acknowledged.size);
      size = journal.size;
      value(await journal.close());
    }
  });

  it('holds the lock while it lives', async () => {
    const dir = scratch();
    const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((done) => child.stdout.once('data', done));
    expect(error(await open(dir)).policy).toBe('JOURNAL-13');
    child.kill('SIGKILL');
    await new Promise((done) => child.once('close', done));
    expect((await open(dir)).ok).toBe(true);
  });
});
