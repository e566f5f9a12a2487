/**
 * What may happen next. `decide` takes the state of the vault, one command and the facts of the moment, and answers
 * with the entries to append or with a refusal by its rule. It does nothing itself: the engine appends, and runs the
 * act on the token only after its intent is in the ledger.
 */
import type { Crypto } from '../crypto.ts';
import type { Event, NewEntry } from '../ledger/event.ts';
import type { Step } from '../plan/plan.ts';
import { isAgreement } from '../plan/recipes.ts';
import { overBy } from '../continuity/end.ts';
import { ok, type Result } from '../result.ts';
import { refuse } from '../rules.ts';
import { decideAct, type ActCommand } from './decide-act.ts';
import { decideClock, type ClockCommand } from './decide-clock.ts';
import { decideCosign, notCosigned, openingRule, type CosignCommand } from './decide-cosign.ts';
import { decideApproval, type ApprovalCommand } from './decide-approval.ts';
import { decidePlan, type PlanCommand } from './decide-plan.ts';
import { misreported, unresolved } from './misreported.ts';
import { currentStep, keyOfStep, type CeremonyState, type VaultState } from './state.ts';

/** What the engine found out before it asks. Pure data and pure look-ups. */
export interface Facts {
  /** For recomputing what a plan is and what its recipe makes. */
  readonly crypto: Crypto;
  /** Milliseconds since 1970, by the wall clock of the entry that will be written. */
  readonly now: number;
  /** Root of the first `size` entries in hex, or null where the ledger is shorter. */
  rootAt(size: number): string | null;
  /** Events from sequence number `size` on. */
  eventsSince(size: number): readonly Event[];
  /**
   * SHA-256 (hex) of the approval envelopes whose signature, by the key that the person enrolled, was verified just
   * now. Asked before an act, which believes no other.
   */
  readonly genuine?: ReadonlySet<string>;
  /** Interfaces that are up, other than loopback. */
  readonly interfacesUp: readonly string[];
  /** Whether another key on the token has the label that the plan gives. Asked before an act that gives one. */
  readonly labelInUse?: boolean;
}

export type Command =
  | PlanCommand
  | ApprovalCommand
  | ClockCommand
  | CosignCommand
  | ActCommand
  | { readonly kind: 'ceremony.confirm'; readonly step: string; readonly confirmed: readonly string[] }
  | { readonly kind: 'ceremony.login'; readonly step: string }
  | { readonly kind: 'ceremony.logout'; readonly step: string }
  | { readonly kind: 'ceremony.export'; readonly step: string }
  | { readonly kind: 'ceremony.recordException'; readonly step: string; readonly note: string }
  | { readonly kind: 'ceremony.stop'; readonly reason: string }
  | { readonly kind: 'inventory.take' | 'inventory.probe' }
  | { readonly kind: 'receipt.skip'; readonly reason: string };

/** The person who leads: the administrator named on the plan. */
export const administratorOf = (ceremony: CeremonyState): string =>
  ceremony.plan.people.find(({ role }) => role === 'administrator')?.person ?? 'administrator-1';

/** The open ceremony and its current step, if `step` is that step. */
export function atStep(state: VaultState, step: string): Result<{ ceremony: CeremonyState; current: Step }> {
  const ceremony = state.open;
  if (!ceremony) return refuse('STEP-5');
  const current = currentStep(ceremony);
  if (!current || current.id !== step) return refuse('STEP-1');
  return ok({ ceremony, current });
}

export const byAdministrator = (
  ceremony: CeremonyState,
  event: Event,
  disclose?: Record<string, string>,
): NewEntry => ({
  event,
  ceremony: ceremony.id,
  actor: { role: 'administrator', person: administratorOf(ceremony) },
  ...(disclose ? { disclose } : {}),
});

export function decide(state: VaultState, command: Command, facts: Facts): Result<NewEntry[]> {
  const over = overBy(state);
  if (over) return refuse(over);
  switch (command.kind) {
    case 'plan.freeze':
      return decidePlan(state, command, facts);
    case 'clock.read':
      return decideClock(state, command, facts);
    case 'ceremony.decide':
      return decideApproval(state, command, facts);
    case 'checkpoint.cosign':
      return decideCosign(state, command, facts);
    case 'ceremony.act':
      return decideAct(state, command, facts);
    case 'ceremony.confirm':
      return decideConfirm(state, command.step, command.confirmed, facts);
    case 'ceremony.login':
      return decideLogin(state, command.step);
    case 'ceremony.logout':
      return decideLogout(state, command.step);
    case 'ceremony.export':
      return decideExport(state, command.step);
    case 'ceremony.recordException':
      return decideException(state, command.step, command.note);
    case 'ceremony.stop':
      return decideStop(state, command.reason);
    case 'inventory.take':
    case 'inventory.probe':
      return decideLook(state);
    case 'receipt.skip':
      return decideSkip(state, command.reason);
  }
}

function decideConfirm(
  state: VaultState,
  step: string,
  confirmed: readonly string[],
  facts: Facts,
): Result<NewEntry[]> {
  const at = atStep(state, step);
  if (!at.ok) return at;
  const { ceremony, current } = at.value;
  if (current.kind !== 'confirm' && current.kind !== 'read-back') return refuse('STEP-1');
  if (state.intents.size > 0) return refuse('STEP-4');
  const people = confirmed.map((id) => ceremony.plan.people.find(({ person }) => person === id));
  const roles = people.map((person) => person?.role);
  const exactly =
    new Set(confirmed).size === confirmed.length &&
    roles.length === current.confirmedBy.length &&
    current.confirmedBy.every((role) => roles.includes(role));
  if (!exactly) return refuse('STEP-2');
  // Nobody can confirm a reading that differs from the plan, whatever the screen showed.
  const wrong =
    current.kind !== 'read-back'
      ? null
      : isAgreement(ceremony.plan.script)
        ? unresolved(state, ceremony)
        : misreported(state, keyOfStep(ceremony, current));
  if (wrong !== null) return refuse('READBACK-1', wrong);
  // The step that checks the air gap is not passed over an interface that is up, outside of a rehearsal.
  if (current.id === 'workstation' && state.environment === 'production' && facts.interfacesUp.length > 0) {
    return refuse('AIRGAP-1', facts.interfacesUp.join(', '));
  }
  return ok([byAdministrator(ceremony, { type: 'step.done', data: { step, confirmed: [...confirmed] } })]);
}

/** Login comes after the approvals because the script says so; after an interruption it may come again. */
function decideLogin(state: VaultState, step: string): Result<NewEntry[]> {
  const at = atStep(state, step);
  if (!at.ok) return at;
  const { current } = at.value;
  const asked = openingRule(state);
  if (asked) return refuse(asked);
  // A head that is still to be cosigned may first have to be sealed.
  const closing = current.kind === 'logout' && notCosigned(state) !== null;
  const again = (needsSession(current) || closing) && !state.session.vault;
  return current.kind === 'login' || again ? ok([]) : refuse('STEP-1');
}

/** Whether a step can only be done while the token's session is open. */
export const needsSession = (step: Step): boolean => step.kind === 'act' || step.kind === 'export';

function decideKind(state: VaultState, step: string, kind: Step['kind']): Result<NewEntry[]> {
  const at = atStep(state, step);
  if (!at.ok) return at;
  if (at.value.current.kind !== kind) return refuse('STEP-1');
  return state.intents.size > 0 ? refuse('STEP-4') : ok([]);
}

/** The last logout closes the ceremony, so what must be cosigned is cosigned before it. */
function decideLogout(state: VaultState, step: string): Result<NewEntry[]> {
  const at = decideKind(state, step, 'logout');
  if (!at.ok || state.open?.plan.script.steps.at(-1)?.id !== step) return at;
  const missing = notCosigned(state);
  return missing ? refuse(missing.policy, missing.detail) : at;
}

function decideExport(state: VaultState, step: string): Result<NewEntry[]> {
  // Frozen by a version that made no bundle of a change of state.
  if (state.open && !state.open.plan.script.steps.some(({ kind }) => kind === 'export')) return refuse('EVIDENCE-1');
  const at = decideKind(state, step, 'export');
  if (!at.ok) return at;
  if (!state.session.vault) return refuse('STEP-3');
  return at;
}

function decideException(state: VaultState, step: string, note: string): Result<NewEntry[]> {
  const at = atStep(state, step);
  if (!at.ok) return at;
  return ok([byAdministrator(at.value.ceremony, { type: 'exception.recorded', data: { step } }, { note })]);
}

function decideStop(state: VaultState, reason: string): Result<NewEntry[]> {
  const ceremony = state.open;
  if (!ceremony) return refuse('STEP-5');
  if (state.intents.size > 0) return refuse('STEP-4');
  return ok([byAdministrator(ceremony, { type: 'ceremony.closed', data: { outcome: 'stopped' } }, { reason })]);
}

/** Asking the token what it holds, outside of a script. In a ceremony its login is the only one. */
function decideLook(state: VaultState): Result<NewEntry[]> {
  if (state.intents.size > 0) return refuse('STEP-4');
  if (state.open && !state.session.vault) return refuse('STEP-3');
  const asked = state.session.vault ? null : openingRule(state);
  return asked ? refuse(asked) : ok([]);
}

/** Nobody has a receipt at hand. The reason is recorded, and the finding stays in the ledger. */
function decideSkip(state: VaultState, reason: string): Result<NewEntry[]> {
  if (state.opening !== 'asked') return ok([]);
  return ok([
    {
      event: { type: 'receipt.skipped', data: {} },
      ceremony: state.open?.id ?? null,
      actor: { role: 'workstation' },
      disclose: { reason },
    },
  ]);
}
