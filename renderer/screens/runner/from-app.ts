/** What the runner shows of a snapshot. Pure: the container keeps only what people are typing and ticking. */
import type { AppView, CeremonyView, StepView } from '../../../contract/views.ts';
import { isPair } from '../../../core/lifecycle/purpose.ts';
import { text } from '../../messages/en.ts';
import { digestRows } from '../../ui/digest/rows.ts';
import type { ScriptView } from '../../ui/script/script.ts';
import { utcTime } from '../../ui/shell/status.ts';
import { feedView, nameOf, roomView, seatOf } from './people.ts';
import { parametersOf } from './parameters.ts';
import type { ActView, RunnerView, StageView } from './view.ts';

/** What the container knows that is not in the snapshot. */
export interface Local {
  /** Why the step's own button cannot be used yet. */
  readonly refused: string | undefined;
  /** What this screen is waiting for. */
  readonly working: string | undefined;
}

export const currentStep = (ceremony: CeremonyView): StepView | undefined =>
  ceremony.outcome === 'open' ? ceremony.steps[ceremony.current] : undefined;

/** An act or an export without a session: the login comes again before it. */
export const loginAgain = (app: AppView, step: StepView): boolean =>
  (step.kind === 'act' || step.kind === 'export') && app.status.hsm.state !== 'logged-in' && app.work === null;

/** An intent without an outcome, and nothing under way that will bring one. */
export const interrupted = (app: AppView, { openIntent }: CeremonyView, { working }: Local): boolean =>
  openIntent !== null && app.work === null && working === undefined;

/** Approvals that ran out between the decision and the act can be given again. */
export const approvalsShort = ({ quorum }: CeremonyView, step: StepView): boolean =>
  step.kind === 'act' && step.action !== undefined && quorum !== null && quorum.approved < quorum.required;

export function runnerView(app: AppView, ceremony: CeremonyView, local: Local): RunnerView {
  return {
    script: scriptView(ceremony),
    stage: stageView(app, ceremony, local),
    room: roomView(ceremony),
    feed: feedView(ceremony),
  };
}

function scriptView({ ceremony, title, steps }: CeremonyView): ScriptView {
  const done = steps.filter(({ state }) => state === 'done' || state === 'exception').length;
  return {
    title,
    meta: text.runner.meta(ceremony, done, steps.length),
    steps: steps.map(({ title: activity, state, doneAt, by, exceptions }, index) => ({
      number: index + 1,
      activity,
      state,
      time: doneAt === null ? undefined : utcTime(doneAt),
      initials: by.join(' '),
      reason: exceptions.length > 0 ? exceptions.join(' ') : undefined,
    })),
  };
}

/** The step done just before, said once more where the eye is. */
function latelyOf({ steps }: CeremonyView, before: number): string | undefined {
  const step = steps[before - 1];
  return step === undefined || step.doneAt === null
    ? undefined
    : text.runner.stepDone(before, utcTime(step.doneAt), step.by.join(' '));
}

function stageView(app: AppView, ceremony: CeremonyView, local: Local): StageView {
  const step = currentStep(ceremony);
  if (step === undefined) return closedView(ceremony);
  const { current, steps } = ceremony;
  const leader = nameOf(ceremony, step.leader);
  const lately = latelyOf(ceremony, current);
  const again = loginAgain(app, step);
  return {
    key: `${ceremony.ceremony}/${step.id}`,
    eyebrow: text.runner.step(current + 1, steps.length),
    ledBy: text.runner.ledBy(leader ? `${leader.name}, ${seatOf(ceremony.people, leader)}` : step.leader),
    title: step.title,
    announcement: [lately, text.runner.stepNow(current + 1, steps.length, step.title)].filter(Boolean).join(' '),
    lately,
    say: { who: text.runner.role[step.leader], words: step.say, keep: ceremony.plan.label },
    parameters: parametersOf(ceremony, step),
    ready: ceremony.ready.map(({ ok, text: words }) => ({ met: ok, text: words })),
    exceptions: step.exceptions,
    warning: again ? undefined : step.irreversible,
    act: interrupted(app, ceremony, local) ? undefined : actView(ceremony, step, again, local),
    open: true,
  };
}

function actView(ceremony: CeremonyView, step: StepView, again: boolean, local: Local): ActView | undefined {
  const label = actLabel(ceremony, step, again);
  if (label === undefined) return undefined;
  const hold = !again && step.kind === 'act' && step.irreversible !== undefined ? 2 : undefined;
  const rowA = digestRows(ceremony.plan.sha256)[0];
  return {
    label,
    hold,
    danger: step.typed !== undefined,
    refused: local.refused,
    working: local.working,
    rowA: hold === undefined ? undefined : rowA?.groups.map((group) => group.hex).join(''),
  };
}

function actLabel(ceremony: CeremonyView, step: StepView, again: boolean): string | undefined {
  const { steps } = text;
  if (again) return steps.login.act;
  switch (step.kind) {
    case 'confirm':
      return steps.confirm.act;
    case 'read-back':
      return steps.readBack.act;
    case 'login':
      return steps.login.act;
    case 'act':
      if (step.act === 'key.generate' && ceremony.plan.mechanism && !isPair(ceremony.plan.mechanism)) {
        return steps.act.generateSecret;
      }
      return step.act === undefined ? undefined : steps.act.label[step.act];
    case 'logout':
      return ceremony.current === ceremony.steps.length - 1 ? steps.logout.close : steps.logout.act;
    case 'export':
      return steps.export.act;
    case 'approve':
      return undefined;
  }
}

function closedView(ceremony: CeremonyView): StageView {
  const { closed } = text.steps;
  const completed = ceremony.outcome === 'completed';
  return {
    key: `${ceremony.ceremony}/${ceremony.outcome}`,
    eyebrow: closed.eyebrow(ceremony.ceremony),
    ledBy: '',
    title: completed ? closed.completed : closed.stopped,
    announcement: completed ? closed.announcedCompleted : closed.announcedStopped,
    ready: [],
    exceptions: [],
    act: undefined,
    open: false,
  };
}
