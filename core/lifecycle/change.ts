/**
 * What a quorum can decide on for a key that exists, as pure functions of what the ledger says of the key: where each
 * change takes its objects, and whether the profile allows that. Some changes leave the states as they are.
 */
import type { Act } from '../ledger/event.ts';
import type { KeyType } from './key-type.ts';
import {
  isPresent,
  mayAnnotate,
  operationsOf,
  reachable,
  refusedMoves,
  stateName,
  stateRow,
  type Profile,
} from './profile.ts';
import { halvesOf, type ObjectTypes } from './purpose.ts';
import type { Half, KeyState } from './states.ts';

export const CHANGES = [
  'prove-possession',
  'activate',
  'suspend',
  'resume',
  'disable',
  'enable',
  'deactivate',
  'reactivate',
  'compromise',
  'change-label',
  'set-cryptoperiod',
  'schedule-destruction',
  'destroy',
  'delete',
  'remove',
] as const;
export type Change = (typeof CHANGES)[number];

export const ACT_OF = {
  'prove-possession': 'key.certify-request',
  activate: 'key.activate',
  disable: 'key.disable',
  enable: 'key.enable',
  reactivate: 'key.reactivate',
  'change-label': 'key.change-label',
  'set-cryptoperiod': 'key.set-cryptoperiod',
  'schedule-destruction': 'key.schedule-destruction',
  delete: 'key.delete',
  remove: 'key.remove',
  suspend: 'key.suspend',
  resume: 'key.resume',
  deactivate: 'key.deactivate',
  compromise: 'key.compromise',
  destroy: 'key.destroy',
} as const satisfies Record<Change, Act>;

export const changeOf = (act: Act): Change | undefined => CHANGES.find((change) => ACT_OF[change] === act);

/** The state of each object that a key has. */
export type KeyStates = { readonly [H in Half]?: KeyState | undefined };

/** A key as a change finds it: what its objects are, and the state of each. */
export interface KeyNow extends KeyStates {
  readonly objects: ObjectTypes;
  /** Whether the switch of the profile is on, where it has one. */
  readonly enabled?: boolean | undefined;
}

/** Changes that are not listed leave the states as they are. */
const TARGETS: Readonly<Partial<Record<Change, KeyState>>> = {
  activate: 'active',
  suspend: 'suspended',
  resume: 'active',
  deactivate: 'deactivated',
  compromise: 'compromised',
  destroy: 'destroyed',
  reactivate: 'active',
  'schedule-destruction': 'pending-destruction',
  delete: 'deleted',
  remove: 'removed',
};

/** The switch beside the state that `disable` and `enable` turn. */
const SWITCH = 'enabled';

/** Where the change takes one object of a kind; null where it leaves it. */
function targetOf(profile: Profile, change: Change, type: KeyType): KeyState | null {
  const target = TARGETS[change];
  if (target === undefined) return null;
  // SP 800-57: a private signature key is never deactivated; at the end of its cryptoperiod it is destroyed.
  const never = change === 'deactivate' && stateRow(profile, target) && !reachable(profile, type, 'none').has(target);
  return never ? 'destroyed' : target;
}

const targets = (profile: Profile, change: Change, objects: ObjectTypes, halves: readonly Half[]): KeyStates =>
  Object.fromEntries(
    halves.flatMap((half) => {
      const to = targetOf(profile, change, objects[half]!);
      return to === null ? [] : [[half, to]];
    }),
  );

/** Where the change takes a key all of whose objects are there; null where it leaves the states as they are. */
export function targetStates(profile: Profile, change: Change, objects: ObjectTypes): KeyStates | null {
  return TARGETS[change] === undefined ? null : targets(profile, change, objects, halvesOf(objects));
}

/**
 * Where the change takes each object. One that is not on the token any more stays as it is, and is left out: what can
 * still be done with it is to take it off the list.
 */
export const targetsOf = (profile: Profile, change: Change, now: KeyNow): KeyStates =>
  targets(
    profile,
    change,
    now.objects,
    halvesOf(now.objects).filter((half) => change === 'remove' || isPresent(profile, now[half] ?? '')),
  );

/** The states after the change. */
export const statesAfter = (profile: Profile, change: Change, now: KeyNow): KeyStates => ({
  ...Object.fromEntries(halvesOf(now.objects).map((half) => [half, now[half]])),
  ...targetsOf(profile, change, now),
});

/**
 * To resume is to take up what was suspended: a first activation is another act, with another meaning. A request is
 * signed by a pre-active key, whose right to sign is taken away again; of an active one that would be its end.
 */
const ONLY_FROM: Partial<Record<Change, KeyState>> = {
  'prove-possession': 'pre-active',
  activate: 'pre-active',
  resume: 'suspended',
  reactivate: 'deactivated',
  disable: 'active',
  enable: 'active',
};

/** Why the profile does not allow the change to a key in these states, as a sentence, or null where it does. */
export function refusedChange(profile: Profile, change: Change, now: KeyNow): string | null {
  const to = targetsOf(profile, change, now);
  const halves = halvesOf(now.objects);
  const only = ONLY_FROM[change];
  if (only !== undefined && halves.some((half) => now[half] !== only))
    return `The key is not ${stateName(profile, only).toLowerCase()}.`;
  if (change === 'prove-possession' && now.objects.private !== 'private-signature')
    return 'Only a signature key proves by a signature who holds it.';
  if (Object.keys(to).length > 0) {
    return refusedMoves(
      profile,
      halves.map((half) => ({ type: now.objects[half]!, from: now[half] ?? '', to: to[half] ?? null })),
    );
  }
  if (change === 'disable' || change === 'enable') return refusedSwitch(profile, change, now);
  const left = halves.some((half) => isPresent(profile, now[half] ?? ''));
  if (TARGETS[change] === undefined && left) return null;
  // What becomes known of a destroyed key is recorded, and changes nothing.
  if (change === 'compromise' && mayAnnotate(profile, 'destroyed')) return null;
  return 'Nothing of this key is left.';
}

/** Why the switch beside the state cannot be turned, or null where it can. */
function refusedSwitch(profile: Profile, change: 'disable' | 'enable', now: KeyNow): string | null {
  const { objects, enabled = true } = now;
  const blocked = profile.switches.find(({ name }) => name === SWITCH)?.blocks;
  if (!blocked) return `${profile.id} has no switch beside the states of a key.`;
  const does = halvesOf(objects).some((half) =>
    operationsOf(profile, objects[half]!, now[half] ?? '').some((operation) => blocked.includes(operation)),
  );
  if (!does) return 'The key does nothing that the switch blocks.';
  return enabled === (change === 'disable') ? null : `The key is switched ${enabled ? 'on' : 'off'} already.`;
}

/** Changes that are done only where the token reports what the ledger says; the others take rights away. */
const CAREFUL: readonly Change[] = ['prove-possession', 'activate', 'resume', 'reactivate', 'enable', 'change-label'];

/** Changes that take rights away. They are done even where the token reports something else than the ledger. */
export const restricts = (change: Change): boolean => !CAREFUL.includes(change);
