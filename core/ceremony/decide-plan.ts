/** Whether a plan may be frozen. A frozen plan opens its ceremony. */
import type { NewEntry } from '../ledger/event.ts';
import { requiredRoles } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { ok, type Result } from '../result.ts';
import { refuse } from '../rules.ts';
import type { Facts } from './decide.ts';
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

export function decidePlan(state: VaultState, command: PlanCommand, facts: Facts): Result<NewEntry[]> {
  const { plan } = command;
  if (state.open) return refuse('PLAN-1');
  if (state.intents.size > 0) return refuse('STEP-4');
  if (!state.policy || !state.genesis || !state.vault) return refuse('SETUP-2');
  const own =
    plan.ceremony === nextCeremonyId(state, facts.now) &&
    plan.environment === state.environment &&
    plan.vault === state.vault.vault &&
    plan.hsm.serial === state.hsm?.serial &&
    plan.scriptSha256 === command.scriptSha256;
  if (!own) return refuse('PLAN-6');
  if (plan.policySha256 !== state.policySha256 || facts.now >= Date.parse(plan.expires)) return refuse('PLAN-5');

  const { key } = plan.script;
  if (!state.policy.mechanisms.includes(key.mechanism)) return refuse('PLAN-2');
  if ([...state.keys.keys.values()].some(({ label }) => label === key.label)) return refuse('PLAN-3');

  const strangers = plan.people.some(({ person, role, key: fingerprint }) => {
    const enrolled = state.people.get(person);
    return enrolled?.key !== fingerprint || enrolled.role !== role;
  });
  if (strangers) return refuse('PLAN-6');
  if (new Set(plan.people.map((p) => p.key)).size !== plan.people.length) return refuse('ROLE-1');
  if (new Set(plan.people.map((p) => p.name)).size !== plan.people.length) return refuse('ROLE-1');
  const roles = new Set(plan.people.map(({ role }) => role));
  if (!requiredRoles(plan.script).every((role) => roles.has(role))) return refuse('PLAN-4');
  for (const { action } of plan.script.steps) {
    const rule = action && state.policy.rules.find((one) => one.action === action);
    if (action && !rule) return refuse('QUORUM-6');
    const groups = state.policy.groups;
    const short = rule?.all.some(({ of, required }) => {
      const members = groups.find(({ id }) => id === of)?.people ?? [];
      return plan.people.filter(({ person }) => members.includes(person)).length < required;
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
