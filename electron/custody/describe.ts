import { fail, ok, type Result } from '../../core/result.ts';
import type { Credential, CredentialDescription } from './credential.ts';
import { notAKeyFile, refuse } from './failure.ts';
import { readHeader, readPublicFile, sha256Hex } from './key-file.ts';
import { MAX_KEY_FILE, MAX_PUBLIC_FILE, publicFileOf } from '../../core/people/key-file.ts';
import { readMediumFile } from './media.ts';

/** See `Credentials.describe`. Needs no secret, so it runs in the caller's process. */
export async function describe(credential: Credential): Promise<Result<CredentialDescription>> {
  if (credential.kind === 'card') return noCards();
  const { path } = credential;
  if (!path.endsWith('.age')) return fail({ code: 'bad-input', message: 'The name of a key file ends in .age.' });
  const file = await readMediumFile(path, MAX_KEY_FILE, 'key file');
  if (!file.ok) return file;
  const header = readHeader(file.value);
  if (!header.ok) return header;
  const beside = await readMediumFile(publicFileOf(path), MAX_PUBLIC_FILE, 'public file of the key');
  if (!beside.ok) return beside;
  const known = readPublicFile(beside.value);
  if (!known.ok) return known;
  if (known.value.keyFileSha256 !== sha256Hex(file.value)) {
    return notAKeyFile('the public file beside it belongs to another key file, or one of the two was changed');
  }
  return ok({
    kind: 'key-file',
    format: 'age-encryption.org/v1',
    keyId: known.value.keyId,
    spki: known.value.spkiBytes,
    person: known.value.person,
    recipient: known.value.recipient,
    created: known.value.created,
    workFactor: header.value.workFactor,
  });
}

export const noCards = (): Result<never> => refuse('CRED-8', 'A card cannot be used here.');
