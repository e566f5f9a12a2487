import { expect, test } from 'vitest';
import { Purpose } from '../../../core/ledger/fields.ts';
import { lacking, type Offered } from '../../../core/lifecycle/capability.ts';
import { MECHANISMS } from '../../../core/lifecycle/mechanism.ts';
import { mechanismsFor } from '../../../core/lifecycle/purpose.ts';

const offer = (name: string, min: number, max: number, ...flags: string[]): Offered => ({
  name,
  minKeySize: min,
  maxKeySize: max,
  flags: flags.map((flag) => `CKF_${flag}`),
});

/** A token of a card: RSA to 2048 bits and P-256, no secret keys. */
const CARD: readonly Offered[] = [
  offer('CKM_RSA_PKCS_KEY_PAIR_GEN', 1024, 2048, 'HW', 'GENERATE_KEY_PAIR'),
  offer('CKM_RSA_PKCS', 1024, 2048, 'HW', 'DECRYPT', 'SIGN'),
  offer('CKM_EC_KEY_PAIR_GEN', 256, 256, 'GENERATE_KEY_PAIR'),
  offer('CKM_ECDSA', 256, 256, 'SIGN'),
];

test('a kind that the token has generation and use for is offered', () => {
  expect(lacking(CARD, 'sign', 'rsa-2048')).toBeNull();
  expect(lacking(CARD, 'sign', 'ec-p256')).toBeNull();
});

test.each([
  ['a size that it does not make', 'sign', 'rsa-3072', 'size of RSA 3072'],
  ['a curve that it does not have', 'sign', 'ec-p384', 'size of P-384'],
  ['a generation that it does not have', 'sign', 'ed25519', 'CKM_EC_EDWARDS_KEY_PAIR_GEN'],
  ['secret keys', 'encrypt', 'aes-256', 'CKM_AES_KEY_GEN'],
  ['a use that it does not have', 'decrypt', 'rsa-2048', 'CKM_RSA_PKCS_OAEP'],
  ['a use that it does not have', 'derive', 'ec-p256', 'CKM_ECDH1_DERIVE'],
  ['a kind of key that nobody makes', 'mac', 'rsa-2048', 'No key of this algorithm'],
] as const)('%s is not offered, with the reason', (_, purpose, mechanism, reason) => {
  expect(lacking(CARD, purpose, mechanism)).toContain(reason);
});

test('the right name with the wrong flag is not enough', () => {
  const verifies = CARD.map((one) => (one.name === 'CKM_ECDSA' ? offer('CKM_ECDSA', 256, 256, 'VERIFY') : one));
  expect(lacking(verifies, 'sign', 'ec-p256')).toContain('CKM_ECDSA');
});

test.each([
  ['bytes', 16, 32, null],
  ['bits', 128, 256, null],
  ['nothing', 0, 0, null],
  ['bytes that are too few', 16, 24, 'size of AES 256'],
] as const)('a size of secret keys given in %s is understood', (_, min, max, expected) => {
  const token = [
    offer('CKM_AES_KEY_GEN', min, max, 'GENERATE'),
    offer('CKM_AES_CBC_PAD', 16, 32, 'ENCRYPT', 'DECRYPT'),
  ];
  const said = lacking(token, 'encrypt', 'aes-256');
  if (expected === null) expect(said).toBeNull();
  else expect(said).toContain(expected);
});

test('every kind that is made has a use to ask a token for', () => {
  const generators = Object.values(MECHANISMS).map(({ ckm }) => offer(ckm, 0, 0, 'GENERATE', 'GENERATE_KEY_PAIR'));
  for (const purpose of Purpose.options) {
    for (const mechanism of mechanismsFor(purpose)) {
      expect(lacking(generators, purpose, mechanism)).toMatch(/\(CKM_[A-Z0-9_]+(, CKM_[A-Z0-9_]+)*\)\.$/);
    }
  }
});
