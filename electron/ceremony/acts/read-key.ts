/** Reads the objects of a key, each in a fresh session, in the ledger's attribute form. */
import { hex } from '../../../core/bytes.ts';
import type { Attribute } from '../../../core/ledger/fields.ts';
import type { ObjectTypes } from '../../../core/lifecycle/purpose.ts';
import type { Half, PairHalf } from '../../../core/lifecycle/states.ts';
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

const NAMES: Readonly<Record<Half, readonly AttributeName[]>> = {
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
  secret: [
    ...COMMON,
    'CKA_SENSITIVE',
    'CKA_ALWAYS_SENSITIVE',
    'CKA_EXTRACTABLE',
    'CKA_NEVER_EXTRACTABLE',
    'CKA_VALUE_LEN',
    'CKA_SIGN',
    'CKA_VERIFY',
    'CKA_ENCRYPT',
    'CKA_DECRYPT',
    'CKA_WRAP',
    'CKA_UNWRAP',
    'CKA_DERIVE',
    'CKA_WRAP_WITH_TRUSTED',
  ],
};

/** What was read of each object that there is. */
export type ReadAttributes = { [H in Half]?: readonly Attribute[] };

export interface KeyReading {
  /** SubjectPublicKeyInfo, DER; null of a secret key. */
  readonly spki: Uint8Array | null;
  readonly attributes: ReadAttributes;
}

export interface KeyPairReading extends KeyReading {
  readonly spki: Uint8Array;
  readonly attributes: Record<PairHalf, Attribute[]>;
}

/** An attribute that could not be read is left out, so that a comparison finds it missing. */
const readable = (readings: readonly AttributeReading[]): Attribute[] =>
  readings.flatMap(({ name, status, value }) =>
    status !== 'read' || value === undefined ? [] : [{ name, value: value instanceof Uint8Array ? hex(value) : value }],
  );

export const CLASS_OF = {
  private: 'private-key',
  public: 'public-key',
  secret: 'secret-key',
} as const satisfies Record<Half, ObjectClass>;

/** One object, in a fresh session. */
export async function readHalf(hsm: Hsm, token: TokenRef, ckaId: Uint8Array, half: Half): Promise<Result<Attribute[]>> {
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
  return ok({ spki: spki.value, attributes: { private: privateHalf.value, public: publicHalf.value } });
}

/** Every object of a key. */
export async function readKey(
  hsm: Hsm,
  token: TokenRef,
  ckaId: Uint8Array,
  objects: ObjectTypes,
): Promise<Result<KeyReading>> {
  if (objects.secret === undefined) return readPair(hsm, token, ckaId);
  const secret = await readHalf(hsm, token, ckaId, 'secret');
  return secret.ok ? ok({ spki: null, attributes: { secret: secret.value } }) : secret;
}
