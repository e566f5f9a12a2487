/**
 * What a person's key file says: an Ed25519 signing key and an age identity, as canonical JSON (RFC 8785) that stands
 * encrypted with a passphrase in an age v1 file (C2SP age.md, scrypt recipient, binary form). Beside it lies a public
 * file with what may be known without the passphrase, since an age header has no room for it. Opening and sealing the
 * age file is the caller's: each room that does so uses the age library and the key objects of its platform.
 */
import * as v from 'valibot';
import { base64, fromBase64, hex } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { jcsBytes, parseCanonical } from '../json/jcs.ts';
import { Base64, Hash, Timestamp } from '../ledger/fields.ts';

/** Base-2 logarithm of scrypt's N: 256 MiB and one to three seconds of one core a try. The age tool's own default. */
export const PRODUCT_WORK_FACTOR = 18;

/** What age-encryption opens at most: 1 GiB a try. */
export const MAX_WORK_FACTOR = 20;

/** A key file is about 500 bytes. Anything much larger is something else. */
export const MAX_KEY_FILE = 16_384;
export const MAX_PUBLIC_FILE = 4_096;

/** The cleartext file that belongs to a key file: `x.age` has `x.pub.json`. */
export const publicFileOf = (keyFile: string): string => keyFile.replace(/\.age$/, '.pub.json');

const secretSchema = v.strictObject({
  v: v.literal(1),
  type: v.literal('conclave-key-file'),
  /** PKCS#8 (RFC 5958, RFC 8410), DER, base64. */
  ed25519: Base64,
  /** age X25519 identity, for shares that are encrypted to this person. */
  age: v.pipe(v.string(), v.regex(/^AGE-SECRET-KEY-1[A-Z0-9]{58}$/)),
  created: Timestamp,
});

export const PersonLine = v.pipe(v.string(), v.minLength(1), v.maxLength(120), v.regex(/^[^\p{C}]+$/u));

const publicSchema = v.strictObject({
  v: v.literal(1),
  type: v.literal('conclave-public-key'),
  person: PersonLine,
  keyId: Hash,
  spki: Base64,
  recipient: v.pipe(v.string(), v.regex(/^age1[a-z0-9]{58}$/)),
  created: Timestamp,
  /** SHA-256 of the key file's bytes: tells a damaged file from a wrong passphrase. It proves nothing of origin. */
  keyFileSha256: Hash,
});
export type PublicFile = v.InferOutput<typeof publicSchema>;

/** The plaintext of a key file. Whoever asks for it zeroes it. */
export const secretBytes = (key: { pkcs8: Uint8Array; ageIdentity: string; created: string }): Uint8Array =>
  jcsBytes({ v: 1, type: 'conclave-key-file', ed25519: base64(key.pkcs8), age: key.ageIdentity, created: key.created });

/** PKCS#8 and age identity of a plaintext, or null where Conclave did not write it. Whoever asks zeroes the key. */
export function readSecret(plain: Uint8Array): { readonly pkcs8: Uint8Array; readonly ageIdentity: string } | null {
  const parsed = parseCanonical(plain);
  const secret = parsed.ok ? v.safeParse(secretSchema, parsed.value) : undefined;
  const pkcs8 = secret?.success === true ? fromBase64(secret.output.ed25519) : null;
  return secret?.success === true && pkcs8 ? { pkcs8, ageIdentity: secret.output.age } : null;
}

/** The scrypt work factor in the cleartext header of an age file with one passphrase, or why it has none to be used. */
export function scryptHeader(file: Uint8Array): { readonly workFactor: number } | { readonly reason: string } {
  // A scrypt header is 149 or 150 bytes. Every byte becomes one character, so the cut cannot spoil one.
  const lines = String.fromCharCode(...file.subarray(0, 256)).split('\n');
  if (lines[0] !== 'age-encryption.org/v1') return { reason: 'it is not a binary age file' };
  const stanza = /^-> scrypt [A-Za-z0-9+/]{22} ([1-9][0-9]?)$/.exec(lines[1] ?? '');
  if (stanza === null || !(lines[3] ?? '').startsWith('--- '))
    return { reason: 'it is not protected by one passphrase' };
  const workFactor = Number(stanza[1]);
  return workFactor > MAX_WORK_FACTOR
    ? { reason: `its scrypt work factor ${workFactor} is above ${MAX_WORK_FACTOR}` }
    : { workFactor };
}

export const writePublicFile = (content: Omit<PublicFile, 'v' | 'type'>): Uint8Array =>
  jcsBytes({ v: 1, type: 'conclave-public-key', ...content });

/** DER of a SubjectPublicKeyInfo for Ed25519 up to the 32 bytes of the key (RFC 8410 section 4). */
const ED25519_SPKI = '302a300506032b6570032100';

/** Reads a public file and checks that it agrees with itself, or says why it cannot be used. */
export function readPublicFile(
  crypto: Pick<Crypto, 'sha256'>,
  bytes: Uint8Array,
): (PublicFile & { readonly spkiBytes: Uint8Array }) | { readonly reason: string } {
  const parsed = parseCanonical(bytes);
  const content = parsed.ok ? v.safeParse(publicSchema, parsed.value) : undefined;
  if (content?.success !== true) return { reason: 'the public file beside it was not written by Conclave' };
  const spki = fromBase64(content.output.spki);
  const fits =
    spki?.length === 44 &&
    hex(spki.subarray(0, 12)) === ED25519_SPKI &&
    hex(crypto.sha256(spki)) === content.output.keyId;
  return fits
    ? { ...content.output, spkiBytes: spki }
    : { reason: 'the fingerprint in the public file beside it is not that of its key' };
}
