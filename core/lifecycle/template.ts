/**
 * Attribute templates of a signature key pair. Every usage attribute is named, because a module gives an omitted one
 * a value of its own choosing (SoftHSM: true). The template of a state is what enforces that state on the token.
 *
 * Sources: PKCS#11 v2.40 base, sections 4.4 to 4.9; SP 800-57 Part 1 Rev. 5 section 7 for what a state permits.
 */
import type { Attribute, Mechanism, ServiceMechanism } from '../ledger/fields.ts';
import type { Crypto } from '../crypto.ts';
import { hex } from '../bytes.ts';
import { jcsBytes } from '../json/jcs.ts';
import type { Template } from '../plan/plan.ts';
import { USAGE, type KeyType } from './key-type.ts';
import { isPresent, usageIn, type Profile } from './profile.ts';
import type { Half, KeyState } from './states.ts';

export const MECHANISMS: Readonly<
  Record<Mechanism, { readonly name: string; readonly ckm: string; readonly ckmNumber: number; readonly words: string }>
> = {
  'ec-p256': { name: 'P-256', ckm: 'CKM_EC_KEY_PAIR_GEN', ckmNumber: 0x1040, words: 'ECDSA, curve secp256r1' },
  'ec-p384': { name: 'P-384', ckm: 'CKM_EC_KEY_PAIR_GEN', ckmNumber: 0x1040, words: 'ECDSA, curve secp384r1' },
  'ec-p521': { name: 'P-521', ckm: 'CKM_EC_KEY_PAIR_GEN', ckmNumber: 0x1040, words: 'ECDSA, curve secp521r1' },
  'rsa-2048': { name: 'RSA 2048', ckm: 'CKM_RSA_PKCS_KEY_PAIR_GEN', ckmNumber: 0, words: 'RSA, modulus of 2048 bits' },
  'rsa-3072': { name: 'RSA 3072', ckm: 'CKM_RSA_PKCS_KEY_PAIR_GEN', ckmNumber: 0, words: 'RSA, modulus of 3072 bits' },
  'rsa-4096': { name: 'RSA 4096', ckm: 'CKM_RSA_PKCS_KEY_PAIR_GEN', ckmNumber: 0, words: 'RSA, modulus of 4096 bits' },
};

/** A new signature key pair, pre-active: nothing may be done with it. CKA_ID is left out: it comes from the intent. */
export function preActiveTemplate(label: string): Template {
  const common = [
    { name: 'CKA_LABEL', value: label },
    { name: 'CKA_TOKEN', value: true },
    // Public halves too: without this, anyone could alter or destroy them with no login (measured on SoftHSM).
    { name: 'CKA_PRIVATE', value: true },
    // Must stay true: states are enforced by changing usage attributes, and the end of life by destruction.
    { name: 'CKA_MODIFIABLE', value: true },
    { name: 'CKA_DESTROYABLE', value: true },
    { name: 'CKA_COPYABLE', value: false },
  ];
  return {
    private: [
      ...common,
      { name: 'CKA_SENSITIVE', value: true },
      { name: 'CKA_EXTRACTABLE', value: false },
      { name: 'CKA_SIGN', value: false },
      { name: 'CKA_SIGN_RECOVER', value: false },
      { name: 'CKA_DECRYPT', value: false },
      { name: 'CKA_UNWRAP', value: false },
      { name: 'CKA_DERIVE', value: false },
    ],
    public: [
      ...common,
      { name: 'CKA_VERIFY', value: false },
      { name: 'CKA_VERIFY_RECOVER', value: false },
      { name: 'CKA_ENCRYPT', value: false },
      { name: 'CKA_WRAP', value: false },
      // Of every key, public ones too (PKCS#11 v2.40 base, section 4.7, Common Key Attributes).
      { name: 'CKA_DERIVE', value: false },
    ],
  };
}

/** What activation sets, and nothing more. */
export const ACTIVATION: Template = {
  private: [{ name: 'CKA_SIGN', value: true }],
  public: [{ name: 'CKA_VERIFY', value: true }],
};

/** The kinds of the two objects of a signature key pair. */
export const PAIR: Readonly<Record<Half, KeyType>> = { private: 'private-signature', public: 'public-verification' };

export type PairStates = Readonly<Record<Half, KeyState>>;

/** What decides about the rights of a key: the states of its halves, and whether the switch beside them is on. */
export type KeyCondition = PairStates & { readonly enabled?: boolean };

/** Every usage attribute of a signature key pair, as its states demand it. A half that is not on the token has none. */
export function usageTemplate(profile: Profile, states: KeyCondition): Template {
  const half = (name: Half): Attribute[] =>
    isPresent(profile, states[name]) ? usageIn(profile, PAIR[name], states[name], states.enabled) : [];
  return { private: half('private'), public: half('public') };
}

/** What the token must report of a signature key pair that was made by Conclave, in its states. */
export function expectedOf(profile: Profile, label: string, mechanism: Mechanism, states: KeyCondition): Template {
  const all = withChanges(preActiveTemplate(label), usageTemplate(profile, states));
  const inside = madeInside(mechanism);
  const half = (name: Half): Attribute[] => (isPresent(profile, states[name]) ? [...all[name], ...inside[name]] : []);
  return { private: half('private'), public: half('public') };
}

/** Whether an attribute is one of those by which a state is enforced. */
export const isUsage = (half: Half, name: string): boolean => USAGE[half].some(([usage]) => usage === name);

/**
 * The template of a key that serves the ledger or the evidence: it may sign from its first day, and nothing else; it
 * cannot be altered afterwards.
 */
export function serviceKeyTemplate(label: string): Template {
  const with_ = (list: readonly Attribute[], changes: Record<string, boolean>): Attribute[] =>
    list.map(({ name, value }) => ({ name, value: changes[name] ?? value }));
  const base = preActiveTemplate(label);
  return {
    private: with_(base.private, { CKA_SIGN: true, CKA_MODIFIABLE: false }),
    public: with_(base.public, { CKA_VERIFY: true, CKA_MODIFIABLE: false }),
  };
}

/** CKM_EC_EDWARDS_KEY_PAIR_GEN of PKCS#11 v3.0. */
const EDWARDS_GENERATION = 0x1055;

const generationOf = (mechanism: ServiceMechanism): number =>
  mechanism === 'ed25519' ? EDWARDS_GENERATION : MECHANISMS[mechanism].ckmNumber;

/** What the token must report of a key it made itself, besides what the template set. */
export const madeInside = (mechanism: ServiceMechanism): Template => ({
  private: [
    { name: 'CKA_LOCAL', value: true },
    { name: 'CKA_ALWAYS_SENSITIVE', value: true },
    { name: 'CKA_NEVER_EXTRACTABLE', value: true },
    { name: 'CKA_KEY_GEN_MECHANISM', value: generationOf(mechanism) },
  ],
  public: [
    { name: 'CKA_LOCAL', value: true },
    { name: 'CKA_KEY_GEN_MECHANISM', value: generationOf(mechanism) },
  ],
});

/** The template with some attributes replaced: what the token must report after a state change. */
export const withChanges = (template: Template, changes: Template): Template => {
  const apply = (list: readonly Attribute[], change: readonly Attribute[]): Attribute[] =>
    list.map((attribute) => change.find(({ name }) => name === attribute.name) ?? attribute);
  return { private: apply(template.private, changes.private), public: apply(template.public, changes.public) };
};

export interface Difference {
  readonly half: 'private' | 'public';
  readonly name: string;
  readonly expected: Attribute['value'];
  readonly found: Attribute['value'] | null;
}

/** Where the token's report and the expectation differ. An attribute that could not be read is a difference. */
export function differences(expected: Template, found: Template): Difference[] {
  return (['private', 'public'] as const).flatMap((half) =>
    expected[half].flatMap(({ name, value }) => {
      const reported = found[half].find((attribute) => attribute.name === name)?.value ?? null;
      return reported === value ? [] : [{ half, name, expected: value, found: reported }];
    }),
  );
}

/** The digest that an approval binds: mechanism and both halves, CKA_ID excepted. */
export const templateSha256 = (crypto: Crypto, mechanism: Mechanism, template: Template): string =>
  hex(crypto.sha256(jcsBytes({ mechanism, private: template.private, public: template.public })));

/** What an attribute means for a person reading the plan. */
const MEANINGS: Readonly<Record<string, string>> = {
  CKA_LABEL: 'The name of the key on the token',
  CKA_TOKEN: 'Kept in the token, not in a session',
  CKA_PRIVATE: 'Seen only after login',
  CKA_MODIFIABLE: 'Its usage can be changed by later ceremonies',
  CKA_DESTROYABLE: 'It can be destroyed at the end of its life',
  CKA_COPYABLE: 'Cannot be duplicated on the token',
  CKA_SENSITIVE: 'Never shown in the clear',
  CKA_EXTRACTABLE: 'Cannot leave, even wrapped',
  CKA_SIGN: 'May not sign before it is active',
  CKA_SIGN_RECOVER: 'No signatures with message recovery',
  CKA_DECRYPT: 'May not decrypt',
  CKA_UNWRAP: 'May not unwrap other keys',
  CKA_DERIVE: 'May not derive other keys',
  CKA_VERIFY: 'Not used by the token before the key is active',
  CKA_VERIFY_RECOVER: 'No message recovery',
  CKA_ENCRYPT: 'May not encrypt',
  CKA_WRAP: 'May not wrap other keys',
};

/** The same where a change of state sets it: a right is given or taken, and not put off until the key is active. */
export const meaningOfChange = (name: string, value: Attribute['value']): string =>
  RIGHTS[name]?.[value === true ? 0 : 1] ?? meaningOf(name);

export const meaningOf = (name: string): string => MEANINGS[name] ?? '';

const RIGHTS: Readonly<Record<string, readonly [given: string, taken: string]>> = {
  CKA_SIGN: ['May sign', 'May not sign'],
  CKA_VERIFY: ['The token may verify with the public key', 'The token may not verify with the public key'],
};
