/** Counting a quorum: distinct people, by distinct keys, of the groups that the policy names. */
import type { RuleId } from '../rules.ts';
import type { Policy, PolicyRule } from './policy.ts';

export interface Decision {
  readonly person: string;
  /** SHA-256 of the key's SubjectPublicKeyInfo. */
  readonly key: string;
  readonly decision: 'approve' | 'decline';
}

export interface Tally {
  readonly of: string;
  readonly required: number;
  readonly members: number;
  readonly approved: number;
}

const membersOf = (policy: Policy, group: string): readonly string[] =>
  policy.groups.find(({ id }) => id === group)?.people ?? [];

export const maySign = (policy: Policy, rule: PolicyRule, person: string): boolean =>
  rule.all.some(({ of }) => membersOf(policy, of).includes(person));

/** How far each group has come. A person or a key that appears twice counts once. */
export function tally(policy: Policy, rule: PolicyRule, decisions: readonly Decision[]): Tally[] {
  return rule.all.map(({ of, required }) => {
    const members = membersOf(policy, of);
    const people = new Set<string>();
    const keys = new Set<string>();
    for (const { person, key, decision } of decisions) {
      if (decision !== 'approve' || !members.includes(person) || people.has(person) || keys.has(key)) continue;
      people.add(person);
      keys.add(key);
    }
    return { of, required, members: members.length, approved: people.size };
  });
}

/** Why the quorum is not reached, or null where it is. */
export function notReached(policy: Policy, rule: PolicyRule, decisions: readonly Decision[]): RuleId | null {
  if (rule.declines === 'veto' && decisions.some(({ decision }) => decision === 'decline')) return 'QUORUM-5';
  const groups = tally(policy, rule, decisions);
  return groups.length > 0 && groups.every(({ approved, required }) => approved >= required) ? null : 'QUORUM-1';
}
