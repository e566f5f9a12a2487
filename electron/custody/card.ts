/**
 * Cards: a P-256 key on a second PKCS#11 token. The PIN goes to an HSM host of its own, which opens the card's library,
 * does one thing, and ends; neither PIN nor library ever is in this process.
 */
import { randomBytes } from 'node:crypto';
import { groups, fromHex, hex } from '../../core/bytes.ts';
import { algorithmNamed, keyKind } from '../../core/evidence/spki.ts';
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import { nodeCrypto } from '../crypto.ts';
import {
  PRIVATE_PROTECTION,
  PRIVATE_USAGE,
  PUBLIC_PROTECTION,
  PUBLIC_USAGE,
  type AttributeName,
} from '../hsm/attribute.ts';
import type { Hsm, TemplateAttribute, TokenRef } from '../hsm/port.ts';
import type { AdoptedCard, AdoptRequest, CardCredential, SignRequest } from './credential.ts';
import { otherPerson, refuse } from './failure.ts';

const isP256 = (spki: Uint8Array): boolean => {
  const kind = keyKind(spki);
  return kind?.kind === 'ec' && kind.curve === 'P-256';
};

const onlyWith = (names: readonly AttributeName[], on: readonly AttributeName[]): TemplateAttribute[] =>
  names.map((name) => ({ name, value: on.includes(name) }));

/** A key that signs, cannot be read out, and does nothing else. */
const PRIVATE = onlyWith(
  [...PRIVATE_PROTECTION, ...PRIVATE_USAGE],
  ['CKA_TOKEN', 'CKA_PRIVATE', 'CKA_SENSITIVE', 'CKA_SIGN'],
);
const PUBLIC = onlyWith([...PUBLIC_PROTECTION, ...PUBLIC_USAGE], ['CKA_TOKEN', 'CKA_VERIFY']);

/** The P-256 key of a card, which is made where the card has none. The PIN is zeroed. */
export async function adoptCard(startHsm: () => Hsm, request: AdoptRequest): Promise<Result<AdoptedCard>> {
  const hsm = startHsm();
  try {
    return await adopt(hsm, request);
  } finally {
    request.pin.fill(0);
    await hsm.end();
  }
}

async function adopt(hsm: Hsm, { library, token, person, pin }: AdoptRequest): Promise<Result<AdoptedCard>> {
  const opened = await hsm.open({ library });
  if (!opened.ok) return inWords(opened.error);
  const login = await hsm.login({ token, pin });
  if (!login.ok) return inWords(login.error);
  const found = await keysOf(hsm, token);
  if (!found.ok) return found;
  const [only, ...more] = found.value;
  if (more.length > 0) {
    return refuse(
      'CRED-8',
      `This card has ${more.length + 1} keys on P-256, so it is not clear which one is to sign.`,
      'Use a card with one such key, or with none: one is then made on it.',
    );
  }
  if (only) return ok(only);
  const ckaId = new Uint8Array(randomBytes(20));
  const made = await hsm.generateKeyPair({
    token,
    mechanism: 'ec-p256',
    ckaId,
    label: person,
    privateTemplate: PRIVATE,
    publicTemplate: PUBLIC,
  });
  if (!made.ok) return inWords(made.error);
  const again = await keysOf(hsm, token);
  if (!again.ok) return again;
  const [key] = again.value;
  return key?.ckaId === hex(ckaId) ? ok(key) : refuse('CRED-8', 'The card does not show the key that was made on it.');
}

/** The signing keys of a card that are on P-256, with their public halves. */
async function keysOf(hsm: Hsm, token: TokenRef): Promise<Result<AdoptedCard[]>> {
  const keys = await hsm.findKeys({ token, class: 'private-key' });
  if (!keys.ok) return inWords(keys.error);
  const found: AdoptedCard[] = [];
  for (const { ckaId, keyType } of keys.value) {
    if (keyType !== 'CKK_EC' || ckaId.length === 0) continue;
    const spki = await hsm.publicKeySpki({ token, ckaId });
    if (!spki.ok) return inWords(spki.error);
    if (isP256(spki.value)) found.push({ ckaId: hex(ckaId), spki: spki.value });
  }
  return ok(found);
}

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
  if (keyId !== expectedKeyId) return otherPerson(expectedKeyId, keyId, 'card');
  if (!isP256(spki.value)) {
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
