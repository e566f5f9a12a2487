/** One signature by a person's key file, found on their medium by the key that they enrolled. */
import { fail, ok, type Result } from '../../core/result.ts';
import type { Credentials } from './credential.ts';
import { listKeyFiles } from './media.ts';

/** @param passphrase Zeroed by the credential client. */
export async function signWithMedium(
  credentials: Credentials,
  medium: string,
  person: { readonly name: string; readonly key: string },
  passphrase: Uint8Array,
  message: Uint8Array,
): Promise<Result<Uint8Array>> {
  const listed = await listKeyFiles(medium);
  if (!listed.ok) return listed;
  for (const path of listed.value.keyFiles) {
    const credential = { kind: 'key-file', path } as const;
    const described = await credentials.describe(credential);
    if (!described.ok || described.value.keyId !== person.key) continue;
    const signed = await credentials.sign({ credential, passphrase, payloads: [message], expectedKeyId: person.key });
    return signed.ok ? ok(signed.value[0]!) : signed;
  }
  return fail({
    code: 'credential',
    policy: 'CRED-4',
    message: `No key file of ${person.name} is on this medium.`,
    hint: 'Insert the medium of the person at the desk.',
  });
}
