/** Names of flag bits and mechanisms (PKCS#11 v2.40, pkcs11t.h). */

import { MechanismEnum } from 'graphene-pk11';

const SLOT = { CKF_TOKEN_PRESENT: 0x1, CKF_REMOVABLE_DEVICE: 0x2, CKF_HW_SLOT: 0x4 } as const;

const TOKEN = {
  CKF_RNG: 0x1,
  CKF_WRITE_PROTECTED: 0x2,
  CKF_LOGIN_REQUIRED: 0x4,
  CKF_USER_PIN_INITIALIZED: 0x8,
  CKF_RESTORE_KEY_NOT_NEEDED: 0x20,
  CKF_CLOCK_ON_TOKEN: 0x40,
  CKF_PROTECTED_AUTHENTICATION_PATH: 0x100,
  CKF_DUAL_CRYPTO_OPERATIONS: 0x200,
  CKF_TOKEN_INITIALIZED: 0x400,
  CKF_SECONDARY_AUTHENTICATION: 0x800,
  CKF_USER_PIN_COUNT_LOW: 0x10000,
  CKF_USER_PIN_FINAL_TRY: 0x20000,
  CKF_USER_PIN_LOCKED: 0x40000,
  CKF_USER_PIN_TO_BE_CHANGED: 0x80000,
  CKF_SO_PIN_COUNT_LOW: 0x100000,
  CKF_SO_PIN_FINAL_TRY: 0x200000,
  CKF_SO_PIN_LOCKED: 0x400000,
  CKF_SO_PIN_TO_BE_CHANGED: 0x800000,
  CKF_ERROR_STATE: 0x1000000,
} as const;

const MECHANISM = {
  CKF_HW: 0x1,
  CKF_ENCRYPT: 0x100,
  CKF_DECRYPT: 0x200,
  CKF_DIGEST: 0x400,
  CKF_SIGN: 0x800,
  CKF_SIGN_RECOVER: 0x1000,
  CKF_VERIFY: 0x2000,
  CKF_VERIFY_RECOVER: 0x4000,
  CKF_GENERATE: 0x8000,
  CKF_GENERATE_KEY_PAIR: 0x10000,
  CKF_WRAP: 0x20000,
  CKF_UNWRAP: 0x40000,
  CKF_DERIVE: 0x80000,
  CKF_EC_F_P: 0x100000,
  CKF_EC_F_2M: 0x200000,
  CKF_EC_ECPARAMETERS: 0x400000,
  CKF_EC_NAMEDCURVE: 0x800000,
  CKF_EC_UNCOMPRESS: 0x1000000,
  CKF_EC_COMPRESS: 0x2000000,
} as const;

function names(table: Readonly<Record<string, number>>, flags: number): string[] {
  const known = Object.entries(table).filter(([, bit]) => (flags & bit) !== 0);
  const rest = known.reduce((left, [, bit]) => left & ~bit, flags) >>> 0;
  return [...known.map(([name]) => name), ...(rest === 0 ? [] : [`CKF_0x${rest.toString(16)}`])];
}

export const slotFlags = (flags: number): string[] => names(SLOT, flags);
export const tokenFlags = (flags: number): string[] => names(TOKEN, flags);
export const mechanismFlags = (flags: number): string[] => names(MECHANISM, flags);

export const CKF = { ...SLOT, ...TOKEN, SIGN: MECHANISM.CKF_SIGN, VERIFY: MECHANISM.CKF_VERIFY } as const;

/** Newer than the binding's enumeration, so named here (PKCS#11 v3.0). */
const LATER: Readonly<Record<number, string>> = {
  0x1055: 'CKM_EC_EDWARDS_KEY_PAIR_GEN',
  0x1056: 'CKM_EC_MONTGOMERY_KEY_PAIR_GEN',
  0x1057: 'CKM_EDDSA',
};

export function mechanismName(type: number): string {
  const later = LATER[type];
  if (later !== undefined) return later;
  const name: unknown = MechanismEnum[type];
  return typeof name === 'string' ? `CKM_${name}` : `CKM_0x${type.toString(16).padStart(8, '0')}`;
}
