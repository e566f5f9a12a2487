/** Every act that a key can have in its life besides those of changes.test.ts, on a real SoftHSM, with its evidence. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import type { Input } from '../../contract/schema.ts';
import type { ProfileId } from '../../core/lifecycle/states.ts';
import { unzip } from '../evidence/mutator/zip.ts';
import { Bench, must, mustFail, prepare, TestClock, type Prepared } from './bench.ts';
import { faultBench } from './fault-bench.ts';
import { keysNamed, pkcs11Tool } from './token.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 240_000 });

const LABEL = 'TEST-KEY-1';
const REASON = 'The room decided so.';
const DAY = 86_400;

let preActive: Prepared;
let open: Bench[] = [];

beforeAll(async () => {
  preActive = await prepare(async (bench) => {
    must(await bench.freeze({ initialState: 'pre-active' }));
    await bench.runTo();
  });
});
afterEach(async () => {
  for (const bench of open) await bench.close();
  open = [];
});
afterAll(() => rmSync(preActive.root, { recursive: true }));

async function started(): Promise<Bench> {
  const bench = await Bench.over(preActive);
  open.push(bench);
  return bench;
}

/** A vault of another profile, with a key in it. */
async function ofProfile(profile: ProfileId, clock: TestClock, input: Partial<Input<'plan.freeze'>> = {}) {
  const bench = await Bench.start({ clock });
  open.push(bench);
  await bench.setUp(false, profile, profile === 'securosys-dke' ? 'dke' : 'general');
  must(await bench.freeze(input));
  await bench.runTo();
  return bench;
}

const key = (bench: Bench, label = LABEL) => bench.keys.find((one) => one.label === label)!;
const states = (bench: Bench, label = LABEL): string =>
  `${key(bench, label).privateState}/${key(bench, label).publicState}`;

/** What the input of a recipe takes besides its key and its reason. */
type Besides<I = Input<'plan.change'>> = I extends unknown ? Omit<I, 'key' | 'reason'> : never;

const plan = (bench: Bench, asked: Besides, label = LABEL) =>
  bench.h['plan.change']({ ...asked, key: key(bench, label).key, reason: REASON });

/** Holds the ceremony of an act to its end and has its bundle verified by the genesis sheet alone. */
async function hold(bench: Bench, asked: Besides, label = LABEL): Promise<void> {
  must(await plan(bench, asked, label));
  await bench.runTo();
  expect(bench.view.ceremony?.outcome).toBe('completed');
  await evidenceIsSound(bench);
}

async function evidenceIsSound(bench: Bench): Promise<void> {
  const { checks } = await bench.report();
  expect(checks.filter(({ result, required }) => result === 'FAIL' || (required && result !== 'PASS'))).toEqual([]);
}

async function ledgerIsSound(bench: Bench): Promise<void> {
  const { checks } = must(await bench.h['ledger.verify']({}));
  expect(checks.filter(({ result }) => result === 'FAIL')).toEqual([]);
  expect(bench.vault.state.irregular).toEqual([]);
  expect(bench.vault.state.keys.impossible).toEqual([]);
  const compared = bench.vault.journal
    .entries()
    .flatMap(({ entry }) => (entry.type === 'calls.reconciled' ? [entry.data] : []));
  expect(compared.flatMap(({ findings }) => findings)).toEqual([]);
}

/** Whether OpenSC can sign with the key, and if not, what the token said. */
function signsWith(bench: Bench, label = LABEL): string {
  const [input, output] = [join(bench.root, 'to-sign'), join(bench.root, 'signed')];
  writeFileSync(input, new Uint8Array(48).fill(7));
  try {
    pkcs11Tool(bench, '--sign', '-m', 'ECDSA', '--id', key(bench, label).key, '-i', input, '-o', output);
    return 'signed';
  } catch (error) {
    return /CKR_\w+|not found/.exec((error as { stderr: string }).stderr)?.[0] ?? String(error);
  }
}

describe('a key that an earlier ceremony left pre-active', () => {
  test('signs one request for its own ceremony, in which the right to sign is an act of its own, and stays pre-active', async () => {
    const bench = await started();
    await hold(bench, { recipe: 'prove-possession@1' });
    expect(bench.outcomes('key.certify-request').at(-1)).toBe('act.result committed');
    expect(states(bench)).toBe('pre-active/pre-active');
    expect(signsWith(bench)).toBe('CKR_KEY_FUNCTION_NOT_PERMITTED');
    // The request is in the bundle of this ceremony, and OpenSSL takes it.
    const files = unzip(readFileSync(bench.view.ceremony!.bundle!.path));
    const request = [...files].find(([name]) => /^key\/.*(csr|request)/.test(name))![1];
    const checked = spawnSync('openssl', ['req', '-verify', '-noout'], { input: request, encoding: 'utf8' });
    expect(`${checked.stdout}${checked.stderr}`).toMatch(/verify OK/i);
    await ledgerIsSound(bench);
  });

  test('becomes active by a ceremony that warns, tests the signature, and is not held twice', async () => {
    const bench = await started();
    must(await plan(bench, { recipe: 'activate-key@1' }));
    const { steps } = bench.view.ceremony!;
    expect(steps.map(({ id }) => id)).toEqual([
      'room',
      'workstation',
      'ledger-root',
      'approve-activate',
      'login-activate',
      'activate',
      'read-back',
      'test-signature',
      'export',
      'close',
    ]);
    expect(steps.find(({ id }) => id === 'activate')!.irreversible).toContain('never becomes pre-active again');
    await bench.runTo('activate');
    expect(signsWith(bench)).toBe('CKR_KEY_FUNCTION_NOT_PERMITTED');
    must(await bench.act());
    expect(signsWith(bench)).toBe('signed');
    await bench.runTo();
    await evidenceIsSound(bench);
    expect(states(bench)).toBe('active/active');
    expect(key(bench).history.at(-1)!.by).toBe('CO CT');
    for (const recipe of ['activate-key@1', 'prove-possession@1'] as const)
      expect(mustFail(await plan(bench, { recipe })).policy).toBe('LIFECYCLE-1');
    await ledgerIsSound(bench);
  });

  test('is called otherwise by every tool after its label was changed, and nobody gets a label that was ever used', async () => {
    const bench = await started();
    const { key: id } = key(bench);
    await hold(bench, { recipe: 'change-label@1', newLabel: 'RENAMED-1' });
    expect(keysNamed(bench, LABEL)).toEqual([]);
    expect(
      keysNamed(bench, 'RENAMED-1')
        .map((one) => `${one.kind} ${one.id}`)
        .sort(),
    ).toEqual([`private ${id}`, `public ${id}`]);
    expect(bench.outcomes('key.change-label')).toEqual(['act.result committed']);
    expect(mustFail(await bench.freeze({ label: LABEL })).policy).toBe('PLAN-3');
    const again = await plan(bench, { recipe: 'change-label@1', newLabel: LABEL }, 'RENAMED-1');
    expect(mustFail(again).policy).toBe('PLAN-3');
    await bench.reopen();
    expect(key(bench, 'RENAMED-1').key).toBe(id);
    await ledgerIsSound(bench);
  });

  test('gets no label that another object on the token has, LABEL-1', async () => {
    const bench = await started();
    must(await plan(bench, { recipe: 'change-label@1', newLabel: 'conclave-log-key' }));
    await bench.runTo('change-label');
    expect(mustFail(await bench.act()).policy).toBe('LABEL-1');
    expect(keysNamed(bench, LABEL)).toHaveLength(2);
  });

  test('has a cryptoperiod once a quorum set it, and the token was asked nothing about it', async () => {
    const bench = await started();
    const cryptoperiod = { originatorEnd: '2030-06-30', recipientEnd: '2032-06-30' };
    await hold(bench, { recipe: 'set-cryptoperiod@1', cryptoperiod });
    expect(bench.vault.state.keys.keys.get(key(bench).key)!.periods).toMatchObject([cryptoperiod]);
    expect(states(bench)).toBe('pre-active/pre-active');
    await ledgerIsSound(bench);
  });

  test('keeps its label where the token refuses the new one for one of its objects, and the step is done again', async () => {
    const { bench, rules } = await faultBench(preActive);
    open.push(bench);
    must(await plan(bench, { recipe: 'change-label@1', newLabel: 'RENAMED-1' }));
    await bench.runTo('change-label');
    rules('C_SetAttributeValue 0x30 after=1 times=1');
    expect(mustFail(await bench.act())).toMatchObject({ rv: 'CKR_DEVICE_ERROR' });
    expect(key(bench).label).toBe(LABEL);
    must(await bench.act());
    expect(keysNamed(bench, 'RENAMED-1')).toHaveLength(2);
    expect(bench.outcomes('key.change-label')).toEqual(['act.result not-committed', 'act.result committed']);
  });
});

describe('a rotation', () => {
  const rotation = (fate: 'keep' | 'suspend' | 'deactivate' | 'destroy'): Besides => ({
    recipe: 'rotate-key@1',
    label: 'TEST-KEY-2',
    mechanism: 'ec-p384',
    recoveryReason: 'This key is made anew if it is lost.',
    fate,
  });

  test('makes the successor, has it sign, and then ends the predecessor by a quorum of its own', async () => {
    const bench = await started();
    await hold(bench, { recipe: 'activate-key@1' });
    must(await plan(bench, rotation('deactivate')));
    await bench.runTo('predecessor');
    expect([signsWith(bench), signsWith(bench, 'TEST-KEY-2')]).toEqual(['signed', 'signed']);
    expect(mustFail(await bench.act('TEST-KEY-2')).policy).toBe('LABEL-2');
    must(await bench.act(LABEL));
    expect(states(bench)).toBe('destroyed/deactivated');
    expect(states(bench, 'TEST-KEY-2')).toBe('active/active');
    expect(keysNamed(bench, LABEL).map(({ kind }) => kind)).toEqual(['public']);
    await bench.runTo();
    await evidenceIsSound(bench);
    expect(key(bench).successor?.label).toBe('TEST-KEY-2');
    expect(key(bench, 'TEST-KEY-2').predecessor?.label).toBe(LABEL);
    expect(key(bench).history.at(-1)!.by).toBe('CO CT');
    await ledgerIsSound(bench);
  });

  test('that keeps the predecessor leaves it as it is', async () => {
    const bench = await started();
    await hold(bench, rotation('keep'));
    expect(states(bench)).toBe('pre-active/pre-active');
    expect(states(bench, 'TEST-KEY-2')).toBe('active/active');
    await ledgerIsSound(bench);
  });
});

describe('in a vault that keeps to UKO', () => {
  test('a key is deactivated and reactivated, waits out its hold, is destroyed by a second quorum, and leaves the list', async () => {
    const clock = new TestClock();
    const bench = await ofProfile('ibm-uko', clock);
    await hold(bench, { recipe: 'deactivate-key@1' });
    expect(signsWith(bench)).toBe('CKR_KEY_FUNCTION_NOT_PERMITTED');
    await hold(bench, { recipe: 'reactivate-key@1' });
    expect(states(bench)).toBe('active/active');
    expect(signsWith(bench)).toBe('signed');
    await hold(bench, { recipe: 'deactivate-key@1' });
    await hold(bench, { recipe: 'schedule-destruction@1', hold: 7 });
    expect(states(bench)).toBe('pending-destruction/pending-destruction');
    expect(mustFail(await plan(bench, { recipe: 'destroy-key@1' })).policy).toBe('LIFECYCLE-5');
    clock.advance(7 * DAY);
    must(await plan(bench, { recipe: 'destroy-key@1' }));
    await bench.runTo('destroy');
    expect(keysNamed(bench, LABEL)).toHaveLength(2);
    await bench.runTo();
    await evidenceIsSound(bench);
    expect(keysNamed(bench, LABEL)).toEqual([]);
    const { key: id } = key(bench);
    await hold(bench, { recipe: 'remove-key@1' });
    expect(must(await bench.h['keys.page']({ offset: 0, limit: 10 })).total).toBe(0);
    // The ledger keeps what the list does not show.
    expect(bench.vault.state.keys.keys.get(id)).toMatchObject({ private: 'removed', label: LABEL });
    expect(bench.refusals()).toEqual(['LIFECYCLE-5']);
    await ledgerIsSound(bench);
  });
});

describe('in a vault that keeps to DKE', () => {
  /** Holds the ceremony of an act on a key that does not sign: its evidence is the ledger. */
  async function done(bench: Bench, recipe: 'disable-key@1' | 'enable-key@1'): Promise<void> {
    must(await plan(bench, { recipe }));
    await bench.runTo();
    expect(bench.view.ceremony).toMatchObject({ outcome: 'completed', bundle: null });
  }
  const decrypts = (bench: Bench): boolean =>
    keysNamed(bench, LABEL)
      .find(({ kind }) => kind === 'private')!
      .usage.includes('decrypt');

  test('an active key is switched off and on, and at last deleted, and nothing of it is found on the token', async () => {
    const key = { purpose: 'decrypt', mechanism: 'rsa-2048' } as const;
    const bench = await ofProfile('securosys-dke', new TestClock(), key);
    expect(decrypts(bench)).toBe(true);
    await done(bench, 'disable-key@1');
    expect(decrypts(bench)).toBe(false);
    expect(states(bench)).toBe('active/active');
    expect(bench.keys[0]).toMatchObject({ enabled: false, may: ['encrypt'] });
    await bench.reopen();
    await done(bench, 'enable-key@1');
    expect(decrypts(bench)).toBe(true);
    must(await plan(bench, { recipe: 'delete-key@1' }));
    await bench.runTo('delete');
    expect(mustFail(await bench.act('another')).policy).toBe('LABEL-2');
    await bench.runTo();
    expect(states(bench)).toBe('deleted/deleted');
    expect(keysNamed(bench, LABEL)).toEqual([]);
    await ledgerIsSound(bench);
  });
});
