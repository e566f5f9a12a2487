import { fail, ok, type Result } from '../../core/result.ts';
import { readCardFile } from './card-file.ts';
import type { Credentials } from './credential.ts';

import { listKeyFiles } from './media.ts';

/** Whose signature is wanted. `key` is the SHA-256 (hex) of the SubjectPublicKeyInfo that the person enrolled. */
export interface Signer {
  readonly name: string;
  readonly credential: 'key-file' | 'card';
  readonly key: string;
}

/**
 * Signs with the key of a person, found by its fingerprint among the key files in a folder, or on the card that the folder
 * speaks of. The passphrase or PIN is zeroed where it is used; where no key is found, the caller still has it.
 */
export async function signOnMedium(
  credentials: Credentials,
  folder: string,
  { name, credential: kind, key }: Signer,
  passphrase: Uint8Array,
  payload: Uint8Array,
): Promise<Result<Uint8Array>> {
  if (kind === 'card') {
    const card = await readCardFile(folder);
    if (!card.ok) return card;
    const signed = await credentials.sign({
      credential: card.value,
      passphrase,
      payloads: [payload],
      expectedKeyId: key,
    });
    return signed.ok ? ok(signed.value[0]!) : signed;
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
