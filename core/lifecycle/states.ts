/** The states of the profile that vaults of this version keep, SP 800-57 Part 1 Rev. 5: what statements may say. */
export const KEY_STATES = ['pre-active', 'active', 'suspended', 'deactivated', 'compromised', 'destroyed'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** The two objects of a key pair, each with a state of its own. */
export const HALVES = ['private', 'public'] as const;
export type Half = (typeof HALVES)[number];
