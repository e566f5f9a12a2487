import { createECDH, generateKeyPairSync, sign, verify } from 'node:crypto';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ATTRIBUTE_NAMES, ATTRIBUTES, isAttributeName } from '../../electron/hsm/attribute.ts';
import { decode } from '../../electron/hsm/host/attribute-codec.ts';
import { ecdsaDer } from '../../electron/hsm/host/ecdsa.ts';
import { ecPoint } from '../../electron/hsm/host/keys.ts';
import { rvName, rvOf } from '../../electron/hsm/host/rv.ts';

const CURVES = [
  { jwk: 'P-256', ecdh: 'prime256v1', size: 32 },
  { jwk: 'P-384', ecdh: 'secp384r1', size: 48 },
  { jwk: 'P-521', ecdh: 'secp521r1', size: 66 },
] as const;

test.each(CURVES)('raw signatures over $jwk become DER that OpenSSL accepts, whichever half s was in', ({ jwk }) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: jwk });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
      const raw = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const der = ecdsaDer(raw, jwk);
      expect(der).not.toBeNull();
      expect(verify('sha256', data, publicKey, der!)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('s and its complement become the same signature', () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const raw = (s: bigint): Buffer => Buffer.from('11'.repeat(32) + s.toString(16).padStart(64, '0'), 'hex');
  fc.assert(
    fc.property(fc.bigInt(1n, order - 1n), (s) => {
      expect(ecdsaDer(raw(s), 'P-256')).toEqual(ecdsaDer(raw(order - s), 'P-256'));
    }),
  );
});

test('numbers outside 1 to n-1 and odd lengths are no signature', () => {
  const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
  const one = '1'.padStart(64, '0');
  const zero = '0'.repeat(64);
  const of = (text: string) => ecdsaDer(Buffer.from(text, 'hex'), 'P-256');
  expect(of(one + one)).not.toBeNull();
  for (const bad of [zero + one, one + zero, order + one, one + order, '', one + one + '00'])
    expect(of(bad)).toBeNull();
});

test.each(CURVES)('a point on $jwk is taken bare or wrapped, and in no other form', ({ ecdh, size }) => {
  const curve = createECDH(ecdh);
  const bare = curve.generateKeys();
  const header = bare.length < 128 ? [4, bare.length] : [4, 0x81, bare.length];
  const wrapped = Buffer.concat([Buffer.from(header), bare]);
  expect(ecPoint(bare, size)).toEqual(bare);
  expect(ecPoint(wrapped, size)).toEqual(bare);
  expect(ecPoint(curve.getPublicKey(null, 'compressed') as Buffer, size)).toBeNull();
  expect(ecPoint(wrapped.subarray(0, -1), size)).toBeNull();
  expect(ecPoint(Buffer.concat([wrapped, Buffer.of(0)]), size)).toBeNull();
});

test('attribute bytes that do not have the attribute’s type are not a value', () => {
  expect(decode('CKA_SIGN', Uint8Array.of(1))).toBe(true);
  expect(decode('CKA_SIGN', Uint8Array.of(0))).toBe(false);
  expect(decode('CKA_SIGN', Uint8Array.of(2))).toBeUndefined();
  expect(decode('CKA_SIGN', Uint8Array.of())).toBeUndefined();
  expect(decode('CKA_MODULUS_BITS', Uint8Array.of(0, 12, 0, 0, 0, 0, 0, 0))).toBe(3072);
  expect(decode('CKA_MODULUS_BITS', Uint8Array.of(1, 2))).toBeUndefined();
  expect(decode('CKA_LABEL', Uint8Array.of(0xff))).toBeUndefined();
  expect(decode('CKA_START_DATE', Buffer.from('2030x228'))).toBeUndefined();
});

test('no two attributes share a number, and a name from the prototype is none', () => {
  expect(new Set(ATTRIBUTE_NAMES.map((name) => ATTRIBUTES[name].type)).size).toBe(ATTRIBUTE_NAMES.length);
  for (const name of ['constructor', '__proto__', 'toString', '', 1, null]) expect(isAttributeName(name)).toBe(false);
});

test('a return value is taken from the number, never from the binding’s name for it', () => {
  expect(rvName(0x1b)).toBe('CKR_ACTION_PROHIBITED');
  expect(rvOf(new Error('CKR_VENDOR_DEFINED:27'))).toBe(27);
  expect(rvOf(Object.assign(new Error('CKR_VENDOR_DEFINED'), { code: 27 }))).toBe(27);
  expect(rvOf(new TypeError('Attribute 0x00000110 has wrong length'))).toBeNull();
  expect(rvOf(new Error('CKR_OK said a text, CKR_PIN_INCORRECT:160'))).toBeNull();
});
