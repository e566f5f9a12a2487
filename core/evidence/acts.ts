/** What was done to a key, out of the entries of a range. Producer and verifier both stand on this. */
import { equal, hex } from '../bytes.ts';
import { isOfKey } from '../lifecycle/replay.ts';
import type { Leaf } from './range-file.ts';

export type IntentLeaf = Leaf & { readonly entry: Extract<Leaf['entry'], { type: 'act.intent' }> };
export type OutcomeLeaf = Leaf & { readonly entry: Extract<Leaf['entry'], { type: 'act.result' | 'act.recovered' }> };

export interface DoneAct {
  readonly intent: IntentLeaf;
  readonly result: OutcomeLeaf;
}

export const isIntent = (leaf: Leaf): leaf is IntentLeaf => leaf.entry.type === 'act.intent';
export const isOutcome = (leaf: Leaf): leaf is OutcomeLeaf =>
  leaf.entry.type === 'act.result' || leaf.entry.type === 'act.recovered';

/** Every committed act in the life of the key that is among these entries, in order. */
export function doneActs(leaves: readonly Leaf[], key: string): DoneAct[] {
  const intents = new Map(leaves.filter(isIntent).map((leaf) => [hex(leaf.hash), leaf]));
  return leaves.filter(isOutcome).flatMap((result) => {
    const { act, outcome, key: of, intent: hash } = result.entry.data;
    const intent = intents.get(hash);
    return intent && isOfKey(act) && outcome === 'committed' && (of ?? intent.entry.data.key) === key
      ? [{ intent, result }]
      : [];
  });
}

/**
 * The entries that a statement names: the plan, the approvals that were used, and the acts with their results. Those of
 * earlier ceremonies come first: what the state of the key before this one follows from.
 */
export function namedLeaves(leaves: readonly Leaf[], acts: readonly DoneAct[], ceremony: string): Leaf[] {
  return leaves.filter(({ entry, hash }) => {
    if (entry.type === 'plan.frozen') return entry.ceremony === ceremony;
    if (entry.type === 'approval.given')
      return acts.some(({ intent }) => intent.entry.data.approvals?.includes(entry.data.envelope));
    return acts.some(({ intent, result }) => equal(intent.hash, hash) || equal(result.hash, hash));
  });
}
