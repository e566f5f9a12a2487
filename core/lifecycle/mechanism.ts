/**
 * The mechanisms by which keys are made: names, the PKCS#11 mechanism that generates them, and their size.
 * Sources: PKCS#11 v2.40 current mechanisms, sections 2.1.2, 2.3.5, 2.6.2 and 2.10.2; v3.0, section 2.3.5 (Edwards).
 */
import type { Mechanism } from '../ledger/fields.ts';

/** Algorithms that share their mechanisms of use. */
export type Family = 'rsa' | 'ec' | 'edwards' | 'aes' | 'hmac';

interface MechanismRow {
  readonly name: string;
  readonly family: Family;
  /** The mechanism that generates the key, by name and number. */
  readonly ckm: string;
  readonly ckmNumber: number;
  /** Size of the modulus, of the curve's field or of the secret value. */
  readonly bits: number;
  readonly words: string;
}

const ec = (bits: number): MechanismRow => ({
  name: `P-${bits}`,
  family: 'ec',
  ckm: 'CKM_EC_KEY_PAIR_GEN',
  ckmNumber: 0x1040,
  bits,
  words: `ECDSA, curve secp${bits}r1`,
});

const rsa = (bits: number): MechanismRow => ({
  name: `RSA ${bits}`,
  family: 'rsa',
  ckm: 'CKM_RSA_PKCS_KEY_PAIR_GEN',
  ckmNumber: 0,
  bits,
  words: `RSA, modulus of ${bits} bits`,
});

const aes = (bits: number): MechanismRow => ({
  name: `AES ${bits}`,
  family: 'aes',
  ckm: 'CKM_AES_KEY_GEN',
  ckmNumber: 0x1080,
  bits,
  words: `AES, key of ${bits} bits`,
});

const hmac = (bits: number): MechanismRow => ({
  name: `HMAC SHA-${bits}`,
  family: 'hmac',
  ckm: 'CKM_GENERIC_SECRET_KEY_GEN',
  ckmNumber: 0x350,
  bits,
  words: `HMAC with SHA-${bits}, key of ${bits} bits`,
});

export const MECHANISMS: Readonly<Record<Mechanism, MechanismRow>> = {
  'ec-p256': ec(256),
  'ec-p384': ec(384),
  'ec-p521': ec(521),
  'rsa-2048': rsa(2048),
  'rsa-3072': rsa(3072),
  'rsa-4096': rsa(4096),
  ed25519: {
    name: 'Ed25519',
    family: 'edwards',
    ckm: 'CKM_EC_EDWARDS_KEY_PAIR_GEN',
    ckmNumber: 0x1055,
    bits: 255,
    words: 'EdDSA, curve Ed25519',
  },
  'aes-128': aes(128),
  'aes-192': aes(192),
  'aes-256': aes(256),
  'hmac-sha256': hmac(256),
  'hmac-sha384': hmac(384),
  'hmac-sha512': hmac(512),
};
