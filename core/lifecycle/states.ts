/** The states of the profile that vaults of this version keep, SP 800-57 Part 1 Rev. 5: what statements may say. */
export const KEY_STATES = ['pre-active', 'active', 'suspended', 'deactivated', 'compromised', 'destroyed'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** The objects that a key can have on a token, each with a state of its own: two of a pair, or one secret key. */
export const HALVES = ['private', 'public', 'secret'] as const;
export type Half = (typeof HALVES)[number];

/** The two objects of a key pair. */
export const PAIR_HALVES = ['private', 'public'] as const;
export type PairHalf = (typeof PAIR_HALVES)[number];
