/**
 * The changes of state that a quorum can decide on for a key that exists, as pure functions of what the ledger says of
 * the key: where each takes its two objects, and whether the profile allows that.
 */
import type { Act } from '../ledger/event.ts';
import { isPresent, mayAnnotate, reachable, refusedMoves, stateName, stateRow, type Profile } from './profile.ts';
import type { KeyType } from './key-type.ts';
import { HALVES, type Half, type KeyState } from './states.ts';
import { PAIR, type PairStates } from './template.ts';

export const CHANGES = ['suspend', 'resume', 'deactivate', 'compromise', 'destroy'] as const;
export type Change = (typeof CHANGES)[number];

export const ACT_OF = {
  suspend: 'key.suspend',
  resume: 'key.resume',
  deactivate: 'key.deactivate',
  compromise: 'key.compromise',
  destroy: 'key.destroy',
} as const satisfies Record<Change, Act>;

export const changeOf = (act: Act): Change | undefined => CHANGES.find((change) => ACT_OF[change] === act);

const TARGETS: Readonly<Record<Change, KeyState>> = {
  suspend: 'suspended',
  resume: 'active',
  deactivate: 'deactivated',
  compromise: 'compromised',
  destroy: 'destroyed',
};

/** Where the change takes one object of a kind. */
function targetOf(profile: Profile, change: Change, type: KeyType): KeyState {
  const target = TARGETS[change];
  // SP 800-57: a private signature key is never deactivated; at the end of its cryptoperiod it is destroyed.
  const never = change === 'deactivate' && stateRow(profile, target) && !reachable(profile, type, 'none').has(target);
  return never ? 'destroyed' : target;
}

/** Where the change takes a key all of whose objects are there. */
export const targetStates = (profile: Profile, change: Change): PairStates => ({
  private: targetOf(profile, change, PAIR.private),
  public: targetOf(profile, change, PAIR.public),
});

/** To resume is to take up what was suspended: a first activation is another act, with another meaning. */
const ONLY_FROM: Partial<Record<Change, KeyState>> = { resume: 'suspended' };

/** Where the change takes each half. A half that is not on the token any more stays as it is, and is left out. */
export function targetsOf(profile: Profile, change: Change, now: PairStates): Partial<Record<Half, KeyState>> {
  const there = HALVES.filter((half) => isPresent(profile, now[half]));
  return Object.fromEntries(there.map((half) => [half, targetOf(profile, change, PAIR[half])]));
}

/** The states after the change. */
export const statesAfter = (profile: Profile, change: Change, now: PairStates): PairStates => ({
  ...now,
  ...targetsOf(profile, change, now),
});

/** Why the profile does not allow the change to a key in these states, as a sentence, or null where it does. */
export function refusedChange(profile: Profile, change: Change, now: PairStates): string | null {
  const targets = targetsOf(profile, change, now);
  const only = ONLY_FROM[change];
  if (only !== undefined && HALVES.some((half) => now[half] !== only))
    return `The key is not ${stateName(profile, only).toLowerCase()}.`;
  if (Object.keys(targets).length > 0) {
    return refusedMoves(
      profile,
      HALVES.map((half) => ({ type: PAIR[half], from: now[half], to: targets[half] ?? null })),
    );
  }
  // What becomes known of a destroyed key is recorded, and changes nothing.
  if (change === 'compromise' && mayAnnotate(profile, 'destroyed')) return null;
  return 'Nothing of this key is left.';
}

/** Changes that take rights away. They are done even where the token reports something else than the ledger. */
export const restricts = (change: Change): boolean => change !== 'resume';
