/** Every state that some profile has: what ledgers, statements and screens may say. A vault uses those of its profile. */
export const KEY_STATES = [
  'pre-active',
  'active',
  'suspended',
  'deactivated',
  'compromised',
  'pending-destruction',
  'destroyed',
  'deleted',
  'removed',
] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** The profiles that a vault can be made with. Their tables are in profiles/. */
export const PROFILE_IDS = ['nist-sp800-57@r5', 'nist-sp800-57@r6ipd', 'ibm-uko', 'securosys-dke'] as const;
export type ProfileId = (typeof PROFILE_IDS)[number];

/** Of plans and ledgers from before a vault had a choice. */
export const FIRST_PROFILE: ProfileId = 'nist-sp800-57@r5';

/** The objects that a key can have on a token, each with a state of its own: two of a pair, or one secret key. */
export const HALVES = ['private', 'public', 'secret'] as const;
export type Half = (typeof HALVES)[number];

/** The two objects of a key pair. */
export const PAIR_HALVES = ['private', 'public'] as const;
export type PairHalf = (typeof PAIR_HALVES)[number];
