/** The open ceremony, or the last one, as the runner shows it. */
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { cosignaturesDue } from '../../core/ceremony/decide-cosign.ts';
import { needsSession } from '../../core/ceremony/decide.ts';
import { currentStep, standing, type CeremonyState } from '../../core/ceremony/state.ts';
import { driftSha256 } from '../../core/inventory/drift.ts';
import { cureWords, driftSentence, namesOf, recordWords } from '../../core/inventory/words.ts';
import { halvesOf, objectsOf } from '../../core/lifecycle/purpose.ts';
import { meaningOf, meaningOfChange } from '../../core/lifecycle/template.ts';
import { initials } from '../../core/people/person.ts';
import { templateOf, type Plan, type Step } from '../../core/plan/plan.ts';
import { changeIn, isAgreement, isGenerate } from '../../core/plan/recipes.ts';
import { tally } from '../../core/quorum/count.ts';
import { ruleFor } from '../../core/quorum/policy.ts';
import type { BundleView, CeremonyView, PlanView, PresenceView, StepView } from '../../contract/views.ts';
import type { Vault } from '../ceremony/vault.ts';
import { feedView } from './entry-view.ts';
import { keyView } from './key-view.ts';

/** As many as the room's column shows and a little more. */
const FEED_LENGTH = 20;

export interface CeremonyViewInput {
  readonly crypto: Crypto;
  readonly vault: Vault;
  readonly ceremony: CeremonyState;
  readonly loggedIn: boolean;
  readonly interfacesUp: readonly string[];
  readonly bundle: BundleView | null;
}

export function planView(crypto: Crypto, plan: Plan, planSha256: string): PlanView {
  const { script } = plan;
  const key = isAgreement(script) ? null : script.key;
  const change = changeIn(script);
  const objects = (key && objectsOf(key.purpose, key.mechanism)) ?? {};
  const template = templateOf(plan, change ?? 'generate')?.template;
  return {
    sha256: planSha256,
    scriptSha256: plan.scriptSha256,
    label: key?.label ?? '',
    mechanism: key?.mechanism ?? null,
    purpose: key?.purpose ?? null,
    does: doesOf(crypto, plan),
    attributes: halvesOf(objects).flatMap((half) =>
      (template?.[half] ?? []).map(({ name, value }) => ({
        name,
        value,
        half,
        meaning: change === null ? meaningOf(name, objects[half]!) : meaningOfChange(name, value, objects[half]!),
      })),
    ),
    created: plan.created,
    expires: plan.expires,
  };
}

function doesOf(crypto: Crypto, { script, subject }: Plan): PlanView['does'] {
  if (isGenerate(script)) {
    return {
      change: null,
      initialState: script.key.initialState,
      recovery: script.key.recovery,
      rotation:
        script.recipe === 'rotate-key@1'
          ? { ...script.predecessor, key: subject?.key ?? '', reason: script.reason }
          : null,
    };
  }
  if (isAgreement(script)) {
    const { items, reason, recipe } = script;
    return {
      change: recipe === 'sync-hsm@1' ? 'sync-hsm' : 'record-hsm',
      reason,
      findings: items.map(({ finding, label }) => ({
        sha256: driftSha256(crypto, finding),
        rule: finding.id,
        sentence: driftSentence(finding, namesOf(finding, label)),
        cure: (recipe === 'sync-hsm@1' ? cureWords(finding) : null) ?? recordWords(finding),
      })),
    };
  }
  return {
    change: changeIn(script)!,
    key: subject?.key ?? '',
    reason: script.reason,
    compromise: script.recipe === 'report-compromise@1' ? script.compromise : null,
    newLabel: script.recipe === 'change-label@1' ? script.newLabel : null,
    cryptoperiod: script.recipe === 'set-cryptoperiod@1' ? script.cryptoperiod : null,
    hold: script.recipe === 'schedule-destruction@1' ? script.hold : null,
  };
}

export function ceremonyView(input: CeremonyViewInput): CeremonyView {
  const { crypto, vault, ceremony } = input;
  const { state } = vault;
  const { plan } = ceremony;
  const current = currentStep(ceremony);
  const asking = quorumStep(ceremony, current);
  const [intent] = [...state.intents.values()].filter((open) => open.ceremony === ceremony.id);
  const record = ceremony.key === null ? undefined : state.keys.keys.get(ceremony.key);
  const before = isGenerate(plan.script) ? state.keys.keys.get(plan.subject?.key ?? '') : undefined;
  const lines = vault.journal.entries(Math.max(0, vault.journal.size - FEED_LENGTH));
  return {
    ceremony: ceremony.id,
    title: plan.script.title,
    environment: plan.environment,
    plan: planView(crypto, plan, ceremony.planSha256),
    steps: plan.script.steps.map((step) => stepView(input, step, current)),
    current: current ? plan.script.steps.indexOf(current) : plan.script.steps.length,
    people: plan.people.map((person) => presence(vault, ceremony, asking, person)),
    quorum: asking ? quorumView(vault, ceremony, asking) : null,
    ready: current ? readiness(input, current) : [],
    feed: [...lines].reverse().map((line) => feedView(crypto, vault, line)),
    key: record ? keyView(crypto, vault, record) : null,
    predecessor: before ? keyView(crypto, vault, before) : null,
    openIntent: intent ? { seq: intent.seq, act: intent.act } : null,
    bundle: input.bundle,
    outcome: ceremony.outcome,
  };
}

function stepView({ vault, ceremony }: CeremonyViewInput, step: Step, current: Step | null): StepView {
  const mark = ceremony.done.get(step.id);
  const exceptions = ceremony.exceptions.filter((exception) => exception.step === step.id).map(({ note }) => note);
  return {
    ...step,
    state: mark ? (exceptions.length > 0 ? 'exception' : 'done') : step === current ? 'current' : 'next',
    doneAt: mark?.time ?? null,
    by: (mark?.confirmed ?? []).map((person) => initials(vault.state.people.get(person)?.name ?? person)),
    exceptions,
  };
}

/** The approve step whose quorum the room is about: the current one, or the latest before it. */
function quorumStep(ceremony: CeremonyState, current: Step | null): Step | null {
  const { steps } = ceremony.plan.script;
  const until = current ? steps.indexOf(current) + 1 : steps.length;
  return (
    steps.slice(0, until).findLast((step) => step.kind === 'approve') ??
    steps.find((step) => step.kind === 'approve') ??
    null
  );
}

function quorumView(vault: Vault, ceremony: CeremonyState, asking: Step): CeremonyView['quorum'] {
  const { policy } = vault.state;
  const rule = policy && asking.action ? ruleFor(policy, asking.action) : null;
  if (!policy || !rule || asking.for === undefined) return null;
  const [group] = tally(policy, rule, standing(ceremony, asking.for, vault.facts([]).now));
  if (!group || !asking.action) return null;
  return { action: asking.action, required: group.required, of: group.members, approved: group.approved };
}

function presence(
  vault: Vault,
  ceremony: CeremonyState,
  asking: Step | null,
  person: Plan['people'][number],
): PresenceView {
  const decisions = asking?.for === undefined ? [] : standing(ceremony, asking.for, vault.facts([]).now);
  const mine = decisions.find((decision) => decision.person === person.person);
  return {
    person: person.person,
    role: person.role,
    name: person.name,
    initials: initials(person.name),
    decision: mine
      ? mine.decision === 'approve'
        ? 'approved'
        : 'declined'
      : person.role === 'custodian'
        ? 'waiting'
        : 'none',
    decidedAt: mine?.time ?? null,
  };
}

/** What was checked for the current step, in words. Failures say what is missing. */
function readiness({ vault, ceremony, loggedIn, interfacesUp }: CeremonyViewInput, step: Step): CeremonyView['ready'] {
  const out: { ok: boolean; text: string }[] = [];
  const { state } = vault;
  if (state.intents.size > 0) out.push({ ok: false, text: 'An act was interrupted. Its outcome is not known' });
  if (step.id === 'workstation') {
    out.push(
      interfacesUp.length === 0
        ? { ok: true, text: 'No network interface is up' }
        : { ok: false, text: `Network found: ${interfacesUp.join(', ')}` },
    );
  }
  if (step.id === 'ledger-root')
    out.push({ ok: true, text: `Root of ${vault.journal.size} entries, ${hex(vault.journal.root()).slice(0, 8)}` });
  if (step.action !== undefined && step.kind === 'act') {
    const asking = ceremony.plan.script.steps.find((one) => one.kind === 'approve' && one.for === step.id);
    const quorum = asking ? quorumView(vault, ceremony, asking) : null;
    if (quorum) {
      out.push({
        ok: quorum.approved >= quorum.required,
        text: `${quorum.approved} of ${quorum.required} required approvals of this plan`,
      });
    }
  }
  if (needsSession(step))
    out.push({ ok: loggedIn, text: loggedIn ? 'Token session open' : 'No token session is open' });
  const due = step.kind === 'logout' && step === ceremony.plan.script.steps.at(-1) ? cosignaturesDue(state) : null;
  if (due) {
    const { custodians, witnesses, missing } = due;
    out.push({
      ok: !missing,
      text: `The head is cosigned by ${custodians.given} of ${custodians.required} custodians and ${witnesses.given} of ${witnesses.required} witnesses`,
    });
  }
  if (ceremony.unknown.has(step.id))
    out.push({ ok: false, text: 'An earlier try has an unknown outcome and is not repeated' });
  return out;
}
