import { createPublicKey, sign as signWith, verify } from 'node:crypto';
import { ok, type Result } from '../../../core/result.ts';
import { notAKeyFile, otherPerson } from '../failure.ts';
import { openKeyFile, readPublicFile, sha256Hex, type OpenedKey } from '../key-file.ts';
import { MAX_KEY_FILE, MAX_PUBLIC_FILE, publicFileOf } from '../../../core/people/key-file.ts';
import { readMediumFile } from '../media.ts';
import { passphraseText } from '../passphrase.ts';
import type { Request } from '../protocol.ts';

type SignCall = Extract<Request, { call: 'sign' }>;

/** Opens the key file and signs every payload, or none. */
export async function sign(request: SignCall): Promise<Result<Uint8Array[]>> {
  const passphrase = passphraseText(request.passphrase);
  if (!passphrase.ok) return passphrase;
  const file = await readMediumFile(request.path, MAX_KEY_FILE, 'key file');
  if (!file.ok) return file;
  const opened = await open(request.path, file.value, passphrase.value);
  if (!opened.ok) return opened;
  const { privateKey, keyId } = opened.value;
  if (keyId !== request.expectedKeyId) return otherPerson(request.expectedKeyId, keyId);
  const publicKey = createPublicKey(privateKey);
  const signatures: Uint8Array[] = [];
  for (const payload of request.payloads) {
    const signature = signWith(null, payload, privateKey);
    // A signature from a fault in the machine can give the key away (RFC 8032 section 8), so none leaves unverified.
    if (!verify(null, payload, publicKey, signature)) throw new Error('a signature did not verify');
    signatures.push(new Uint8Array(signature));
  }
  return ok(signatures);
}

/** A file that was changed answers like a wrong passphrase; the digest in the public file tells the two apart. */
async function open(path: string, file: Uint8Array, passphrase: string): Promise<Result<OpenedKey>> {
  const opened = await openKeyFile(file, passphrase);
  if (opened.ok || opened.error.policy !== 'CRED-1') return opened;
  const beside = await readMediumFile(publicFileOf(path), MAX_PUBLIC_FILE, 'public file of the key');
  const known = beside.ok ? readPublicFile(beside.value) : beside;
  return known.ok && known.value.keyFileSha256 !== sha256Hex(file)
    ? notAKeyFile('its bytes were changed after it was written')
    : opened;
}
