/** The token and the ledger compared, on a real SoftHSM whose objects others change behind the application's back. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import type { Input } from '../../contract/schema.ts';
import { utf8 } from '../../core/bytes.ts';
import { findSoftHsm } from '../../electron/hsm/rehearsal.ts';
import { alterFromOutside } from './another-process.ts';
import { Bench, must, mustFail, prepare, type Prepared } from './bench.ts';
import { faultBench } from './fault-bench.ts';
import { keysNamed, pkcs11Tool } from './token.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const LABEL = 'TEST-KEY-1';
const REASON = 'Found at the yearly inspection.';
const [CKA_LABEL, CKA_SIGN] = ['3', '108'];
const CKO_PRIVATE_KEY = '3';

let withKey: Prepared;
let open: Bench[] = [];

beforeAll(async () => {
  withKey = await prepare(async (bench) => {
    must(await bench.freeze({ mechanism: 'ec-p256' }));
    await bench.runTo();
  });
});
afterEach(async () => {
  for (const bench of open) await bench.close();
  open = [];
});
afterAll(() => rmSync(withKey.root, { recursive: true }));

async function started(): Promise<Bench> {
  const bench = await Bench.over(withKey);
  open.push(bench);
  return bench;
}

const key = (bench: Bench) => [...bench.vault.state.keys.keys.values()].find(({ label }) => label === LABEL)!;
const take = (bench: Bench) => bench.h['inventory.take']({ pin: utf8(bench.userPin) });
const findings = (bench: Bench) => bench.view.agreement!.findings;
const kinds = (bench: Bench): string[] => findings(bench).map(({ kind }) => kind);
const taken = (bench: Bench) =>
  bench.vault.journal.entries().flatMap(({ entry }) => (entry.type === 'inventory.taken' ? [entry] : []));

/** What another program does with the PIN. */
const alter = (bench: Bench, attribute: string, value: string): void =>
  alterFromOutside(
    {
      library: must(findSoftHsm()),
      label: 'conclave-rehearsal',
      pin: bench.userPin,
      class: CKO_PRIVATE_KEY,
      id: key(bench).key,
      attribute,
      value,
    },
    { SOFTHSM2_CONF: join(bench.root, 'softhsm', 'softhsm2.conf') },
  );

const hexOf = (text: string): string => Buffer.from(text).toString('hex');

/** Drift of each kind, by pkcs11-tool wherever it has a command for it. */
const DEEDS: Readonly<Record<string, (bench: Bench) => void>> = {
  'flag-changed': (bench) => alter(bench, CKA_SIGN, '00'),
  'attribute-differs': (bench) => alter(bench, CKA_LABEL, hexOf('ANOTHER-NAME')),
  'unknown-object': (bench) =>
    void pkcs11Tool(bench, '--keypairgen', '--key-type', 'EC:prime256v1', '--id', '4242', '--label', 'stranger'),
  'copy-exists': (bench) => {
    const file = join(bench.root, 'copied.der');
    pkcs11Tool(bench, '--read-object', '--type', 'pubkey', '--id', key(bench).key, '--output-file', file);
    pkcs11Tool(bench, '--write-object', file, '--type', 'pubkey', '--id', '7777', '--label', 'copied');
  },
  'object-missing': (bench) => void pkcs11Tool(bench, '--delete-object', '--type', 'pubkey', '--id', key(bench).key),
};

const KINDS = Object.keys(DEEDS);
type Recipe = Input<'plan.agree'>['recipe'];

const plan = (bench: Bench, recipe: Recipe, chosen = findings(bench)) =>
  bench.h['plan.agree']({ recipe, findings: chosen.map(({ sha256 }) => sha256), reason: REASON });

async function ledgerIsSound(bench: Bench): Promise<void> {
  const { checks } = must(await bench.h['ledger.verify']({}));
  expect(checks.filter(({ result }) => result === 'FAIL')).toEqual([]);
  expect(bench.vault.state.irregular).toEqual([]);
  expect(bench.vault.state.keys.impossible).toEqual([]);
  const compared = bench.vault.journal
    .entries()
    .flatMap(({ entry }) => (entry.type === 'calls.reconciled' ? [entry.data] : []));
  expect(compared.flatMap((data) => data.findings)).toEqual([]);
}

describe('an inventory', () => {
  test('is an entry at the start and the end of a ceremony, finds nothing on a token as it was left, and reads no secret', async () => {
    const bench = await started();
    const all = taken(bench);
    const [start, end] = [all[0], all.at(-1)];
    // The second login of the ceremony finds the key that the first one did not.
    expect(all.map(({ data }) => data.why)).toEqual(['ceremony-start', 'login', 'ceremony-end']);
    expect(all.map(({ data }) => data.found)).toEqual([0, 0, 0]);
    // Two service keys and the head; then the new key as well.
    const count = ({ data }: typeof start & object) =>
      Object.fromEntries(data.objects.map((one) => [one.class, one.count]));
    expect(count(start!)).toEqual({ 'private-key': 2, 'public-key': 2, data: 1 });
    expect(count(end!)).toEqual({ 'private-key': 3, 'public-key': 3, data: 1 });
    const document = new TextDecoder().decode(must(await bench.vault.journal.getBlob(end!.data.inventory)));
    const { objects } = JSON.parse(document) as { objects: { class: string; attributes: { name: string }[] }[] };
    expect(objects).toHaveLength(7);
    const names = new Set(objects.flatMap(({ attributes }) => attributes.map(({ name }) => name)));
    for (const secret of ['CKA_VALUE', 'CKA_PRIVATE_EXPONENT']) expect(names).not.toContain(secret);
    await ledgerIsSound(bench);
  });

  test('that finds nothing new is no entry, however often it is taken, and the screen says when it was', async () => {
    const bench = await started();
    const before = taken(bench).length;
    for (let i = 0; i < 3; i++) must(await take(bench));
    expect(taken(bench)).toHaveLength(before);
    expect(bench.view.agreement).toMatchObject({ findings: [], problem: null, last: { found: 0 } });
    expect(bench.view.agreement!.looked).not.toBeNull();
    DEEDS['unknown-object']!(bench);
    for (let i = 0; i < 3; i++) must(await take(bench));
    expect(taken(bench)).toHaveLength(before + 1);
    expect(bench.entries('session.closed').at(-1)!.data.reason).toBe('logout');
    await ledgerIsSound(bench);
  });

  test('of a wrong PIN is not taken, and in a ceremony only its own login asks the token', async () => {
    const bench = await started();
    expect(mustFail(await bench.h['inventory.take']({ pin: utf8('0000') })).rv).toBe('CKR_PIN_INCORRECT');
    must(await bench.freeze({ label: 'TEST-KEY-2' }));
    expect(mustFail(await take(bench)).policy).toBe('STEP-3');
    await bench.runTo('generate');
    must(await bench.h['inventory.take']({}));
    await bench.runTo();
    expect(
      taken(bench)
        .filter(({ ceremony }) => ceremony === bench.view.ceremony!.ceremony)
        .map(({ data }) => data.why),
    ).toEqual(['ceremony-start', 'login', 'ceremony-end']);
  });
});

describe('drift behind the application’s back', () => {
  test.each(KINDS)('of the kind %s is found and named at the next inventory', async (kind) => {
    const bench = await started();
    DEEDS[kind]!(bench);
    must(await take(bench));
    expect([...new Set(kinds(bench))]).toEqual([kind]);
    const entry = taken(bench).at(-1)!;
    expect(entry.data.findings).toHaveLength(findings(bench).length);
    const words = findings(bench)
      .map(({ sentence }) => sentence)
      .join(' ');
    expect(words).toContain(kind === 'unknown-object' ? '“stranger”' : LABEL);
    // The words of strangers are beside the leaf, where they can be withheld, and not in it.
    expect(JSON.stringify(entry.data)).not.toContain('stranger');
    await bench.reopen();
    expect([...new Set(kinds(bench))]).toEqual([kind]);
    expect(
      findings(bench)
        .map(({ sentence }) => sentence)
        .join(' '),
    ).toBe(words);
  });

  test('is repaired by one ceremony that brings the HSM to the ledger, and what is gone is recorded by another', async () => {
    const bench = await started();
    for (const deed of Object.values(DEEDS)) deed(bench);
    must(await take(bench));
    expect(new Set(kinds(bench))).toEqual(new Set(KINDS));
    // What is gone cannot be brought back, and nobody can plan it.
    expect(mustFail(await plan(bench, 'sync-hsm@1')).policy).toBe('DRIFT-7');
    const mendable = findings(bench).filter(({ cure }) => cure !== null);
    must(await plan(bench, 'sync-hsm@1', mendable));
    expect(readFileSync(must(await bench.h['print.plan']({})).path, 'utf8')).toContain('Bring the HSM to the ledger');
    await bench.runTo();
    expect(bench.view.ceremony?.outcome).toBe('completed');
    expect(kinds(bench)).toEqual(['object-missing']);
    const left = pkcs11Tool(bench, '--list-objects');
    for (const gone of ['stranger', 'copied', 'ANOTHER-NAME']) expect(left).not.toContain(gone);
    expect(keysNamed(bench, LABEL)).toMatchObject([{ kind: 'private', usage: 'sign' }]);

    must(await plan(bench, 'record-hsm@1'));
    await bench.runTo();
    expect(kinds(bench)).toEqual([]);
    expect(key(bench)).toMatchObject({ private: 'active', public: 'destroyed' });
    expect(taken(bench).at(-1)!.data).toMatchObject({ why: 'ceremony-end', found: 0 });
    await bench.reopen();
    expect(key(bench)).toMatchObject({ private: 'active', public: 'destroyed' });
    await ledgerIsSound(bench);
  });

  test('is recorded by one ceremony that changes nothing on the HSM, and is news again when it changes', async () => {
    const bench = await started();
    for (const deed of Object.values(DEEDS)) deed(bench);
    must(await take(bench));
    const objects = (): string[] =>
      pkcs11Tool(bench, '--list-objects')
        .split('\n')
        .map((line) => line.replace(/^Data object \d+/, 'Data object'))
        .sort();
    const before = objects();
    must(await plan(bench, 'record-hsm@1'));
    await bench.runTo();
    // But for the number of the newest head, everything is as it was.
    expect(objects()).toEqual(before);
    expect(kinds(bench)).toEqual([]);
    expect(key(bench).public).toBe('destroyed');
    await bench.reopen();
    must(await take(bench));
    expect(kinds(bench)).toEqual([]);
    alter(bench, CKA_LABEL, hexOf('A-THIRD-NAME'));
    pkcs11Tool(bench, '--set-id', '4343', '--type', 'privkey', '--id', '4242');
    must(await take(bench));
    expect(kinds(bench).sort()).toEqual(['attribute-differs', 'unknown-object']);
    await ledgerIsSound(bench);
  });

  test('that is another by the time of the act, or was never found, is not resolved: DRIFT-6', async () => {
    const bench = await started();
    DEEDS['flag-changed']!(bench);
    must(await take(bench));
    const unknown: Input<'plan.agree'> = { recipe: 'sync-hsm@1', findings: ['ab'.repeat(32)], reason: REASON };
    expect(mustFail(await bench.h['plan.agree'](unknown)).policy).toBe('DRIFT-6');
    must(await plan(bench, 'sync-hsm@1'));
    await bench.runTo('login-sync');
    alter(bench, CKA_SIGN, '01');
    must(await bench.login());
    expect(mustFail(await bench.act()).policy).toBe('DRIFT-6');
    expect(bench.refusals()).toContain('DRIFT-6');
  });
});

describe('a token that does not do as it is told', () => {
  test('and does not set a right back is not called brought to the ledger; what it says can be recorded', async () => {
    const { bench, rules } = await faultBench(withKey);
    open.push(bench);
    DEEDS['flag-changed']!(bench);
    must(await take(bench));
    must(await plan(bench, 'sync-hsm@1'));
    await bench.runTo('sync');
    rules('C_SetAttributeValue 0x10');
    expect(mustFail(await bench.act())).toMatchObject({ rv: 'CKR_ATTRIBUTE_READ_ONLY' });
    expect(bench.outcomes('token.sync')).toEqual(['act.result not-committed']);
    must(await bench.h['ceremony.stop']({ reason: 'The token does not set it back.' }));
    expect(kinds(bench)).toEqual(['flag-changed']);
    must(await plan(bench, 'record-hsm@1'));
    await bench.runTo();
    expect(kinds(bench)).toEqual([]);
    await ledgerIsSound(bench);
  });

  test('and does not list its objects keeps nobody from going on, and the screen says what it answered', async () => {
    const { bench, rules } = await faultBench(withKey);
    open.push(bench);
    must(await bench.freeze({ label: 'TEST-KEY-2' }));
    await bench.runTo('generate');
    rules('C_FindObjectsInit 0x30');
    expect(mustFail(await bench.h['inventory.take']({})).rv).toBe('CKR_DEVICE_ERROR');
    expect(bench.view.agreement!.problem).not.toBeNull();
    rules();
    await bench.runTo();
    expect(bench.view.ceremony?.outcome).toBe('completed');
    expect(bench.view.agreement!.problem).toBeNull();
  });
});

describe('what the token enforces', () => {
  test('was shown by a throw-away key when the vault was made, and is said with what the token answered', async () => {
    const bench = await started();
    const [shown] = bench.vault.journal
      .entries()
      .flatMap(({ entry }) => (entry.type === 'token.enforcement' ? [entry.data] : []));
    expect(shown).toMatchObject({
      clear: { answer: 'enforced', error: { call: 'C_SignInit', rv: 'CKR_KEY_FUNCTION_NOT_PERMITTED' } },
      restore: { answer: 'works' },
      copy: { answer: 'refused', error: { call: 'C_CopyObject', rv: 'CKR_ACTION_PROHIBITED' } },
      dates: { answer: 'unreadable', error: { rv: 'CKR_GENERAL_ERROR' } },
    });
    expect(bench.view.agreement!.enforcement!.lines.map(({ by }) => by)).toEqual([
      'device',
      'procedure',
      'device',
      'neither',
    ]);
    expect(bench.outcomes('token.probe-key')).toEqual(['act.result committed']);
    expect(pkcs11Tool(bench, '--list-objects')).not.toContain('conclave-probe');
  });

  test('is asked again on demand, and a token that takes no right away is said to be kept by procedure', async () => {
    const { bench, rules } = await faultBench(withKey);
    open.push(bench);
    rules('C_SetAttributeValue 0x10');
    must(await bench.h['inventory.probe']({ pin: utf8(bench.userPin) }));
    rules();
    const [clear] = bench.view.agreement!.enforcement!.lines;
    expect(clear).toMatchObject({ by: 'procedure', rv: 'CKR_ATTRIBUTE_READ_ONLY' });
    expect(clear!.text).toContain('by procedure, not by the device');
    expect(pkcs11Tool(bench, '--list-objects')).not.toContain('conclave-probe');
    await ledgerIsSound(bench);
  });

  test('and what an interrupted probe left of its key goes at the next login, before anything else is done', async () => {
    const { bench, rules, called } = await faultBench(withKey);
    open.push(bench);
    rules('C_CopyObject 0x0 delay=60000');
    const probing = bench.h['inventory.probe']({ pin: utf8(bench.userPin) });
    await called('C_CopyObject');
    bench.app.needVault();
    bench.hsm!.abort();
    mustFail(await probing);
    rules();
    expect(pkcs11Tool(bench, '--list-objects')).toContain('conclave-probe');
    expect(mustFail(await take(bench)).policy).toBe('STEP-4');
    must(await bench.recover());
    expect(bench.outcomes('token.probe-key')).toEqual(['act.result committed', 'act.recovered not-committed']);
    expect(pkcs11Tool(bench, '--list-objects')).not.toContain('conclave-probe');
    expect(kinds(bench)).toEqual([]);
    await ledgerIsSound(bench);
  });
});
