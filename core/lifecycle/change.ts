/**
 * The changes of state that a quorum can decide on for a key that exists, as pure functions of what the ledger says of
 * the key: where each takes its two objects, and whether the profile allows that.
 */
import type { Act } from '../ledger/event.ts';
import { mayAnnotate, refusedMoves, type Profile } from './profile.ts';
import { PAIR_HALVES, type PairHalf, type KeyState } from './states.ts';
import { PAIR } from './purpose.ts';
import type { PairStates } from './template.ts';

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

const TARGETS: Readonly<Record<Change, PairStates>> = {
  suspend: { private: 'suspended', public: 'suspended' },
  resume: { private: 'active', public: 'active' },
  // SP 800-57: a private signature key is never deactivated; at the end of its cryptoperiod it is destroyed.
  deactivate: { private: 'destroyed', public: 'deactivated' },
  compromise: { private: 'compromised', public: 'compromised' },
  destroy: { private: 'destroyed', public: 'destroyed' },
};

/** To resume is to take up what was suspended: a first activation is another act, with another meaning. */
const ONLY_FROM: Partial<Record<Change, KeyState>> = { resume: 'suspended' };

/** Where the change takes each half. A half that is destroyed stays so, and is left out. */
export function targetsOf(change: Change, now: PairStates): Partial<Record<PairHalf, KeyState>> {
  const there = PAIR_HALVES.filter((half) => now[half] !== 'destroyed');
  return Object.fromEntries(there.map((half) => [half, TARGETS[change][half]]));
}

/** The states after the change. */
export const statesAfter = (change: Change, now: PairStates): PairStates => ({ ...now, ...targetsOf(change, now) });

/** Why the profile does not allow the change to a key in these states, as a sentence, or null where it does. */
export function refusedChange(profile: Profile, change: Change, now: PairStates): string | null {
  const targets = targetsOf(change, now);
  const only = ONLY_FROM[change];
  if (only !== undefined && PAIR_HALVES.some((half) => now[half] !== only)) return `The key is not ${only}.`;
  if (Object.keys(targets).length > 0) {
    return refusedMoves(
      profile,
      PAIR_HALVES.map((half) => ({ type: PAIR[half], from: now[half], to: targets[half] ?? null })),
    );
  }
  // What becomes known of a destroyed key is recorded, and changes nothing.
  if (change === 'compromise' && mayAnnotate(profile, 'destroyed')) return null;
  return 'Nothing of this key is left.';
}

/** Changes that take rights away. They are done even where the token reports something else than the ledger. */
export const restricts = (change: Change): boolean => change !== 'resume';
