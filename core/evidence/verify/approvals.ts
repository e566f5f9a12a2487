import { fromBase64, hex } from '../../bytes.ts';
import type { EventOf } from '../../ledger/event.ts';
import { stepOf, templateOf, type Plan } from '../../plan/plan.ts';
import { APPROVAL_TYPE } from '../../quorum/approval.ts';
import { misbound, undisturbed, untimely } from '../../quorum/bind.ts';
import { notReached, tally, type Decision } from '../../quorum/count.ts';
import { ruleFor } from '../../quorum/policy.ts';
import { jcs } from '../../json/jcs.ts';
import { RULES, type RuleId } from '../../rules.ts';
import { doneActs, type DoneAct } from '../acts.ts';
import { verifyEnvelope } from '../dsse.ts';
import { approvalFile, FILE } from '../names.ts';
import { changeIn } from '../statement.ts';
import { SENTENCES } from './catalogue.ts';
import type { Opened, OpenedApproval } from './opened.ts';
import { failed, judge, unchecked, type Checks } from './outcome.ts';

const rule = (id: RuleId): string => `${RULES[id].message} (${id})`;

/** Committed acts that the plan puts under a quorum, with their approvals as far as they are in the bundle. */
interface Approved {
  readonly act: DoneAct;
  readonly step: string;
  readonly action: NonNullable<Plan['script']['steps'][number]['action']>;
  readonly approvals: readonly OpenedApproval[];
}

function approvedActs({ plan, leaves, statement, approvals }: Opened): Approved[] | null {
  if (!plan || !leaves?.ok || !statement.ok) return null;
  return doneActs(leaves.value, statement.value.predicate.key.ckaId).flatMap((act) => {
    const { step, approvals: named = [] } = act.intent.entry.data;
    const planned = step === undefined ? null : stepOf(plan, step);
    if (!planned?.action) return [];
    const of = approvals.filter(({ sha256 }) => named.includes(sha256));
    return [{ act, step: planned.id, action: planned.action, approvals: of }];
  });
}

/** Acts that use or tidy a key without changing it. Every other act no plan may leave without a quorum of its name. */
const NEEDS_NO_QUORUM: readonly string[] = ['key.certify-request', 'key.test-signature'];

function quorumOf({ act, predecessor }: EventOf<'act.intent'>['data']): string | null {
  if (NEEDS_NO_QUORUM.includes(act)) return null;
  return predecessor === undefined ? act.slice('key.'.length) : 'rotate';
}

const keyOf = (bundle: Opened, custodian: string): { spki: Uint8Array; key: string } | null => {
  const person = bundle.trust?.genesis.people.find(({ person: id, role }) => id === custodian && role === 'custodian');
  const spki = person && fromBase64(person.spki);
  return spki ? { spki, key: person.key } : null;
};

async function signatureProblem(bundle: Opened, { name, envelope, approval }: OpenedApproval): Promise<string | null> {
  const key = keyOf(bundle, approval.custodian);
  if (!key) return `${name}: the genesis sheet has no such custodian.`;
  const valid = await verifyEnvelope(bundle.crypto, key.spki, APPROVAL_TYPE, envelope);
  return valid ? null : `${name} is not signed by the key of ${approval.custodian}.`;
}

function bindingProblem(bundle: Opened, acts: readonly Approved[]): string | null {
  const { crypto, plan, statement, files } = bundle;
  if (!plan || !statement.ok) return null;
  const planSha256 = hex(crypto.sha256(files.get(FILE.plan)!));
  for (const { act, step, approvals } of acts) {
    const templateSha256 = templateOf(plan, step)?.sha256;
    if (templateSha256 === undefined) return `The plan has no attribute template for ${step}.`;
    const { data } = act.intent.entry;
    if (data.plan !== planSha256 || data.template !== templateSha256 || data.act !== stepOf(plan, step)?.act)
      return `The ledger announced ${step} under another plan, template or act.`;
    for (const { name, approval } of approvals) {
      const { environment, ceremony, scriptSha256, hsm } = plan;
      const wrong = misbound(approval, {
        environment,
        ceremony,
        scriptSha256,
        planSha256,
        step,
        hsmSerial: hsm.serial,
        templateSha256,
      });
      if (wrong) return `${name}: ${rule(wrong)}`;
      if (approval.decision !== 'approve') return `${name} is a refusal.`;
      if (name !== approvalFile(approval.custodian, approval.step))
        return `${name} is the approval of another person or step.`;
    }
  }
  const used = acts.flatMap(({ approvals }) => approvals);
  const spare = bundle.approvals.find((approval) => !used.includes(approval));
  if (spare) return `${spare.name} was not used by any act of this ceremony.`;
  const listed = statement.value.predicate.ceremony.approvals;
  const expected = used
    .map(({ name, approval, envelope }) => ({
      custodian: approval.custodian,
      evidence: name,
      keySha256: envelope.keyid,
      method: 'signature',
      step: approval.step,
    }))
    .sort((a, b) => (a.evidence < b.evidence ? -1 : 1));
  return jcs(expected) === jcs(listed) ? null : 'The statement lists other approvals than the ledger used.';
}

function timeProblem(bundle: Opened, acts: readonly Approved[]): string | null {
  const policy = bundle.trust?.genesis.policy;
  for (const { act, action, approvals } of acts) {
    const used = Date.parse(act.intent.entry.clock.wall);
    const terms = policy && ruleFor(policy, action);
    for (const { name, approval } of approvals) {
      const wrong = untimely(approval, used, terms?.timeLock);
      if (wrong) return `${name}: ${rule(wrong)}`;
      if (terms && Date.parse(approval.expires) - Date.parse(approval.time) > terms.expiresAfter * 1000)
        return `${name} is good for longer than the policy allows.`;
    }
  }
  return null;
}

function disturbance({ leaves }: Opened, acts: readonly Approved[]): string | null {
  if (!leaves?.ok) return null;
  const first = leaves.value[0]?.entry.seq ?? 0;
  for (const { act, step, approvals } of acts)
    for (const { name, approval, sha256 } of approvals) {
      const { size } = approval.ledgerHead;
      const used = act.intent.entry.seq;
      if (size < first || size > used) return `${name} is bound to a state of the ledger outside this ceremony.`;
      const between = leaves.value.slice(size - first, used - first).map(({ entry }) => entry);
      if (!undisturbed(between, step)) return `${name}: something else was recorded between the approval and ${step}.`;
      const given = between.some(
        (entry) =>
          entry.type === 'approval.given' && entry.data.envelope === sha256 && entry.data.person === approval.custodian,
      );
      if (!given) return `${name}: the ledger does not record it before ${step}.`;
    }
  return null;
}

function quorumProblem(bundle: Opened, acts: readonly Approved[]): string | null {
  const { trust, leaves, statement } = bundle;
  if (!trust || !leaves?.ok || !statement.ok) return null;
  const { policy } = trust.genesis;
  const stated: { step: string; action: string; groups: { group: string; required: number; of: number }[] }[] = [];
  for (const { act, step, action, approvals } of acts) {
    const terms = ruleFor(policy, action);
    if (!terms) return `The policy has no rule for ${action}.`;
    const { data } = act.intent.entry;
    if (approvals.length !== new Set(data.approvals ?? []).size) return `An approval that ${step} used is missing.`;
    const decisions: Decision[] = approvals.map(({ approval, envelope }) => ({
      person: approval.custodian,
      key: envelope.keyid,
      decision: 'approve',
    }));
    for (const { entry } of leaves.value) {
      if (entry.seq >= act.intent.entry.seq || entry.type !== 'approval.declined' || entry.data.step !== step) continue;
      decisions.push({ person: entry.data.person, key: entry.data.key, decision: 'decline' });
    }
    const wrong = notReached(policy, terms, decisions);
    if (wrong) return `${step}: ${rule(wrong)}`;
    stated.push({
      step,
      action,
      groups: tally(policy, terms, decisions).map(({ of, required, members }) => ({
        group: of,
        required,
        of: members,
      })),
    });
  }
  for (const { intent } of doneActs(leaves.value, statement.value.predicate.key.ckaId)) {
    const needed = quorumOf(intent.entry.data);
    if (
      needed !== null &&
      !acts.some(({ act, action }) => act.intent.entry.seq === intent.entry.seq && action === needed)
    )
      return `${intent.entry.data.act} was done without an approved step.`;
  }
  const { predicate } = statement.value;
  if (!changeIn(predicate) && !acts.some(({ action }) => action === 'generate' || action === 'rotate'))
    return 'No approved step made this key.';
  if (acts.length === 0) return 'No approved step changed this key.';
  return jcs(stated) === jcs(predicate.ceremony.quorum)
    ? null
    : 'The statement claims another quorum than the policy requires.';
}

function separationProblem(bundle: Opened, acts: readonly Approved[]): string | null {
  const { plan, trust } = bundle;
  if (!plan || !trust) return null;
  const others = trust.genesis.people.filter(({ role }) => role !== 'custodian');
  for (const { approvals } of acts)
    for (const { name, approval, envelope } of approvals) {
      const planned = plan.people.find(({ person }) => person === approval.custodian);
      if (planned?.role !== 'custodian') return `${name}: ${approval.custodian} is no custodian of this plan.`;
      if (
        others.some(
          ({ person, key, name: called }) =>
            person === approval.custodian || key === envelope.keyid || called === planned.name,
        )
      )
        return `${name}: the same person or key has another role as well.`;
    }
  return null;
}

/** Runs over the approved acts, where the parts needed are there. */
const over =
  (
    needsTrust: boolean,
    find: (bundle: Opened, acts: readonly Approved[]) => string | null,
    detail?: (acts: readonly Approved[]) => string,
  ) =>
  (bundle: Opened) => {
    if (needsTrust && !bundle.trust) return unchecked(SENTENCES.noTrust);
    const acts = approvedActs(bundle);
    return acts ? judge(find(bundle, acts), detail?.(acts)) : unchecked();
  };

const count = (acts: readonly Approved[]): string =>
  acts
    .map(({ step, approvals }) => `${step}: ${approvals.map(({ approval }) => approval.custodian).join(', ')}`)
    .join('; ');

export const approvalChecks: Checks = {
  'approvals.signatures': async (bundle) => {
    const broken = bundle.unreadableApprovals[0];
    if (broken !== undefined) return failed(`${broken} is not an approval in the agreed form.`);
    if (!bundle.trust) return unchecked(SENTENCES.noTrust);
    if (bundle.approvals.length === 0) return failed('There is no approval.');
    for (const approval of bundle.approvals) {
      const problem = await signatureProblem(bundle, approval);
      if (problem !== null) return failed(problem);
    }
    return judge(null, `${bundle.approvals.length} approvals. ${where(bundle.approvals)}`);
  },
  'approvals.binding': over(false, bindingProblem),
  'approvals.time': over(false, timeProblem),
  'approvals.undisturbed': over(false, disturbance),
  'approvals.quorum': over(true, quorumProblem, count),
  'approvals.separation': over(true, separationProblem),
};

/** Where the keys were opened: an approval made elsewhere is worth more. */
function where(approvals: readonly OpenedApproval[]): string {
  const here = approvals.filter(({ approval }) => approval.signedOn === 'ceremony-workstation').length;
  return here === 0 ? 'All were signed off-host.' : `${here} with the key opened on the ceremony workstation.`;
}
