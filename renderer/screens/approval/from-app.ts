/** What a custodian at the desk is asked, from a snapshot and the challenge. */
import type { AppView, ApprovalChallengeView, CeremonyView, StepView } from '../../../contract/views.ts';
import { objectsOf, wordsOf } from '../../../core/lifecycle/purpose.ts';
import { HALVES } from '../../../core/lifecycle/states.ts';
import { activationOf, attributesOf } from '../../../core/lifecycle/template.ts';
import { text } from '../../messages/en.ts';
import { shortDigest } from '../../ui/digest/rows.ts';
import { utcTime } from '../../ui/shell/status.ts';
import { nameOf, seatOf } from '../runner/people.ts';
import { subjectOf, type StepSubject } from '../runner/subject.ts';
import type { ApprovalView, Consequence } from './view.ts';

export interface Asked {
  readonly custodian: string;
  /** The step that acts. */
  readonly step: string;
  readonly challenge: ApprovalChallengeView | undefined;
}

const words = text.approval;

/** Undefined where the ceremony has no such step or person: then there is nothing to decide. */
export function approvalView(app: AppView, { custodian, step, challenge }: Asked): ApprovalView | undefined {
  const { ceremony } = app;
  const at = ceremony?.steps.findIndex(({ id }) => id === step) ?? -1;
  const acting = ceremony?.steps[at];
  const person = ceremony?.people.find((one) => one.person === custodian);
  if (!ceremony || !acting || !person) return undefined;
  const act = actOf(acting);
  const { plan, quorum } = ceremony;
  const subject = subjectOf(ceremony, acting);
  const change = 'findings' in plan.does ? plan.does.change : subject.change;
  return {
    custodian: { initials: person.initials, name: person.name, seat: seatOf(ceremony.people, person) },
    medium: app.vault?.people.find((one) => one.person === custodian)?.medium ?? '',
    card: app.vault?.people.find((one) => one.person === custodian)?.credential === 'card',
    title: change ? text.change.asks[change] : words.title[act],
    key: {
      ...(plan.mechanism === null || plan.purpose === null
        ? {
            label: text.agreement.approval.subject('findings' in plan.does ? plan.does.findings.length : 0),
            description: text.agreement.approval.detail,
          }
        : {
            label: subject.label,
            description: words.description(
              wordsOf(plan.purpose, plan.mechanism),
              text.plan.purposes[plan.purpose].only,
            ),
            ...statesOf(subject, act),
          }),
    },
    actingStep: at + 1,
    consequences: consequences(ceremony, acting),
    claims: claims(ceremony, subject, act),
    plan: { name: ceremony.ceremony, sha256: challenge?.planSha256 ?? plan.sha256 },
    typed: (challenge?.ask ?? []).map(({ row, column }) => ({ row: 'ABCD'.indexOf(row), place: column - 1 })),
    quorum: {
      required: quorum?.required ?? 0,
      members: quorum?.of ?? 0,
      approvals: ceremony.people
        .filter(({ decision }) => decision === 'approved')
        .map(({ name, decidedAt }) => ({ name, time: utcTime(decidedAt ?? '') }))
        .sort((a, b) => a.time.localeCompare(b.time)),
    },
    act: {
      label: change ? text.change.approve[change] : words.act[act],
      notYet: change ? text.change.notYet(at + 1) : words.notYet[act](at + 1),
      hold: 2,
      danger: acting.typed !== undefined,
    },
  };
}

const actOf = ({ act }: StepView): 'generate' | 'activate' | 'other' =>
  act === 'key.generate' ? 'generate' : act === 'key.activate' ? 'activate' : 'other';

/** From which state to which, of the private half. */
function statesOf(
  { change, key }: StepSubject,
  act: ReturnType<typeof actOf>,
): Pick<ApprovalView['key'], 'from' | 'to'> {
  if (change !== null) {
    const from = key?.privateState;
    return { from, to: key?.changes.find((one) => one.change === change)?.to.private ?? from ?? 'active' };
  }
  return act === 'activate' ? { from: key?.privateState ?? 'pre-active', to: 'active' } : { to: 'pre-active' };
}

function claims(
  ceremony: CeremonyView,
  { reason }: StepSubject,
  act: ReturnType<typeof actOf>,
): ApprovalView['claims'] {
  const { does } = ceremony.plan;
  const by = nameOf(ceremony, 'administrator')?.name ?? '';
  if (reason !== null) return [{ words: reason, by }];
  if (act !== 'generate' || does.change !== null) return [];
  return [
    ...(does.rotation ? [{ words: does.rotation.reason, by }] : []),
    { words: text.plan.recoveries[does.recovery.kind].said(does.recovery.reason), by },
  ];
}

/** What activation sets, as the table of purposes has it. */
function rightsOf({ purpose, mechanism }: CeremonyView['plan']): string[] {
  const objects = purpose && mechanism ? objectsOf(purpose, mechanism) : null;
  const set = activationOf(objects ?? {});
  return HALVES.flatMap((half) => attributesOf(set, half).map(({ name }) => name));
}

/** Which key it is: by its fingerprint, or, where it has no public key, by its identifier. */
function identity(key: CeremonyView['key'], byFingerprint: (short: string) => string): Consequence[] {
  if (!key) return [];
  const said =
    key.spkiSha256 === null
      ? words.follows.identifier(key.key.slice(0, 8))
      : byFingerprint(shortDigest(key.spkiSha256));
  return [{ kind: 'fact', words: said }];
}

function changed({ plan: { does } }: CeremonyView, { change, key }: StepSubject): Consequence[] {
  if ('findings' in does) {
    return does.findings.map(({ sentence, cure }) => ({ kind: 'fact', words: `${sentence} ${cure}.` }));
  }
  if (change === null) return [];
  const { follows } = text.change;
  const to = key?.changes.find((one) => one.change === change)?.to.private;
  const inPlace = change === 'deactivate' && to === 'deactivated';
  const ends = change === 'destroy' || change === 'delete' || (change === 'deactivate' && !inPlace);
  return [
    { kind: 'fact', words: inPlace ? text.change.deactivateInPlace.follows : follows[change] },
    ...(ends ? [{ kind: 'fact', words: follows.unexcluded } as const] : []),
    ...(change === 'compromise' ? [{ kind: 'fact', words: follows.told } as const] : []),
    ...identity(key, follows.fingerprint),
  ];
}

function consequences(ceremony: CeremonyView, acting: StepView): Consequence[] {
  const { plan, key } = ceremony;
  const { follows } = words;
  const facts: Readonly<Record<ReturnType<typeof actOf>, readonly Consequence[]>> = {
    generate: [
      ...(plan.does.change === null && plan.does.rotation
        ? [{ kind: 'fact', words: text.change.rotates(plan.does.rotation.label, plan.does.rotation.fate) } as const]
        : []),
      { kind: 'fact', words: follows.noCopy },
      plan.does.change === null && plan.does.recovery.kind === 'vendor-clone'
        ? { kind: 'fact', words: follows.clone }
        : { kind: 'loss', words: follows.noBackup },
      {
        kind: 'fact',
        words:
          plan.does.change === null && plan.does.initialState === 'active' ? follows.generated : follows.generatedOnly,
      },
    ],
    activate: [{ kind: 'fact', words: follows.activated(rightsOf(plan)) }, ...identity(key, follows.fingerprint)],
    other: changed(ceremony, subjectOf(ceremony, acting)),
  };
  return [
    ...(acting.irreversible === undefined ? [] : [{ kind: 'loss', words: acting.irreversible } as const]),
    ...facts[actOf(acting)],
    { kind: 'record', words: follows.history },
  ];
}
