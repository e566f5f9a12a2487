/** A card that cosigns: a P-256 key on a SoftHSM token of its own, through the same interface as a key file. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { base64, hex } from '../../core/bytes.ts';
import { cosignerKey, cosigning, readAnswer } from '../../core/ledger/cosigner.ts';
import { checkpointText, formatNote, verifyNote } from '../../core/ledger/note.ts';
import { nodeCrypto } from '../../electron/crypto.ts';
import { createCredentials } from '../../electron/custody/client.ts';
import type { CardCredential } from '../../electron/custody/credential.ts';
import { createHsm } from '../../electron/hsm/client.ts';
import type { Hsm } from '../../electron/hsm/port.ts';
import { nodeHost } from '../../electron/process/node-host.ts';
import {
  bench,
  hostEntry,
  idOf,
  makeVault,
  must,
  mustFail,
  privateTemplate,
  publicTemplate,
  type Bench,
} from '../hsm/host.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const ORIGIN = 'conclave.example/vault/test';
const text = checkpointText({ origin: ORIGIN, size: 42, root: new Uint8Array(32).fill(7) });

let it: Bench;
let pin: Uint8Array;
let card: CardCredential;
let other: CardCredential;
let spki: Uint8Array;
let started: Hsm[] = [];
let entry = '';

beforeAll(async () => {
  it = await bench();
  entry = await hostEntry();
  must(await it.hsm.open(it.request));
  const made = await makeVault(it.hsm, 'card-of-custodian-1');
  pin = made.userPin;
  const key = async (name: string, mechanism: 'ec-p256' | 'ec-p384'): Promise<CardCredential> => {
    const template = { privateTemplate: privateTemplate('CKA_SIGN'), publicTemplate: publicTemplate('CKA_VERIFY') };
    must(await it.hsm.generateKeyPair({ token: made.token, mechanism, ckaId: idOf(name), label: name, ...template }));
    return { kind: 'card', library: it.request.library, token: made.token, ckaId: hex(idOf(name)) };
  };
  card = await key('approval', 'ec-p256');
  other = await key('larger', 'ec-p384');
  spki = must(await it.hsm.publicKeySpki({ token: made.token, ckaId: idOf('approval') }));
  // The card's host must be another process than the one that made the key.
  must(await it.hsm.end());
});
afterAll(() => it.close());

const keyId = () => createHash('sha256').update(spki).digest('hex');

function credentials() {
  started = [];
  const env = { ...it.env, ...it.request.env };
  const startHsm = () => {
    const hsm = createHsm(nodeHost(entry, env));
    started.push(hsm);
    return hsm;
  };
  return createCredentials({ spawn: nodeHost('/nowhere'), startHsm });
}

const sign = (change: Partial<Parameters<ReturnType<typeof credentials>['sign']>[0]> = {}) =>
  credentials().sign({
    credential: card,
    passphrase: pin.slice(),
    payloads: [new TextEncoder().encode(text)],
    expectedKeyId: keyId(),
    ...change,
  });

describe('a card', () => {
  test('cosigns a head as ECDSA (0x02) under the name of its person, and its host ends', async () => {
    const key = cosignerKey(nodeCrypto, ORIGIN, { person: 'custodian-1', spki: base64(spki) })!;
    expect(key).toMatchObject({ type: 'ecdsa', name: `${ORIGIN}/custodian-1` });
    const { payload, line } = cosigning(key, text, 1_800_000_000);
    const passphrase = pin.slice();
    const [signature] = must(await sign({ payloads: [payload], passphrase }));
    expect(passphrase.every((byte) => byte === 0)).toBe(true);
    expect(started.map((hsm) => hsm.status().state)).toEqual(['ended']);
    const answer = line(signature!);
    expect(await verifyNote(nodeCrypto, formatNote(text, [answer]), [key])).toMatchObject({ ok: true });
    expect(await readAnswer(nodeCrypto, answer, text, [key])).toMatchObject({ ok: true, value: [{ time: null }] });
    expect((await readAnswer(nodeCrypto, answer, text.replace('42', '43'), [key])).ok).toBe(false);
  });

  test('signs several payloads in their order', async () => {
    const payloads = ['one', 'two', 'three'].map((word) => new TextEncoder().encode(word));
    const signatures = must(await sign({ payloads }));
    for (const [n, payload] of payloads.entries()) {
      const ecdsa = { kind: 'ecdsa', hash: 'sha256' } as const;
      expect(await nodeCrypto.verify(ecdsa, spki, payload, signatures[n]!)).toBe(true);
    }
  });

  test('CRED-1: is not opened by a wrong PIN, which is zeroed and stands in no failure', async () => {
    const passphrase = new TextEncoder().encode('00000000');
    const failure = mustFail(await sign({ passphrase }));
    expect(failure).toMatchObject({ code: 'credential', policy: 'CRED-1', rv: 'CKR_PIN_INCORRECT' });
    expect(JSON.stringify(failure)).not.toContain('00000000');
    expect(passphrase.every((byte) => byte === 0)).toBe(true);
  });

  test('CRED-3: of another person signs nothing', async () => {
    expect(mustFail(await sign({ expectedKeyId: 'ab'.repeat(32) })).policy).toBe('CRED-3');
  });

  test('CRED-4: that is not in the reader, or has no such key, is named so', async () => {
    const gone = { ...card, token: { ...card.token, serial: 'ffffffffffffffff' } };
    expect(mustFail(await sign({ credential: gone })).policy).toBe('CRED-4');
    expect(mustFail(await sign({ credential: { ...card, ckaId: 'ab'.repeat(20) } })).policy).toBe('CRED-4');
  });

  test('CRED-8: with a key of another kind is refused, as is every card where there is no reader for them', async () => {
    const p384 = { credential: other, expectedKeyId: '' };
    const hsm = createHsm(nodeHost(entry, { ...it.env, ...it.request.env }));
    must(await hsm.open({ library: other.library }));
    must(await hsm.login({ token: other.token, pin: pin.slice() }));
    const larger = must(await hsm.publicKeySpki({ token: other.token, ckaId: idOf('larger') }));
    must(await hsm.end());
    p384.expectedKeyId = createHash('sha256').update(larger).digest('hex');
    expect(mustFail(await sign(p384)).policy).toBe('CRED-8');
    const without = createCredentials({ spawn: nodeHost('/nowhere') });
    const request = { credential: card, passphrase: pin.slice(), payloads: [spki], expectedKeyId: keyId() };
    expect(mustFail(await without.sign(request)).policy).toBe('CRED-8');
  });
});
