/**
 * Signatures in their one accepted encoding. ECDSA has two spellings of every signature (s and n - s) and BER has
 * many more; only minimal DER with the lower s is made and accepted, so that a signed file cannot be altered without
 * being invalid. FIPS 186-5 allows either s; the choice is that of BIP 146.
 */
import { fromHex, hex } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { members, readUnsigned, sequence, unsigned } from './der.ts';
import {
  algorithmNamed,
  fits,
  keyKind,
  type Curve,
  type Signer,
  type SignName,
  signNameOf,
  strongEnough,
} from './spki.ts';

/** Orders of the base points, SP 800-186 section 3.2.1. */
const ORDER: Readonly<Record<Curve, bigint>> = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384': 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'P-521':
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};

const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes) || '0'}`);

function toBytes(value: bigint): Uint8Array {
  const text = value.toString(16);
  return fromHex(text.length % 2 === 0 ? text : `0${text}`)!;
}

/** Longer than any DER signature of P-521. */
const MAX_ECDSA_BYTES = 150;

function readEcdsa(signature: Uint8Array): { r: bigint; s: bigint } | null {
  if (signature.length > MAX_ECDSA_BYTES) return null;
  const numbers = members(signature);
  const r = readUnsigned(numbers?.[0]);
  const s = readUnsigned(numbers?.[1]);
  return numbers?.length === 2 && r && s ? { r: toNumber(r), s: toNumber(s) } : null;
}

/** Whether a DER ECDSA signature is minimal, in range, and has the lower s. */
export function isLowS(curve: Curve, signature: Uint8Array): boolean {
  const parts = readEcdsa(signature);
  const n = ORDER[curve];
  return parts !== null && parts.r > 0n && parts.r < n && parts.s > 0n && parts.s <= n / 2n;
}

/** The same signature with the lower s, or null where it is not a DER ECDSA signature for the curve. */
export function lowS(curve: Curve, signature: Uint8Array): Uint8Array | null {
  const parts = readEcdsa(signature);
  const n = ORDER[curve];
  if (!parts || parts.r <= 0n || parts.r >= n || parts.s <= 0n || parts.s >= n) return null;
  return sequence(unsigned(toBytes(parts.r)), unsigned(toBytes(parts.s <= n / 2n ? parts.s : n - parts.s)));
}

/**
 * Checks a signature under the rules for evidence: a key strong enough, an algorithm that fits the key, one encoding.
 * `name` is given where a document states its algorithm (a certificate, a request); otherwise it follows from the key.
 * `by` says that the signature is no evidence but the subject key's own.
 */
export async function verifySignature(
  crypto: Crypto,
  spki: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  name?: SignName,
  by: Signer = 'evidence',
): Promise<boolean> {
  const kind = keyKind(spki);
  if (!kind || !strongEnough(kind, by)) return false;
  const algorithm = name ?? signNameOf(kind);
  if (!fits(kind, algorithm)) return false;
  if (kind.kind === 'ec' && !isLowS(kind.curve, signature)) return false;
  return crypto.verify(algorithmNamed(algorithm, by), spki, message, signature);
}
