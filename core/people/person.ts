/** A person of a vault: who they are, what they may do, and the key they sign with. */
import * as v from 'valibot';
import { Base64, Hash, PersonId } from '../ledger/fields.ts';

export const Role = v.picklist(['administrator', 'custodian', 'witness', 'auditor']);
export type Role = v.InferOutput<typeof Role>;

/** The role in the id of a person, such as `custodian-2`. */
export const roleOf = (person: string): Role => person.slice(0, person.lastIndexOf('-')) as Role;

export const PersonName = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(80),
  // A name is printed, read aloud and compared: no control or invisible characters, no padding.
  v.regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} .,'’\-()]*$/u),
  // Some letters and marks are invisible, such as the Hangul filler and variation selectors.
  v.check((name) => !/\p{Default_Ignorable_Code_Point}/u.test(name)),
  v.check((name) => name === name.trim() && !name.includes('  ') && name === name.normalize('NFC')),
);

/** What makes a name the name of one person: two people of a vault do not differ by capitals or spaces alone. */
export const nameKey = (name: string): string => name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();

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
  // By code points: half of a surrogate pair is not a letter.
  const [first = '?', second = ''] = Array.from(words[0] ?? '');
  const last = words.length > 1 ? Array.from(words[words.length - 1]!)[0]! : second;
  return (first + last).toUpperCase();
}
