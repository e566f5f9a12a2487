/**
 * What a token says that it can do, so that a screen offers no kind of key that it cannot make or use. It is a claim of
 * the module; whether it holds is found out by a probe.
 *
 * Source: PKCS#11 v2.40 base, section 5.5 (C_GetMechanismInfo, and the CKF_ flags of CK_MECHANISM_INFO).
 */
import type { Mechanism, Purpose } from '../ledger/fields.ts';
import { KEY_TYPES, type Operation } from './key-type.ts';
import { MECHANISMS, type Family } from './mechanism.ts';
import { isPair, objectsOf } from './purpose.ts';

/** One mechanism of a token, as C_GetMechanismInfo describes it. */
export interface Offered {
  readonly name: string;
  readonly minKeySize: number;
  readonly maxKeySize: number;
  readonly flags: readonly string[];
}

const RSA_SIGNATURE = ['CKM_RSA_PKCS_PSS', 'CKM_SHA256_RSA_PKCS_PSS', 'CKM_RSA_PKCS', 'CKM_SHA256_RSA_PKCS'];
const AES_WRAP = ['CKM_AES_KEY_WRAP', 'CKM_AES_CBC_PAD'];
const AES = ['CKM_AES_GCM', 'CKM_AES_CBC_PAD'];

/** Mechanisms of which one is enough, by what a key does with them. */
const USES: Readonly<Record<Family, Partial<Record<Operation, readonly string[]>>>> = {
  rsa: { sign: RSA_SIGNATURE, decrypt: ['CKM_RSA_PKCS_OAEP'], unwrap: ['CKM_RSA_PKCS_OAEP'] },
  ec: { sign: ['CKM_ECDSA', 'CKM_ECDSA_SHA256', 'CKM_ECDSA_SHA384'], derive: ['CKM_ECDH1_DERIVE'] },
  edwards: { sign: ['CKM_EDDSA'] },
  aes: { encrypt: AES, decrypt: AES, wrap: AES_WRAP, unwrap: AES_WRAP },
  hmac: {},
};

const mechanismsOf = (mechanism: Mechanism, operation: Operation): readonly string[] => {
  const { family, bits } = MECHANISMS[mechanism];
  return family === 'hmac' ? [`CKM_SHA${bits}_HMAC`] : (USES[family][operation] ?? []);
};

/** Modules give the size of secret keys in bytes or in bits, and some no size at all. */
function hasSize({ minKeySize, maxKeySize }: Offered, mechanism: Mechanism): boolean {
  const { family, bits } = MECHANISMS[mechanism];
  const within = (size: number): boolean => minKeySize <= size && size <= maxKeySize;
  // There is one Edwards curve here, and modules count its bits in different ways.
  if (family === 'edwards' || maxKeySize === 0) return true;
  return within(bits) || (!isPair(mechanism) && within(bits / 8));
}

/**
 * Why a token cannot make or use a key of this kind, as a sentence, or null where its list of mechanisms says that it can.
 * What is done with the public half is not asked for: that can be done without the token.
 */
export function lacking(offered: readonly Offered[], purpose: Purpose, mechanism: Mechanism): string | null {
  const objects = objectsOf(purpose, mechanism);
  if (!objects) return 'No key of this algorithm is made for this purpose.';
  const { ckm, name } = MECHANISMS[mechanism];
  const generate = isPair(mechanism) ? 'CKF_GENERATE_KEY_PAIR' : 'CKF_GENERATE';
  const generation = offered.find((one) => one.name === ckm);
  if (!generation?.flags.includes(generate)) return `The token does not offer ${ckm}.`;
  if (!hasSize(generation, mechanism)) return `The token makes no key of the size of ${name} with ${ckm}.`;
  const own = KEY_TYPES[(objects.secret ?? objects.private)!];
  for (const operation of [...own.protect, ...own.process]) {
    const names = mechanismsOf(mechanism, operation);
    const flag = `CKF_${operation.toUpperCase()}`;
    if (!offered.some((one) => names.includes(one.name) && one.flags.includes(flag))) {
      return `The token offers no mechanism to ${operation} with this key (${names.join(', ')}).`;
    }
  }
  return null;
}
