/** Whether a plan may be frozen. A frozen plan opens its ceremony. */
import * as v from 'valibot';
import type { NewEntry } from '../ledger/event.ts';
import { fromBase64, hex } from '../bytes.ts';
import { cureOf, sameDrift } from '../inventory/drift.ts';
import type { Crypto } from '../crypto.ts';
import { isForKey } from '../lifecycle/profile.ts';
import { allowsKey } from '../quorum/policy.ts';
import { refusedChange } from '../lifecycle/change.ts';
import { refusedPeriod } from '../lifecycle/cryptoperiod.ts';
import { stillHeld, type KeyRecord } from '../lifecycle/replay.ts';
import { FIRST_PROFILE } from '../lifecycle/states.ts';
import { nameKey } from '../people/person.ts';
import { planBytes, scriptSha256 } from '../plan/freeze.ts';
import { labelOf } from '../plan/agree.ts';
import {
  planSchema,
  requiredRoles,
  type ChangeScript,
  type KeyPlan,
  type Plan,
  type RotateScript,
} from '../plan/plan.ts';
import { changeIn, isAgreement, isGenerate, scriptOf } from '../plan/recipes.ts';
import { instant } from '../quorum/instant.ts';
import { fail, ok, type Failure, type Result } from '../result.ts';
import { refusal, refuse } from '../rules.ts';
import type { Facts } from './decide.ts';
import { openingRule } from './decide-cosign.ts';
import { isFinding } from './misreported.ts';
import type { VaultState } from './state.ts';

export interface PlanCommand {
  readonly kind: 'plan.freeze';
  readonly plan: Plan;
  /** SHA-256 of the plan's bytes and of its script's, as computed from them by the caller. */
  readonly planSha256: string;
  readonly scriptSha256: string;
}

/** `CER-<year>-<number>`: numbers run on through the life of the vault. */
export const nextCeremonyId = (state: VaultState, now: number): string =>
  `CER-${new Date(now).getUTCFullYear()}-${String(state.ceremonies.size + 1).padStart(3, '0')}`;

/**
 * Whether the plan and its digests are what the recipe makes for its parameters. Everything is recomputed: a script of
 * the caller's own, such as one without its approvals, is not a plan.
 */
function misstated({ plan, planSha256, scriptSha256: claimed }: PlanCommand, { crypto }: Facts): string | null {
  const shape = v.safeParse(planSchema, plan);
  if (!shape.success) return `Not allowed: ${v.getDotPath(shape.issues[0]) ?? 'the plan'}.`;
  const script = scriptOf(crypto, plan.script);
  if (scriptSha256(crypto, plan.script) !== scriptSha256(crypto, script)) return 'The script is not the recipe’s.';
  if (plan.scriptSha256 !== scriptSha256(crypto, script) || plan.scriptSha256 !== claimed)
    return 'The digest of the script is another.';
  return planBytes(crypto, plan).sha256 === planSha256 ? null : 'The digest of the plan is another.';
}

/** What is wrong with the plan of a new key. */
function newKey(state: VaultState, { script, subject, created }: KeyPlan, { crypto }: Facts): Failure | null {
  const { key } = script;
  const wrong =
    script.recipe === 'rotate-key@1' ? followed(state, script, subject, crypto) : subject && refusal('PLAN-6');
  if (wrong) return wrong;
  const period = isGenerate(script) ? script.key.cryptoperiod : undefined;
  const untimely = period && refusedPeriod(period, created.slice(0, 10));
  if (untimely) return refusal(untimely);
  if (!state.policy || !allowsKey(state.policy, key.purpose, key.mechanism)) return refusal('PLAN-2');
  if (!isForKey(state.keys.profile, key.purpose, key.mechanism)) {
    return refusal('LIFECYCLE-1', `${state.keys.profile.title} has no such key.`);
  }
  return isKnownLabel(state, key.label) ? refusal('PLAN-3') : null;
}

/** What is wrong with the key that a new one is to follow, and with what is to become of it. */
function followed(
  state: VaultState,
  { predecessor, key: { purpose } }: RotateScript,
  subject: Plan['subject'],
  crypto: Crypto,
): Failure | null {
  const record = sameKey(state, subject, { ...predecessor, purpose }, crypto);
  if (!record) return refusal('PLAN-6', 'The ledger has no such key, or another one by this identifier.');
  if (predecessor.fate === 'keep') return null;
  const barred = refusedChange(state.keys.profile, predecessor.fate, record);
  return barred === null ? null : refusal('LIFECYCLE-1', barred);
}

/** The key of the ledger that a plan names in every way in which it names it, or null. */
function sameKey(
  { keys }: VaultState,
  subject: Plan['subject'],
  { label, mechanism, purpose }: ChangeScript['key'],
  crypto: Crypto,
): KeyRecord | null {
  const record = keys.keys.get(subject?.key ?? '');
  const same =
    record?.label === label &&
    record.mechanism === mechanism &&
    record.purpose === purpose &&
    spkiSha256(crypto, record) === (subject?.spkiSha256 ?? null);
  return same ? record : null;
}

/** SHA-256 of the public key, or null of a key that has none. */
export function spkiSha256(crypto: Crypto, { spki }: Pick<KeyRecord, 'spki'>): string | null {
  const bytes = spki === null ? null : fromBase64(spki);
  return bytes && hex(crypto.sha256(bytes));
}

/** A label that some key has or had: it is in the ledger, and would be taken for that key's. */
const isKnownLabel = (state: VaultState, label: string): boolean =>
  [...state.keys.keys.values()].some((key) => key.label === label || key.formerLabels.includes(label));

/** What is wrong with the plan of a change to a key that exists: which key it is, and whether it may change so. */
function ownKey(state: VaultState, { script, subject, created }: KeyPlan, { crypto, now }: Facts): Failure | null {
  const record = sameKey(state, subject, script.key, crypto);
  const change = changeIn(script);
  if (!record || change === null) {
    return refusal('PLAN-6', 'The ledger has no such key, or another one by this identifier.');
  }
  const barred = refusedChange(state.keys.profile, change, record);
  if (barred !== null) return refusal('LIFECYCLE-1', barred);
  if (script.recipe === 'change-label@1' && isKnownLabel(state, script.newLabel)) return refusal('PLAN-3');
  if (change === 'destroy' && stillHeld(record, now)) {
    return refusal('LIFECYCLE-5', `It passes at ${record.destroyAfter}.`);
  }
  if (script.recipe === 'set-cryptoperiod@1') {
    // A period that has begun may be ended on any later day, and one that has not begun begins today at the earliest.
    const untimely = refusedPeriod(script.cryptoperiod, created.slice(0, 10));
    if (untimely) return refusal(untimely);
  }
  const early = script.recipe === 'report-compromise@1' && !(instant(script.compromise.believed) <= instant(created));
  return early ? refusal('LIFECYCLE-2') : null;
}

/** What is wrong with a plan that resolves findings: which they are, how they are named, and whether they can be. */
function ownFindings(state: VaultState, { script, subject }: Plan): Failure | null {
  if (subject || !isAgreement(script)) return refusal('PLAN-6');
  const { items, recipe } = script;
  const known = items.every(({ finding }) => isFinding(state, finding));
  const once = items.every(({ finding }, i) => items.findIndex((one) => sameDrift(one.finding, finding)) === i);
  if (!known || !once) return refusal('DRIFT-6');
  if (!items.every(({ finding, label }) => label === labelOf(state, finding))) return refusal('PLAN-6');
  return recipe === 'sync-hsm@1' && items.some(({ finding }) => cureOf(finding) === null) ? refusal('DRIFT-7') : null;
}

export function decidePlan(state: VaultState, command: PlanCommand, facts: Facts): Result<NewEntry[]> {
  const { plan } = command;
  if (state.open) return refuse('PLAN-1');
  if (state.intents.size > 0) return refuse('STEP-4');
  if (!state.policy || !state.genesis || !state.vault) return refuse('SETUP-2');
  const asked = openingRule(state);
  if (asked) return refuse(asked);
  const wrong = misstated(command, facts);
  if (wrong !== null) return refuse('PLAN-6', wrong);
  const own =
    plan.ceremony === nextCeremonyId(state, facts.now) &&
    plan.environment === state.environment &&
    plan.vault === state.vault.vault &&
    plan.hsm.serial === state.hsm?.serial &&
    plan.hsm.label === state.hsm.label &&
    plan.hsm.model === state.hsm.model;
  if (!own) return refuse('PLAN-6');
  if ((plan.script.profile ?? FIRST_PROFILE) !== state.keys.profile.id) {
    return refuse('PLAN-6', 'It is of another lifecycle profile than the vault.');
  }
  const timely = instant(plan.created) <= facts.now && facts.now < instant(plan.expires);
  if (plan.policySha256 !== state.policySha256 || !timely) return refuse('PLAN-5');

  const { script } = plan;
  const misplanned = isAgreement(script)
    ? ownFindings(state, plan)
    : isGenerate(script)
      ? newKey(state, { ...plan, script }, facts)
      : ownKey(state, { ...plan, script }, facts);
  if (misplanned) return fail(misplanned);

  const strangers = plan.people.some((one) => {
    const enrolled = state.people.get(one.person);
    return !enrolled || (['role', 'name', 'credential', 'key', 'spki'] as const).some((f) => enrolled[f] !== one[f]);
  });
  if (strangers) return refuse('PLAN-6');
  if (new Set(plan.people.map((p) => p.key)).size !== plan.people.length) return refuse('ROLE-1');
  if (new Set(plan.people.map((p) => nameKey(p.name))).size !== plan.people.length) return refuse('ROLE-1');
  const roles = new Set(plan.people.map(({ role }) => role));
  if (!requiredRoles(plan.script).every((role) => roles.has(role))) return refuse('PLAN-4');
  for (const { action } of plan.script.steps) {
    const rule = action && state.policy.rules.find((one) => one.action === action);
    if (action && !rule) return refuse('QUORUM-6');
    const groups = state.policy.groups;
    const short = rule?.all.some(({ of, required }) => {
      const members = groups.find(({ id }) => id === of)?.people ?? [];
      return plan.people.filter((p) => p.role === 'custodian' && members.includes(p.person)).length < required;
    });
    if (short) return refuse('PLAN-4');
  }

  return ok([
    {
      event: {
        type: 'plan.frozen',
        data: { recipe: plan.script.recipe, plan: command.planSha256, script: command.scriptSha256 },
      },
      ceremony: plan.ceremony,
      actor: { role: 'administrator', person: plan.people.find(({ role }) => role === 'administrator')!.person },
    },
  ]);
}
