/** People whose key is on a card, through the whole application: a SoftHSM token of its own stands for each card. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { keyKind } from '../../core/evidence/spki.ts';
import { fromBase64, utf8 } from '../../core/bytes.ts';
import { cosignerKey } from '../../core/ledger/cosigner.ts';
import { verifyCheckpoint } from '../../core/ledger/note.ts';
import { nodeCrypto } from '../../electron/crypto.ts';
import { createHsm } from '../../electron/hsm/client.ts';
import { prepareRehearsal } from '../../electron/hsm/rehearsal.ts';
import { nodeHost } from '../../electron/process/node-host.ts';
import { hostEntry, idOf, makeVault, privateTemplate, publicTemplate } from '../hsm/host.ts';
import { Bench, must, mustFail, passphrase } from './bench.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

interface Card {
  readonly library: string;
  readonly token: { readonly label: string; readonly serial: string };
  readonly pin: string;
}

let folder = '';
let env: Readonly<Record<string, string>> = {};
/** Two cards without a key, and one with two. */
let cards: Card[] = [];
let bench: Bench;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-cards-'));
  const request = must(prepareRehearsal(folder));
  env = { ...request.env };
  const hsm = createHsm(nodeHost(await hostEntry(), env));
  must(await hsm.open(request));
  for (const label of ['card-a', 'card-b', 'card-two-keys']) {
    const { token, userPin } = await makeVault(hsm, label);
    cards.push({ library: request.library, token, pin: new TextDecoder().decode(userPin) });
  }
  for (const name of ['one', 'two']) {
    const template = { privateTemplate: privateTemplate('CKA_SIGN'), publicTemplate: publicTemplate('CKA_VERIFY') };
    const { token } = cards[2]!;
    must(await hsm.generateKeyPair({ token, mechanism: 'ec-p256', ckaId: idOf(name), label: name, ...template }));
  }
  must(await hsm.end());
});
afterEach(() => bench.close());
afterAll(() => {
  cards = [];
  rmSync(folder, { recursive: true, force: true });
});

const enrol = (role: 'custodian' | 'witness', name: string, { library, token, pin }: Card, typed = pin) =>
  bench.h['setup.enrol']({ role, name, passphrase: utf8(typed), card: { library, token } });

const begin = async (): Promise<void> => {
  bench = await Bench.start({ hsmEnv: env });
  must(await bench.h['setup.chooseRehearsal']({}));
  must(await bench.h['setup.goTo']({ step: 'people' }));
};

describe('a card', () => {
  test('gets a key for its person, which signs the enrolment, an approval and the head of the ledger', async () => {
    await begin();
    const [first, second] = cards as [Card, Card];
    must(await enrol('custodian', 'Carl One', first));
    must(await bench.h['setup.enrol']({ role: 'custodian', name: 'Cleo Two', passphrase: passphrase() }));
    must(await bench.h['setup.enrol']({ role: 'custodian', name: 'Cyd Three', passphrase: passphrase() }));
    must(await bench.h['setup.enrol']({ role: 'administrator', name: 'Ada Admin', passphrase: passphrase() }));
    must(await enrol('witness', 'Will Witness', second));
    const asked = bench.view.setup.people.map(({ person, credential }) => `${person} ${credential}`);
    expect(asked).toContain('custodian-1 card');
    expect(asked).toContain('witness-1 card');

    // The same card is asked for its key again, and another person does not get it.
    expect(mustFail(await enrol('custodian', 'Cora Four', first)).policy).toBe('ROLE-1');

    must(
      await bench.h['setup.setLedger']({
        vaultName: 'Card vault',
        required: 2,
        cosign: true,
        profile: 'nist-sp800-57@r5',
        preset: 'general',
      }),
    );
    must(await bench.h['setup.goTo']({ step: 'seal' }));
    const { pins } = must(await bench.h['setup.seal']({}));
    bench.userPin = new TextDecoder().decode(pins!.userPin);
    const person = bench.vault.state.people.get('custodian-1')!;
    expect(person.credential).toBe('card');
    expect(keyKind(fromBase64(person.spki)!)).toMatchObject({ kind: 'ec', curve: 'P-256' });

    must(await bench.freeze());
    await bench.runTo('approve-generate');
    const step = bench.view.ceremony!.steps[bench.view.ceremony!.current]!.for!;
    must(await bench.approve('custodian-1', step, { passphrase: utf8(first.pin) }));
    must(await bench.approve('custodian-3', step));
    await bench.runTo('generate');

    const wrong = mustFail(await bench.cosign('custodian-1', { passphrase: utf8('00000000') }));
    expect(wrong).toMatchObject({ policy: 'CRED-1', message: 'This PIN does not open the card.' });
    must(await bench.cosign('custodian-1', { passphrase: utf8(first.pin) }));
    must(await bench.cosign('witness-1', { passphrase: utf8(second.pin) }));
    expect(bench.view.cosign!.people.find((one) => one.person === 'custodian-1')).toMatchObject({
      credential: 'card',
      cosigned: { signedOn: 'ceremony-workstation' },
    });
    const { note } = bench.vault.journal.latestCheckpoint()!;
    const by = [person, bench.vault.state.people.get('witness-1')!];
    const keys = by.map((one) => cosignerKey(nodeCrypto, bench.vault.origin, one)!);
    expect(keys.map(({ type }) => type)).toEqual(['ecdsa', 'ecdsa']);
    const read = must(await verifyCheckpoint(nodeCrypto, note, bench.vault.logKey!, keys));
    expect(read.signedBy).toHaveLength(3);
    // The ledger replays with it.
    await bench.reopen();
    expect(bench.view.refusal).toBeNull();
  });

  test('of somebody else is said plainly and signs nothing: CRED-3', async () => {
    await begin();
    const [first, second] = cards as [Card, Card];
    must(await enrol('custodian', 'Carl One', first));
    must(await enrol('witness', 'Will Witness', second));
    for (const [role, name] of [
      ['custodian', 'Cleo Two'],
      ['administrator', 'Ada Admin'],
    ] as const)
      must(await bench.h['setup.enrol']({ role, name, passphrase: passphrase() }));
    must(
      await bench.h['setup.setLedger']({
        vaultName: 'Card vault',
        required: 2,
        cosign: false,
        profile: 'nist-sp800-57@r5',
        preset: 'general',
      }),
    );
    must(await bench.h['setup.goTo']({ step: 'seal' }));
    must(await bench.h['setup.seal']({}));
    const media = [...bench.vault.state.people.values()].map(({ medium }) => medium);
    const [mine, theirs] = ['custodian-1', 'witness-1'].map((id) =>
      join(
        bench.folder.media,
        media.find((medium) => medium.startsWith(id))!,
        'card.json',
      ),
    );
    expect(readFileSync(mine!, 'utf8')).not.toContain(first.pin);
    writeFileSync(mine!, readFileSync(theirs!));
    const failure = mustFail(await bench.cosign('custodian-1', { passphrase: utf8(second.pin) }));
    expect(failure).toMatchObject({ policy: 'CRED-3', hint: 'Insert the card of the person who is to sign.' });
    expect(failure.message).toContain('on this card');
    rmSync(mine!);
    expect(mustFail(await bench.cosign('custodian-1', { passphrase: utf8(first.pin) })).policy).toBe('CRED-4');
    writeFileSync(mine!, '{}');
    expect(mustFail(await bench.cosign('custodian-1', { passphrase: utf8(first.pin) })).policy).toBe('CRED-2');
    expect(bench.entries('checkpoint.cosigned')).toEqual([]);
  });

  test('CRED-1, CRED-4, CRED-8: with a wrong PIN, not in the reader, or with two keys enrols nobody', async () => {
    await begin();
    const [first, , two] = cards as [Card, Card, Card];
    expect(mustFail(await enrol('custodian', 'Carl One', first, '00000000')).policy).toBe('CRED-1');
    const gone = { ...first, token: { ...first.token, serial: 'ffffffffffffffff' } };
    expect(mustFail(await enrol('custodian', 'Carl One', gone)).policy).toBe('CRED-4');
    const failure = mustFail(await enrol('custodian', 'Carl One', two));
    expect(failure.policy).toBe('CRED-8');
    expect(failure.message).toContain('2 keys on P-256');
    expect(bench.view.setup.people).toEqual([]);
  });
});
