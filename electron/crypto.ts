/** The cryptography port over `node:crypto`, for the privileged process and the HSM host. */
import { createHash, createPublicKey, verify as verifySignature, constants, type KeyObject } from 'node:crypto';
import { RSA_MIN_BITS, type Crypto, type SignatureAlgorithm } from '../core/crypto.ts';

/** Curves the product accepts, by OpenSSL's names: P-256, P-384 and P-521 (FIPS 186-5). */
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];

function fits(algorithm: SignatureAlgorithm, key: KeyObject): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (algorithm.kind === 'ed25519') return type === 'ed25519';
  if (algorithm.kind === 'ecdsa') return type === 'ec' && CURVES.includes(details?.namedCurve ?? '');
  return type === 'rsa' && (details?.modulusLength ?? 0) >= RSA_MIN_BITS;
}

export const nodeCrypto: Crypto = {
  sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),

  verify: (algorithm, spki, message, signature) => {
    try {
      const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
      // OpenSSL reads past trailing bytes and loose DER; one key has one spelling here.
      if (!key.export({ format: 'der', type: 'spki' }).equals(spki)) return Promise.resolve(false);
      if (!fits(algorithm, key)) return Promise.resolve(false);
      if (algorithm.kind === 'ed25519') return Promise.resolve(verifySignature(null, message, key, signature));
      const padding =
        algorithm.kind === 'rsa-pss'
          ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
          : algorithm.kind === 'rsa-pkcs1'
            ? { padding: constants.RSA_PKCS1_PADDING }
            : { dsaEncoding: 'der' as const };
      return Promise.resolve(verifySignature(algorithm.hash, message, { key, ...padding }, signature));
    } catch {
      // Node throws on keys and signatures it cannot parse. Those are bad signatures, not defects.
      return Promise.resolve(false);
    }
  },
};
