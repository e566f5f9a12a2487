/**
 * The cryptography that core needs, as a port. Core decides; the room that runs it supplies the adapter
 * (Node in the privileged process and the command line).
 */

/** How a signature is to be checked. The choice comes from a key or a certificate, never from the signed envelope. */
export type SignatureAlgorithm =
  | { readonly kind: 'ed25519' } // RFC 8032
  | { readonly kind: 'ecdsa'; readonly hash: HashName } // FIPS 186-5, signature as ASN.1 DER
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly by?: 'subject' } // RFC 8017, salt length = hash length
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName; readonly by?: 'subject' }; // RFC 8017

/**
 * The least modulus, in bits, of an RSA key whose signature is believed: 3072, the strength of 128 bits that P-256 has
 * too (SP 800-57 Part 1 Rev. 5, table 2). What is believed here is made for a vault (by its keys, its people, its
 * certificates), so there is no older key of somebody else to be lenient to; the program that verifies a bundle without
 * Conclave and the application must not differ about one.
 */
export const RSA_MIN_BITS = 3072;

/**
 * The same for a key that a ceremony made for others (`by: 'subject'`): its request and its test signature show that the
 * token holds it, and no evidence hangs on them. SP 800-131A Rev. 2, table 2, permits 2048 bits; the policy of a vault
 * says whether such keys are made at all.
 */
export const SUBJECT_RSA_MIN_BITS = 2048;

/** Curves that are believed, by OpenSSL's names: P-256, P-384 and P-521 (FIPS 186-5). */
const CURVES: readonly string[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/** What a key is, by OpenSSL's names. A Node.js KeyObject has this shape. */
export interface KeyFacts {
  readonly asymmetricKeyType?: string | undefined;
  readonly asymmetricKeyDetails?:
    { readonly namedCurve?: string | undefined; readonly modulusLength?: number | undefined } | undefined;
}

/** Whether a signature of this algorithm by this key is believed at all: kind, curve and size. */
export function fits(algorithm: SignatureAlgorithm, key: KeyFacts): boolean {
  const { kind } = algorithm;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (kind === 'ed25519') return type === 'ed25519';
  if (kind === 'ecdsa') return type === 'ec' && CURVES.includes(details?.namedCurve ?? '');
  const least = algorithm.by === 'subject' ? SUBJECT_RSA_MIN_BITS : RSA_MIN_BITS;
  return type === 'rsa' && (details?.modulusLength ?? 0) >= least;
}

export type HashName = 'sha256' | 'sha384' | 'sha512';

export interface Crypto {
  /** Keeps nothing of `bytes`, which the caller may use for something else afterwards. */
  sha256(bytes: Uint8Array): Uint8Array;
  /**
   * True only if `signature` over `message` is valid for the key in `spki` (DER SubjectPublicKeyInfo, RFC 5280).
   * A key that cannot be parsed, or is of another kind than `algorithm`, is a plain false.
   */
  verify(algorithm: SignatureAlgorithm, spki: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}
