/** A signature that is used for anything is first verified outside the HSM, with the exported public key. */
import type { Crypto } from '../../../core/crypto.ts';
import { algorithmNamed, keyKind, signNameOf, type Signer } from '../../../core/evidence/spki.ts';
import { ok, type Result } from '../../../core/result.ts';
import { refuse } from '../../../core/rules.ts';
import type { Hsm, TokenRef } from '../../hsm/port.ts';

export async function signAndVerify(
  { hsm, token, crypto }: { readonly hsm: Hsm; readonly token: TokenRef; readonly crypto: Crypto },
  ckaId: Uint8Array,
  spki: Uint8Array,
  data: Uint8Array,
  by: Signer = 'evidence',
): Promise<Result<Uint8Array>> {
  const kind = keyKind(spki);
  if (!kind) return refuse('SIGNATURE-1', 'The public key is not of a kind that this version knows.');
  const name = signNameOf(kind);
  const signed = await hsm.sign({ token, ckaId, algorithm: name, data });
  if (!signed.ok) return signed;
  const good = await crypto.verify(algorithmNamed(name, by), spki, data, signed.value);
  return good ? ok(signed.value) : refuse('SIGNATURE-1');
}
