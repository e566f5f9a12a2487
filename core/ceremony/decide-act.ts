/** Whether an act on the token may begin. The answer is its intent, which must be in the ledger before the first call. */
import type { EventOf, NewEntry } from '../ledger/event.ts';
import { changeOf, refusedChange, restricts } from '../lifecycle/change.ts';
import { stillHeld } from '../lifecycle/replay.ts';
import { plannedKey, templateOf, type GenerateScript, type Plan, type Step } from '../plan/plan.ts';
import { isAgreement, isGenerate } from '../plan/recipes.ts';
import { misbound, untimely } from '../quorum/bind.ts';
import { instant } from '../quorum/instant.ts';
import { notReached } from '../quorum/count.ts';
import { ruleFor } from '../quorum/policy.ts';
import { ok, type Result } from '../result.ts';
import { refuse, type RuleId } from '../rules.ts';
import { bindingOf, misplaced } from './decide-approval.ts';
import { atStep, byAdministrator, type Facts } from './decide.ts';
import { isFinding, misreported } from './misreported.ts';
import {
  currentStep,
  keyOf,
  keyOfStep,
  labelOfStep,
  latest,
  standing,
  type CeremonyState,
  type RecordedDecision,
  type VaultState,
} from './state.ts';

export interface ActCommand {
  readonly kind: 'ceremony.act';
  readonly step: string;
  /** The label of the key as a person typed it, where the step asks for that. */
  readonly label?: string | undefined;
}

export function decideAct(state: VaultState, { step: stepId, label }: ActCommand, facts: Facts): Result<NewEntry[]> {
  const at = atStep(state, stepId);
  if (!at.ok) return waiting(state, stepId, facts) ?? at;
  const { ceremony, current } = at.value;
  if (current.kind !== 'act' || !current.act) return refuse('STEP-1');
  if (state.intents.size > 0) return refuse('STEP-4');
  if (ceremony.unknown.has(stepId)) return refuse('STEP-6');
  if (!state.session.vault) return refuse('STEP-3');
  const valid = latest(ceremony, facts.now) < instant(ceremony.plan.expires);
  if (state.policySha256 !== ceremony.plan.policySha256 || !valid) return refuse('PLAN-5');
  if (state.environment === 'production' && facts.interfacesUp.length > 0) {
    return refuse('AIRGAP-1', facts.interfacesUp.join(', '));
  }
  const quorum = current.action === undefined ? ok([]) : reached(state, ceremony, current, facts);
  if (!quorum.ok) return quorum;
  if (current.typed === 'label' && label !== labelOfStep(ceremony.plan, current)) return refuse('LABEL-2');
  const change = changeOf(current.act);
  if (givesLabel(current) && facts.labelInUse !== false) return refuse('LABEL-1');
  if (isAgreement(ceremony.plan.script)) {
    // The login looked at the token again: what was resolved meanwhile, or is another now, is not what was approved.
    if (!ceremony.plan.script.items.every(({ finding }) => isFinding(state, finding))) return refuse('DRIFT-6');
  } else if (current.act !== 'key.generate' && (change === undefined || !restricts(change))) {
    // What takes rights away is done whatever the token reports: a key that differs is a reason for it.
    const wrong = misreported(state, keyOfStep(ceremony, current));
    if (wrong !== null) return refuse('READBACK-1', wrong);
  }
  const record = state.keys.keys.get(keyOfStep(ceremony, current) ?? '');
  const barred = change && (record ? refusedChange(state.keys.profile, change, record) : 'The ledger has no such key.');
  if (barred) return refuse('LIFECYCLE-1', barred);
  if (change === 'destroy' && record && stillHeld(record, facts.now)) {
    return refuse('LIFECYCLE-5', `It passes at ${record.destroyAfter}.`);
  }

  return ok([byAdministrator(ceremony, { type: 'act.intent', data: intent(ceremony, current, quorum.value) })]);
}

/** Whether the step gives a key the label that `labelGiven` says. */
export const givesLabel = ({ act }: Step): boolean => act === 'key.generate' || act === 'key.change-label';

/** The label that the script gives a key. */
export const labelGiven = (plan: Plan): string =>
  plan.script.recipe === 'change-label@1' ? plan.script.newLabel : plannedKey(plan).label;

/** An act that is asked for while its approvals are still being given: what is missing, in the quorum's own words. */
function waiting(state: VaultState, stepId: string, facts: Facts): Result<never> | null {
  const ceremony = state.open;
  const step = ceremony?.plan.script.steps.find(({ id }) => id === stepId);
  if (!ceremony || !step || currentStep(ceremony)?.for !== stepId) return null;
  const quorum = reached(state, ceremony, step, facts);
  return quorum.ok ? null : quorum;
}

/**
 * The approvals that allow the act now, each checked again at the moment of use. One that cannot be used is left out
 * of the count; where the count then falls short, what is wrong with it is the reason.
 */
function reached(
  state: VaultState,
  ceremony: CeremonyState,
  step: Step,
  facts: Facts,
): Result<readonly RecordedDecision[]> {
  const rule = state.policy && step.action ? ruleFor(state.policy, step.action) : null;
  const binding = bindingOf(ceremony, step.id);
  if (!state.policy || !rule || !binding) return refuse('QUORUM-6');
  const now = latest(ceremony, facts.now);
  let why: RuleId | null = null;
  const usable = standing(ceremony, step.id, now).filter(({ approval, decision, person, key, time, envelope }) => {
    if (decision === 'decline') return true;
    const wrong =
      misbound(approval, binding) ??
      (keyOf(ceremony, person) === key && facts.genuine?.has(envelope) ? null : 'APPROVAL-8') ??
      untimely(approval, now, rule.timeLock, instant(time)) ??
      misplaced(approval, facts);
    why ??= wrong;
    return wrong === null;
  });
  // Where approvals ran out, that is the reason a person can do something about.
  const ranOut = ceremony.decisions.some(
    ({ step: of, decision, approval }) =>
      of === step.id && decision === 'approve' && !(now < instant(approval.expires)),
  );
  const missing = notReached(state.policy, rule, usable);
  if (missing === 'QUORUM-1') return refuse(why ?? (ranOut ? 'APPROVAL-6' : missing));
  return missing ? refuse(missing) : ok(usable.filter(({ decision }) => decision === 'approve'));
}

/** What the ledger says of a new key besides its mechanism. A key that signs is said as it always was. */
const madeFor = (script: GenerateScript): Pick<EventOf<'act.intent'>['data'], 'purpose' | 'recovery'> => ({
  ...(script.key.purpose === 'sign' ? {} : { purpose: script.key.purpose }),
  recovery: script.key.recovery.kind,
});

function intent(
  ceremony: CeremonyState,
  step: Step,
  approvals: readonly RecordedDecision[],
): EventOf<'act.intent'>['data'] {
  const { script, subject } = ceremony.plan;
  const key = keyOfStep(ceremony, step);
  const template = templateOf(ceremony.plan, step.id)?.sha256;
  return {
    act: step.act!,
    step: step.id,
    plan: ceremony.planSha256,
    ...(template === undefined ? {} : { template }),
    ...(approvals.length === 0 ? {} : { approvals: approvals.map(({ envelope }) => envelope) }),
    ...(givesLabel(step) ? { label: labelGiven(ceremony.plan) } : {}),
    ...(step.act === 'key.generate' && isGenerate(script)
      ? { mechanism: script.key.mechanism, ...madeFor(script) }
      : {}),
    ...(step.act === 'key.generate' && isGenerate(script) && script.key.cryptoperiod
      ? { cryptoperiod: script.key.cryptoperiod }
      : {}),
    ...(step.act !== 'key.generate' && key !== null ? { key } : {}),
    ...(step.act === 'key.generate' && script.recipe === 'rotate-key@1' && subject ? { predecessor: subject.key } : {}),
    ...(script.recipe === 'set-cryptoperiod@1' ? { cryptoperiod: script.cryptoperiod } : {}),
    ...(script.recipe === 'schedule-destruction@1' ? { hold: script.hold } : {}),
    ...(script.recipe === 'report-compromise@1' ? { compromise: script.compromise } : {}),
    ...(isAgreement(script) ? { drift: script.items.map(({ finding }) => finding) } : {}),
    token: 'vault',
  };
}
