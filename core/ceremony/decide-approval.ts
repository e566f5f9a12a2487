/** Whether a custodian's decision counts. The envelope's signature was checked outside; its result comes in as a fact. */
import type { NewEntry } from '../ledger/event.ts';
import { stepOf, templateOf } from '../plan/plan.ts';
import type { Approval } from '../quorum/approval.ts';
import { misbound, undisturbed, untimely, type Binding } from '../quorum/bind.ts';
import { instant } from '../quorum/instant.ts';
import { maySign } from '../quorum/count.ts';
import { ruleFor } from '../quorum/policy.ts';
import { ok, type Result } from '../result.ts';
import { refuse, type RuleId } from '../rules.ts';
import type { Facts } from './decide.ts';
import { currentStep, latest, standing, type CeremonyState, type VaultState } from './state.ts';

export interface ApprovalCommand {
  readonly kind: 'ceremony.decide';
  /** The approval as it was signed. */
  readonly approval: Approval;
  /** SHA-256 of the DSSE envelope, hex. */
  readonly envelope: string;
  /** SHA-256 of the SubjectPublicKeyInfo of the key whose signature verified, or null where none did. */
  readonly signedBy: string | null;
}

/** What approvals of a step must be bound to. Null where the plan has no such step or no template for it. */
export function bindingOf(ceremony: CeremonyState, step: string): Binding | null {
  const template = templateOf(ceremony.plan, step);
  if (!stepOf(ceremony.plan, step) || !template) return null;
  return {
    environment: ceremony.plan.environment,
    ceremony: ceremony.id,
    scriptSha256: ceremony.plan.scriptSha256,
    planSha256: ceremony.planSha256,
    step,
    hsmSerial: ceremony.plan.hsm.serial,
    templateSha256: template.sha256,
  };
}

/** The ledger head an approval names must be a prefix of this ledger, with nothing but harmless entries since. */
export function misplaced(approval: Approval, facts: Facts): RuleId | null {
  const { size, root } = approval.ledgerHead;
  if (facts.rootAt(size) !== root) return 'APPROVAL-7';
  return undisturbed(facts.eventsSince(size), approval.step) ? null : 'APPROVAL-7';
}

export function decideApproval(state: VaultState, command: ApprovalCommand, facts: Facts): Result<NewEntry[]> {
  const { approval, envelope, signedBy } = command;
  const ceremony = state.open;
  if (!ceremony || !state.policy) return refuse('STEP-5');
  const asking = ceremony.plan.script.steps.find((step) => step.kind === 'approve' && step.for === approval.step);
  const binding = bindingOf(ceremony, approval.step);
  if (!asking?.action || !binding) return refuse('APPROVAL-2');
  const wrong = misbound(approval, binding);
  if (wrong) return refuse(wrong);

  const person = ceremony.plan.people.find((one) => one.person === approval.custodian);
  if (!person || signedBy !== person.key) return refuse('APPROVAL-8');
  const rule = ruleFor(state.policy, asking.action);
  if (!rule) return refuse('QUORUM-6');
  if (person.role !== 'custodian' || !maySign(state.policy, rule, person.person)) return refuse('QUORUM-4');

  // While the step is asked for, and again if approvals ran out before the act was done.
  const current = currentStep(ceremony);
  const stillOpen = current?.id === asking.id || (ceremony.done.has(asking.id) && !ceremony.done.has(approval.step));
  if (!stillOpen) return refuse('STEP-1');

  const now = latest(ceremony, facts.now);
  // An approval that something else has overtaken can be given again; a decision that still counts cannot.
  const earlier = standing(ceremony, approval.step, now).filter(
    (decision) => decision.decision === 'decline' || misplaced(decision.approval, facts) === null,
  );
  if (earlier.some(({ key }) => key === signedBy)) return refuse('QUORUM-2');
  if (earlier.some((decision) => decision.person === person.person)) return refuse('QUORUM-3');
  if (approval.decision === 'decline' && !approval.reason) return refuse('APPROVAL-10');
  const late = untimely(approval, now) ?? overlong(approval, rule.expiresAfter) ?? misplaced(approval, facts);
  if (late) return refuse(late);

  const common = { step: approval.step, person: person.person, key: signedBy, plan: ceremony.planSha256, envelope };
  return ok([
    {
      event:
        approval.decision === 'approve'
          ? { type: 'approval.given', data: { ...common, expires: approval.expires } }
          : { type: 'approval.declined', data: common },
      ceremony: ceremony.id,
      actor: { role: 'custodian', person: person.person },
    },
  ]);
}

/** An approval cannot promise itself a longer life than the policy gives it. */
const overlong = (approval: Approval, expiresAfter: number): RuleId | null =>
  instant(approval.expires) - instant(approval.time) <= expiresAfter * 1000 ? null : 'APPROVAL-6';
