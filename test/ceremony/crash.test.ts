/** Power cuts: at every numbered point of every act the application is killed, started again, and goes on. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import type { CrashPoint } from '../../electron/workstation/crash-points.ts';
import { Bench, copyOf, must, mustFail, prepare, type Prepared } from './bench.ts';
import { crashAt, crashChild } from './crash.ts';
import { keysNamed } from './token.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const STEPS = ['generate', 'request', 'activate', 'test-signature', 'export', 'close'] as const;
type StepId = (typeof STEPS)[number];

const at = new Map<StepId, Prepared>();
let child: Awaited<ReturnType<typeof crashChild>>;

beforeAll(async () => {
  child = await crashChild();
  const end = await prepare(async (bench) => {
    must(await bench.freeze());
    for (const step of STEPS) {
      await bench.runTo(step);
      await bench.app.shutdown();
      at.set(step, { root: copyOf(bench.root), userPin: bench.userPin });
      await bench.open();
    }
  });
  rmSync(end.root, { recursive: true });
});
afterAll(() => {
  child.remove();
  for (const { root } of at.values()) rmSync(root, { recursive: true });
});

/** Crashes a copy at the step and starts the application again on what is left. */
async function crashed(step: StepId, point: CrashPoint): Promise<Bench> {
  const prepared = at.get(step)!;
  const { root, acknowledged } = await crashAt(child.entry, prepared, point);
  const bench = await Bench.start({ root, userPin: prepared.userPin });
  expect(bench.view.phase).toBe('ready');
  // What the screens were told is still there, entry for entry.
  expect(bench.vault.facts([]).rootAt(acknowledged.size)).toBe(acknowledged.root);
  return bench;
}

const halves = (bench: Bench): string[] =>
  keysNamed(bench, 'TEST-KEY-1')
    .map(({ kind }) => kind)
    .sort();

const BOTH = ['private', 'public'];
const WORDS = { 'key.generate': 'generate', 'key.certify-request': 'request', 'key.activate': 'activate' } as const;

/** What people are told after the start, and what every other command says until the token was asked. */
async function toldOf(bench: Bench, act: string): Promise<void> {
  const intent = bench.entries('act.intent').at(-1)!;
  expect(bench.view.ceremony?.openIntent).toEqual({ seq: intent.seq, act });
  expect(bench.view.notices).toMatchObject([{ id: `intent-${intent.seq}`, policy: 'STEP-4', tone: 'bad' }]);
  expect(mustFail(await bench.h['ceremony.stop']({ reason: 'Too early.' })).policy).toBe('STEP-4');
  expect(bench.outcomes(act)).toEqual(['open']);
}

/**
 * Asks the token, once; a second question finds nothing to ask. An entry that the kill left without its head is shown
 * for people to compare it.
 */
async function recovered(bench: Bench, point: CrashPoint): Promise<void> {
  const intent = bench.entries('act.intent').at(-1)!;
  must(await bench.recover());
  expect(bench.view.ceremony?.openIntent).toBeNull();
  expect(bench.view.notices.map(({ id, policy }) => `${id} ${policy}`)).toEqual(
    point === 'intent-after-append' ? [`anchor-${intent.seq} ANCHOR-6`] : [],
  );
  expect(bench.view.status.ledger?.sealed).toBe(bench.view.status.ledger?.size);
  expect(mustFail(await bench.recover()).code).toBe('not-found');
}

/** To the end, with one key on the token, a ledger that verifies and a bundle that a stranger accepts. */
async function goesOn(bench: Bench): Promise<void> {
  await bench.runTo();
  expect(bench.view.ceremony?.outcome).toBe('completed');
  expect(halves(bench)).toEqual(BOTH);
  const report = await bench.report();
  expect(report.checks.filter(({ result }) => result === 'FAIL')).toEqual([]);
  expect(report.passed).toBe(true);
  const { checks } = must(await bench.h['ledger.verify']({}));
  expect(checks.filter(({ result }) => result === 'FAIL')).toEqual([]);
  expect(bench.vault.state.irregular).toEqual([]);
}

describe.each(Object.keys(WORDS) as (keyof typeof WORDS)[])('an application killed during %s', (act) => {
  const step = WORDS[act];

  test('before the intent: nothing happened, and the step is done as if for the first time', async () => {
    const bench = await crashed(step, 'intent-before-append');
    expect(bench.view.ceremony?.openIntent).toBeNull();
    expect(bench.outcomes(act)).toEqual([]);
    await goesOn(bench);
    expect(bench.outcomes(act)).toEqual(['act.result committed']);
    await bench.close();
  });

  test.each(['intent-after-append', 'intent-after-checkpoint'] as const)(
    'at %s: the token was not asked, and is found so',
    async (point) => {
      const bench = await crashed(step, point);
      await toldOf(bench, act);
      expect(halves(bench)).toEqual(act === 'key.generate' ? [] : BOTH);
      await recovered(bench, point);
      expect(bench.outcomes(act)).toEqual(['act.recovered not-committed']);
      await goesOn(bench);
      expect(bench.outcomes(act)).toEqual(['act.recovered not-committed', 'act.result committed']);
      await bench.close();
    },
  );

  test.each(['result-after-append', 'result-after-checkpoint'] as const)(
    'at %s: the result is known, nothing is asked again',
    async (point) => {
      const bench = await crashed(step, point);
      expect(bench.view.ceremony?.openIntent).toBeNull();
      expect(bench.step).not.toBe(step);
      expect(halves(bench)).toEqual(BOTH);
      await goesOn(bench);
      expect(bench.outcomes(act)).toEqual(['act.result committed']);
      await bench.close();
    },
  );
});

describe('an application killed after the token did it and before the ledger says so', () => {
  test.each([
    ['key.generate', 'generate', 'hsm-after-call'],
    ['key.generate', 'generate', 'hsm-after-read-back'],
    ['key.activate', 'activate', 'hsm-after-call'],
  ] as const)('%s, %s, %s: the token is asked and the act is not repeated', async (act, step, point) => {
    const bench = await crashed(step, point);
    await toldOf(bench, act);
    const before = keysNamed(bench, 'TEST-KEY-1');
    expect(before.map(({ kind }) => kind).sort()).toEqual(BOTH);
    expect(before.find(({ kind }) => kind === 'private')!.usage).toBe(act === 'key.activate' ? 'sign' : 'none');
    await recovered(bench, point);
    expect(bench.outcomes(act)).toEqual(['act.recovered committed']);
    expect(bench.step).not.toBe(step);
    await goesOn(bench);
    expect(bench.outcomes(act)).toEqual(['act.recovered committed']);
    expect(keysNamed(bench, 'TEST-KEY-1').map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    await bench.close();
  });

  test.each(['csr-flag-set', 'csr-after-sign'] as const)(
    'the certificate request at %s: the right to sign is found and cleared before anything else',
    async (point) => {
      const bench = await crashed('request', point);
      await toldOf(bench, 'key.certify-request');
      const usage = () => keysNamed(bench, 'TEST-KEY-1').find(({ kind }) => kind === 'private')!.usage;
      expect(usage()).toBe('sign');
      await recovered(bench, point);
      expect(usage()).toBe('none');
      expect(bench.outcomes('key.certify-request')).toEqual(['act.recovered not-committed']);
      expect(bench.entries('act.recovered').at(-1)!.data.found).toContain('It was cleared.');
      await goesOn(bench);
      await bench.close();
    },
  );
});

describe('an application killed during the test signature', () => {
  test.each(['intent-after-append', 'intent-after-checkpoint', 'hsm-after-call'] as const)(
    'at %s: a signature may exist, so the outcome is unknown, it is never made again, and people stop: STEP-6',
    async (point) => {
      const bench = await crashed('test-signature', point);
      await toldOf(bench, 'key.test-signature');
      await recovered(bench, point);
      expect(bench.outcomes('key.test-signature')).toEqual(['act.recovered unknown']);
      expect(mustFail(await bench.act()).policy).toBe('STEP-6');
      expect(bench.refusals().at(-1)).toBe('STEP-6');
      must(await bench.h['ceremony.stop']({ reason: 'The test signature was lost.' }));
      expect(bench.view.ceremony?.outcome).toBe('stopped');
      expect(halves(bench)).toEqual(BOTH);
      await bench.close();
    },
  );

  test.each(['result-after-append', 'result-after-checkpoint'] as const)('at %s: it is known', async (point) => {
    const bench = await crashed('test-signature', point);
    expect(bench.outcomes('key.test-signature')).toEqual(['act.result committed']);
    await goesOn(bench);
    await bench.close();
  });
});

describe('an application killed during the export', () => {
  test.each(['intent-after-append', 'hsm-after-call'] as const)(
    'at %s: the lost signature is recorded as unknown, and people export again',
    async (point) => {
      const bench = await crashed('export', point);
      await toldOf(bench, 'statement.sign');
      await recovered(bench, point);
      expect(bench.outcomes('statement.sign')).toEqual(['act.recovered unknown']);
      await goesOn(bench);
      expect(bench.outcomes('statement.sign')).toEqual(['act.recovered unknown', 'act.result committed']);
      await bench.close();
    },
  );

  test('before the bundle has its name: no half bundle is there, and people export again', async () => {
    const bench = await crashed('export', 'bundle-before-rename');
    expect(must(await bench.h['evidence.list']({}))).toEqual([]);
    expect(bench.step).toBe('export');
    await goesOn(bench);
    expect(must(await bench.h['evidence.list']({}))).toHaveLength(1);
    expect(bench.files('exports').filter((path) => !/\.(zip|pdf)$/.test(path))).toEqual([]);
    await bench.close();
  });
});

test('an application killed while it writes the database after the close: the ceremony is closed, the database whole', async () => {
  const bench = await crashed('close', 'snapshot-before-rename');
  expect(bench.view.ceremony?.outcome).toBe('completed');
  const database = join(bench.folder.ledger, 'log.sqlite');
  expect(execFileSync('sqlite3', [database, 'PRAGMA integrity_check'], { encoding: 'utf8' })).toBe('ok\n');
  expect((await bench.h['ledger.verify']({})).ok).toBe(true);
  must(await bench.freeze({ label: 'TEST-KEY-2' }));
  await bench.close();
});
