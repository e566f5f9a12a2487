/**
 * Signing with a card: a P-256 key on a second PKCS#11 token. The PIN goes to an HSM host of its own, which opens the
 * card's library, signs, and ends; neither PIN nor library ever is in this process.
 */
import { groups, fromHex, hex } from '../../core/bytes.ts';
import { algorithmNamed, keyKind } from '../../core/evidence/spki.ts';
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import { nodeCrypto } from '../crypto.ts';
import type { Hsm } from '../hsm/port.ts';
import type { CardCredential, SignRequest } from './credential.ts';
import { otherPerson, refuse } from './failure.ts';

/** ECDSA signatures as ASN.1 DER over SHA-256, one for each payload, or none. The PIN is zeroed. */
export async function signWithCard(
  startHsm: () => Hsm,
  credential: CardCredential,
  { passphrase: pin, payloads, expectedKeyId }: SignRequest,
): Promise<Result<readonly Uint8Array[]>> {
  const hsm = startHsm();
  try {
    return await sign(hsm, credential, pin, payloads, expectedKeyId);
  } finally {
    pin.fill(0);
    await hsm.end();
  }
}

async function sign(
  hsm: Hsm,
  { library, token, ckaId }: CardCredential,
  pin: Uint8Array,
  payloads: readonly Uint8Array[],
  expectedKeyId: string,
): Promise<Result<readonly Uint8Array[]>> {
  const key = { token, ckaId: fromHex(ckaId) ?? new Uint8Array() };
  const opened = await hsm.open({ library });
  if (!opened.ok) return inWords(opened.error);
  const login = await hsm.login({ token, pin });
  if (!login.ok) return inWords(login.error);
  const spki = await hsm.publicKeySpki(key);
  if (!spki.ok) return inWords(spki.error);
  // Another card in the reader is found out before anything is signed.
  const keyId = hex(nodeCrypto.sha256(spki.value));
  if (keyId !== expectedKeyId) return otherPerson(expectedKeyId, keyId);
  const kind = keyKind(spki.value);
  if (kind?.kind !== 'ec' || kind.curve !== 'P-256') {
    return refuse('CRED-8', `The key ${groups(keyId)[0]!} on this card is not an ECDSA key on P-256.`);
  }
  const signatures: Uint8Array[] = [];
  for (const payload of payloads) {
    const signature = await hsm.sign({ ...key, algorithm: 'ecdsa-sha256', data: payload });
    if (!signature.ok) return inWords(signature.error);
    const good = await nodeCrypto.verify(algorithmNamed('ecdsa-sha256'), spki.value, payload, signature.value);
    if (!good) return refuse('CRED-8', 'The card gave back a signature that does not verify outside of it.');
    signatures.push(signature.value);
  }
  return ok(signatures);
}

/** What the card's module said, in the ids of this room. Its call and return value stay with it. */
function inWords(error: Failure): Result<never> {
  if (error.rv === 'CKR_PIN_INCORRECT') {
    return fail({
      ...error,
      code: 'credential',
      policy: 'CRED-1',
      message: 'This PIN does not open the card.',
      hint: 'A card counts wrong PINs and locks itself. Make sure of the PIN before the next try.',
    });
  }
  if (error.code === 'hsm-lost') return refuse('CRED-9', 'The process that reads the card ended. Nothing was signed.');
  return error.code === 'not-found'
    ? fail({ ...error, code: 'credential', policy: 'CRED-4', hint: 'Insert the card of this person and try again.' })
    : fail({ ...error, code: 'credential' });
}
