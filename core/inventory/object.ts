/**
 * The objects of a token as an inventory shows them: every object that a login sees, with all that the token tells of it
 * (PKCS#11 v2.40 base, section 4, "Objects"). No secret is asked for: the value of a private or secret key is never read,
 * and of a data object or certificate only the digest is kept.
 */
import * as v from 'valibot';
import type { Crypto } from '../crypto.ts';
import { hex } from '../bytes.ts';
import { jcs, jcsBytes } from '../json/jcs.ts';
import { Attribute, Hash } from '../ledger/fields.ts';

export const OBJECT_CLASSES = ['private-key', 'public-key', 'secret-key', 'certificate', 'data', 'other'] as const;
export const ListedClass = v.picklist(OBJECT_CLASSES);
export type ListedClass = v.InferOutput<typeof ListedClass>;

/** CKA_ID in hex as the token has it; empty where the object has none. Objects of others may have any length. */
export const ListedId = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2}){0,255}$/));

export const listedObject = v.strictObject({
  class: ListedClass,
  id: ListedId,
  /** CKA_LABEL, empty where there is none. */
  label: v.pipe(v.string(), v.maxLength(8192)),
  /** What could be read, by name. CKA_CLASS, CKA_ID and CKA_LABEL are the three fields above. */
  attributes: v.array(Attribute),
  /** Attributes that the object has and the token did not tell, such as dates that SoftHSM cannot read. By name. */
  unreadable: v.array(v.pipe(v.string(), v.maxLength(48))),
  /** SHA-256 of CKA_VALUE, of a data object or a certificate. */
  value: v.optional(Hash),
});
export type ListedObject = v.InferOutput<typeof listedObject>;

/** What names one object in findings and plans: everything the token tells of it. Two objects that agree in all are one. */
export const objectSha256 = (crypto: Crypto, object: ListedObject): string => hex(crypto.sha256(jcsBytes(object)));

/** The document of an inventory: the same objects give the same bytes, in whatever order the token listed them. */
export function inventoryBytes(objects: readonly ListedObject[]): Uint8Array {
  const lines = objects.map((object) => ({ object, text: jcs(object) }));
  lines.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return jcsBytes({ v: 1, type: 'conclave-inventory', objects: lines.map(({ object }) => object) });
}

export const attributeIn = ({ attributes, label }: ListedObject, name: string): Attribute['value'] | undefined =>
  name === 'CKA_LABEL' ? label : attributes.find((one) => one.name === name)?.value;
