/** The states of the pictures: six of SP 800-57, those other profiles add, and an object the ledger does not know. */
export const KEY_STATES = [
  'pre-active',
  'active',
  'suspended',
  'deactivated',
  'compromised',
  'pending-destruction',
  'destroyed',
  'removed',
  'not-recorded',
] as const;

export type KeyState = (typeof KEY_STATES)[number];
