/** A person of a vault: who they are, what they may do, and the key they sign with. */
import * as v from 'valibot';
import { Base64, Hash, PersonId } from '../ledger/fields.ts';

export const Role = v.picklist(['administrator', 'custodian', 'witness', 'auditor']);
export type Role = v.InferOutput<typeof Role>;

export const PersonName = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(80),
  // A name is printed, read aloud and compared: no control or invisible characters, no padding.
  v.regex(/^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N} .,'’\-()]*$/u),
  v.check((name) => name === name.trim() && name === name.normalize('NFC')),
);

export const personSchema = v.strictObject({
  person: PersonId,
  role: Role,
  name: PersonName,
  credential: v.picklist(['key-file', 'card']),
  /** SHA-256 of the SubjectPublicKeyInfo in hex: the fingerprint that is read back. */
  key: Hash,
  /** SubjectPublicKeyInfo, DER, base64. Ed25519 for key files (RFC 8410). */
  spki: Base64,
});
export type Person = v.InferOutput<typeof personSchema>;

/** Two capital letters under which a person initials a step. */
export function initials(name: string): string {
  const words = name.split(/[\s-]+/).filter((word) => /^\p{L}/u.test(word));
  const first = words[0]?.[0] ?? '?';
  const last = words.length > 1 ? words[words.length - 1]![0]! : (words[0]?.[1] ?? '');
  return (first + last).toUpperCase();
}
