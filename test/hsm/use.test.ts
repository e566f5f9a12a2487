import { constants, createECDH, createHash, createPublicKey, publicEncrypt, randomBytes, verify } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { Purpose, type Mechanism } from '../../core/ledger/fields.ts';
import { lacking } from '../../core/lifecycle/capability.ts';
import { mechanismsFor, objectsOf } from '../../core/lifecycle/purpose.ts';
import { differences, madeInside } from '../../core/lifecycle/template.ts';
import type { TokenRef, UseOperation, UseRequest } from '../../electron/hsm/port.ts';
import { type Bench, bench, idOf, makeVault, must, mustFail } from './host.ts';
import { activate, ALGORITHM, CLASS, makeKey, readTemplate } from './kinds.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let b: Bench;
let token: TokenRef;
beforeAll(async () => {
  b = await bench();
  must(await b.hsm.open(b.request));
  ({ token } = await makeVault(b.hsm, 'vault'));
});
afterAll(() => b.close());

const text = new TextEncoder().encode('sixteen bytes at least');
const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest());

const ask = (
  name: string,
  objectClass: UseRequest['class'],
  operation: UseOperation,
  algorithm: UseRequest['algorithm'],
  data: Uint8Array,
  signature?: Uint8Array,
) =>
  b.hsm.use({
    token,
    ckaId: idOf(name),
    class: objectClass,
    operation,
    algorithm,
    data,
    ...(signature === undefined ? {} : { signature }),
  });

// One size of RSA: the others take long to make, and keys.test.ts makes one of them.
const KINDS = Purpose.options.flatMap((purpose) =>
  mechanismsFor(purpose)
    .filter((mechanism) => mechanism !== 'rsa-3072' && mechanism !== 'rsa-4096')
    .map((mechanism) => ({ purpose, mechanism })),
);

describe.each(KINDS)('a $mechanism key to $purpose', ({ purpose, mechanism }) => {
  const name = `${purpose}-${mechanism}`;

  test('is made by its template, and the token reports it as it was asked for and as made inside', async () => {
    const template = must(await makeKey(b.hsm, token, name, purpose, mechanism));
    const found = await readTemplate(b.hsm, token, name, mechanism);
    expect(differences(template, found)).toEqual([]);
    expect(differences(madeInside(mechanism), found)).toEqual([]);
  });

  test('may do nothing before it is active, and afterwards what it is made for', async () => {
    const objects = objectsOf(purpose, mechanism)!;
    const family = ALGORITHM[mechanism];
    const first = objects.secret ? 'secret' : purpose === 'derive' ? 'private' : 'public';
    const operation = (
      { sign: 'verify', decrypt: 'encrypt', wrap: 'wrap', derive: 'derive', encrypt: 'encrypt', mac: 'verify' } as const
    )[purpose];
    const data = operation === 'derive' ? pointFor(mechanism) : Uint8Array.from(randomBytes(32));
    const signature = operation === 'verify' ? Uint8Array.from(randomBytes(32)) : undefined;
    const algorithm = family[operation]!;
    if (operation !== 'verify') {
      expect(mustFail(await ask(name, CLASS[first], operation, algorithm, data, signature)).rv).toBe(
        'CKR_KEY_FUNCTION_NOT_PERMITTED',
      );
    }
    await activate(b.hsm, token, name, objects);
  });
});

const CURVES: Partial<Record<Mechanism, string>> = {
  'ec-p256': 'prime256v1',
  'ec-p384': 'secp384r1',
  'ec-p521': 'secp521r1',
};

function pointFor(mechanism: Mechanism): Uint8Array {
  return Uint8Array.from(createECDH(CURVES[mechanism]!).generateKeys());
}

test('of this token, every kind of key is offered by its own list of mechanisms', async () => {
  const slot = must(await b.hsm.slots()).find((one) => one.token?.serial === token.serial);
  const said = Purpose.options.flatMap((purpose) =>
    mechanismsFor(purpose).map((mechanism) => lacking(slot?.token?.mechanisms ?? [], purpose, mechanism)),
  );
  expect(said.filter((reason) => reason !== null)).toEqual([]);
});

describe('what the token makes is right by another implementation', () => {
  test.each(mechanismsFor('sign').filter((m) => !/^rsa-[34]/.test(m)))('a signature by %s', async (mechanism) => {
    const name = `sign-${mechanism}`;
    const algorithm = ALGORITHM[mechanism].sign!;
    const signature = must(await ask(name, 'private-key', 'sign', algorithm, text));
    const key = createPublicKey({
      key: Buffer.from(must(await b.hsm.publicKeySpki({ token, ckaId: idOf(name) }))),
      format: 'der',
      type: 'spki',
    });
    const hash =
      mechanism === 'ed25519' ? null : (['sha384', 'sha512'].find((name) => algorithm.endsWith(name)) ?? 'sha256');
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    expect(verify(hash, text, mechanism.startsWith('rsa') ? { key, ...pss } : key, signature)).toBe(true);
    expect(must(await ask(name, 'public-key', 'verify', algorithm, text, signature))).toHaveLength(0);
    const wrong = Uint8Array.from([...text, 1]);
    expect(mustFail(await ask(name, 'public-key', 'verify', algorithm, wrong, signature)).rv).toBe(
      'CKR_SIGNATURE_INVALID',
    );
  });

  test('a text encrypted to an RSA key, by the token or outside, is opened by the token', async () => {
    const name = 'decrypt-rsa-2048';
    const spki = Buffer.from(must(await b.hsm.publicKeySpki({ token, ckaId: idOf(name) })));
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const outside = publicEncrypt({ key, oaepHash: 'sha1' }, text);
    const inside = must(await ask(name, 'public-key', 'encrypt', 'rsa-oaep-sha1', text));
    for (const sealed of [Uint8Array.from(outside), inside]) {
      expect(must(await ask(name, 'private-key', 'decrypt', 'rsa-oaep-sha1', sealed))).toEqual(text);
    }
  });

  test('a key wrapped to an RSA key, by the token or outside, is unwrapped to the same value', async () => {
    const name = 'wrap-rsa-2048';
    const secret = Uint8Array.from(randomBytes(32));
    const spki = Buffer.from(must(await b.hsm.publicKeySpki({ token, ckaId: idOf(name) })));
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const outside = publicEncrypt({ key, oaepHash: 'sha1' }, secret);
    const inside = must(await ask(name, 'public-key', 'wrap', 'rsa-oaep-sha1', secret));
    for (const sealed of [Uint8Array.from(outside), inside]) {
      expect(must(await ask(name, 'private-key', 'unwrap', 'rsa-oaep-sha1', sealed))).toEqual(sha256(secret));
    }
  });

  test.each(mechanismsFor('derive'))('a secret agreed with %s', async (mechanism) => {
    const name = `derive-${mechanism}`;
    const spki = Buffer.from(must(await b.hsm.publicKeySpki({ token, ckaId: idOf(name) })));
    const ours = createECDH(CURVES[mechanism]!);
    const point = Uint8Array.from(ours.generateKeys());
    const shared = ours.computeSecret(spki.subarray(spki.length - point.length));
    expect(must(await ask(name, 'private-key', 'derive', 'ecdh', point))).toEqual(sha256(shared));
  });

  test.each(mechanismsFor('encrypt'))('a text encrypted with %s comes back, and a changed one does not', async (m) => {
    const name = `encrypt-${m}`;
    for (const algorithm of ['aes-gcm', 'aes-cbc-pad'] as const) {
      const sealed = must(await ask(name, 'secret-key', 'encrypt', algorithm, text));
      expect(must(await ask(name, 'secret-key', 'decrypt', algorithm, sealed))).toEqual(text);
      expect(must(await ask(name, 'secret-key', 'encrypt', algorithm, text))).not.toEqual(sealed);
      if (algorithm !== 'aes-gcm') continue;
      const changed = sealed.map((byte, i) => (i === sealed.length - 1 ? byte ^ 1 : byte));
      expect((await ask(name, 'secret-key', 'decrypt', algorithm, changed)).ok).toBe(false);
    }
  });

  test.each(mechanismsFor('wrap').filter((m) => m.startsWith('aes')))('a key wrapped with %s', async (mechanism) => {
    const name = `wrap-${mechanism}`;
    const secret = Uint8Array.from(randomBytes(32));
    const wrapped = must(await ask(name, 'secret-key', 'wrap', 'aes-kw', secret));
    // RFC 3394 adds eight bytes.
    expect(wrapped).toHaveLength(40);
    expect(must(await ask(name, 'secret-key', 'unwrap', 'aes-kw', wrapped))).toEqual(sha256(secret));
  });

  test.each(mechanismsFor('mac'))('a MAC by %s is verified, and one of another text is not', async (mechanism) => {
    const name = `mac-${mechanism}`;
    const algorithm = ALGORITHM[mechanism].sign!;
    const mac = must(await ask(name, 'secret-key', 'sign', algorithm, text));
    expect(mac).toHaveLength(Number(mechanism.slice(-3)) / 8);
    must(await ask(name, 'secret-key', 'verify', algorithm, text, mac));
    const wrong = Uint8Array.from([...text, 1]);
    expect(mustFail(await ask(name, 'secret-key', 'verify', algorithm, wrong, mac)).rv).toBe('CKR_SIGNATURE_INVALID');
  });
});

test('a use leaves no object behind and no operation active, and each is in the account of calls', async () => {
  const before = must(await b.hsm.findKeys({ token })).length;
  b.hsm.takeCalls();
  const secret = Uint8Array.from(randomBytes(32));
  const wrapped = must(await ask('wrap-aes-256', 'secret-key', 'wrap', 'aes-kw', secret));
  must(await ask('wrap-aes-256', 'secret-key', 'unwrap', 'aes-kw', wrapped));
  expect((await ask('wrap-aes-256', 'secret-key', 'encrypt', 'aes-gcm', secret)).ok).toBe(false);
  expect(must(await b.hsm.findKeys({ token }))).toHaveLength(before);
  const key = Buffer.from(idOf('wrap-aes-256')).toString('hex');
  expect(b.hsm.takeCalls()).toMatchObject([
    { call: 'C_CreateObject', session: true, rv: 'CKR_OK' },
    { call: 'C_WrapKey', key, rv: 'CKR_OK' },
    { call: 'C_UnwrapKey', key, session: true, rv: 'CKR_OK' },
  ]);
});

test('a use that makes no sense is refused before the module is touched', async () => {
  const secret = Uint8Array.from(randomBytes(16));
  b.hsm.takeCalls();
  for (const result of [
    await ask('wrap-aes-256', 'secret-key', 'derive', 'aes-kw', secret),
    await ask('mac-hmac-sha256', 'secret-key', 'verify', 'hmac-sha256', secret),
    await ask('mac-hmac-sha256', 'secret-key', 'sign', 'hmac-sha256', secret, secret),
    await ask('sign-ec-p256', 'private-key', 'decrypt', 'ecdsa-sha256', secret),
    await ask('sign-ec-p256', 'private-key', 'sign', 'rsa-pss-sha256', secret),
    await ask('mac-hmac-sha256', 'data' as never, 'sign', 'hmac-sha256', secret),
  ]) {
    expect(mustFail(result).code).toBe('bad-input');
  }
  expect(b.hsm.takeCalls()).toEqual([]);
});

test('a secret key whose template leaves anything to the module is refused, and one that is there is not made twice', async () => {
  const whole = must(await makeKey(b.hsm, token, 'whole', 'encrypt', 'aes-128')).secret!;
  const request = (attributes: typeof whole, name: string) => ({
    token,
    mechanism: 'aes-128' as const,
    ckaId: idOf(name),
    label: name,
    template: attributes.filter(({ name: n }) => n !== 'CKA_LABEL' && n !== 'CKA_VALUE_LEN') as never,
  });
  for (const left of ['CKA_SIGN', 'CKA_DERIVE', 'CKA_UNWRAP', 'CKA_SENSITIVE', 'CKA_EXTRACTABLE', 'CKA_PRIVATE']) {
    const less = whole.filter(({ name }) => name !== left);
    expect(mustFail(await b.hsm.generateKey(request(less, 'less'))).policy).toBe('HSM-1');
  }
  expect(mustFail(await b.hsm.generateKey(request(whole, 'whole'))).policy).toBe('HSM-3');
  expect(mustFail(await b.hsm.generateKey({ ...request(whole, 'whole'), ckaId: idOf('other') })).policy).toBe('HSM-4');
});
