import { fail, ok, type Result } from '../../core/result.ts';
import type { Credentials } from './credential.ts';
import { refuse } from './failure.ts';
import { listKeyFiles } from './media.ts';

/** Whose signature is wanted. `key` is the SHA-256 (hex) of the SubjectPublicKeyInfo that the person enrolled. */
export interface Signer {
  readonly name: string;
  readonly credential: 'key-file' | 'card';
  readonly key: string;
}

/**
 * Signs with the key of a person, found by its fingerprint among the key files in a folder. The passphrase is zeroed
 * where a key file is opened; where none is found, the caller still has it.
 */
export async function signOnMedium(
  credentials: Credentials,
  folder: string,
  { name, credential: kind, key }: Signer,
  passphrase: Uint8Array,
  payload: Uint8Array,
): Promise<Result<Uint8Array>> {
  if (kind === 'card') {
    return refuse('CRED-8', 'This version of Conclave does not know on which card this person’s key is.');
  }
  const listed = await listKeyFiles(folder);
  if (!listed.ok) return listed;
  for (const path of listed.value.keyFiles) {
    const credential = { kind: 'key-file', path } as const;
    const described = await credentials.describe(credential);
    if (!described.ok || described.value.keyId !== key) continue;
    const signed = await credentials.sign({ credential, passphrase, payloads: [payload], expectedKeyId: key });
    return signed.ok ? ok(signed.value[0]!) : signed;
  }
  return fail({
    code: 'credential',
    policy: 'CRED-4',
    message: `No key file of ${name} is on this medium.`,
    hint: 'Insert the medium of the person at the desk.',
  });
}
