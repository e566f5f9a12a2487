import * as v from 'valibot';
import type { KeyDetailView } from '../../../contract/key-views.ts';
import type { Input } from '../../../contract/schema.ts';
import type { ProposedPlan } from '../../../core/lifecycle/cryptoperiod.ts';
import type { KeyView, PlannedChange, PossibleChange } from '../../../contract/views.ts';
import { Compromise } from '../../../core/ledger/event.ts';
import { Day, HoldDays, KeyLabel, Timestamp, type Mechanism } from '../../../core/ledger/fields.ts';
import type { KeyState } from '../../../core/lifecycle/states.ts';
import { Fate } from '../../../core/plan/plan.ts';
import { text } from '../../messages/en.ts';

/** What a change means for a key. A deactivation that leaves the private object on the token is another thing. */
export const meansOf = (change: PlannedChange, to: KeyState | undefined): string =>
  change === 'deactivate' && to === 'deactivated' ? text.change.deactivateInPlace.means : text.change.means[change];

export const COMPROMISES = Compromise.entries.reason.options;
export type CompromiseKind = (typeof COMPROMISES)[number];

/** The moment that a person typed as `2026-03-01 09:30`, UTC; undefined where there is no such moment. */
export function believedAt(typed: string): string | undefined {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)$/.exec(typed.trim()) ?? [];
  const moment = `${date}T${time}:00Z`;
  return v.is(Timestamp, moment) ? moment : undefined;
}

/** What was typed. A field that the change does not ask for stays as it is. */
export interface ChangeForm {
  reason: string;
  believed: string;
  kind: CompromiseKind;
  newLabel: string;
  originatorEnd: string;
  recipientEnd: string;
  hold: string;
  successor: string;
  mechanism: Mechanism;
  recovery: string;
  fate: Fate;
}

export const emptyForm = (): ChangeForm => ({
  reason: '',
  believed: '',
  kind: 'key-compromise',
  newLabel: '',
  originatorEnd: '',
  recipientEnd: '',
  hold: '30',
  successor: '',
  mechanism: 'ec-p384',
  recovery: '',
  fate: 'keep',
});

/** The form as a key and a proposed plan fill it in. A successor is most often of the same kind as the key. */
export const begin = (key: KeyDetailView, proposed: ProposedPlan | undefined): ChangeForm => ({
  ...emptyForm(),
  mechanism: key.mechanism,
  originatorEnd: key.periods?.originator?.end ?? '',
  recipientEnd: key.periods?.recipient?.end ?? '',
  reason: proposed?.reason ?? '',
  successor: proposed?.label ?? '',
  fate: proposed?.fate ?? 'keep',
});

/** What may become of a key that is followed by another, in the order of Fate. */
export const fatesOf = ({ changes }: KeyView): readonly Fate[] =>
  Fate.options.filter((fate) => fate === 'keep' || changes.some(({ change }) => change === fate));

const filled = (typed: string): boolean => typed.trim() !== '';

/** What is wrong with one field, to stand beside it; undefined where it is empty or right. */
export const wrong = {
  believed: ({ believed }: ChangeForm) =>
    filled(believed) && believedAt(believed) === undefined ? text.change.believedWrong : undefined,
  newLabel: ({ newLabel }: ChangeForm) =>
    filled(newLabel) && !v.is(KeyLabel, newLabel.trim()) ? text.plan.labelWrong : undefined,
  successor: ({ successor }: ChangeForm) =>
    filled(successor) && !v.is(KeyLabel, successor.trim()) ? text.plan.labelWrong : undefined,
  originatorEnd: ({ originatorEnd }: ChangeForm) => dayWrong(originatorEnd),
  recipientEnd: ({ recipientEnd }: ChangeForm) => dayWrong(recipientEnd),
  hold: ({ hold }: ChangeForm) => (v.is(HoldDays, Number(hold.trim())) ? undefined : text.change.holdWrong),
} as const;

const dayWrong = (typed: string): string | undefined =>
  filled(typed) && !v.is(Day, typed.trim()) ? text.change.dayWrong : undefined;

/** Why the plan cannot be frozen yet, as far as the form can tell; undefined where it can. */
export function unready(change: PlannedChange, form: ChangeForm): string | undefined {
  if (!filled(form.reason)) return text.change.reasonFirst;
  switch (change) {
    case 'compromise':
      return filled(form.believed) ? wrong.believed(form) : text.change.believedFirst;
    case 'change-label':
      return filled(form.newLabel) ? wrong.newLabel(form) : text.change.newLabelFirst;
    case 'set-cryptoperiod':
      return filled(form.originatorEnd)
        ? (wrong.originatorEnd(form) ?? wrong.recipientEnd(form))
        : text.change.originatorFirst;
    case 'rotate':
      if (!filled(form.successor)) return text.plan.labelFirst;
      return wrong.successor(form) ?? (filled(form.recovery) ? undefined : text.plan.recoveries.none.first);
    case 'schedule-destruction':
      return wrong.hold(form);
    default:
      return undefined;
  }
}

/** The plan as it is asked for, from a form with nothing wrong in it. */
export function asked(recipe: PossibleChange['recipe'], key: string, form: ChangeForm): Input<'plan.change'> {
  const common = { key, reason: form.reason.trim().normalize('NFC') };
  switch (recipe) {
    case 'report-compromise@1':
      return { recipe, ...common, compromise: { reason: form.kind, believed: believedAt(form.believed) ?? '' } };
    case 'change-label@1':
      return { recipe, ...common, newLabel: form.newLabel.trim() };
    case 'set-cryptoperiod@1': {
      const recipientEnd = form.recipientEnd.trim();
      const cryptoperiod = {
        originatorEnd: form.originatorEnd.trim(),
        ...(recipientEnd === '' ? {} : { recipientEnd }),
      };
      return { recipe, ...common, cryptoperiod };
    }
    case 'rotate-key@1': {
      const { mechanism, fate } = form;
      const recoveryReason = form.recovery.trim().normalize('NFC');
      return { recipe, ...common, label: form.successor.trim(), mechanism, recoveryReason, fate };
    }
    case 'schedule-destruction@1':
      return { recipe, ...common, hold: Number(form.hold.trim()) };
    default:
      return { recipe, ...common };
  }
}
