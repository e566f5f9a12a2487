/**
 * The key file: an Ed25519 signing key and an age identity in one file, encrypted with a passphrase in the age v1
 * format (C2SP age.md, scrypt recipient, binary form), so that `age -d` opens it where Conclave is not at hand. The
 * plaintext is JSON in canonical form (RFC 8785). Beside it lies a public file with what may be known without the
 * passphrase, since an age header has no room for it.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Decrypter, Encrypter } from 'age-encryption';
import * as v from 'valibot';
import { base64, equal, fromBase64, hex } from '../../core/bytes.ts';
import { jcsBytes, parseCanonical } from '../../core/json/jcs.ts';
import { Base64, Hash, Timestamp } from '../../core/ledger/fields.ts';
import { ok, type Result } from '../../core/result.ts';
import { notAKeyFile, wrongPassphrase } from './failure.ts';

/** Base-2 logarithm of scrypt's N: 256 MiB and one to three seconds of one core a try. The age tool's own default. */
export const PRODUCT_WORK_FACTOR = 18;

/** What age-encryption opens at most: 1 GiB a try. */
export const MAX_WORK_FACTOR = 20;

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

export interface OpenedKey {
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
  /** SHA-256 of `spki`, hex. */
  readonly keyId: string;
  readonly ageIdentity: string;
}

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Throws only where the library or the platform is broken. */
export async function sealKeyFile(
  key: { readonly privateKey: KeyObject; readonly ageIdentity: string; readonly created: string },
  passphrase: string,
  workFactor: number,
): Promise<Uint8Array> {
  const pkcs8 = key.privateKey.export({ type: 'pkcs8', format: 'der' });
  const plain = jcsBytes({
    v: 1,
    type: 'conclave-key-file',
    ed25519: base64(pkcs8),
    age: key.ageIdentity,
    created: key.created,
  });
  try {
    const encrypter = new Encrypter();
    encrypter.setPassphrase(passphrase);
    encrypter.setScryptWorkFactor(workFactor);
    return await encrypter.encrypt(plain);
  } finally {
    plain.fill(0);
    pkcs8.fill(0);
  }
}

/** Opens a key file. `CRED-1` where the passphrase fits no stanza, `CRED-2` for everything that is wrong with the file. */
export async function openKeyFile(file: Uint8Array, passphrase: string): Promise<Result<OpenedKey>> {
  const header = readHeader(file);
  if (!header.ok) return header;
  let plain: Uint8Array;
  try {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    plain = await decrypter.decrypt(file);
  } catch (error) {
    // The library has no error classes. A test holds this sentence to the pinned version.
    return error instanceof Error && error.message.startsWith('no identity matched')
      ? wrongPassphrase()
      : notAKeyFile('its bytes were changed after it was written');
  }
  try {
    return readSecret(plain);
  } finally {
    plain.fill(0);
  }
}

function readSecret(plain: Uint8Array): Result<OpenedKey> {
  const parsed = parseCanonical(plain);
  const secret = parsed.ok ? v.safeParse(secretSchema, parsed.value) : undefined;
  if (secret?.success !== true) return notAKeyFile('what it holds was not written by Conclave');
  const pkcs8 = fromBase64(secret.output.ed25519);
  if (pkcs8 === null) return notAKeyFile('the key in it cannot be read');
  try {
    const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
    if (privateKey.asymmetricKeyType !== 'ed25519') return notAKeyFile('the key in it is not an Ed25519 key');
    const spki = spkiOf(privateKey);
    return ok({ privateKey, spki, keyId: sha256Hex(spki), ageIdentity: secret.output.age });
  } catch {
    return notAKeyFile('the key in it cannot be read');
  } finally {
    pkcs8.fill(0);
  }
}

/** SubjectPublicKeyInfo, DER. */
export const spkiOf = (privateKey: KeyObject): Uint8Array =>
  new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));

/** What the cleartext header of an age file says: exactly one scrypt stanza is taken, of a work factor we can open. */
export function readHeader(file: Uint8Array): Result<{ readonly workFactor: number }> {
  // A scrypt header is 149 or 150 bytes. latin1 keeps every byte a character, so the cut cannot spoil one.
  const lines = Buffer.from(file.subarray(0, 256)).toString('latin1').split('\n');
  if (lines[0] !== 'age-encryption.org/v1') return notAKeyFile('it is not a binary age file');
  const stanza = /^-> scrypt [A-Za-z0-9+/]{22} ([1-9][0-9]?)$/.exec(lines[1] ?? '');
  if (stanza === null || !(lines[3] ?? '').startsWith('--- ')) {
    return notAKeyFile('it is not protected by one passphrase');
  }
  const workFactor = Number(stanza[1]);
  return workFactor > MAX_WORK_FACTOR
    ? notAKeyFile(`its scrypt work factor ${workFactor} is above ${MAX_WORK_FACTOR}`)
    : ok({ workFactor });
}

export const writePublicFile = (content: Omit<PublicFile, 'v' | 'type'>): Uint8Array =>
  jcsBytes({ v: 1, type: 'conclave-public-key', ...content });

/** DER of a SubjectPublicKeyInfo for Ed25519 up to the 32 bytes of the key (RFC 8410 section 4). */
const ED25519_SPKI = '302a300506032b6570032100';

/** Reads a public file and checks that it agrees with itself. */
export function readPublicFile(bytes: Uint8Array): Result<PublicFile & { readonly spkiBytes: Uint8Array }> {
  const parsed = parseCanonical(bytes);
  const content = parsed.ok ? v.safeParse(publicSchema, parsed.value) : undefined;
  if (content?.success !== true) return notAKeyFile('the public file beside it was not written by Conclave');
  const spki = fromBase64(content.output.spki);
  const fits =
    spki !== null &&
    spki.length === 44 &&
    hex(spki.subarray(0, 12)) === ED25519_SPKI &&
    sha256Hex(spki) === content.output.keyId;
  return fits
    ? ok({ ...content.output, spkiBytes: spki })
    : notAKeyFile('the fingerprint in the public file beside it is not that of its key');
}

/** True where both name the same key. */
export const sameKey = (a: OpenedKey, b: { readonly spki: Uint8Array }): boolean => equal(a.spki, b.spki);
