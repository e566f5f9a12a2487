import { readFileSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { Bench, must, mustFail, passphrase, PASSPHRASE, prepare, TestClock, type Prepared } from './bench.ts';
import { pkcs11Tool } from './token.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let prepared: Prepared;
let bench: Bench;
let clock: TestClock;
beforeAll(async () => {
  prepared = await prepare();
});
afterAll(() => rmSync(prepared.root, { recursive: true }));
beforeEach(async () => {
  clock = new TestClock();
  bench = await Bench.over(prepared, { clock });
});
afterEach(() => bench.close());

/** Refused by this rule, which is the newest entry of its kind in the ledger. */
async function refused(policy: string, command: Promise<{ ok: boolean }>): Promise<void> {
  const result = await command;
  expect(result).toMatchObject({ ok: false, error: { policy } });
  expect(bench.refusals().at(-1)).toBe(policy);
}

describe('the order of the script', () => {
  test('no step is done before its turn: STEP-1, for every kind of step', async () => {
    must(await bench.freeze());
    const { steps } = bench.view.ceremony!;
    for (const { id, kind } of steps.slice(1)) {
      const [first] = bench.entries('command.refused').slice(-1);
      const confirmed = ['administrator-1', 'witness-1'];
      const done = {
        confirm: () => bench.h['ceremony.confirm']({ step: id, confirmed }),
        'read-back': () => bench.h['ceremony.confirm']({ step: id, confirmed }),
        approve: () => bench.approve('custodian-1', steps.find((step) => step.id === id)!.for!),
        login: () => bench.h['ceremony.login']({ step: id, pin: passphrase(bench.userPin) }),
        act: () => bench.h['ceremony.act']({ step: id }),
        logout: () => bench.h['ceremony.logout']({ step: id }),
        export: () => bench.h['ceremony.export']({ step: id }),
      }[kind];
      await refused('STEP-1', done());
      expect(bench.entries('command.refused').at(-1)!.seq).not.toBe(first?.seq);
    }
    expect(bench.step).toBe(steps[0]!.id);
    expect(bench.view.status.hsm.state).toBe('logged-out');
  });

  test('a step is confirmed by exactly the people it names: STEP-2', async () => {
    must(await bench.freeze());
    const step = bench.step;
    for (const confirmed of [
      [],
      ['administrator-1'],
      ['witness-1'],
      ['administrator-1', 'custodian-1'],
      ['administrator-1', 'administrator-1'],
      ['administrator-1', 'witness-1', 'custodian-1'],
      ['administrator-1', 'witness-2'],
    ]) {
      const result = await bench.h['ceremony.confirm']({ step, confirmed });
      expect(mustFail(result).policy).toBe('STEP-2');
    }
    expect(bench.refusals()).toEqual(['STEP-2']);
    expect(bench.entries('step.done')).toEqual([]);
  });

  test('an act without a login is refused: STEP-3, here after a new start', async () => {
    must(await bench.freeze());
    await bench.runTo('generate');
    await bench.reopen();
    await refused('STEP-3', bench.act());
    expect(bench.outcomes('key.generate')).toEqual([]);
    must(await bench.login());
    must(await bench.act());
  });

  test('with no ceremony open there is no step: STEP-5', async () => {
    await refused('STEP-5', bench.h['ceremony.act']({ step: 'generate' }));
    await refused('STEP-5', bench.h['ceremony.stop']({ reason: 'Nothing to stop.' }));
  });

  test('a second command while one is under way is told so', async () => {
    must(await bench.freeze({ mechanism: 'rsa-3072' }));
    await bench.runTo('generate');
    const first = bench.act();
    expect(mustFail(await bench.act()).code).toBe('busy');
    must(await first);
    expect(bench.outcomes('key.generate')).toEqual(['act.result committed']);
  });
});

describe('the login', () => {
  test('with a wrong PIN is recorded, the token’s flags are shown, and the right PIN then opens', async () => {
    must(await bench.freeze());
    await bench.runTo('login-generate');
    const failure = mustFail(await bench.login('00000000'));
    expect(failure).toMatchObject({ call: 'C_Login', rv: 'CKR_PIN_INCORRECT' });
    expect(bench.entries('session.refused').map(({ data }) => data.error)).toEqual([
      { call: 'C_Login', rv: 'CKR_PIN_INCORRECT' },
    ]);
    expect(bench.view.status.hsm.state).toBe('logged-out');
    // The host that holds the refused PIN has ended; what the token said of its tries is kept.
    expect(bench.hsm!.status().state).toBe('ended');
    expect(bench.view.status.hsm.pinFlags).toContain('CKF_USER_PIN_COUNT_LOW');
    expect(bench.step).toBe('login-generate');
    must(await bench.login());
    expect(bench.view.status.hsm).toMatchObject({ state: 'logged-in', pinFlags: ['CKF_USER_PIN_INITIALIZED'] });
    expect(bench.step).toBe('generate');
  });
});

describe('a plan', () => {
  test('with a label that is on the token but not in the ledger is stopped before the act: LABEL-1', async () => {
    pkcs11Tool(bench, '--keypairgen', '--key-type', 'EC:prime256v1', '--label', 'TEST-KEY-1', '--id', 'aa');
    must(await bench.freeze());
    await bench.runTo('generate');
    await refused('LABEL-1', bench.act());
    expect(bench.outcomes('key.generate')).toEqual([]);
    must(await bench.h['ceremony.stop']({ reason: 'The label is taken.' }));
  });

  test('with a label that is in the ledger is not frozen: PLAN-3', async () => {
    must(await bench.freeze({ initialState: 'pre-active' }));
    await bench.runTo();
    await refused('PLAN-3', bench.freeze());
    must(await bench.freeze({ label: 'TEST-KEY-2' }));
  });

  test('of a kind that the policy does not have is not frozen: PLAN-2', async () => {
    await refused('PLAN-2', bench.freeze({ mechanism: 'rsa-2048' }));
    expect(bench.view.ceremony).toBeNull();
  });

  test('is not frozen while another is open: PLAN-1', async () => {
    must(await bench.freeze());
    await refused('PLAN-1', bench.freeze({ label: 'TEST-KEY-2' }));
    expect(bench.entries('plan.frozen')).toHaveLength(1);
  });

  test('whose time has passed allows no act: PLAN-5', async () => {
    must(await bench.freeze());
    await bench.runTo('generate');
    clock.advance(8 * 86_400);
    await refused('PLAN-5', bench.act());
    expect(bench.outcomes('key.generate')).toEqual([]);
  });
});

test('no PIN and no passphrase is in anything that the application wrote', async () => {
  must(await bench.freeze());
  await bench.runTo('approve-generate');
  mustFail(await bench.approve('custodian-1', 'generate', { passphrase: passphrase('a wrong passphrase') }));
  await bench.runTo('login-generate');
  mustFail(await bench.login('13371337'));
  await bench.runTo();
  // Something that broke, so that the log has an entry too.
  bench.app.ports.log.internal('test', new Error(PASSPHRASE));
  must(await bench.h['print.genesis']({}));
  await bench.app.shutdown();

  const written = bench.files('vault', 'exports', 'log', 'media');
  expect(written.length).toBeGreaterThan(20);
  const all = written.map((path) => ({ path, bytes: readFileSync(path) }));
  // The search finds what is there.
  expect(all.some(({ bytes }) => bytes.includes('TEST-KEY-1'))).toBe(true);
  for (const secret of [PASSPHRASE, 'a wrong passphrase', bench.userPin, '13371337']) {
    const bytes = Buffer.from(secret);
    const forms = [
      bytes,
      Buffer.from(bytes.toString('hex')),
      Buffer.from(bytes.toString('hex').toUpperCase()),
      // Base64 at each of the three places a secret can begin within a group, without the ends that depend on neighbours.
      ...[0, 1, 2].map((shift) => {
        const text = Buffer.concat([Buffer.alloc(shift), bytes])
          .toString('base64')
          .replace(/=+$/, '');
        return Buffer.from(text.slice(Math.ceil((shift * 8) / 6), -1));
      }),
    ];
    for (const { path, bytes: content } of all) {
      for (const form of forms) expect({ path, found: content.includes(form) }).toEqual({ path, found: false });
    }
  }
  await bench.open();
});
