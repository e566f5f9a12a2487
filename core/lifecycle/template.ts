/**
 * Attribute templates of the objects of a key. Every usage attribute is named, because a module gives an omitted one
 * a value of its own choosing (SoftHSM: true). The template of a state is what enforces that state on the token.
 *
 * Sources: PKCS#11 v2.40 base, sections 4.4 to 4.10; SP 800-57 Part 1 Rev. 5 section 7 for what a state permits.
 */
import type { Attribute, Mechanism, PairMechanism } from '../ledger/fields.ts';
import type { Crypto } from '../crypto.ts';
import { hex } from '../bytes.ts';
import { jcsBytes } from '../json/jcs.ts';
import { KEY_TYPES, USAGE, type KeyType, type Operation } from './key-type.ts';
import { MECHANISMS } from './mechanism.ts';
import { isPresent, usageIn, type Profile } from './profile.ts';
import { isPair, PAIR, type ObjectTypes } from './purpose.ts';
import { HALVES, type Half, type KeyState, type PairHalf } from './states.ts';

/** Attributes of each object of a key: both halves of a pair, or one secret key. */
export type Template = { readonly [H in Half]?: readonly Attribute[] | undefined };
export type PairTemplate = Record<PairHalf, Attribute[]>;

/** What decides about the rights of a key: the state of each object. */
export type ObjectStates = { readonly [H in Half]?: string | undefined } & {
  /** Whether the switch beside the states is on. */
  readonly enabled?: boolean | undefined;
};
export type PairStates = Readonly<Record<PairHalf, KeyState>>;

/** The attributes of one object, none where the key has no such object. */
export const attributesOf = (template: Template, half: Half): readonly Attribute[] => template[half] ?? [];

/** A list for each object that is named in `like`. */
const each = (like: Readonly<Partial<Record<Half, unknown>>>, list: (half: Half) => readonly Attribute[]): Template =>
  Object.fromEntries(HALVES.filter((half) => like[half] !== undefined).map((half) => [half, list(half)]));

const SECRECY: readonly Attribute[] = [
  { name: 'CKA_SENSITIVE', value: true },
  { name: 'CKA_EXTRACTABLE', value: false },
];

/** Every usage attribute of an object of a class, false. */
const unusable = (half: Half): Attribute[] => USAGE[half].map(([name]) => ({ name, value: false }));

/**
 * A new key, pre-active: nothing may be done with it, whatever it is made for. CKA_ID is left out: it comes from the
 * intent. So are the parameters that the mechanism says, but for the length of a secret key, which no public key shows.
 */
export function preActiveTemplate(label: string, mechanism?: PairMechanism): PairTemplate;
export function preActiveTemplate(label: string, mechanism: Mechanism): Template;
export function preActiveTemplate(label: string, mechanism: Mechanism = 'ec-p384'): Template {
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
  if (!isPair(mechanism)) {
    const length = { name: 'CKA_VALUE_LEN', value: MECHANISMS[mechanism].bits / 8 };
    return { secret: [...common, ...SECRECY, length, ...unusable('secret')] };
  }
  return {
    private: [...common, ...SECRECY, ...unusable('private')],
    // CKA_DERIVE is an attribute of every key, public ones too (PKCS#11 v2.40 base, section 4.7).
    public: [...common, ...unusable('public'), { name: 'CKA_DERIVE', value: false }],
  };
}

/** The usage attributes that an object of this type has when it is active. */
function rightsOf(type: KeyType): string[] {
  const { object, protect, process } = KEY_TYPES[type];
  const allowed: readonly (Operation | null)[] = [...protect, ...process];
  return USAGE[object].flatMap(([name, allows]) => (allowed.includes(allows) ? [name] : []));
}

/** What activation sets, and nothing more: of each object the rights that its type has. */
export const activationOf = (objects: ObjectTypes): Template =>
  each(objects, (half) => rightsOf(objects[half]!).map((name) => ({ name, value: true })));

/** What activation sets on a signature key pair. */
export const ACTIVATION = activationOf(PAIR) as PairTemplate;

/** Every usage attribute of each object of a key, as its states demand it. An object that is gone has none. */
export function usageTemplate(profile: Profile, states: PairStates): PairTemplate;
export function usageTemplate(profile: Profile, states: ObjectStates, objects: ObjectTypes): Template;
export function usageTemplate(profile: Profile, states: ObjectStates, objects: ObjectTypes = PAIR): Template {
  return each(objects, (half) =>
    isPresent(profile, states[half] ?? '') ? usageIn(profile, objects[half]!, states[half]!, states.enabled) : [],
  );
}

/** What the token must report of a key that was made by Conclave, in its states. */
export function expectedOf(profile: Profile, label: string, mechanism: Mechanism, states: PairStates): PairTemplate;
export function expectedOf(
  profile: Profile,
  label: string,
  mechanism: Mechanism,
  states: ObjectStates,
  objects: ObjectTypes,
): Template;
export function expectedOf(
  profile: Profile,
  label: string,
  mechanism: Mechanism,
  states: ObjectStates,
  objects: ObjectTypes = PAIR,
): Template {
  const all = withChanges(preActiveTemplate(label, mechanism), usageTemplate(profile, states, objects));
  const inside = madeInside(mechanism);
  return each(objects, (half) =>
    isPresent(profile, states[half] ?? '') ? [...attributesOf(all, half), ...attributesOf(inside, half)] : [],
  );
}

/** Whether an attribute is one of those by which a state is enforced. */
export const isUsage = (half: Half, name: string): boolean => USAGE[half].some(([usage]) => usage === name);

/**
 * The template of a key that serves the ledger or the evidence: it may sign from its first day, and nothing else; it
 * cannot be altered afterwards.
 */
export function serviceKeyTemplate(label: string): PairTemplate {
  const with_ = (list: readonly Attribute[], changes: Record<string, boolean>): Attribute[] =>
    list.map(({ name, value }) => ({ name, value: changes[name] ?? value }));
  const base = preActiveTemplate(label);
  return {
    private: with_(base.private, { CKA_SIGN: true, CKA_MODIFIABLE: false }),
    public: with_(base.public, { CKA_VERIFY: true, CKA_MODIFIABLE: false }),
  };
}

/** What the token must report of a key it made itself, besides what the template set. */
export function madeInside(mechanism: PairMechanism): PairTemplate;
export function madeInside(mechanism: Mechanism): Template;
export function madeInside(mechanism: Mechanism): Template {
  const local = { name: 'CKA_LOCAL', value: true };
  const generation = { name: 'CKA_KEY_GEN_MECHANISM', value: MECHANISMS[mechanism].ckmNumber };
  const kept = [
    local,
    { name: 'CKA_ALWAYS_SENSITIVE', value: true },
    { name: 'CKA_NEVER_EXTRACTABLE', value: true },
    generation,
  ];
  return isPair(mechanism) ? { private: kept, public: [local, generation] } : { secret: kept };
}

/** The template with some attributes replaced: what the token must report after a state change. */
export const withChanges = <T extends Template>(template: T, changes: Template): T =>
  each(template, (half) =>
    attributesOf(template, half).map(
      (attribute) => attributesOf(changes, half).find(({ name }) => name === attribute.name) ?? attribute,
    ),
  ) as T;

export interface Difference {
  readonly half: Half;
  readonly name: string;
  readonly expected: Attribute['value'];
  readonly found: Attribute['value'] | null;
}

/** Where the token's report and the expectation differ. An attribute that could not be read is a difference. */
export function differences(expected: Template, found: Template): Difference[] {
  return HALVES.flatMap((half) =>
    attributesOf(expected, half).flatMap(({ name, value }) => {
      const reported = attributesOf(found, half).find((attribute) => attribute.name === name)?.value ?? null;
      return reported === value ? [] : [{ half, name, expected: value, found: reported }];
    }),
  );
}

/** The digest that an approval binds: mechanism and every object, CKA_ID excepted. */
export const templateSha256 = (crypto: Crypto, mechanism: Mechanism, template: Template): string =>
  hex(crypto.sha256(jcsBytes({ mechanism, ...each(template, (half) => attributesOf(template, half)) })));

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
  CKA_VALUE_LEN: 'The length of the key, in bytes',
  CKA_SIGN: 'May not sign',
  CKA_SIGN_RECOVER: 'No signatures with message recovery',
  CKA_DECRYPT: 'May not decrypt',
  CKA_UNWRAP: 'May not unwrap other keys',
  CKA_DERIVE: 'May not derive other keys',
  CKA_VERIFY: 'May not verify',
  CKA_VERIFY_RECOVER: 'No message recovery',
  CKA_ENCRYPT: 'May not encrypt',
  CKA_WRAP: 'May not wrap other keys',
};

/** The same of a right that the key is made for and does not have yet. */
const LATER: Readonly<Record<string, string>> = {
  CKA_SIGN: 'May not sign before it is active',
  CKA_VERIFY: 'Not used by the token before the key is active',
  CKA_ENCRYPT: 'May not encrypt before it is active',
  CKA_DECRYPT: 'May not decrypt before it is active',
  CKA_WRAP: 'May not wrap other keys before it is active',
  CKA_UNWRAP: 'May not unwrap other keys before it is active',
  CKA_DERIVE: 'May not derive other keys before it is active',
};

/** A right given or taken by a change of state. */
const RIGHTS: Readonly<Record<string, readonly [given: string, taken: string]>> = {
  CKA_SIGN: ['May sign', 'May not sign'],
  CKA_VERIFY: ['The token may verify with the public key', 'The token may not verify with the public key'],
  CKA_ENCRYPT: ['May encrypt', 'May not encrypt'],
  CKA_DECRYPT: ['May decrypt', 'May not decrypt'],
  CKA_WRAP: ['May wrap other keys', 'May not wrap other keys'],
  CKA_UNWRAP: ['May unwrap other keys', 'May not unwrap other keys'],
  CKA_DERIVE: ['May derive other keys', 'May not derive other keys'],
};

/** What it means in the template of an object that is not active yet. */
export function meaningOf(name: string, type: KeyType): string {
  const comes = rightsOf(type).includes(name);
  return (comes ? LATER[name] : undefined) ?? MEANINGS[name] ?? '';
}

/** The same where a change of state sets it: a right is given or taken, and not put off until the key is active. */
export function meaningOfChange(name: string, value: Attribute['value'], type: KeyType): string {
  // A secret key has no public half that could be meant.
  if (name === 'CKA_VERIFY' && KEY_TYPES[type].object === 'secret')
    return value === true ? 'May verify' : 'May not verify';
  return RIGHTS[name]?.[value === true ? 0 : 1] ?? MEANINGS[name] ?? '';
}
