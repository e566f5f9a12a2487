/**
 * A lifecycle profile: one published table of key states as data, and the questions asked of it. The state is held per
 * object, so that a private key can be destroyed while its public key is deactivated. Default deny: a pair of states
 * without a row that says yes is refused.
 *
 * Nothing here knows a profile by name. Another one needs a table and no code.
 */
import type { Attribute, Mechanism, Purpose } from '../ledger/fields.ts';
import { KEY_TYPES, USAGE, type KeyType, type Operation } from './key-type.ts';

/** Where a row comes from. `inferred`: the source does not say it in so many words, or was not read itself. */
export interface Source {
  readonly from: readonly string[];
  readonly basis: 'read' | 'inferred';
}

/** `conditional`: only under conditions that no token can check. It is refused by the token and allowed by people. */
export type Permission = 'yes' | 'no' | 'conditional';

export interface StateRow {
  readonly state: string;
  /** How screens and sheets write it. */
  readonly name: string;
  /** The name in the published table, where ours is another. */
  readonly published?: string;
  /** The number by which the published model writes the state down. */
  readonly integer?: number;
  readonly protect: Permission;
  readonly process: Permission;
  /** Whether the object is on the token. */
  readonly object: 'present' | 'absent';
  /** What the state means, as one sentence. */
  readonly words: string;
  readonly source: Source;
}

export interface TransitionRow {
  readonly from: string;
  readonly to: string;
  /** `annotate`: something is recorded and the state stays. `unknown`: the source was not read; refused. */
  readonly allowed: 'yes' | 'no' | 'unknown' | 'annotate';
  /** What the source says about it, as sentences. */
  readonly conditions: string;
  /** `together`: both halves of a pair move by one act. */
  readonly halves?: 'together';
  /** Kinds of key for which there is no such transition. */
  readonly never?: readonly KeyType[];
  /** Said and shown before the transition, where no way leads back. */
  readonly warning?: string;
  readonly source: Source;
}

export interface Profile {
  /** Name and version, such as `nist-sp800-57@r5`. */
  readonly id: string;
  readonly title: string;
  /** What a vault that keeps to it can do with its keys, as one sentence: read when a vault is made. */
  readonly words: string;
  readonly states: readonly StateRow[];
  readonly transitions: readonly TransitionRow[];
  /** How the object, and what is known of it, may end. */
  readonly deletion: {
    /** Whether a waiting time and a second quorum stand before the destruction. */
    readonly hold: boolean;
    /** Whether the published model lets the record of the key go as well. The ledger keeps it in any case. */
    readonly record: 'kept' | 'removable';
    readonly words: string;
    readonly source: Source;
  };
  /** Switches beside the state: while one is off, the operations it blocks are refused. */
  readonly switches: readonly {
    readonly name: string;
    readonly blocks: readonly Operation[];
    readonly source: Source;
  }[];
  /** The keys that the published model is for, by purpose; where it is left out, every one. */
  readonly keys?: readonly { readonly purpose: Purpose; readonly mechanisms: readonly Mechanism[] }[];
  /** The sources by the short names that the rows use. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Whether the published model is for keys of this kind. */
export const isForKey = ({ keys }: Profile, purpose: Purpose, mechanism: Mechanism): boolean =>
  keys?.some((row) => row.purpose === purpose && row.mechanisms.includes(mechanism)) ?? true;

const rowOf = (profile: Profile, from: string, to: string): TransitionRow | undefined =>
  profile.transitions.find((row) => row.from === from && row.to === to);

/** Whether one object of a kind may go from one state to another. `none` is where an object comes from. */
export function mayMove(profile: Profile, type: KeyType, from: string, to: string): boolean {
  const row = rowOf(profile, from, to);
  return row?.allowed === 'yes' && !(row.never ?? []).includes(type);
}

/** One object of a key and where an act takes it; null where the act leaves it as it is. */
export interface ObjectMove {
  readonly type: KeyType;
  readonly from: string;
  readonly to: string | null;
}

/**
 * Why the objects of one key may not make these moves in one act, as a sentence, or null where they may. Where a row
 * says that both halves move together, the other half must take the same way, unless it has no such way any more.
 */
export function refusedMoves(profile: Profile, objects: readonly ObjectMove[]): string | null {
  for (const { type, from, to } of objects) {
    if (to === null) continue;
    const row = rowOf(profile, from, to);
    if (!mayMove(profile, type, from, to)) return because(profile, from, to, row);
    if (row?.halves !== 'together') continue;
    const left = objects.find((other) => other.to !== to && mayMove(profile, other.type, other.from, to));
    if (left) return `From ${from} to ${to} both halves move together.`;
  }
  return null;
}

const because = (profile: Profile, from: string, to: string, row: TransitionRow | undefined): string => {
  const way = `${profile.id} has no way from ${from} to ${to} for this key.`;
  return row && row.allowed !== 'yes' ? `${way} ${row.conditions}` : way;
};

/** Whether something may be recorded of an object in this state that does not change it, such as a later compromise. */
export const mayAnnotate = (profile: Profile, state: string): boolean =>
  rowOf(profile, state, state)?.allowed === 'annotate';

/** States that an object of this kind can reach, from where it is. */
export function reachable(profile: Profile, type: KeyType, from: string): ReadonlySet<string> {
  const reached = new Set<string>();
  for (const next = [from]; next.length > 0;) {
    const here = next.pop()!;
    for (const { to } of profile.transitions) {
      if (reached.has(to) || !mayMove(profile, type, here, to)) continue;
      reached.add(to);
      next.push(to);
    }
  }
  return reached;
}

/** Whether no way leads back. */
export const isIrreversible = (profile: Profile, type: KeyType, from: string, to: string): boolean =>
  from !== to && !reachable(profile, type, to).has(from);

/** What is said before a transition from which no way leads back; undefined where one does. */
export const warningOf = (profile: Profile, type: KeyType, from: string, to: string): string | undefined =>
  isIrreversible(profile, type, from, to) ? rowOf(profile, from, to)?.warning : undefined;

/** What is said before an object of this kind is brought into a state from which no way leads back, wherever it was. */
export const warningInto = (profile: Profile, type: KeyType, to: string): string | undefined =>
  profile.transitions.map((row) => (row.to === to ? warningOf(profile, type, row.from, to) : undefined)).find(Boolean);

export const stateRow = (profile: Profile, state: string): StateRow | undefined =>
  profile.states.find((row) => row.state === state);

/** Whether an object in this state is on the token. In a state that the profile does not have, none is. */
export const isPresent = (profile: Profile, state: string): boolean => stateRow(profile, state)?.object === 'present';

/** How the state is written for people. */
export const stateName = (profile: Profile, state: string): string => stateRow(profile, state)?.name ?? state;

/**
 * What the token lets an object of this kind do in this state, and nothing in a state that the profile does not have.
 * `enabled`: whether the switches of the profile are on.
 */
export function operationsOf(profile: Profile, type: KeyType, state: string, enabled = true): readonly Operation[] {
  const row = stateRow(profile, state);
  if (!row || row.object === 'absent') return [];
  const kind = KEY_TYPES[type];
  const off = enabled ? [] : profile.switches.flatMap(({ blocks }) => blocks);
  return [...(row.protect === 'yes' ? kind.protect : []), ...(row.process === 'yes' ? kind.process : [])].filter(
    (operation) => !off.includes(operation),
  );
}

/** Every usage attribute of the object, as the state demands it on the token. */
export function usageIn(profile: Profile, type: KeyType, state: string, enabled = true): Attribute[] {
  const allowed = operationsOf(profile, type, state, enabled);
  return USAGE[KEY_TYPES[type].object].map(([name, allows]) => ({
    name,
    value: allows !== null && allowed.includes(allows),
  }));
}
