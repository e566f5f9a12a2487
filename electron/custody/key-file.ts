/**
 * Key files (core/people/key-file.ts) sealed and opened with the age library and Node's keys, so that `age -d` opens
 * them where Conclave is not at hand.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Decrypter, Encrypter } from 'age-encryption';
import { equal } from '../../core/bytes.ts';
import * as format from '../../core/people/key-file.ts';
import type { PublicFile } from '../../core/people/key-file.ts';
import { ok, type Result } from '../../core/result.ts';
import { notAKeyFile, wrongPassphrase } from './failure.ts';

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
  const plain = format.secretBytes({ pkcs8, ageIdentity: key.ageIdentity, created: key.created });
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
  const secret = format.readSecret(plain);
  if (secret === null) return notAKeyFile('what it holds was not written by Conclave');
  try {
    const privateKey = createPrivateKey({ key: Buffer.from(secret.pkcs8), format: 'der', type: 'pkcs8' });
    if (privateKey.asymmetricKeyType !== 'ed25519') return notAKeyFile('the key in it is not an Ed25519 key');
    const spki = spkiOf(privateKey);
    return ok({ privateKey, spki, keyId: sha256Hex(spki), ageIdentity: secret.ageIdentity });
  } catch {
    return notAKeyFile('the key in it cannot be read');
  } finally {
    secret.pkcs8.fill(0);
  }
}

/** SubjectPublicKeyInfo, DER. */
export const spkiOf = (privateKey: KeyObject): Uint8Array =>
  new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));

/** What the cleartext header of an age file says: exactly one scrypt stanza is taken, of a work factor we can open. */
export function readHeader(file: Uint8Array): Result<{ readonly workFactor: number }> {
  const header = format.scryptHeader(file);
  return 'reason' in header ? notAKeyFile(header.reason) : ok(header);
}

/** Reads a public file and checks that it agrees with itself. */
export function readPublicFile(bytes: Uint8Array): Result<PublicFile & { readonly spkiBytes: Uint8Array }> {
  const sha256 = (of: Uint8Array) => new Uint8Array(createHash('sha256').update(of).digest());
  const read = format.readPublicFile({ sha256 }, bytes);
  return 'reason' in read ? notAKeyFile(read.reason) : ok(read);
}

/** True where both name the same key. */
export const sameKey = (a: OpenedKey, b: { readonly spki: Uint8Array }): boolean => equal(a.spki, b.spki);
