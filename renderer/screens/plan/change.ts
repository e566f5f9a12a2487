import * as v from 'valibot';
import type { Input } from '../../../contract/schema.ts';
import { Compromise } from '../../../core/ledger/event.ts';
import { Day, HoldDays, KeyLabel, Timestamp } from '../../../core/ledger/fields.ts';
import type { Change } from '../../../core/lifecycle/change.ts';
import type { KeyState } from '../../../core/lifecycle/states.ts';
import type { ChangeRecipe } from '../../../core/plan/plan.ts';
import { text } from '../../messages/en.ts';

/** What a change means for a key. A deactivation that leaves the private object on the token is another thing. */
export const meansOf = (change: Change, to: KeyState | undefined): string =>
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
}

export const emptyForm = (): ChangeForm => ({
  reason: '',
  believed: '',
  kind: 'key-compromise',
  newLabel: '',
  originatorEnd: '',
  recipientEnd: '',
  hold: '30',
});

const filled = (typed: string): boolean => typed.trim() !== '';

/** What is wrong with one field, to stand beside it; undefined where it is empty or right. */
export const wrong = {
  believed: ({ believed }: ChangeForm) =>
    filled(believed) && believedAt(believed) === undefined ? text.change.believedWrong : undefined,
  newLabel: ({ newLabel }: ChangeForm) =>
    filled(newLabel) && !v.is(KeyLabel, newLabel.trim()) ? text.plan.labelWrong : undefined,
  originatorEnd: ({ originatorEnd }: ChangeForm) => dayWrong(originatorEnd),
  recipientEnd: ({ recipientEnd }: ChangeForm) => dayWrong(recipientEnd),
  hold: ({ hold }: ChangeForm) => (v.is(HoldDays, Number(hold.trim())) ? undefined : text.change.holdWrong),
} as const;

const dayWrong = (typed: string): string | undefined =>
  filled(typed) && !v.is(Day, typed.trim()) ? text.change.dayWrong : undefined;

/** Why the plan cannot be frozen yet, as far as the form can tell; undefined where it can. */
export function unready(change: Change, form: ChangeForm): string | undefined {
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
    case 'schedule-destruction':
      return wrong.hold(form);
    default:
      return undefined;
  }
}

/** The plan as it is asked for, from a form with nothing wrong in it. */
export function asked(recipe: ChangeRecipe, key: string, form: ChangeForm): Input<'plan.change'> {
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
    case 'schedule-destruction@1':
      return { recipe, ...common, hold: Number(form.hold.trim()) };
    default:
      return { recipe, ...common };
  }
}
