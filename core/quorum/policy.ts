/**
 * The policy of a vault, as data: who, how many, for which act, for how long. It is frozen by its SHA-256 over JCS
 * bytes, which the genesis sheet and every plan carry.
 */
import * as v from 'valibot';
import { presetOf } from './preset.ts';
import { Mechanism, PersonId, Purpose } from '../ledger/fields.ts';

/** The acts a quorum decides on, each with its own threshold. */
export const Action = v.picklist([
  'generate',
  'rotate',
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
  'sync-hsm',
  'record-hsm',
]);
export type Action = v.InferOutput<typeof Action>;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(99));
const seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(60), v.maxValue(31 * 86_400));

export const Group = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/)),
  people: v.pipe(v.array(PersonId), v.minLength(1), v.maxLength(32)),
});

export const Rule = v.strictObject({
  action: Action,
  /** Every member of `all` must be satisfied: `required` distinct people, by distinct keys, of the group. */
  all: v.pipe(v.array(v.strictObject({ of: v.string(), required: count })), v.minLength(1), v.maxLength(8)),
  /** Seconds for which an approval is good. */
  expiresAfter: seconds,
  /** Seconds that must pass between an approval and its use. */
  timeLock: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  /** `veto`: one decline stops the step. `count`: a decline only is not an approval. */
  declines: v.picklist(['veto', 'count']),
});

/** With which algorithms a key may be made for a purpose. */
export const KeyRule = v.strictObject({ purpose: Purpose, mechanisms: v.pipe(v.array(Mechanism), v.minLength(1)) });
export type KeyRule = v.InferOutput<typeof KeyRule>;

const each = (ids: readonly string[]): boolean => new Set(ids).size === ids.length;

export const policySchema = v.pipe(
  v.strictObject({
    v: v.literal(1),
    groups: v.pipe(v.array(Group), v.minLength(1), v.maxLength(16)),
    rules: v.pipe(v.array(Rule), v.minLength(1)),
    /** Of signature keys, in policies from before `keys`. Where both are there, `keys` counts. */
    mechanisms: v.optional(v.pipe(v.array(Mechanism), v.minLength(1))),
    /** What is not here may not be made, however strong. */
    keys: v.optional(v.pipe(v.array(KeyRule), v.minLength(1))),
    /** Who must cosign the head before a ceremony closes. Absent: only where the token keeps no head, as many as decide. */
    cosign: v.optional(v.strictObject({ custodians: count, witnesses: count })),
  }),
  v.check(({ mechanisms, keys }) => mechanisms !== undefined || keys !== undefined, 'it says nothing of keys'),
  v.check(({ keys = [] }) => each(keys.map(({ purpose }) => purpose)), 'a purpose is there twice'),
  v.check(({ groups }) => each(groups.map(({ id }) => id)), 'a group is there twice'),
  v.check(({ groups }) => groups.every(({ people }) => each(people)), 'a person is in a group twice'),
  // With two rules for an act, the order in the file would decide which one holds.
  v.check(({ rules }) => each(rules.map(({ action }) => action)), 'an act has two rules'),
  // One person in two groups of a rule would count once in each, and the rule would ask for fewer people than it says.
  v.check(
    ({ groups, rules }) =>
      rules.every(
        ({ all }) =>
          each(all.flatMap(({ of }) => groups.find(({ id }) => id === of)?.people ?? [])) &&
          each(all.map(({ of }) => of)),
      ),
    'the groups of a rule share a person',
  ),
  v.check(
    ({ groups, rules }) =>
      rules.every(({ all }) =>
        all.every(({ of, required }) => required <= (groups.find(({ id }) => id === of)?.people.length ?? 0)),
      ),
    'a rule asks for more people than its group has',
  ),
);
export type Policy = v.InferOutput<typeof policySchema>;
export type PolicyRule = v.InferOutput<typeof Rule>;

/** The rule for an action, or null: what no rule allows is refused. */
export const ruleFor = (policy: Policy, action: Action): PolicyRule | null =>
  policy.rules.find((rule) => rule.action === action) ?? null;

/** Which keys the policy lets be made, purpose by purpose. */
export const keysAllowed = ({ keys, mechanisms = [] }: Policy): readonly KeyRule[] =>
  keys ?? [{ purpose: 'sign', mechanisms }];

export const allowsKey = (policy: Policy, purpose: Purpose, mechanism: Mechanism): boolean =>
  keysAllowed(policy).some((rule) => rule.purpose === purpose && rule.mechanisms.includes(mechanism));

/**
 * The policy a new vault begins with: `required` of the given custodians for every action, one decline stops. With
 * `cosign`, no ceremony closes before as many custodians and a witness have cosigned the head of the ledger.
 */
export function initialPolicy(
  custodians: readonly string[],
  required: number,
  cosign = false,
  keys: readonly KeyRule[] = presetOf('general').keys,
): Policy {
  return {
    v: 1,
    groups: [{ id: 'custodians', people: [...custodians] }],
    rules: Action.options.map((action) => ({
      action,
      all: [{ of: 'custodians', required }],
      expiresAfter: 4 * 3600,
      declines: 'veto',
    })),
    keys: keys.map(({ purpose, mechanisms }) => ({ purpose, mechanisms: [...mechanisms] })),
    ...(cosign ? { cosign: { custodians: required, witnesses: 1 } } : {}),
  };
}
