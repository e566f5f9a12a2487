import { KEY_STATES as LEDGER_STATES } from '../../../core/lifecycle/states.ts';

/** The states of the pictures: those of all profiles, and an object the ledger does not know. */
export const KEY_STATES = [...LEDGER_STATES, 'not-recorded'] as const;

export type KeyState = (typeof KEY_STATES)[number];
