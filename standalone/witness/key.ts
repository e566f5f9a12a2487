/** The key file of a witness: the same file as people have in Conclave, opened and made with plain Node. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { base64, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import {
  MAX_KEY_FILE,
  MAX_PUBLIC_FILE,
  PRODUCT_WORK_FACTOR,
  publicFileOf,
  readPublicFile,
  readSecret,
  scryptHeader,
  secretBytes,
  writePublicFile,
} from '../../core/people/key-file.ts';
import { readSmall, Unusable } from '../unusable.ts';
import { writeDurably } from './state.ts';

/** Shorter passphrases are refused for a new key (Unicode code points). */
export const MIN_PASSPHRASE = 12;

const spkiOf = (key: KeyObject) => new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));

/** The public key (DER SubjectPublicKeyInfo) that the file beside a key file names. Opening the key proves it. */
export function publicKeyOf(crypto: Crypto, keyFile: string): Uint8Array {
  const path = publicFileOf(keyFile);
  if (path === keyFile) throw new Unusable(`${keyFile} is not named as a key file: its name ends in .age.`);
  const read = readPublicFile(crypto, readSmall(path, MAX_PUBLIC_FILE));
  if ('reason' in read) throw new Unusable(`${keyFile} cannot be used: ${read.reason}.`);
  if (read.keyFileSha256 !== hex(crypto.sha256(readSmall(keyFile, MAX_KEY_FILE))))
    throw new Unusable(`${keyFile} is not the file that ${path} belongs to, or was changed.`);
  return read.spkiBytes;
}

/** Makes a key, writes it with its public file, and opens what it wrote. */
export async function makeKey(
  crypto: Crypto,
  keyFile: string,
  person: string,
  passphrase: string,
): Promise<Uint8Array> {
  if ([...passphrase].length < MIN_PASSPHRASE)
    throw new Unusable(
      `The passphrase is shorter than ${MIN_PASSPHRASE} characters. Draw five or six words at random.`,
    );
  const { privateKey } = generateKeyPairSync('ed25519');
  const ageIdentity = await generateX25519Identity();
  const created = new Date().toISOString();
  const pkcs8 = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
  const plain = secretBytes({ pkcs8, ageIdentity, created });
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(PRODUCT_WORK_FACTOR);
  const sealed = await encrypter.encrypt(plain);
  plain.fill(0);
  pkcs8.fill(0);
  const spki = spkiOf(privateKey);
  writeDurably(keyFile, sealed);
  writeDurably(
    publicFileOf(keyFile),
    writePublicFile({
      person,
      keyId: hex(crypto.sha256(spki)),
      spki: base64(spki),
      recipient: await identityToRecipient(ageIdentity),
      created,
      keyFileSha256: hex(crypto.sha256(sealed)),
    }),
  );
  await openKey(keyFile, spki, passphrase);
  return spki;
}

async function openKey(keyFile: string, spki: Uint8Array, passphrase: string): Promise<KeyObject> {
  const file = readSmall(keyFile, MAX_KEY_FILE);
  const header = scryptHeader(file);
  if ('reason' in header) throw new Unusable(`${keyFile} is not a usable key file: ${header.reason}.`);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  const plain = await decrypter.decrypt(file).catch(() => null);
  if (plain === null) throw new Unusable(`This passphrase does not open ${keyFile}. Nothing was signed.`);
  const secret = readSecret(plain);
  plain.fill(0);
  if (secret === null) throw new Unusable(`${keyFile} was not written by Conclave.`);
  const key = createPrivateKey({ key: Buffer.from(secret.pkcs8), format: 'der', type: 'pkcs8' });
  secret.pkcs8.fill(0);
  if (hex(spkiOf(key)) !== hex(spki)) throw new Unusable(`${keyFile} holds another key than this witness has.`);
  return key;
}

/** Signs with the key in the file, and verifies before the signature goes anywhere (RFC 8032 section 8). */
export async function signWith(
  keyFile: string,
  spki: Uint8Array,
  passphrase: string,
  payload: Uint8Array,
): Promise<Uint8Array> {
  const key = await openKey(keyFile, spki, passphrase);
  const signature = sign(null, payload, key);
  if (!verify(null, payload, createPublicKey(key), signature)) throw new Error('a signature did not verify');
  return new Uint8Array(signature);
}
