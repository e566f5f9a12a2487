/** The public value of a key, by which its objects are told from those of another key. */
import { fromBase64, hex } from '../bytes.ts';
import { members, readBitString, readUnsigned } from '../evidence/der.ts';
import { keyKind } from '../evidence/spki.ts';
import { attributeIn, type ListedObject } from './object.ts';

/** Of a SubjectPublicKeyInfo in base64: the point, or the modulus without leading zeros. Null where it is neither. */
export function valueOfSpki(spki: string): string | null {
  const der = fromBase64(spki);
  const kind = der && keyKind(der);
  const key = der && readBitString(members(der)?.[1]);
  if (!kind || !key) return null;
  if (kind.kind !== 'rsa') return hex(key);
  const modulus = readUnsigned(members(key)?.[0]);
  return modulus && stripped(hex(modulus));
}

const stripped = (modulus: string): string => modulus.replace(/^(?:00)+/, '');

/** Lengths in bytes of a DER OCTET STRING around a point of Ed25519, P-256, P-384 and P-521, and of what stands before it. */
const WRAPPED: Readonly<Record<number, number>> = { 34: 2, 67: 2, 99: 2, 136: 3 };

/**
 * What the object itself tells. CKA_EC_POINT is DER in the standard and the bare point on some tokens. Private EC keys
 * and secret keys tell nothing: null.
 */
export function valueOfObject(object: ListedObject): { readonly name: string; readonly value: string } | null {
  const point = attributeIn(object, 'CKA_EC_POINT');
  if (typeof point === 'string' && point !== '') {
    return { name: 'CKA_EC_POINT', value: point.slice(2 * (WRAPPED[point.length / 2] ?? 0)) };
  }
  const modulus = attributeIn(object, 'CKA_MODULUS');
  return typeof modulus === 'string' && modulus !== '' ? { name: 'CKA_MODULUS', value: stripped(modulus) } : null;
}
