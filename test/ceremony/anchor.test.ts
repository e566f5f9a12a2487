/** The head on a real token against the ledger on a real disk: every row of the start-up table, made and not described. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { refusalShown } from '../../core/ledger/anchor-words.ts';
import { ANCHOR_LABEL } from '../../core/ledger/anchor.ts';
import type { CrashPoint } from '../../electron/workstation/crash-points.ts';
import { Bench, copyOf, must, mustFail, passphrase, prepare, type Prepared } from './bench.ts';
import { crashAt, crashChild } from './crash.ts';
import { cut, forge, harmless, intent, sizeOf } from './spoil-ledger.ts';
import { pkcs11Tool } from './token.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const LEDGER = 'vault/ledger';

const at = new Map<string, Prepared>();
let child: Awaited<ReturnType<typeof crashChild>>;
let open: Bench[] = [];

beforeAll(async () => {
  child = await crashChild();
  const end = await prepare(async (bench) => {
    must(await bench.freeze());
    for (const step of ['generate', 'request', 'activate']) {
      await bench.runTo(step);
      await bench.app.shutdown();
      at.set(step, { root: copyOf(bench.root), userPin: bench.userPin });
      await bench.open();
    }
  });
  rmSync(end.root, { recursive: true });
});
afterEach(async () => {
  for (const bench of open) await bench.close();
  open = [];
});
afterAll(() => {
  child.remove();
  for (const { root } of at.values()) rmSync(root, { recursive: true });
});

interface Folder {
  readonly root: string;
  readonly userPin: string;
  readonly ledger: string;
}

/** A closed copy to spoil. */
function folder(step: string): Folder {
  const { root, userPin } = at.get(step)!;
  const copy = copyOf(root);
  return { root: copy, userPin, ledger: join(copy, LEDGER) };
}

async function start({ root, userPin }: Pick<Folder, 'root' | 'userPin'>): Promise<Bench> {
  const bench = await Bench.start({ root, userPin });
  open.push(bench);
  return bench;
}

async function killed(step: string, point: CrashPoint | `${CrashPoint}#${number}`): Promise<Bench> {
  const { root } = await crashAt(child.entry, at.get(step)!, point);
  return start({ root, userPin: at.get(step)!.userPin });
}

const anchor = (bench: Bench) => bench.view.status.ledger!.anchor;

/** The values of the data objects on the token, as OpenSC reads them. */
function heads(where: Pick<Folder, 'root' | 'userPin'>): string[] {
  const listed = pkcs11Tool(where, '--list-objects', '--type', 'data');
  const count = listed.split('\n').filter((line) => line.includes(`'${ANCHOR_LABEL}'`)).length;
  const out = join(mkdtempSync(join(tmpdir(), 'conclave-head-')), 'head');
  if (count === 0) return [];
  pkcs11Tool(where, '--read-object', '--type', 'data', '--label', ANCHOR_LABEL, '--output-file', out);
  return Array.from({ length: count }, () => readFileSync(out, 'utf8'));
}

const removeHead = (where: Folder) => pkcs11Tool(where, '--delete-object', '--type', 'data', '--label', ANCHOR_LABEL);

/** Puts the folder of another moment in the place of this one. */
function replace(where: Folder, name: typeof LEDGER | 'softhsm', from: string): void {
  rmSync(join(where.root, name), { recursive: true });
  cpSync(join(at.get(from)!.root, name), join(where.root, name), { recursive: true });
  if (name === 'softhsm') {
    const conf = join(where.root, 'softhsm', 'softhsm2.conf');
    writeFileSync(conf, readFileSync(conf, 'utf8').replaceAll(at.get(from)!.root, where.root), { mode: 0o600 });
  }
}

/** Refused at the login, with nothing added, no session, and nothing but the refusal to be had. */
async function refusedWith(bench: Bench, policy: string, words: string): Promise<void> {
  expect(bench.view.phase).toBe('ready');
  expect(anchor(bench).text).toContain('Anchor not yet checked.');
  const before = bench.entries().length;
  const failure = mustFail(await bench.login());
  expect(failure).toMatchObject({ code: 'ledger', policy });
  expect(failure.message).toContain(words);
  expect(bench.view.phase).toBe('refused');
  const { hint, message } = failure;
  expect(bench.view.refusal).toEqual({ policy, message, hint, shown: refusalShown(policy) });
  expect(bench.view.refusal?.shown?.not).toMatch(/^[A-Z].*\.$/);
  expect(anchor(bench)).toMatchObject({ state: 'refused', policy });
  expect(bench.view.status.hsm.state).toBe('logged-out');
  expect(bench.entries()).toHaveLength(before);
  expect((await bench.act()).ok).toBe(false);
  expect((await bench.freeze()).ok).toBe(false);
  // What is left is to take the ledger to an auditor, as it is.
  const { path } = must(await bench.h['ledger.export']({}));
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: path });
  expect(JSON.parse(readFileSync(join(path, 'export.json'), 'utf8'))).toMatchObject({ refusal: { policy } });
  expect(readFileSync(join(path, 'ledger', 'journal.jsonl'))).toEqual(
    readFileSync(join(bench.folder.ledger, 'journal.jsonl')),
  );
}

describe('an honest ledger', () => {
  test('is sealed by Ed25519 and kept on the token as one private object, and the probe that chose so is in the ledger', () => {
    const where = folder('activate');
    const [probed] = readFileSync(join(where.ledger, 'journal.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"token.probed"'))
      .map((line) => JSON.parse(line.slice(65)) as { data: unknown });
    expect(probed!.data).toEqual({
      token: 'vault',
      signing: [{ mechanism: 'ed25519', works: true }],
      anchor: 'private',
    });
    const genesis = JSON.parse(readFileSync(join(where.root, 'vault', 'genesis.json'), 'utf8')) as {
      anchor: string;
      logKey: { vkey: string };
    };
    expect(genesis.anchor).toBe('private');
    // Type byte 0x01 of signed-note.
    expect(Buffer.from(genesis.logKey.vkey.split('+')[2]!, 'base64')[0]).toBe(1);
    const [head, ...more] = heads(where);
    expect(more).toEqual([]);
    const newest = Math.max(
      ...readdirSync(join(where.ledger, 'checkpoints')).map((name) => Number(name.split('.')[0])),
    );
    expect(head).toBe(readFileSync(join(where.ledger, 'checkpoints', `${newest}.note`), 'utf8'));
    rmSync(where.root, { recursive: true });
  });

  test('is not yet checked at the start; a login compares it, says so in the ledger, and seals what was chained only', async () => {
    const bench = await start(folder('activate'));
    const { size, sealed } = bench.view.status.ledger!;
    expect(size).toBeGreaterThan(sealed);
    // Nobody was asked for a PIN, and the token was looked for all the same.
    await bench.engine.looked;
    expect(anchor(bench)).toMatchObject({
      state: 'not-checked',
      policy: 'ANCHOR-12',
      text: `Anchor not yet checked. The disk is compared with the head on the token at the next login. The token is connected. ${size - sealed} entries are chained only.`,
    });
    must(await bench.login());
    expect(anchor(bench)).toMatchObject({
      state: 'chained-only',
      policy: 'ANCHOR-10',
      text: `Anchor checked at login: the token kept the head of ${sealed} entries. ${size - sealed} entries without an effect on the token followed, and were sealed then.`,
    });
    const [opened] = bench.entries('session.opened').slice(-1) as unknown as { data: unknown }[];
    expect(opened!.data).toMatchObject({ anchor: { state: 'chained-only', size: sealed, following: size - sealed } });
    expect(bench.view.status.ledger).toMatchObject({ size: size + 1, sealed: size + 1 });
    expect(heads(bench)).toHaveLength(1);
    expect(heads(bench)[0]!.split('\n')[1]).toBe(`${size + 1}`);
  });

  test('of a token that is not there stays unchecked, and says that the token is absent', async () => {
    const where = folder('activate');
    const tokens = join(where.root, 'softhsm', 'tokens');
    renameSync(tokens, `${tokens}-away`);
    mkdirSync(tokens, { mode: 0o700 });
    const bench = await start(where);
    await bench.engine.looked;
    const { sealed, size } = bench.view.status.ledger!;
    expect(anchor(bench)).toMatchObject({
      state: 'token-absent',
      policy: 'ANCHOR-13',
      text: `Anchor not checked: the token of this vault is not connected. ${size - sealed} entries are chained only.`,
    });
    expect(mustFail(await bench.login()).code).toBe('not-found');
    expect(anchor(bench).state).toBe('token-absent');
    expect(bench.view.phase).toBe('ready');
  });
});

describe('a power cut', () => {
  test.each([
    ['head-after-sign', 1],
    ['anchor-after-create', 2],
    ['anchor-after-destroy', 1],
  ] as const)('at %s leaves %i heads, and the next login leaves one', async (point, count) => {
    const bench = await killed('generate', point);
    expect(heads(bench)).toHaveLength(count);
    must(await bench.recover());
    expect(heads(bench)).toHaveLength(1);
    expect(anchor(bench).text.includes('It kept 2 heads, as a power cut leaves them')).toBe(count === 2);
    expect(bench.outcomes('key.generate')).toEqual(['act.recovered not-committed']);
    await bench.runTo('read-back');
  });

  test.each([
    ['intent-after-append', 'act.recovered not-committed'],
    ['result-after-append', 'act.result committed'],
  ] as const)('at %s leaves one entry about the token without a head: shown with ANCHOR-6', async (point, outcome) => {
    const bench = await killed('generate', point);
    const seq = bench.entries().findLast(({ type }) => type.startsWith('act.'))!.seq;
    if (point === 'result-after-append') await bench.runTo('request');
    must(point === 'intent-after-append' ? await bench.recover() : await bench.login());
    expect(anchor(bench)).toMatchObject({ state: 'unsealed', policy: 'ANCHOR-6' });
    expect(anchor(bench).text).toContain(`Entry ${seq} is about the token and had no head, as a power cut leaves it.`);
    expect(bench.view.notices.find(({ policy }) => policy === 'ANCHOR-6')?.message).toContain(`It is entry ${seq}.`);
    expect(bench.outcomes('key.generate')).toEqual([outcome]);
    const [opened] = bench.entries('session.opened').slice(-1) as unknown as { data: unknown }[];
    expect(opened!.data).toMatchObject({ anchor: { state: 'unsealed', unsealed: seq } });
  });

  test('after three wrong passphrases loses none of them: chained only at the start, sealed at the next login', async () => {
    const where = folder('generate');
    let bench = await start(where);
    must(await bench.h['ceremony.stop']({ reason: 'Another plan.' }));
    must(await bench.freeze({ label: 'TEST-KEY-2' }));
    await bench.runTo('approve-generate');
    for (let i = 0; i < 3; i++) {
      expect(
        mustFail(await bench.approve('custodian-1', 'generate', { passphrase: passphrase('not it') })).policy,
      ).toBe('CRED-1');
    }
    // The disk as it is at this moment: nothing is closed in order.
    const after = { ...where, root: copyOf(bench.root) };
    rmSync(join(after.root, LEDGER, 'lock'), { force: true });
    bench = await start({ ...after });
    expect(bench.view.phase).toBe('ready');
    const wrong = bench.entries('command.refused').filter(({ data }) => data.policy === 'CRED-1');
    expect(wrong.map(({ data }) => [data.person, data.count])).toEqual([1, 2, 3].map(() => ['custodian-1', 1]));
    const { sealed, size } = bench.view.status.ledger!;
    expect(wrong.every(({ seq }) => seq >= sealed)).toBe(true);
    expect(anchor(bench).text).toContain(`${size - sealed} entries are chained only.`);
    await bench.runTo('login-generate');
    must(await bench.login());
    expect(anchor(bench).state).toBe('chained-only');
    expect(wrong.every(({ seq }) => seq < bench.view.status.ledger!.sealed)).toBe(true);
  });
});

describe('a disk that was changed behind the token', () => {
  test('set back alone: ANCHOR-1', async () => {
    const where = folder('activate');
    replace(where, LEDGER, 'generate');
    await refusedWith(await start(where), 'ANCHOR-1', 'Entries are missing at its end.');
  });

  test.each([1, 2, 3])('cut by %i below the head, checkpoints and all: ANCHOR-1', async (entries) => {
    const where = folder('request');
    const [head] = heads(where);
    // The start of the application adds one entry.
    cut(where, Number(head!.split('\n')[1]) - entries - 1);
    await refusedWith(await start(where), 'ANCHOR-1', 'Entries are missing at its end.');
  });

  test('cut above the head is not seen without a receipt: those entries had no effect on the token', async () => {
    const where = folder('activate');
    const size = sizeOf(where);
    const [head] = heads(where);
    expect(Number(head!.split('\n')[1])).toBeLessThan(size);
    cut(where, Number(head!.split('\n')[1]));
    const bench = await start(where);
    must(await bench.login());
    expect(bench.view.phase).toBe('ready');
  });

  test('forked from an earlier state and made longer than before: ANCHOR-2', async () => {
    const where = folder('activate');
    const size = sizeOf(where);
    replace(where, LEDGER, 'generate');
    await forge(
      where,
      Array.from({ length: size - sizeOf(where) + 1 }, () => harmless),
    );
    await refusedWith(await start(where), 'ANCHOR-2', 'rewritten or forked');
  });

  test('with two entries about the token added: ANCHOR-3', async () => {
    const where = folder('activate');
    await forge(where, [intent, intent]);
    const bench = await start(where);
    await refusedWith(bench, 'ANCHOR-3', 'More than one entry about the token');
  });

  test('with one such entry added passes as a power cut would, and people are told to compare it: ANCHOR-6', async () => {
    const where = folder('activate');
    await forge(where, [intent]);
    const bench = await start(where);
    must(await bench.recover());
    expect(anchor(bench)).toMatchObject({ state: 'unsealed', policy: 'ANCHOR-6' });
  });
});

describe('a token that was changed behind the disk', () => {
  test('an older copy of it: refused', async () => {
    const where = folder('activate');
    replace(where, 'softhsm', 'generate');
    await refusedWith(await start(where), 'ANCHOR-3', 'More than one entry about the token');
  });

  test('an older copy while nothing about the token was written since: ANCHOR-5', async () => {
    const where = folder('generate');
    const earlier = copyOf(where.root);
    const bench = await Bench.start({ root: where.root, userPin: where.userPin });
    must(await bench.login());
    await bench.app.shutdown();
    rmSync(join(where.root, 'softhsm'), { recursive: true });
    cpSync(join(earlier, 'softhsm'), join(where.root, 'softhsm'), { recursive: true });
    const conf = join(where.root, 'softhsm', 'softhsm2.conf');
    writeFileSync(conf, readFileSync(conf, 'utf8').replaceAll(earlier, where.root));
    rmSync(earlier, { recursive: true });
    await refusedWith(await start(where), 'ANCHOR-5', 'newer than the head');
  });

  test('the head removed: ANCHOR-4', async () => {
    const where = folder('activate');
    removeHead(where);
    await refusedWith(await start(where), 'ANCHOR-4', 'keeps no head of this ledger');
  });

  test('an object put under its name beside it: ANCHOR-8, and gone after the next head', async () => {
    const where = folder('activate');
    const { origin } = JSON.parse(readFileSync(join(where.root, 'vault', 'vault.json'), 'utf8')) as { origin: string };
    const file = join(where.root, 'foreign');
    writeFileSync(file, 'not a head');
    pkcs11Tool(
      where,
      '--write-object',
      file,
      '--type',
      'data',
      '--label',
      ANCHOR_LABEL,
      '--application-label',
      origin,
      '--private',
    );
    const bench = await start(where);
    must(await bench.login());
    expect(anchor(bench)).toMatchObject({ state: 'chained-only', policy: 'ANCHOR-8' });
    expect(bench.view.notices.some(({ policy }) => policy === 'ANCHOR-8')).toBe(true);
    expect(heads(where)).toHaveLength(1);
  });
});

test('disk and token set back together look as they did then: only a receipt or a witness outside would tell', async () => {
  const where = folder('activate');
  replace(where, LEDGER, 'generate');
  replace(where, 'softhsm', 'generate');
  const bench = await start(where);
  must(await bench.login());
  expect(bench.view.phase).toBe('ready');
  expect(bench.step).toBe('generate');
});
