/** The HSM host that dies and the module that misbehaves, in the middle of a ceremony. */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import type { CrashPoint } from '../../electron/workstation/crash-points.ts';
import { copyOf, must, mustFail, prepare, type Bench, type Prepared } from './bench.ts';
import { crashAt, crashChild } from './crash.ts';
import { faultBench, type FaultBench } from './fault-bench.ts';
import { keysNamed, pkcs11Tool } from './token.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const STEPS = ['generate', 'request', 'activate', 'export'] as const;
const at = new Map<string, Prepared>();
let child: Awaited<ReturnType<typeof crashChild>>;
let open: Bench[] = [];

beforeAll(async () => {
  child = await crashChild();
  const end = await prepare(async (bench) => {
    must(await bench.freeze({ mechanism: 'rsa-4096' }));
    await bench.runTo('generate');
    await bench.app.shutdown();
    at.set('generate rsa', { root: copyOf(bench.root), userPin: bench.userPin });
    await bench.open();
    must(await bench.h['ceremony.stop']({ reason: 'Another kind of key.' }));
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
afterEach(async () => {
  for (const bench of open) await bench.close();
  open = [];
});
afterAll(() => {
  child.remove();
  for (const { root } of at.values()) rmSync(root, { recursive: true });
});

/** At the step and logged in, the token behind the fault module. */
async function standing(step: string): Promise<FaultBench> {
  const it = await faultBench(at.get(step)!);
  open.push(it.bench);
  must(await it.bench.login());
  return it;
}

/** Killed at the point, and started again behind the fault module. */
async function killed(step: string, point: CrashPoint): Promise<FaultBench> {
  const { root } = await crashAt(child.entry, at.get(step)!, point);
  const it = await faultBench({ root, userPin: at.get(step)!.userPin });
  rmSync(root, { recursive: true });
  open.push(it.bench);
  return it;
}

const halves = (bench: Bench): string[] =>
  keysNamed(bench, 'TEST-KEY-1')
    .map(({ kind }) => kind)
    .sort();
const BOTH = ['private', 'public'];

/** How the ledger says that the session ended by itself. */
const losses = (bench: Bench) =>
  bench
    .entries()
    .filter(({ type, data }) => type === 'hsm.lost' || (type === 'session.closed' && data.reason === 'host-lost'))
    .map(({ type, data }) =>
      type === 'hsm.lost' ? `lost during ${data.during === null ? 'nothing' : 'an act'}` : 'closed',
    );

const lostNotice = (bench: Bench) => bench.view.notices.filter(({ id }) => id.startsWith('hsm-'));

/** To the export, so with every act done once, and one pair on the token. */
async function goesOn(bench: Bench): Promise<void> {
  await bench.runTo('export');
  expect(halves(bench)).toEqual(BOTH);
  expect(bench.vault.state.irregular).toEqual([]);
  expect(must(await bench.h['ledger.verify']({})).checks.filter(({ result }) => result === 'FAIL')).toEqual([]);
}

describe('the HSM host ends', () => {
  test('by abort in mid-generation of an RSA 4096 key: the application goes on, says so, and reconciles with the token', async () => {
    const { bench, called } = await standing('generate rsa');
    const generation = bench.act();
    await called('C_GenerateKeyPair');
    expect(bench.view.work?.title).toBe('Generate the signing key pair inside the HSM');
    expect(mustFail(await bench.act()).code).toBe('busy');
    must(await bench.h['hsm.abort']({}));
    expect(mustFail(await generation)).toMatchObject({ code: 'hsm-lost' });

    expect(bench.view.work).toBeNull();
    expect(bench.view.status.hsm.state).toBe('lost');
    expect(lostNotice(bench)).toHaveLength(1);
    expect(bench.view.ceremony?.openIntent).toMatchObject({ act: 'key.generate' });
    expect(losses(bench)).toEqual(['lost during an act', 'closed']);
    expect(bench.outcomes('key.generate')).toEqual(['open']);
    expect(mustFail(await bench.act()).policy).toBe('STEP-4');

    must(await bench.recover());
    expect(bench.view.status.hsm.state).toBe('logged-in');
    const committed = bench.outcomes('key.generate')[0] === 'act.recovered committed';
    expect(halves(bench)).toEqual(committed ? BOTH : []);
    expect(bench.step).toBe(committed ? 'read-back' : 'generate');
    await goesOn(bench);
    expect(bench.outcomes('key.generate').filter((outcome) => outcome.endsWith(' committed'))).toHaveLength(1);
  });

  test('before the token began: found as not done, and the step is done again', async () => {
    const { bench, called, rules } = await standing('generate');
    rules('C_GenerateKeyPair 0 delay=60000');
    const generation = bench.act();
    await called('C_GenerateKeyPair');
    process.kill(bench.hsm!.status().pid!, 'SIGKILL');
    mustFail(await generation);
    rules();
    must(await bench.recover());
    expect(bench.outcomes('key.generate')).toEqual(['act.recovered not-committed']);
    expect(halves(bench)).toEqual([]);
    await goesOn(bench);
  });

  test('by an abort inside the module', async () => {
    const { bench, rules } = await standing('generate');
    rules('C_GenerateKeyPair abort');
    expect(mustFail(await bench.act()).code).toBe('hsm-lost');
    expect(bench.view.status.hsm.state).toBe('lost');
    rules();
    must(await bench.recover());
    expect(bench.outcomes('key.generate')).toEqual(['act.recovered not-committed']);
    await goesOn(bench);
  });

  test('while the checkpoint after the generation is signed: the result is kept, the loss is in the ledger, and the next login seals', async () => {
    const { bench, rules } = await standing('generate');
    rules('C_Sign abort after=1');
    expect(mustFail(await bench.act()).code).toBe('hsm-lost');
    expect(bench.outcomes('key.generate')).toEqual(['act.result committed']);
    expect(losses(bench)).toEqual(['lost during nothing', 'closed']);
    const { ledger } = bench.view.status;
    expect(ledger!.sealed).toBeLessThan(ledger!.size);
    rules();
    // The next step asks for no session; the one after it asks for a login, which the ledger allows.
    expect(bench.step).toBe('read-back');
    await goesOn(bench);
    expect(bench.view.status.ledger!.sealed).toBeGreaterThan(ledger!.size);
  });

  test('while the head over the intent is signed, before the act: found as not done at the next login', async () => {
    const { bench, rules } = await standing('generate');
    rules('C_Sign abort');
    expect(mustFail(await bench.act()).code).toBe('hsm-lost');
    // No outcome is written over an intent that has no head: two entries about the token would then be without one.
    expect(bench.outcomes('key.generate')).toEqual(['open']);
    expect(mustFail(await bench.act()).policy).toBe('STEP-4');
    rules();
    must(await bench.recover());
    expect(bench.view.status.ledger!.anchor.state).toBe('unsealed');
    expect(bench.outcomes('key.generate')).toEqual(['act.recovered not-committed']);
    await goesOn(bench);
    expect(bench.outcomes('key.generate')).toEqual(['act.recovered not-committed', 'act.result committed']);
  });

  test('while nothing is under way: an act is refused until somebody logs in again', async () => {
    const { bench } = await standing('generate');
    must(await bench.h['hsm.abort']({}));
    while (bench.entries('session.closed').at(-1)?.data.reason !== 'host-lost') {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(losses(bench)).toEqual(['lost during nothing', 'closed']);
    expect(bench.view.status.hsm.state).toBe('lost');
    // The loss is on the disk a moment before the command that records it is over.
    let refused = mustFail(await bench.act());
    while (refused.code === 'busy') {
      await new Promise((resolve) => setTimeout(resolve, 5));
      refused = mustFail(await bench.act());
    }
    expect(refused.policy).toBe('STEP-3');
    must(await bench.login());
    expect(bench.view.status.hsm.state).toBe('logged-in');
    await goesOn(bench);
  });

  test('while the statement of a bundle is signed: unknown, and people export again', async () => {
    const { bench, rules } = await standing('export');
    rules('C_Sign abort');
    expect(mustFail(await bench.h['ceremony.export']({ step: 'export' })).code).toBe('hsm-lost');
    expect(losses(bench)).toEqual(['lost during an act', 'closed']);
    rules();
    must(await bench.recover());
    expect(bench.outcomes('statement.sign')).toEqual(['act.recovered unknown']);
    expect(must(await bench.h['evidence.list']({}))).toEqual([]);
  });
});

describe('the module reports', () => {
  test('a failure for a generation that it did: the key is recognised, and no second one is made', async () => {
    const { bench, rules } = await standing('generate');
    rules('C_GenerateKeyPair 0x30 call=1 times=1');
    const failure = mustFail(await bench.act());
    expect(failure).toMatchObject({ call: 'C_GenerateKeyPair', rv: 'CKR_DEVICE_ERROR' });
    expect(failure.message).toContain('Both halves of the key are on the token.');
    expect(bench.outcomes('key.generate')).toEqual(['act.result committed']);
    expect(bench.entries('act.result').at(-1)!.data.error).toEqual({
      call: 'C_GenerateKeyPair',
      rv: 'CKR_DEVICE_ERROR',
    });
    expect(bench.step).toBe('read-back');
    await goesOn(bench);
  });

  test('a failure for a generation that it did not do: recorded, and the step is done again', async () => {
    const { bench, rules } = await standing('generate');
    rules('C_GenerateKeyPair 0x31 times=1');
    expect(mustFail(await bench.act())).toMatchObject({ rv: 'CKR_DEVICE_MEMORY' });
    expect(bench.outcomes('key.generate')).toEqual(['act.result not-committed']);
    await goesOn(bench);
  });

  test('success for a generation that it did not do: not believed', async () => {
    const { bench, rules } = await standing('generate');
    rules('C_GenerateKeyPair 0 call=0 times=1');
    mustFail(await bench.act());
    expect(bench.outcomes('key.generate')).toEqual(['act.result not-committed']);
    await goesOn(bench);
  });

  test('CKR_DEVICE_REMOVED for the checkpoint after the generation: nothing is lost, and the next login seals', async () => {
    const { bench, rules } = await standing('generate');
    rules('C_Sign 0x32 after=1 times=1');
    expect(mustFail(await bench.act())).toMatchObject({ rv: 'CKR_DEVICE_REMOVED' });
    expect(bench.outcomes('key.generate')).toEqual(['act.result committed']);
    // The login went with the device, so the session is closed in the ledger too and the host, which knows the PIN, ended.
    expect(bench.view.status.hsm.state).toBe('logged-out');
    expect(losses(bench)).toEqual(['closed']);
    // A new host counts its calls from the beginning.
    rules();
    await goesOn(bench);
    must(await bench.h['ceremony.export']({ step: 'export' }));
    const { ledger } = bench.view.status;
    expect(ledger!.sealed).toBe(ledger!.size);
  });

  test('CKR_DEVICE_REMOVED for everything after the generation: the intent stays open until the token answers', async () => {
    const { bench, rules } = await standing('generate');
    // Three of the searches before the generation are of the head over its intent.
    rules('C_FindObjectsInit 0x32 after=7', 'C_Sign 0x32 after=1');
    const failure = mustFail(await bench.act());
    expect(failure.hint).toContain('Log in again');
    expect(bench.outcomes('key.generate')).toEqual(['open']);
    expect(halves(bench)).toEqual(BOTH);
    expect(mustFail(await bench.act()).policy).toBe('STEP-4');
    rules('C_FindObjectsInit 0x32');
    expect(mustFail(await bench.recover()).hint).toContain('recorded as unknown');
    expect(bench.outcomes('key.generate')).toEqual(['open']);
    rules();
    must(await bench.recover());
    expect(bench.outcomes('key.generate')).toEqual(['act.recovered committed']);
    await goesOn(bench);
  });

  test.each([
    ['of the public half', 'C_SetAttributeValue 0x30 times=1', 'not-committed'],
    ['of the private half', 'C_SetAttributeValue 0x30 after=1 times=1', 'not-committed'],
    ['of the private half, which it did', 'C_SetAttributeValue 0x30 after=1 times=1 call=1', 'committed'],
  ])('a failure for the activation %s: the token decides what the ledger says', async (_, rule, outcome) => {
    const { bench, rules } = await standing('activate');
    rules(rule);
    expect(mustFail(await bench.act())).toMatchObject({ rv: 'CKR_DEVICE_ERROR' });
    expect(bench.outcomes('key.activate')).toEqual([`act.result ${outcome}`]);
    const usage = keysNamed(bench, 'TEST-KEY-1').find(({ kind }) => kind === 'private')!.usage;
    expect(usage).toBe(outcome === 'committed' ? 'sign' : 'none');
    await goesOn(bench);
    expect(bench.keys[0]!.privateState).toBe('active');
  });

  test('success for the activation of the public half, which it did not do: not believed, and done again', async () => {
    const { bench, rules } = await standing('activate');
    rules('C_SetAttributeValue 0 call=0 times=1');
    mustFail(await bench.act());
    expect(bench.outcomes('key.activate')).toEqual(['act.result not-committed']);
    expect(bench.keys[0]!.privateState).toBe('pre-active');
    rules();
    await goesOn(bench);
  });

  test('a failure for taking back the right to sign after the request: it is taken back, and the request made anew', async () => {
    const { bench, rules } = await standing('request');
    rules('C_SetAttributeValue 0x30 after=1 times=1');
    expect(mustFail(await bench.act())).toMatchObject({ rv: 'CKR_DEVICE_ERROR' });
    expect(bench.outcomes('key.certify-request')).toEqual(['act.result not-committed']);
    expect(keysNamed(bench, 'TEST-KEY-1').find(({ kind }) => kind === 'private')!.usage).toBe('none');
    rules();
    await goesOn(bench);
  });
});

describe('one half of a key pair', () => {
  const half = async (type: 'pubkey' | 'privkey') => {
    const it = await killed('generate', 'hsm-after-call');
    const { id } = keysNamed(it.bench, 'TEST-KEY-1')[0]!;
    pkcs11Tool(it.bench, '--delete-object', '--type', type, '--id', id);
    expect(halves(it.bench)).toEqual([type === 'pubkey' ? 'private' : 'public']);
    return it;
  };

  test.each(['pubkey', 'privkey'] as const)(
    'left by an interrupted generation (without its %s) is removed as an act of its own',
    async (type) => {
      const { bench } = await half(type);
      must(await bench.recover());
      expect(bench.outcomes('key.generate')).toEqual(['act.recovered not-committed']);
      expect(bench.outcomes('key.discard-half')).toEqual(['act.result committed']);
      expect(halves(bench)).toEqual([]);
      await goesOn(bench);
    },
  );

  test('whose removal is interrupted is removed at the next login', async () => {
    const { bench, rules } = await half('pubkey');
    // After the heads of the login, of the outcome and of the intent to remove it, which each take the place of one.
    rules('C_DestroyObject abort after=3');
    expect(mustFail(await bench.recover()).code).toBe('hsm-lost');
    expect(bench.outcomes('key.generate')).toEqual(['act.recovered not-committed']);
    expect(bench.outcomes('key.discard-half')).toEqual(['open']);
    rules();
    must(await bench.recover());
    expect(bench.outcomes('key.discard-half')).toEqual(['act.recovered not-committed', 'act.result committed']);
    expect(halves(bench)).toEqual([]);
    await goesOn(bench);
  });
});

describe('a token that cannot be asked what an interrupted act left', () => {
  const stop = (bench: Bench) => bench.h['ceremony.stop']({ reason: 'The token is gone for good.' });

  const stopped = async (bench: Bench) => {
    must(await stop(bench));
    expect(bench.view.ceremony).toMatchObject({ outcome: 'stopped', openIntent: null });
    expect(bench.outcomes('key.generate')).toEqual(['act.recovered unknown']);
    expect(bench.vault.state.irregular).toEqual([]);
    expect(bench.keys).toEqual([]);
    await bench.reopen();
    expect(bench.view.phase).toBe('ready');
    must(await bench.freeze({ label: 'TEST-KEY-2' }));
  };

  test('because its PIN is locked: the ceremony can be stopped, with the outcome unknown', async () => {
    const { bench, rules } = await killed('generate', 'hsm-after-call');
    rules('C_Login 0xa4');
    const failure = mustFail(await bench.recover());
    expect(failure).toMatchObject({ call: 'C_Login', rv: 'CKR_PIN_LOCKED' });
    expect(failure.hint).toContain('can be stopped');
    expect(bench.entries('session.refused').at(-1)!.data.error).toEqual({ call: 'C_Login', rv: 'CKR_PIN_LOCKED' });
    await stopped(bench);
    expect(bench.entries('act.recovered').at(-1)!.data.found).toContain('C_Login: CKR_PIN_LOCKED');
  });

  test('because it is not there: the ceremony can be stopped; and a label that it holds after all is refused later', async () => {
    const { bench } = await killed('generate', 'hsm-after-call');
    const tokens = join(bench.root, 'softhsm', 'tokens');
    renameSync(tokens, `${tokens}-away`);
    mustFail(await bench.recover());
    await stopped(bench);
    must(await bench.h['ceremony.stop']({ reason: 'The token was found.' }));
    rmSync(tokens, { recursive: true, force: true });
    renameSync(`${tokens}-away`, tokens);
    must(await bench.freeze());
    await bench.runTo('generate');
    expect(mustFail(await bench.act()).policy).toBe('LABEL-1');
  });

  test('because of a wrong PIN alone is no such token: STEP-4, and the right PIN finds the key', async () => {
    const { bench } = await killed('generate', 'hsm-after-call');
    expect(mustFail(await bench.recover('00000000')).rv).toBe('CKR_PIN_INCORRECT');
    expect(mustFail(await stop(bench)).policy).toBe('STEP-4');
    must(await bench.recover());
    expect(bench.outcomes('key.generate')).toEqual(['act.recovered committed']);
  });
});
