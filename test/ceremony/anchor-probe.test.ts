/** What a vault makes of a token that offers less: found out on the token itself, recorded, and kept to. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { utf8 } from '../../core/bytes.ts';
import { findSoftHsm } from '../../electron/hsm/rehearsal.ts';
import { faultModule } from '../hsm/faults/build.ts';
import { Bench, must, mustFail } from './bench.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

let folder: string;
let bench: Bench | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-probe-'));
  mkdirSync(join(folder, 'tokens'), { mode: 0o700 });
  const conf = join(folder, 'softhsm2.conf');
  writeFileSync(
    conf,
    `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  for (const label of ['conclave-rehearsal', 'root']) {
    const make = ['--init-token', '--free', '--label', label, '--so-pin', '99998888', '--pin', '12345678'];
    execFileSync('softhsm2-util', make, { env: { ...process.env, SOFTHSM2_CONF: conf } });
  }
});
afterEach(async () => {
  await bench?.close();
  bench = null;
  rmSync(folder, { recursive: true });
});

/** A vault made on two tokens whose module misbehaves by these rules. They end with the set-up. */
async function madeWith(...rules: string[]): Promise<Bench> {
  const control = join(folder, 'faults');
  const library = faultModule();
  const hsmEnv = {
    SOFTHSM2_CONF: join(folder, 'softhsm2.conf'),
    CONCLAVE_FAULTS_MODULE: must(findSoftHsm()),
    CONCLAVE_FAULTS_CONTROL: control,
    CONCLAVE_FAULTS_LOG: join(folder, 'faults.log'),
  };
  bench = await Bench.start({ hsmEnv, userPin: '12345678' });
  const { slots } = must(await bench.h['setup.inspectModule']({ library }));
  const token = (label: string) => {
    const { serial } = slots.find((slot) => slot.token?.label === label)!.token!;
    return { label, serial };
  };
  must(await bench.h['setup.chooseToken']({ library, token: token('conclave-rehearsal'), root: token('root') }));
  must(await bench.h['setup.goTo']({ step: 'people' }));
  await bench.enrolAll();
  must(
    await bench.h['setup.setLedger']({
      vaultName: 'Probed',
      required: 2,
      cosign: false,
      profile: 'nist-sp800-57@r5',
      preset: 'general',
    }),
  );
  must(await bench.h['setup.goTo']({ step: 'seal' }));
  writeFileSync(control, rules.map((line) => `${line}\n`).join(''));
  must(await bench.h['setup.seal']({ userPin: utf8('12345678'), rootUserPin: utf8('12345678') }));
  writeFileSync(control, '');
  return bench;
}

const probed = (it: Bench) => it.entries('token.probed').map(({ data }) => data as unknown)[0];
const anchor = (it: Bench) => it.view.status.ledger!.anchor;

/** Type byte of the log key, as signed-note counts them. */
const keyType = (it: Bench): number => Buffer.from(it.view.vault!.logKey.split('+')[2]!, 'base64')[0]!;

async function wholeCeremony(it: Bench): Promise<void> {
  must(await it.freeze());
  await it.runTo();
  const report = await it.report();
  expect(report.checks.filter(({ result, required }) => result === 'FAIL' || (required && result !== 'PASS'))).toEqual(
    [],
  );
  const { checks } = must(await it.h['ledger.verify']({}));
  expect(checks.filter(({ result }) => result === 'FAIL')).toEqual([]);
}

describe('the log key of a token', () => {
  const refused = { call: 'C_GenerateKeyPair', rv: 'CKR_MECHANISM_INVALID' };
  const not = (mechanism: string) => ({ mechanism, works: false, error: refused });

  test.each([
    [1, 2, [not('ed25519'), { mechanism: 'ec-p256', works: true }]],
    [2, 2, [not('ed25519'), not('ec-p256'), { mechanism: 'ec-p384', works: true }]],
    [3, 255, [not('ed25519'), not('ec-p256'), not('ec-p384'), { mechanism: 'rsa-3072', works: true }]],
  ])(
    'that refuses the first %i kinds is of the next, note type %i, to a verified bundle',
    async (times, type, signing) => {
      const it = await madeWith(`C_GenerateKeyPair 0x70 times=${times}`);
      expect(probed(it)).toEqual({ token: 'vault', signing, anchor: 'private' });
      expect(keyType(it)).toBe(type);
      await wholeCeremony(it);
    },
  );

  test('is not Ed25519 where the token signs something else than it was given', async () => {
    // C_Sign reports success and does nothing: the bytes that come back are no signature.
    const it = await madeWith('C_Sign 0 call=0 times=1');
    expect((probed(it) as { signing: unknown[] }).signing).toEqual([
      { mechanism: 'ed25519', works: false },
      { mechanism: 'ec-p256', works: true },
    ]);
    expect(keyType(it)).toBe(2);
  });
});

describe('a token that keeps no private data objects', () => {
  test('keeps the head as a public one, which is compared at the start, before anyone logs in', async () => {
    const it = await madeWith('C_CreateObject 0x13 times=1');
    expect(probed(it)).toMatchObject({ anchor: 'public' });
    const genesis = JSON.parse(readFileSync(it.folder.genesis, 'utf8')) as { anchor: string };
    expect(genesis.anchor).toBe('public');
    const early = join(folder, 'ledger-early');
    await it.app.shutdown();
    cpSync(it.folder.ledger, early, { recursive: true });
    await it.open();
    expect(anchor(it).state).toBe('chained-only');
    await wholeCeremony(it);
    await it.reopen();
    expect(it.view.phase).toBe('ready');
    await it.app.shutdown();
    rmSync(it.folder.ledger, { recursive: true });
    cpSync(early, it.folder.ledger, { recursive: true });
    await it.open();
    expect(it.view.phase).toBe('refused');
    expect(it.view.refusal?.policy).toBe('ANCHOR-1');
  });
});

describe('a token that keeps no data objects', () => {
  test.each([
    ['because it refuses them', 'C_CreateObject 0x54', { call: 'C_CreateObject', rv: 'CKR_FUNCTION_NOT_SUPPORTED' }],
    [
      'because it does not destroy them',
      'C_DestroyObject 0x1b',
      { call: 'C_DestroyObject', rv: 'CKR_ACTION_PROHIBITED' },
    ],
  ])('%s has no anchor: recorded with the reason, on the genesis sheet, and on the screen', async (_, rule, error) => {
    const it = await madeWith(rule);
    expect(probed(it)).toMatchObject({ anchor: 'unavailable', error });
    expect(anchor(it)).toMatchObject({ state: 'unavailable', policy: 'ANCHOR-7' });
    expect(anchor(it).text).toContain(
      'Anchor: unavailable. This token keeps no data objects, so nothing on it shows that the disk was set back.',
    );
    const sheet = readFileSync(must(await it.h['print.genesis']({})).path, 'utf8');
    expect(sheet).toContain('Anchor: unavailable.');
    await wholeCeremony(it);
    expect(it.entries('session.opened').at(-1)!.data).not.toHaveProperty('anchor');
  });

  test('because its library crashes has none either: the set-up goes on with a new host', async () => {
    const it = await madeWith('C_CreateObject abort');
    expect(probed(it)).toMatchObject({ signing: [{ mechanism: 'ed25519', works: true }], anchor: 'unavailable' });
    expect(it.entries('hsm.lost')).toHaveLength(1);
    expect(it.view.phase).toBe('ready');
    await wholeCeremony(it);
  });

  test('does not show that its disk was set back, and never says that it would', async () => {
    const it = await madeWith('C_CreateObject 0x54');
    await it.app.shutdown();
    const early = join(folder, 'ledger-early');
    cpSync(it.folder.ledger, early, { recursive: true });
    await it.open();
    must(await it.freeze());
    await it.runTo('read-back');
    await it.app.shutdown();
    rmSync(it.folder.ledger, { recursive: true });
    cpSync(early, it.folder.ledger, { recursive: true });
    await it.open();
    expect(it.view.phase).toBe('ready');
    expect(anchor(it).policy).toBe('ANCHOR-7');
    must(await it.freeze());
    await it.runTo('generate');
    // The label is what gives it away here: the token holds the key that the ledger no longer knows.
    expect(mustFail(await it.act()).policy).toBe('LABEL-1');
  });
});
