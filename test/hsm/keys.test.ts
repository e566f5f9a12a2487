import { constants, createPublicKey, verify } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import type { KeyMechanism, SignAlgorithm, TemplateAttribute, TokenRef } from '../../electron/hsm/port.ts';
import { type Bench, bench, idOf, makeVault, must, mustFail, privateTemplate, publicTemplate } from './host.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let b: Bench;
let token: TokenRef;
beforeAll(async () => {
  b = await bench();
  must(await b.hsm.open(b.request));
  ({ token } = await makeVault(b.hsm, 'vault'));
});
afterAll(() => b.close());

const make = (
  name: string,
  mechanism: KeyMechanism,
  usage: readonly TemplateAttribute['name'][] = ['CKA_SIGN'],
  verifyUsage: readonly TemplateAttribute['name'][] = ['CKA_VERIFY'],
) =>
  b.hsm.generateKeyPair({
    token,
    mechanism,
    ckaId: idOf(name),
    label: name,
    privateTemplate: privateTemplate(...usage),
    publicTemplate: publicTemplate(...verifyUsage),
  });

const message = new TextEncoder().encode('a challenge');

/** Verified by OpenSSL through Node, from nothing but the rebuilt SPKI. */
function valid(algorithm: SignAlgorithm, spki: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  if (algorithm === 'ed25519') return verify(null, data, key, signature);
  const hash = ['sha384', 'sha512'].find((name) => algorithm.endsWith(name)) ?? 'sha256';
  if (algorithm.startsWith('rsa-pss')) {
    const saltLength = hash === 'sha384' ? 48 : 32;
    return verify(hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature);
  }
  return verify(hash, data, key, signature);
}

describe.each<[KeyMechanism, SignAlgorithm[], string]>([
  ['ed25519', ['ed25519'], 'CKK_EC_EDWARDS'],
  ['ec-p256', ['ecdsa-sha256'], 'CKK_EC'],
  ['ec-p384', ['ecdsa-sha384', 'ecdsa-sha256'], 'CKK_EC'],
  ['ec-p521', ['ecdsa-sha512', 'ecdsa-sha384'], 'CKK_EC'],
  ['rsa-2048', ['rsa-pkcs1-sha256'], 'CKK_RSA'],
  ['rsa-3072', ['rsa-pss-sha256', 'rsa-pss-sha384', 'rsa-pkcs1-sha256'], 'CKK_RSA'],
])('%s', (mechanism, algorithms, keyType) => {
  test('is generated under one CKA_ID and label, found by either, and both halves say their type', async () => {
    const pair = must(await make(mechanism, mechanism));
    const about = { label: mechanism, ckaId: idOf(mechanism), keyType };
    expect(pair).toEqual({
      privateKey: { class: 'private-key', ...about },
      publicKey: { class: 'public-key', ...about },
    });
    const byId = must(await b.hsm.findKeys({ token, ckaId: idOf(mechanism) }));
    expect(byId).toHaveLength(2);
    expect(byId).toEqual(expect.arrayContaining([pair.privateKey, pair.publicKey]));
    expect(must(await b.hsm.findKeys({ token, label: mechanism, class: 'private-key' }))).toEqual([pair.privateKey]);
  });

  test('every attribute of the templates reads back as it was asked for', async () => {
    for (const [objectClass, template] of [
      ['private-key', privateTemplate('CKA_SIGN')],
      ['public-key', publicTemplate('CKA_VERIFY')],
    ] as const) {
      const names = template.map((attribute) => attribute.name);
      const readings = must(await b.hsm.readAttributes({ token, ckaId: idOf(mechanism), class: objectClass, names }));
      expect(readings.map(({ name, status, value }) => ({ name, status, value }))).toEqual(
        template.map(({ name, value }) => ({ name, status: 'read', value })),
      );
    }
  });

  test.each(algorithms)(
    'signs with %s, and the signature verifies outside with the rebuilt public key',
    async (algorithm) => {
      const spki = must(await b.hsm.publicKeySpki({ token, ckaId: idOf(mechanism) }));
      const signature = must(await b.hsm.sign({ token, ckaId: idOf(mechanism), algorithm, data: message }));
      expect(valid(algorithm, spki, message, signature)).toBe(true);
      expect(valid(algorithm, spki, new TextEncoder().encode('another challenge'), signature)).toBe(false);
    },
  );
});

test('an EC signature is always minimal DER with s in the lower half of the order', async () => {
  const half = {
    'ec-p256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n / 2n,
    'ec-p384': 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n / 2n,
  };
  for (const curve of ['ec-p256', 'ec-p384'] as const) {
    const spki = must(await b.hsm.publicKeySpki({ token, ckaId: idOf(curve) }));
    for (let i = 0; i < 64; i++) {
      const data = Uint8Array.of(i);
      const signature = must(await b.hsm.sign({ token, ckaId: idOf(curve), algorithm: 'ecdsa-sha256', data }));
      const { r, s } = strictDer(signature);
      expect(r > 0n && s > 0n && s <= half[curve]).toBe(true);
      expect(valid('ecdsa-sha256', spki, data, signature)).toBe(true);
    }
  }
});

/** Reads SEQUENCE { INTEGER, INTEGER } and accepts only its one DER spelling. Written apart from the host's encoder. */
function strictDer(der: Uint8Array): { r: bigint; s: bigint } {
  let at = 0;
  const length = (): number => {
    const first = der[at++]!;
    if (first < 0x80) return first;
    if (first !== 0x81 || der[at]! < 0x80) throw new Error('length not minimal');
    return der[at++]!;
  };
  const integer = (): bigint => {
    if (der[at++] !== 0x02) throw new Error('no INTEGER');
    const size = length();
    const bytes = der.subarray(at, (at += size));
    if (size === 0 || bytes[0]! >= 0x80) throw new Error('empty or negative');
    if (size > 1 && bytes[0] === 0 && bytes[1]! < 0x80) throw new Error('padded');
    return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  };
  if (der[at++] !== 0x30 || length() !== der.length - at) throw new Error('no SEQUENCE of the whole');
  const r = integer();
  const s = integer();
  if (at !== der.length) throw new Error('bytes left over');
  return { r, s };
}

test('usage flags are switched off and on, re-read as set, and a use that is off is refused by the token', async () => {
  const ckaId = idOf('toggle');
  must(await make('toggle', 'ec-p256', []));
  const sign = () => b.hsm.sign({ token, ckaId, algorithm: 'ecdsa-sha256', data: message });
  const set = (value: boolean) =>
    b.hsm.setAttributes({ token, ckaId, class: 'private-key', attributes: [{ name: 'CKA_SIGN', value }] });

  expect(mustFail(await sign())).toMatchObject({
    code: 'hsm',
    call: 'C_SignInit',
    rv: 'CKR_KEY_FUNCTION_NOT_PERMITTED',
    library: b.request.library,
  });
  expect(must(await set(true))).toEqual([{ name: 'CKA_SIGN', status: 'read', raw: '01', value: true }]);
  must(await sign());
  expect(must(await set(false))).toEqual([{ name: 'CKA_SIGN', status: 'read', raw: '00', value: false }]);
  expect(mustFail(await sign()).rv).toBe('CKR_KEY_FUNCTION_NOT_PERMITTED');
});

test('a failed signature leaves nothing active: the next one works', async () => {
  must(await make('after-failure', 'ec-p256', []));
  const request = { token, algorithm: 'ecdsa-sha256', data: message } as const;
  expect(mustFail(await b.hsm.sign({ ...request, ckaId: idOf('after-failure') })).call).toBe('C_SignInit');
  must(await b.hsm.sign({ ...request, ckaId: idOf('ec-p256') }));
});

test('a change the token forbids is refused with the standard’s name for it', async () => {
  const change = (name: 'CKA_SENSITIVE' | 'CKA_EXTRACTABLE', value: boolean) =>
    b.hsm.setAttributes({ token, ckaId: idOf('ec-p256'), class: 'private-key', attributes: [{ name, value }] });
  expect(mustFail(await change('CKA_SENSITIVE', false))).toMatchObject({
    call: 'C_SetAttributeValue',
    rv: 'CKR_ATTRIBUTE_READ_ONLY',
  });
  expect(mustFail(await change('CKA_EXTRACTABLE', true)).rv).toBe('CKR_ATTRIBUTE_READ_ONLY');
});

test('CKR_ACTION_PROHIBITED carries its own name, which the binding does not know', async () => {
  const ckaId = idOf('frozen');
  must(
    await b.hsm.generateKeyPair({
      token,
      mechanism: 'ec-p256',
      ckaId,
      label: 'frozen',
      privateTemplate: [...privateTemplate(), { name: 'CKA_MODIFIABLE', value: false }],
      publicTemplate: publicTemplate(),
    }),
  );
  const attributes = [{ name: 'CKA_SIGN', value: true }] as const;
  expect(mustFail(await b.hsm.setAttributes({ token, ckaId, class: 'private-key', attributes })).rv).toBe(
    'CKR_ACTION_PROHIBITED',
  );
});

test('what the token does not reveal, does not know or cannot read is told apart, attribute by attribute', async () => {
  must(await make('readings', 'rsa-2048'));
  const ckaId = idOf('readings');
  const names = ['CKA_PRIVATE_EXPONENT', 'CKA_ENCRYPT', 'CKA_LOCAL', 'CKA_KEY_GEN_MECHANISM', 'CKA_LABEL'] as const;
  const readings = must(await b.hsm.readAttributes({ token, ckaId, class: 'private-key', names }));
  expect(readings).toEqual([
    { name: 'CKA_PRIVATE_EXPONENT', status: 'sensitive', rv: 'CKR_ATTRIBUTE_SENSITIVE' },
    { name: 'CKA_ENCRYPT', status: 'invalid-type', rv: 'CKR_ATTRIBUTE_TYPE_INVALID' },
    { name: 'CKA_LOCAL', status: 'read', raw: '01', value: true },
    { name: 'CKA_KEY_GEN_MECHANISM', status: 'read', raw: '0000000000000000', value: 0 },
    { name: 'CKA_LABEL', status: 'read', raw: Buffer.from('readings').toString('hex'), value: 'readings' },
  ]);
});

test('a date is set as eight digits and read back; an unset one is unavailable, not an error', async () => {
  const ckaId = idOf('dated');
  must(
    await b.hsm.generateKeyPair({
      token,
      mechanism: 'ec-p256',
      ckaId,
      label: 'dated',
      privateTemplate: privateTemplate(),
      publicTemplate: publicTemplate().map((a) => (a.name === 'CKA_PRIVATE' ? { ...a, value: false } : a)),
    }),
  );
  const attributes = [{ name: 'CKA_START_DATE', value: '20300228' }] as const;
  expect(must(await b.hsm.setAttributes({ token, ckaId, class: 'public-key', attributes }))).toEqual([
    { name: 'CKA_START_DATE', status: 'read', raw: Buffer.from('20300228').toString('hex'), value: '20300228' },
  ]);
  const names = ['CKA_END_DATE'] as const;
  expect(must(await b.hsm.readAttributes({ token, ckaId, class: 'public-key', names }))).toEqual([
    { name: 'CKA_END_DATE', status: 'unavailable' },
  ]);
  // SoftHSM sets a date on a private object and then cannot read it: reported as it is, and nothing else suffers.
  expect(must(await b.hsm.setAttributes({ token, ckaId, class: 'private-key', attributes }))).toEqual([
    { name: 'CKA_START_DATE', status: 'unavailable', rv: 'CKR_GENERAL_ERROR' },
  ]);
});

test('a label and a CKA_ID can be changed, and the key answers to the new ones', async () => {
  must(await make('old name', 'ec-p256'));
  const attributes = [
    { name: 'CKA_LABEL', value: 'neuer Name – ü' },
    { name: 'CKA_ID', value: idOf('new name') },
  ] as const;
  must(await b.hsm.setAttributes({ token, ckaId: idOf('old name'), class: 'private-key', attributes }));
  expect(must(await b.hsm.findKeys({ token, label: 'neuer Name – ü' }))).toMatchObject([
    { class: 'private-key', ckaId: idOf('new name') },
  ]);
});

test('a second key with the same CKA_ID or the same label is refused before it is made', async () => {
  const before = must(await b.hsm.findKeys({ token })).length;
  expect(mustFail(await make('ec-p256', 'ec-p256'))).toMatchObject({ code: 'refused', policy: 'HSM-3' });
  const other = await b.hsm.generateKeyPair({
    token,
    mechanism: 'ec-p256',
    ckaId: idOf('some other id'),
    label: 'ec-p256',
    privateTemplate: privateTemplate(),
    publicTemplate: publicTemplate(),
  });
  expect(mustFail(other)).toMatchObject({ code: 'refused', policy: 'HSM-4' });
  expect(must(await b.hsm.findKeys({ token }))).toHaveLength(before);
});

test('a destroyed object is not found any more, its other half stays, and it cannot be destroyed twice', async () => {
  const ckaId = idOf('mortal');
  must(await make('mortal', 'ec-p256'));
  must(await b.hsm.destroyObject({ token, ckaId, class: 'private-key' }));
  expect(must(await b.hsm.findKeys({ token, ckaId })).map((key) => key.class)).toEqual(['public-key']);
  expect(mustFail(await b.hsm.destroyObject({ token, ckaId, class: 'private-key' })).code).toBe('not-found');
  expect(mustFail(await b.hsm.sign({ token, ckaId, algorithm: 'ecdsa-sha256', data: message })).code).toBe('not-found');
});

test('where two objects answer to one CKA_ID and class, nothing is read, signed or destroyed: HSM-2', async () => {
  must(await make('twin one', 'ec-p256'));
  must(await make('twin two', 'ec-p256'));
  const attributes = [{ name: 'CKA_ID', value: idOf('twin one') }] as const;
  // Renaming makes the double; the re-read then already meets two.
  const renamed = await b.hsm.setAttributes({ token, ckaId: idOf('twin two'), class: 'private-key', attributes });
  expect(mustFail(renamed).policy).toBe('HSM-2');
  const twin = { token, ckaId: idOf('twin one') };
  for (const result of [
    await b.hsm.readAttributes({ ...twin, class: 'private-key', names: ['CKA_LABEL'] }),
    await b.hsm.sign({ ...twin, algorithm: 'ecdsa-sha256', data: message }),
    await b.hsm.destroyObject({ ...twin, class: 'private-key' }),
  ]) {
    expect(mustFail<unknown>(result)).toMatchObject({ code: 'refused', policy: 'HSM-2' });
  }
  expect(must(await b.hsm.findKeys({ ...twin, class: 'private-key' }))).toHaveLength(2);
});

test('an algorithm for another type of key is refused before the token is asked to sign', async () => {
  const request = { token, ckaId: idOf('ec-p256'), algorithm: 'rsa-pss-sha256', data: message } as const;
  expect(mustFail(await b.hsm.sign(request)).code).toBe('bad-input');
});
