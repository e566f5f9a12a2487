/** Whether an act on the token may begin. The answer is its intent, which must be in the ledger before the first call. */
import type { EventOf, NewEntry } from '../ledger/event.ts';
import { templateOf, type Step } from '../plan/plan.ts';
import { misbound, untimely } from '../quorum/bind.ts';
import { notReached } from '../quorum/count.ts';
import { ruleFor } from '../quorum/policy.ts';
import { ok, type Result } from '../result.ts';
import { refuse } from '../rules.ts';
import { bindingOf, misplaced } from './decide-approval.ts';
import { atStep, byAdministrator, type Facts } from './decide.ts';
import { standing, type CeremonyState, type RecordedDecision, type VaultState } from './state.ts';

export function decideAct(state: VaultState, stepId: string, facts: Facts): Result<NewEntry[]> {
  const at = atStep(state, stepId);
  if (!at.ok) return at;
  const { ceremony, current } = at.value;
  if (current.kind !== 'act' || !current.act) return refuse('STEP-1');
  if (state.intents.size > 0) return refuse('STEP-4');
  if (ceremony.unknown.has(stepId)) return refuse('STEP-6');
  if (!state.session.vault) return refuse('STEP-3');
  if (state.policySha256 !== ceremony.plan.policySha256 || facts.now >= Date.parse(ceremony.plan.expires)) {
    return refuse('PLAN-5');
  }
  if (state.environment === 'production' && facts.interfacesUp.length > 0) {
    return refuse('AIRGAP-1', facts.interfacesUp.join(', '));
  }
  const quorum = current.action === undefined ? ok([]) : reached(state, ceremony, current, facts);
  if (!quorum.ok) return quorum;
  if (current.act === 'key.generate' && facts.labelInUse !== false) return refuse('LABEL-1');

  return ok([byAdministrator(ceremony, { type: 'act.intent', data: intent(ceremony, current, quorum.value) })]);
}

/** The approvals that allow the act now, each checked again at the moment of use. */
function reached(
  state: VaultState,
  ceremony: CeremonyState,
  step: Step,
  facts: Facts,
): Result<readonly RecordedDecision[]> {
  const rule = state.policy && step.action ? ruleFor(state.policy, step.action) : null;
  const binding = bindingOf(ceremony, step.id);
  if (!state.policy || !rule || !binding) return refuse('QUORUM-6');
  const decisions = standing(ceremony, step.id, facts.now);
  const expired = ceremony.decisions.some(
    ({ step: of, decision, approval }) =>
      of === step.id && decision === 'approve' && facts.now >= Date.parse(approval.expires),
  );
  for (const { approval, decision } of decisions) {
    if (decision !== 'approve') continue;
    const wrong =
      misbound(approval, binding) ?? untimely(approval, facts.now, rule.timeLock) ?? misplaced(approval, facts);
    if (wrong) return refuse(wrong);
  }
  const missing = notReached(state.policy, rule, decisions);
  // Where approvals ran out, that is the reason a person can do something about.
  if (missing) return refuse(missing === 'QUORUM-1' && expired ? 'APPROVAL-6' : missing);
  return ok(decisions.filter(({ decision }) => decision === 'approve'));
}

function intent(
  ceremony: CeremonyState,
  step: Step,
  approvals: readonly RecordedDecision[],
): EventOf<'act.intent'>['data'] {
  const { key } = ceremony.plan.script;
  const template = templateOf(ceremony.plan, step.id)?.sha256;
  return {
    act: step.act!,
    step: step.id,
    plan: ceremony.planSha256,
    ...(template === undefined ? {} : { template }),
    ...(approvals.length === 0 ? {} : { approvals: approvals.map(({ envelope }) => envelope) }),
    ...(step.act === 'key.generate' ? { label: key.label, mechanism: key.mechanism } : {}),
    ...(step.act !== 'key.generate' && ceremony.key !== null ? { key: ceremony.key } : {}),
    token: 'vault',
  };
}
