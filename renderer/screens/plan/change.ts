import * as v from 'valibot';
import { Compromise } from '../../../core/ledger/event.ts';
import { Timestamp } from '../../../core/ledger/fields.ts';

export const COMPROMISES = Compromise.entries.reason.options;
export type CompromiseKind = (typeof COMPROMISES)[number];

/** The moment that a person typed as `2026-03-01 09:30`, UTC; undefined where there is no such moment. */
export function believedAt(typed: string): string | undefined {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)$/.exec(typed.trim()) ?? [];
  const moment = `${date}T${time}:00Z`;
  return v.is(Timestamp, moment) ? moment : undefined;
}
