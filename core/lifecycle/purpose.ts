/**
 * What a key is made for, and of which objects it then consists. One purpose to a key (SP 800-57 Part 1 Rev. 5, section
 * 5.2): a combination that is not in the table is not made.
 */
import { type Mechanism, PairMechanism, type Purpose, type SecretMechanism } from '../ledger/fields.ts';
import { KEY_TYPES, type KeyType, type Operation } from './key-type.ts';
import { MECHANISMS } from './mechanism.ts';
import { HALVES, type Half, type PairHalf } from './states.ts';

/** The type of each object of a key: of both halves of a pair, or of one secret key. */
export type ObjectTypes = Readonly<Partial<Record<Half, KeyType>>>;
export type PairTypes = Readonly<Record<PairHalf, KeyType>>;

interface PurposeRow {
  readonly purpose: Purpose;
  readonly mechanisms: readonly Mechanism[];
  readonly objects: PairTypes | { readonly secret: KeyType };
}

const RSA = ['rsa-2048', 'rsa-3072', 'rsa-4096'] as const satisfies readonly PairMechanism[];
const EC = ['ec-p256', 'ec-p384', 'ec-p521'] as const satisfies readonly PairMechanism[];
const AES = ['aes-128', 'aes-192', 'aes-256'] as const satisfies readonly SecretMechanism[];
const HMAC = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const satisfies readonly SecretMechanism[];

/** The objects of a signature key pair. */
export const PAIR = { private: 'private-signature', public: 'public-verification' } as const satisfies PairTypes;

export const PURPOSES: readonly PurposeRow[] = [
  { purpose: 'sign', mechanisms: [...EC, ...RSA, 'ed25519'], objects: PAIR },
  { purpose: 'decrypt', mechanisms: RSA, objects: { private: 'private-decryption', public: 'public-encryption' } },
  { purpose: 'wrap', mechanisms: RSA, objects: { private: 'private-key-transport', public: 'public-key-transport' } },
  { purpose: 'wrap', mechanisms: AES, objects: { secret: 'symmetric-wrapping' } },
  { purpose: 'derive', mechanisms: EC, objects: { private: 'private-key-agreement', public: 'public-key-agreement' } },
  { purpose: 'encrypt', mechanisms: AES, objects: { secret: 'symmetric-encryption' } },
  { purpose: 'mac', mechanisms: HMAC, objects: { secret: 'symmetric-authentication' } },
];

/** The objects that such a key has, the one that is secret first. */
export const halvesOf = (objects: ObjectTypes): Half[] => HALVES.filter((half) => objects[half] !== undefined);

/** The object that is secret: the private one of a pair, or the one there is. Its state is the key's. */
export const leadOf = (objects: ObjectTypes): Half => (objects.secret === undefined ? 'private' : 'secret');

/** The objects of a key of this purpose, or null where no key of the mechanism is made for it. */
export const objectsOf = (purpose: Purpose, mechanism: Mechanism): ObjectTypes | null =>
  PURPOSES.find((row) => row.purpose === purpose && row.mechanisms.includes(mechanism))?.objects ?? null;

/** The type of the secret object of such a key, which the plan's schema says there is. */
export function leadTypeOf({
  purpose,
  mechanism,
}: {
  readonly purpose: Purpose;
  readonly mechanism: Mechanism;
}): KeyType {
  const objects = objectsOf(purpose, mechanism)!;
  return objects[leadOf(objects)]!;
}

export const mechanismsFor = (purpose: Purpose): readonly Mechanism[] =>
  PURPOSES.filter((row) => row.purpose === purpose).flatMap(({ mechanisms }) => mechanisms);

/** Every operation that some object of such a key is made for. */
export const operationsFor = (objects: ObjectTypes): readonly Operation[] =>
  Object.values(objects).flatMap((type) => [...KEY_TYPES[type].protect, ...KEY_TYPES[type].process]);

export const isPair = (mechanism: Mechanism): mechanism is PairMechanism =>
  (PairMechanism.options as readonly Mechanism[]).includes(mechanism);

/** The algorithm and its size in words, as the purpose uses it. */
export const wordsOf = (purpose: Purpose, mechanism: Mechanism): string =>
  purpose === 'derive' ? MECHANISMS[mechanism].words.replace('ECDSA', 'ECDH') : MECHANISMS[mechanism].words;
