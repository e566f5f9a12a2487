/** The cryptography port over `node:crypto`, for the privileged process and the HSM host. */
import { constants, createPublicKey, hash, verify as verifySignature, type KeyObject } from 'node:crypto';
import { fits, type Crypto } from '../core/crypto.ts';

/** In one call, and as a string of one character a byte: a Buffer's memory outside of the heap costs twice as much. */
function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'binary');
  const digest = new Uint8Array(text.length);
  for (let i = 0; i < digest.length; i++) digest[i] = text.charCodeAt(i);
  return digest;
}

/** Keys read before, by their bytes: a ledger has thousands of heads and one key. */
const known = new Map<string, KeyObject>();
const MOST_KNOWN = 64;

/** The key in `spki`, or null where that is not its one spelling. Throws where it is no key at all. */
function publicKey(spki: Uint8Array): KeyObject | null {
  const der = Buffer.from(spki);
  const name = der.toString('latin1');
  const found = known.get(name);
  if (found) return found;
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  // OpenSSL reads past trailing bytes and loose DER; one key has one spelling here.
  if (!key.export({ format: 'der', type: 'spki' }).equals(der)) return null;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(name, key);
  return key;
}

export const nodeCrypto: Crypto = {
  sha256,

  verify: (algorithm, spki, message, signature) => {
    try {
      const key = publicKey(spki);
      if (key === null || !fits(algorithm, key)) return Promise.resolve(false);
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
