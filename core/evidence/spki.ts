/**
 * Which key a SubjectPublicKeyInfo holds, and how its signatures are checked. The algorithm always follows from the
 * key, never from the envelope that carries the signature.
 */
import { equal } from '../bytes.ts';
import { RSA_MIN_BITS, SUBJECT_RSA_MIN_BITS, type SignatureAlgorithm } from '../crypto.ts';
import type { Mechanism } from '../ledger/fields.ts';
import { bitString, DER_NULL, members, oid, readBitString, readUnsigned, sequence, unsigned } from './der.ts';

export type Curve = 'P-256' | 'P-384' | 'P-521';

export type KeyKind =
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'ec'; readonly curve: Curve }
  | { readonly kind: 'rsa'; readonly bits: number };

/** The names under which the HSM port knows signature algorithms. */
export type SignName =
  'ed25519' | 'ecdsa-sha256' | 'ecdsa-sha384' | 'ecdsa-sha512' | 'rsa-pss-sha256' | 'rsa-pkcs1-sha256';

const EC_PUBLIC_KEY = oid('1.2.840.10045.2.1'); // RFC 5480
const RSA_ENCRYPTION = oid('1.2.840.113549.1.1.1'); // RFC 8017
const ED25519 = oid('1.3.101.112'); // RFC 8410

const CURVES: readonly { readonly curve: Curve; readonly oid: Uint8Array; readonly bytes: number }[] = [
  { curve: 'P-256', oid: oid('1.2.840.10045.3.1.7'), bytes: 32 },
  { curve: 'P-384', oid: oid('1.3.132.0.34'), bytes: 48 },
  { curve: 'P-521', oid: oid('1.3.132.0.35'), bytes: 66 },
];

const bitLength = (bytes: Uint8Array): number =>
  bytes.length === 0 ? 0 : 8 * (bytes.length - 1) + (32 - Math.clz32(bytes[0]!));

/** The kind of key in a DER SubjectPublicKeyInfo, or null where it is none that Conclave uses or not its one encoding. */
export function keyKind(spki: Uint8Array): KeyKind | null {
  const outer = members(spki);
  const key = readBitString(outer?.[1]);
  const algorithm = outer?.length === 2 ? outer[0]!.bytes : null;
  if (!key || !algorithm) return null;
  if (equal(algorithm, sequence(ED25519))) return key.length === 32 ? { kind: 'ed25519' } : null;
  for (const { curve, oid: id, bytes } of CURVES) {
    if (!equal(algorithm, sequence(EC_PUBLIC_KEY, id))) continue;
    return key.length === 1 + 2 * bytes && key[0] === 0x04 ? { kind: 'ec', curve } : null;
  }
  if (!equal(algorithm, sequence(RSA_ENCRYPTION, DER_NULL))) return null;
  const numbers = members(key);
  const modulus = readUnsigned(numbers?.[0]);
  const exponent = readUnsigned(numbers?.[1]);
  if (numbers?.length !== 2 || !modulus || !exponent) return null;
  const rebuilt = sequence(
    sequence(RSA_ENCRYPTION, DER_NULL),
    bitString(sequence(unsigned(modulus), unsigned(exponent))),
  );
  return equal(rebuilt, spki) ? { kind: 'rsa', bits: bitLength(modulus) } : null;
}

/** How Conclave signs with a key of this kind: the hash as strong as the curve, PSS for RSA. */
export function signNameOf(kind: KeyKind): SignName {
  if (kind.kind === 'ed25519') return 'ed25519';
  if (kind.kind === 'rsa') return 'rsa-pss-sha256';
  return kind.curve === 'P-256' ? 'ecdsa-sha256' : kind.curve === 'P-384' ? 'ecdsa-sha384' : 'ecdsa-sha512';
}

const ALGORITHMS: Readonly<Record<SignName, SignatureAlgorithm>> = {
  ed25519: { kind: 'ed25519' },
  'ecdsa-sha256': { kind: 'ecdsa', hash: 'sha256' },
  'ecdsa-sha384': { kind: 'ecdsa', hash: 'sha384' },
  'ecdsa-sha512': { kind: 'ecdsa', hash: 'sha512' },
  'rsa-pss-sha256': { kind: 'rsa-pss', hash: 'sha256' },
  'rsa-pkcs1-sha256': { kind: 'rsa-pkcs1', hash: 'sha256' },
};

/** Who signed: something that is evidence, or the key that a ceremony is about, which shows only that it is there. */
export type Signer = 'evidence' | 'subject';

export function algorithmNamed(name: SignName, by: Signer = 'evidence'): SignatureAlgorithm {
  const algorithm = ALGORITHMS[name];
  const isRsa = algorithm.kind === 'rsa-pss' || algorithm.kind === 'rsa-pkcs1';
  return isRsa && by === 'subject' ? { ...algorithm, by } : algorithm;
}

/** Whether a key of this kind may make signatures of this name. */
export const fits = (kind: KeyKind, name: SignName): boolean =>
  name === signNameOf(kind) || (kind.kind === 'rsa' && name === 'rsa-pkcs1-sha256');

/** Whether the key is what the plan's mechanism asks for. */
export function isOfMechanism(kind: KeyKind, mechanism: Mechanism): boolean {
  if (kind.kind === 'rsa') return mechanism === `rsa-${kind.bits}`;
  return mechanism === (kind.kind === 'ec' ? `ec-p${kind.curve.slice(2)}` : kind.kind);
}

/** Strong enough to sign: P-256, P-384, P-521, Ed25519, or RSA of as many bits as who signs must have at least. */
export const strongEnough = (kind: KeyKind, by: Signer): boolean =>
  kind.kind !== 'rsa' || kind.bits >= (by === 'subject' ? SUBJECT_RSA_MIN_BITS : RSA_MIN_BITS);
