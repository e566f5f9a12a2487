/** ECDSA signatures: from the token's r || s (PKCS#11 v2.40 mechanisms, 2.3.1) to DER (RFC 3279 section 2.2.3). */

/** The order of each curve's base point (FIPS 186-4, appendix D.1.2). */
const ORDERS = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384': 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'P-521':
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
} as const;

const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);

/** A DER INTEGER in its one minimal form: no superfluous zero, but one where the first bit would mean a sign. */
function integer(value: bigint): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  const body = bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  return Buffer.concat([Buffer.of(0x02, body.length), body]);
}

/** The token's r || s from what `ecdsaDer` made, or null where it is not that. */
export function ecdsaRaw(der: Uint8Array, bytes: number): Buffer | null {
  const integers = /^30(?:81)?..02(..)((?:..)+)$/.exec(Buffer.from(der).toString('hex'));
  if (!integers) return null;
  const size = 2 * parseInt(integers[1]!, 16);
  const rest = integers[2]!;
  const [r, s] = [rest.slice(0, size), rest.slice(size + 4)];
  const padded = [r, s].map((digits) => digits.replace(/^(00)+/, '').padStart(2 * bytes, '0')).join('');
  return padded.length === 4 * bytes ? Buffer.from(padded, 'hex') : null;
}

/**
 * Minimal DER with s no greater than half the order, or null where r or s is not in 1..n-1. Of the two values of s that
 * verify, one is chosen, so that a signature cannot be turned into another valid one without the key.
 */
export function ecdsaDer(raw: Uint8Array, curve: keyof typeof ORDERS): Uint8Array | null {
  const order = ORDERS[curve];
  if (raw.length === 0 || raw.length % 2 !== 0) return null;
  const r = number(raw.subarray(0, raw.length / 2));
  const s = number(raw.subarray(raw.length / 2));
  if (r === 0n || s === 0n || r >= order || s >= order) return null;
  const body = Buffer.concat([integer(r), integer(s > order / 2n ? order - s : s)]);
  const header = body.length < 128 ? Buffer.of(0x30, body.length) : Buffer.of(0x30, 0x81, body.length);
  return Uint8Array.from(Buffer.concat([header, body]));
}
