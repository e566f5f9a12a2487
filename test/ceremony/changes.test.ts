/** The life of a key after its making, in the real application on a real SoftHSM, seen by tools of others. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import type { Input } from '../../contract/schema.ts';
import { CHANGE_LIMITS, parseStatement, type ChangePredicate } from '../../core/evidence/statement.ts';
import type { Report } from '../../core/evidence/verify/report.ts';
import { RECIPE_OF } from '../../core/plan/recipes.ts';
import { NOT_FOUND, notFound } from '../../core/plan/destroy-key.ts';
import type { CrashPoint } from '../../electron/workstation/crash-points.ts';
import { Bench, must, mustFail, prepare, type Prepared } from './bench.ts';
import { unzip } from '../evidence/mutator/zip.ts';
import { crashAt, crashChild } from './crash.ts';
import { faultBench, type FaultBench } from './fault-bench.ts';
import { keysNamed, objectFiles, pkcs11Tool } from './token.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const VERIFIER = join(import.meta.dirname, '../../out/standalone/verify.mjs');
const LABEL = 'TEST-KEY-1';
const NEW_LABEL = 'TEST-KEY-RENAMED';
const PERIOD = { originatorEnd: '2030-06-30' };
const REASON = 'The yearly change of keys.';
const COMPROMISE = { reason: 'key-compromise', believed: '2026-03-01T09:30:00Z' } as const;

type Change = keyof typeof RECIPE_OF;

let withKey: Prepared;
let child: Awaited<ReturnType<typeof crashChild>>;
let open: Bench[] = [];

beforeAll(async () => {
  child = await crashChild();
  withKey = await prepare(async (bench) => {
    must(await bench.freeze());
    await bench.runTo();
  });
});
afterEach(async () => {
  for (const bench of open) await bench.close();
  open = [];
});
afterAll(() => {
  child.remove();
  rmSync(withKey.root, { recursive: true });
});

async function started(): Promise<Bench> {
  const bench = await Bench.over(withKey);
  open.push(bench);
  return bench;
}

const key = (bench: Bench) => bench.keys.find(({ label }) => label === LABEL)!;
const states = (bench: Bench): string => `${key(bench).privateState}/${key(bench).publicState}`;
const halves = (bench: Bench): string[] =>
  keysNamed(bench, LABEL)
    .map(({ kind }) => kind)
    .sort();
const last = (bench: Bench, type: string) => bench.entries(type).at(-1)!;

const asked = (bench: Bench, change: Change): Input<'plan.change'> => {
  const common = { key: key(bench).key, reason: REASON };
  if (change === 'compromise') return { recipe: RECIPE_OF[change], ...common, compromise: COMPROMISE };
  if (change === 'change-label') return { recipe: RECIPE_OF[change], ...common, newLabel: NEW_LABEL };
  if (change === 'set-cryptoperiod') return { recipe: RECIPE_OF[change], ...common, cryptoperiod: PERIOD };
  if (change === 'schedule-destruction') return { recipe: RECIPE_OF[change], ...common, hold: 7 };
  return { recipe: RECIPE_OF[change], ...common };
};

const plan = async (bench: Bench, change: Change): Promise<void> => {
  must(await bench.h['plan.change'](asked(bench, change)));
};

/** Holds the ceremony of a change to its end. */
async function hold(bench: Bench, ...changes: Change[]): Promise<void> {
  for (const change of changes) {
    await plan(bench, change);
    await bench.runTo();
    expect(bench.view.ceremony?.outcome).toBe('completed');
    evidenceHolds(bench, `key.${change}`);
  }
}

/** The bundle of the ceremony passes the shipped verifier, alone with the genesis sheet, and tells of this act. */
function evidenceHolds(bench: Bench, act: string): ChangePredicate {
  const { path } = bench.view.ceremony!.bundle!;
  const args = [VERIFIER, path, '--trust', bench.folder.genesis, '--expect', 'rehearsal', '--json'];
  const { status, stdout } = spawnSync(process.execPath, args, { env: {}, encoding: 'utf8' });
  const { checks } = JSON.parse(stdout) as Report;
  expect(checks.filter(({ required, result }) => required && result !== 'PASS')).toEqual([]);
  expect(status).toBe(0);
  const statement = must(parseStatement(unzip(readFileSync(path)).get('statement.json')!));
  const predicate = statement.predicate as ChangePredicate;
  expect(predicate.change.acts.map((one) => one.act)).toEqual([act]);
  const { privateState, publicState } = key(bench);
  expect(predicate.lifecycle).toMatchObject({ state: privateState, publicState });
  return predicate;
}

/** Whether OpenSC can sign with the key, and if not, what the token said. */
function signsWith(bench: Bench): string {
  const input = join(bench.root, 'to-sign');
  writeFileSync(input, new Uint8Array(48).fill(7));
  const output = join(bench.root, 'signed');
  try {
    pkcs11Tool(bench, '--sign', '-m', 'ECDSA', '--id', key(bench).key, '-i', input, '-o', output);
    return 'signed';
  } catch (error) {
    return /CKR_\w+|object not found|not found/.exec((error as { stderr: string }).stderr)?.[0] ?? String(error);
  }
}

async function ledgerIsSound(bench: Bench): Promise<void> {
  const { checks } = must(await bench.h['ledger.verify']({}));
  expect(checks.filter(({ result }) => result === 'FAIL')).toEqual([]);
  expect(bench.vault.state.irregular).toEqual([]);
  expect(bench.vault.state.keys.impossible).toEqual([]);
  // Every call on the token has its entry, and every entry its call.
  const compared = bench.vault.journal
    .entries()
    .flatMap(({ entry }) => (entry.type === 'calls.reconciled' ? [entry.data] : []));
  expect(compared.length).toBeGreaterThan(0);
  expect(compared.flatMap(({ findings }) => findings)).toEqual([]);
}

describe('on a token that enforces', () => {
  test('a suspended key is refused by the token with its own code, and a resumed one signs again', async () => {
    const bench = await started();
    expect(signsWith(bench)).toBe('signed');
    await hold(bench, 'suspend');
    expect(states(bench)).toBe('suspended/suspended');
    expect(signsWith(bench)).toBe('CKR_KEY_FUNCTION_NOT_PERMITTED');
    expect(halves(bench)).toEqual(['private', 'public']);
    expect(key(bench)).toMatchObject({ enforced: 'device', may: [] });
    expect(key(bench).changes.map(({ change }) => change)).toEqual([
      'rotate',
      'resume',
      'deactivate',
      'compromise',
      'change-label',
      'set-cryptoperiod',
      'destroy',
    ]);
    await bench.reopen();
    expect(states(bench)).toBe('suspended/suspended');
    await hold(bench, 'resume');
    expect(states(bench)).toBe('active/active');
    expect(signsWith(bench)).toBe('signed');
    await ledgerIsSound(bench);
  });

  test('a deactivated key has no private object any more, and its public one still verifies', async () => {
    const bench = await started();
    await hold(bench, 'deactivate');
    expect(states(bench)).toBe('destroyed/deactivated');
    expect(halves(bench)).toEqual(['public']);
    expect(keysNamed(bench, LABEL)[0]!.usage).toBe('verify');
    const done = bench.entries('act.result').findLast(({ data }) => data.act === 'key.deactivate')!;
    expect(done.data).toMatchObject({ gone: ['private'], enforced: 'device' });
    expect(key(bench)).toMatchObject({ may: ['verify'] });
    await hold(bench, 'destroy');
    expect(halves(bench)).toEqual([]);
    await ledgerIsSound(bench);
  });

  test('a report of compromise blocks the key in the same approved act, and says since when and why', async () => {
    const bench = await started();
    await plan(bench, 'compromise');
    // The room is checked, the quorum decides, and the act follows: nothing else is asked for.
    expect(bench.view.ceremony!.steps.map(({ id }) => id)).toEqual([
      'room',
      'approve-compromise',
      'login-compromise',
      'compromise',
      'read-back',
      'export',
      'close',
    ]);
    await bench.runTo('compromise');
    expect(signsWith(bench)).toBe('signed');
    must(await bench.act());
    expect(signsWith(bench)).toBe('CKR_KEY_FUNCTION_NOT_PERMITTED');
    const [intent, result] = [last(bench, 'act.intent'), last(bench, 'act.result')];
    expect(result.seq).toBe(intent.seq + 1);
    expect(intent.data).toMatchObject({ act: 'key.compromise', compromise: COMPROMISE });
    expect(states(bench)).toBe('compromised/compromised');
    await bench.runTo();
    expect(key(bench)).toMatchObject({ compromises: [COMPROMISE] });
    expect(key(bench).changes.map(({ change }) => change)).toEqual([
      'rotate',
      'change-label',
      'set-cryptoperiod',
      'destroy',
    ]);
    await hold(bench, 'destroy');
    expect(states(bench)).toBe('destroyed/destroyed');
    await ledgerIsSound(bench);
  });

  test('a destroyed key is not found by anyone, after its label was typed and not before', async () => {
    const bench = await started();
    const before = objectFiles(bench).length;
    await plan(bench, 'destroy');
    await bench.runTo('destroy');
    for (const label of [undefined, 'TEST-KEY-2', LABEL.toLowerCase()]) {
      expect(mustFail(await bench.act(label)).policy).toBe('LABEL-2');
    }
    expect(halves(bench)).toEqual(['private', 'public']);
    must(await bench.act(LABEL));
    expect(halves(bench)).toEqual([]);
    expect(signsWith(bench)).not.toBe('signed');
    expect(bench.view.ceremony!.steps.find(({ id }) => id === 'read-back')!.say).toContain(NOT_FOUND);
    await bench.runTo();
    expect(objectFiles(bench).length).toBe(before - 2);
    expect(bench.refusals()).toContain('LABEL-2');
    expect(states(bench)).toBe('destroyed/destroyed');
    expect(key(bench).changes.map(({ change }) => change)).toEqual(['compromise']);
    // What becomes known later is recorded of a key that is not there.
    await hold(bench, 'compromise');
    expect(states(bench)).toBe('destroyed/destroyed');
    expect(key(bench).compromises).toHaveLength(1);
    await ledgerIsSound(bench);
  });

  test('what is planned against the state of the key is refused and recorded', async () => {
    const bench = await started();
    expect(mustFail(await bench.h['plan.change'](asked(bench, 'resume'))).policy).toBe('LIFECYCLE-1');
    const ahead = { ...COMPROMISE, believed: '2126-01-01T00:00:00Z' };
    const early = { ...asked(bench, 'compromise'), compromise: ahead } as Input<'plan.change'>;
    expect(mustFail(await bench.h['plan.change'](early)).policy).toBe('LIFECYCLE-2');
    const unknown = { ...asked(bench, 'suspend'), key: 'c'.repeat(40) };
    expect(mustFail(await bench.h['plan.change'](unknown)).code).toBe('not-found');
    expect(bench.refusals()).toEqual(['LIFECYCLE-1', 'LIFECYCLE-2']);
  });

  test('the sheet on paper says which key, what, and why, and so does the bundle; the older bundle still holds', async () => {
    const bench = await started();
    const [made] = must(await bench.h['evidence.list']({}));
    await plan(bench, 'compromise');
    const { path } = must(await bench.h['print.plan']({}));
    const sheet = readFileSync(path, 'utf8');
    for (const words of ['Report a key as compromised', REASON, COMPROMISE.believed, key(bench).key, LABEL])
      expect(sheet).toContain(words);
    await bench.runTo();
    const { change } = evidenceHolds(bench, 'key.compromise');
    expect(change).toMatchObject({ reason: REASON, acts: [{ compromise: COMPROMISE }] });
    // The bundle of the making still says what was so when it was made.
    expect(must(await bench.h['evidence.verify']({ name: made!.name })).passed).toBe(true);
    const own = must(await bench.h['evidence.verify']({ name: basename(bench.view.ceremony!.bundle!.path) }));
    expect(own).toMatchObject({ passed: true, change: { reason: REASON, acts: [{ act: 'key.compromise' }] } });
    expect(own.checks.find(({ id }) => id === 'ledger.here')).toMatchObject({ result: 'PASS' });
    expect(own.notProven.length).toBeGreaterThan(5);
  });
});

describe('a power cut', () => {
  /** Stands at the act of a change, is killed at the point, and starts again. */
  async function killed(change: Change, point: CrashPoint, ...before: Change[]): Promise<Bench> {
    const bench = await Bench.over(withKey);
    await hold(bench, ...before);
    await plan(bench, change);
    await bench.runTo(change);
    await bench.app.shutdown();
    const { root } = await crashAt(child.entry, { root: bench.root, userPin: bench.userPin }, point);
    rmSync(bench.root, { recursive: true });
    const after = await Bench.start({ root, userPin: bench.userPin });
    open.push(after);
    return after;
  }

  test.each<readonly [Change, string, readonly Change[]]>([
    ['suspend', 'suspended/suspended', []],
    ['resume', 'active/active', ['suspend']],
    ['deactivate', 'destroyed/deactivated', []],
    ['compromise', 'compromised/compromised', []],
    ['destroy', 'destroyed/destroyed', []],
  ])('in the midst of %s leaves an intent whose outcome is found by asking the token', async (change, end, before) => {
    const act = `key.${change}`;
    const earlier = await killed(change, 'intent-after-checkpoint', ...before);
    const from = states(earlier);
    must(await earlier.recover());
    expect(earlier.outcomes(act)).toEqual(['act.recovered not-committed']);
    expect(states(earlier)).toBe(from);
    await earlier.runTo();
    expect(states(earlier)).toBe(end);
    evidenceHolds(earlier, act);
    await ledgerIsSound(earlier);

    const later = await killed(change, 'hsm-after-call', ...before);
    expect(later.view.ceremony?.openIntent?.act).toBe(act);
    must(await later.recover());
    expect(later.outcomes(act)).toEqual(['act.recovered committed']);
    expect(states(later)).toBe(end);
    await later.runTo();
    evidenceHolds(later, act);
    await ledgerIsSound(later);
  });

  test('between the two objects of a destruction leaves half a key that the ledger knows and a second plan ends', async () => {
    const bench = await killed('destroy', 'destroy-after-object');
    expect(halves(bench)).toEqual(['public']);
    must(await bench.recover());
    expect(last(bench, 'act.recovered').data).toMatchObject({ outcome: 'committed', gone: ['private'] });
    expect(states(bench)).toBe('destroyed/active');
    await bench.runTo();
    const { change } = evidenceHolds(bench, 'key.destroy');
    expect(change.acts).toMatchObject([{ gone: ['private'], enforced: null, words: notFound('none') }]);
    await hold(bench, 'destroy');
    expect(halves(bench)).toEqual([]);
    await ledgerIsSound(bench);
  });
});

describe('on a token that does not do as it is told', () => {
  async function standing(change: Change, ...before: Change[]): Promise<FaultBench> {
    const it = await faultBench(withKey);
    open.push(it.bench);
    await hold(it.bench, ...before);
    await plan(it.bench, change);
    await it.bench.runTo(change);
    return it;
  }
  const READ_ONLY = 'C_SetAttributeValue 0x10';

  test.each(['suspend', 'compromise'] as const)(
    'that never takes rights away, %s is done by procedure, and the ledger and the screen say so',
    async (change) => {
      const { bench, rules } = await standing(change);
      rules(READ_ONLY);
      const failure = mustFail(await bench.act());
      expect(failure).toMatchObject({ policy: 'LIFECYCLE-3', rv: 'CKR_ATTRIBUTE_READ_ONLY' });
      expect(last(bench, 'act.result').data).toMatchObject({ outcome: 'committed', enforced: 'procedure' });
      expect(bench.refusals()).toEqual(['LIFECYCLE-3']);
      expect(key(bench)).toMatchObject({ enforced: 'procedure', may: [] });
      expect(bench.view.ceremony!.feed.some(({ detail }) => detail.includes('By procedure, not by the device'))).toBe(
        true,
      );
      await bench.runTo();
      expect(bench.view.ceremony?.outcome).toBe('completed');
      const { change: said, notProven } = evidenceHolds(bench, `key.${change}`);
      expect(said.acts).toMatchObject([{ enforced: 'procedure', error: { rv: 'CKR_ATTRIBUTE_READ_ONLY' } }]);
      expect(notProven).toContain(CHANGE_LIMITS.procedure);
      // What this token cannot enforce: the key still signs for whoever has the PIN.
      expect(signsWith(bench)).toBe('signed');
      await ledgerIsSound(bench);
    },
  );

  test('that fails once, nothing is claimed, and the step is done again', async () => {
    const { bench, rules } = await standing('compromise');
    rules('C_SetAttributeValue 0x30 times=1');
    expect(mustFail(await bench.act())).toMatchObject({ rv: 'CKR_DEVICE_ERROR' });
    expect(states(bench)).toBe('active/active');
    must(await bench.act());
    expect(bench.outcomes('key.compromise')).toEqual(['act.result not-committed', 'act.result committed']);
    expect(states(bench)).toBe('compromised/compromised');
  });

  test('that refuses to destroy, the key is not called destroyed', async () => {
    const { bench, rules } = await standing('destroy');
    // The first object destroyed is the head that the new one replaces.
    rules('C_DestroyObject 0x1b after=1 times=1');
    const failure = mustFail(await bench.act(LABEL));
    expect(failure.message).toContain('still on the token');
    expect(states(bench)).toBe('active/active');
    rules();
    must(await bench.act(LABEL));
    expect(states(bench)).toBe('destroyed/destroyed');
  });

  test('that does not give rights back, a key is not called active', async () => {
    const { bench, rules } = await standing('resume', 'suspend');
    rules(READ_ONLY);
    expect(mustFail(await bench.act()).rv).toBe('CKR_ATTRIBUTE_READ_ONLY');
    expect(bench.outcomes('key.resume')).toEqual(['act.result not-committed']);
    expect(states(bench)).toBe('suspended/suspended');
  });

  test('whose private object somebody removed, a suspension says what is missing, and a report goes in all the same', async () => {
    const bench = await started();
    await plan(bench, 'suspend');
    await bench.runTo('suspend');
    pkcs11Tool(bench, '--delete-object', '--type', 'privkey', '--id', key(bench).key);
    expect(mustFail(await bench.act())).toMatchObject({ policy: 'READBACK-1' });
    expect(states(bench)).toBe('active/active');
    must(await bench.h['ceremony.stop']({ reason: 'The private object is missing.' }));
    await plan(bench, 'compromise');
    await bench.runTo('compromise');
    must(await bench.act());
    expect(last(bench, 'act.result').data).toMatchObject({ outcome: 'committed', gone: ['private'] });
    expect(states(bench)).toBe('compromised/compromised');
  });
});
