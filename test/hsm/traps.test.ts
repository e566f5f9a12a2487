/** What a token does that nobody would expect, each as measured on SoftHSM, with what holds against it. */
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { PRIVATE_USAGE, PUBLIC_USAGE, SECRET_USAGE } from '../../electron/hsm/attribute.ts';
import type { TemplateAttribute, TokenRef } from '../../electron/hsm/port.ts';
import { BY_PROCEDURE } from './by-procedure.ts';
import {
  type Bench,
  bench,
  idOf,
  makeVault,
  must,
  mustFail,
  privateTemplate,
  publicTemplate,
  type Vault,
} from './host.ts';
import { makeKey } from './kinds.ts';
import { answer, OtherProgram } from './other-program.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let b: Bench;
let vault: Vault;
let token: TokenRef;
let other: OtherProgram;
beforeAll(async () => {
  b = await bench();
  must(await b.hsm.open(b.request));
  vault = await makeVault(b.hsm, 'vault');
  ({ token } = vault);
  other = new OtherProgram(b, token);
  other.login(vault);
});
afterAll(async () => {
  other.end();
  await b.close();
});

const message = Uint8Array.from(randomBytes(32));
const digest = Uint8Array.from(createHash('sha256').update(message).digest());

/** An active P-256 key of the host's, or one that differs in a few attributes. */
async function make(name: string, usage: 'CKA_SIGN'[] = ['CKA_SIGN'], changes: readonly TemplateAttribute[] = []) {
  const with_ = (list: TemplateAttribute[]): TemplateAttribute[] => [
    ...list.filter((one) => !changes.some((change) => change.name === one.name)),
    ...changes,
  ];
  must(
    await b.hsm.generateKeyPair({
      token,
      mechanism: 'ec-p256',
      ckaId: idOf(name),
      label: name,
      privateTemplate: with_(privateTemplate(...usage)),
      publicTemplate: with_(publicTemplate('CKA_VERIFY')),
    }),
  );
  return idOf(name);
}

/** As a change of state does it. */
const disable = async (ckaId: Uint8Array) =>
  must(
    await b.hsm.setAttributes({
      token,
      ckaId,
      class: 'private-key',
      attributes: [{ name: 'CKA_SIGN', value: false }],
    }),
  );

const hostSigns = async (ckaId: Uint8Array): Promise<string> => {
  const signed = await b.hsm.sign({ token, ckaId, algorithm: 'ecdsa-sha256', data: digest });
  return signed.ok ? 'CKR_OK' : (signed.error.rv ?? '');
};

test(BY_PROCEDURE.copy.test, async () => {
  const ckaId = await make('copied', ['CKA_SIGN'], [{ name: 'CKA_COPYABLE', value: true }]);
  const spki = Buffer.from(must(await b.hsm.publicKeySpki({ token, ckaId })));
  await disable(ckaId);
  const key = other.one(ckaId, 'private-key');
  const answers = [`C_SignInit: ${answer(() => other.beginSignature(key))}`];
  let copy = key;
  answers.push(`C_CopyObject: ${answer(() => (copy = other.copy(key, { CKA_SIGN: true, CKA_ID: idOf('the copy') })))}`);
  let signature: Uint8Array = new Uint8Array();
  answers.push(
    `C_Sign by the copy: ${answer(() => {
      other.beginSignature(copy);
      signature = other.endSignature(digest);
    })}`,
  );
  expect(answers).toEqual(BY_PROCEDURE.copy.answers);
  const outside = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  expect(verify('sha256', message, { key: outside, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
  for (const name of ['CKA_LOCAL', 'CKA_NEVER_EXTRACTABLE', 'CKA_ALWAYS_SENSITIVE'] as const) {
    expect([name, other.is(copy, name)]).toEqual([name, true]);
  }

  // One that Conclave makes.
  must(await makeKey(b.hsm, token, 'not-copied', 'sign', 'ec-p256'));
  const ours = other.one(idOf('not-copied'), 'private-key');
  expect(answer(() => other.copy(ours, { CKA_SIGN: true }))).toBe('CKR_ACTION_PROHIBITED');
  expect(answer(() => other.set(ours, { CKA_COPYABLE: true }))).toBe('CKR_ATTRIBUTE_READ_ONLY');
});

test(BY_PROCEDURE.enable.test, async () => {
  const ckaId = await make('enabled');
  await disable(ckaId);
  expect(await hostSigns(ckaId)).toBe('CKR_KEY_FUNCTION_NOT_PERMITTED');
  const key = other.one(ckaId, 'private-key');
  const answers = [`C_SetAttributeValue: ${answer(() => other.set(key, { CKA_SIGN: true }))}`];
  answers.push(`C_Sign: ${await hostSigns(ckaId)}`);
  expect(answers).toEqual(BY_PROCEDURE.enable.answers);
  const names = ['CKA_SIGN'] as const;
  expect(must(await b.hsm.readAttributes({ token, ckaId, class: 'private-key', names }))).toMatchObject([
    { name: 'CKA_SIGN', status: 'read', value: true },
  ]);
});

test(BY_PROCEDURE.flight.test, async () => {
  const ckaId = await make('in-flight');
  const key = other.one(ckaId, 'private-key');
  const answers = [`C_SignInit: ${answer(() => other.beginSignature(key))}`];
  await disable(ckaId);
  answers.push('C_SetAttributeValue: CKR_OK');
  answers.push(`C_Sign: ${answer(() => other.endSignature(digest))}`);
  expect(answers).toEqual(BY_PROCEDURE.flight.answers);
  expect(answer(() => other.beginSignature(key))).toBe('CKR_KEY_FUNCTION_NOT_PERMITTED');

  // Closing the session is what ends it.
  other.set(key, { CKA_SIGN: true });
  const session = other.open();
  other.beginSignature(key, session);
  await disable(ckaId);
  other.close(session);
  expect(answer(() => other.endSignature(digest, session))).toBe('CKR_SESSION_HANDLE_INVALID');
});

test(BY_PROCEDURE.dates.test, async () => {
  const ckaId = await make('dated');
  must(await makeKey(b.hsm, token, 'dated-secret', 'encrypt', 'aes-256'));
  const key = other.one(ckaId, 'private-key');
  const past = Buffer.from('20010101');
  const answers = [
    `C_SetAttributeValue of CKA_END_DATE in the past: ${answer(() => other.set(key, { CKA_END_DATE: past }))}`,
    `C_GetAttributeValue of CKA_END_DATE: ${answer(() => other.read(key, 'CKA_END_DATE'))}`,
    `C_Sign: ${await hostSigns(ckaId)}`,
  ];
  expect(answers).toEqual(BY_PROCEDURE.dates.answers);
  // The host says so of each class, and reads what is beside it.
  for (const [id, objectClass] of [
    [ckaId, 'private-key'],
    [ckaId, 'public-key'],
    [idOf('dated-secret'), 'secret-key'],
  ] as const) {
    other.set(other.one(id, objectClass), { CKA_END_DATE: past });
    const names = ['CKA_END_DATE', 'CKA_TOKEN'] as const;
    expect(must(await b.hsm.readAttributes({ token, ckaId: id, class: objectClass, names }))).toMatchObject([
      { name: 'CKA_END_DATE', status: 'unavailable', rv: 'CKR_GENERAL_ERROR' },
      { name: 'CKA_TOKEN', status: 'read', value: true },
    ]);
  }
});

test(BY_PROCEDURE.login.test, async () => {
  const open = await make('open', [], [{ name: 'CKA_PRIVATE', value: false }]);
  const ours = await make('ours', []);
  other.logout();
  try {
    const key = other.one(open, 'public-key');
    const answers = [`C_SetAttributeValue: ${answer(() => other.set(key, { CKA_VERIFY: false }))}`];
    expect(other.is(key, 'CKA_VERIFY')).toBe(false);
    answers.push(`C_DestroyObject: ${answer(() => other.destroy(key))}`);
    expect(answers).toEqual(BY_PROCEDURE.login.answers);
    expect(other.find(ours, 'public-key')).toBeUndefined();
  } finally {
    other.login(vault);
  }
  expect(must(await b.hsm.findKeys({ token, ckaId: open, class: 'public-key' }))).toEqual([]);
  expect(must(await b.hsm.findKeys({ token, ckaId: ours, class: 'public-key' }))).toHaveLength(1);
});

test('the handle that a program still has of a destroyed object is refused, whatever is asked of it', async () => {
  const ckaId = await make('destroyed');
  const key = other.one(ckaId, 'private-key');
  must(await b.hsm.destroyObject({ token, ckaId, class: 'private-key' }));
  for (const ask of [
    () => other.beginSignature(key),
    () => other.read(key, 'CKA_SIGN'),
    () => other.set(key, { CKA_SIGN: true }),
    () => other.copy(key, { CKA_SIGN: true }),
  ]) {
    expect(answer(ask)).toBe('CKR_OBJECT_HANDLE_INVALID');
  }
  expect(other.find(ckaId, 'private-key')).toBeUndefined();
});

const P256 = Buffer.from('06082a8648ce3d030107', 'hex');

test(BY_PROCEDURE.defaults.test, async () => {
  let pair: ReturnType<OtherProgram['generate']> | undefined;
  let secret: ReturnType<OtherProgram['generateSecret']> | undefined;
  const answers = [
    `C_GenerateKeyPair: ${answer(() => (pair = other.generate(0x1040, { CKA_EC_PARAMS: P256, CKA_TOKEN: true }, { CKA_TOKEN: true })))}`,
    `C_GenerateKey: ${answer(() => (secret = other.generateSecret(0x1080, { CKA_VALUE_LEN: 32, CKA_TOKEN: true })))}`,
  ];
  expect(answers).toEqual(BY_PROCEDURE.defaults.answers);
  for (const [key, usage] of [
    [pair!.private, PRIVATE_USAGE],
    [pair!.public, PUBLIC_USAGE],
    [secret!, SECRET_USAGE],
  ] as const) {
    // CKA_DERIVE is the one that the standard gives a default for, and it is false.
    for (const name of usage) expect([name, other.is(key, name)]).toEqual([name, name !== 'CKA_DERIVE']);
  }
  expect(other.is(secret!, 'CKA_SENSITIVE')).toBe(false);

  const less = privateTemplate('CKA_SIGN').filter(({ name }) => name !== 'CKA_DECRYPT');
  const request = { token, mechanism: 'ec-p256', ckaId: idOf('less'), label: 'less' } as const;
  const made = await b.hsm.generateKeyPair({ ...request, privateTemplate: less, publicTemplate: publicTemplate() });
  expect(mustFail(made).policy).toBe('HSM-1');
});

test(BY_PROCEDURE.frozen.test, async () => {
  const ckaId = await make('frozen', [], [{ name: 'CKA_MODIFIABLE', value: false }]);
  const key = other.one(ckaId, 'private-key');
  let said: unknown;
  try {
    other.set(key, { CKA_SIGN: true });
  } catch (error) {
    said = error;
  }
  // As the binding says it: another name, and the number in a text only.
  expect(said).toBeInstanceOf(Error);
  expect((said as Error).message).toBe('CKR_VENDOR_DEFINED:27');
  expect((said as { code?: unknown }).code).toBeUndefined();

  const attributes = [{ name: 'CKA_SIGN', value: true }] as const;
  const ours = mustFail(await b.hsm.setAttributes({ token, ckaId, class: 'private-key', attributes }));
  const answers = [`C_SetAttributeValue: ${ours.rv}`, `C_DestroyObject: ${answer(() => other.destroy(key))}`];
  expect(answers).toEqual(BY_PROCEDURE.frozen.answers);
});
