/** The cryptography port over `node:crypto`, for tools that run on plain Node without Conclave. */
import * as node from 'node:crypto';
import { constants, createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { fits, type Crypto, type SignatureAlgorithm } from '../core/crypto.ts';

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
  // OpenSSL reads past trailing bytes; one key has one spelling here.
  if (!key.export({ format: 'der', type: 'spki' }).equals(der)) return null;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(name, key);
  return key;
}

function check(algorithm: SignatureAlgorithm, spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = publicKey(spki);
  if (key === null || !fits(algorithm, key)) return false;
  switch (algorithm.kind) {
    case 'ed25519':
      return verify(null, message, key, signature);
    case 'ecdsa':
      return verify(algorithm.hash, message, { key, dsaEncoding: 'der' }, signature);
    case 'rsa-pss':
      return verify(
        algorithm.hash,
        message,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
        signature,
      );
    case 'rsa-pkcs1':
      return verify(algorithm.hash, message, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
  }
}

/**
 * `crypto.hash` (Node 20.12) does in one call what a Hash object does in three, and a string of one character a byte comes
 * out of it at a third of the cost of a Buffer, whose memory lies outside of the heap.
 */
const hash = node.hash as typeof node.hash | undefined;

function sha256(bytes: Uint8Array): Uint8Array {
  if (hash === undefined) return new Uint8Array(createHash('sha256').update(bytes).digest());
  const text = hash('sha256', bytes, 'binary');
  const digest = new Uint8Array(text.length);
  for (let i = 0; i < digest.length; i++) digest[i] = text.charCodeAt(i);
  return digest;
}

export const nodeCrypto: Crypto = {
  sha256,
  verify: (...parts) => {
    try {
      return Promise.resolve(check(...parts));
    } catch {
      // Keys and signatures that cannot be parsed are bad signatures, not defects.
      return Promise.resolve(false);
    }
  },
};
