import * as v from 'valibot';
import { Compromise } from '../../../core/ledger/event.ts';
import type { Change } from '../../../core/lifecycle/change.ts';
import type { KeyState } from '../../../core/lifecycle/states.ts';
import { text } from '../../messages/en.ts';
import { Timestamp } from '../../../core/ledger/fields.ts';

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
