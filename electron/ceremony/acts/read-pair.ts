/** Reads both halves of a key pair in fresh sessions, in the ledger's attribute form. */
import { base64, hex } from '../../../core/bytes.ts';
import type { Attribute } from '../../../core/ledger/fields.ts';
import type { PairHalf } from '../../../core/lifecycle/states.ts';
import { ok, type Result } from '../../../core/result.ts';
import type { AttributeName, AttributeReading, Hsm, ObjectClass, TokenRef } from '../../hsm/port.ts';

const COMMON: readonly AttributeName[] = [
  'CKA_LABEL',
  'CKA_TOKEN',
  'CKA_PRIVATE',
  'CKA_MODIFIABLE',
  'CKA_DESTROYABLE',
  'CKA_COPYABLE',
  'CKA_LOCAL',
  'CKA_KEY_GEN_MECHANISM',
];

const NAMES: Readonly<Record<PairHalf, readonly AttributeName[]>> = {
  private: [
    ...COMMON,
    'CKA_SENSITIVE',
    'CKA_ALWAYS_SENSITIVE',
    'CKA_EXTRACTABLE',
    'CKA_NEVER_EXTRACTABLE',
    'CKA_SIGN',
    'CKA_SIGN_RECOVER',
    'CKA_DECRYPT',
    'CKA_UNWRAP',
    'CKA_DERIVE',
    'CKA_ALWAYS_AUTHENTICATE',
    'CKA_WRAP_WITH_TRUSTED',
  ],
  public: [...COMMON, 'CKA_VERIFY', 'CKA_VERIFY_RECOVER', 'CKA_ENCRYPT', 'CKA_WRAP', 'CKA_DERIVE'],
};

export interface KeyPairReading {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  readonly spkiBase64: string;
  readonly attributes: { readonly private: Attribute[]; readonly public: Attribute[] };
}

/** An attribute that could not be read is left out, so that a comparison finds it missing. */
const readable = (readings: readonly AttributeReading[]): Attribute[] =>
  readings.flatMap(({ name, status, value }) =>
    status !== 'read' || value === undefined ? [] : [{ name, value: value instanceof Uint8Array ? hex(value) : value }],
  );

export const CLASS_OF = { private: 'private-key', public: 'public-key' } as const satisfies Record<
  PairHalf,
  ObjectClass
>;

/** One half, in a fresh session. */
export async function readHalf(
  hsm: Hsm,
  token: TokenRef,
  ckaId: Uint8Array,
  half: PairHalf,
): Promise<Result<Attribute[]>> {
  const read = await hsm.readAttributes({ token, ckaId, class: CLASS_OF[half], names: NAMES[half] });
  return read.ok ? ok(readable(read.value)) : read;
}

export async function readPair(hsm: Hsm, token: TokenRef, ckaId: Uint8Array): Promise<Result<KeyPairReading>> {
  const privateHalf = await readHalf(hsm, token, ckaId, 'private');
  if (!privateHalf.ok) return privateHalf;
  const publicHalf = await readHalf(hsm, token, ckaId, 'public');
  if (!publicHalf.ok) return publicHalf;
  const spki = await hsm.publicKeySpki({ token, ckaId });
  if (!spki.ok) return spki;
  return ok({
    spki: spki.value,
    spkiBase64: base64(spki.value),
    attributes: { private: privateHalf.value, public: publicHalf.value },
  });
}
