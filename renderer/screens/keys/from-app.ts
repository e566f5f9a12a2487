/** What the Keys screen shows of the contract's views. */
import type { KeyDetailView as Detail, KeyPageView, KeyRowView } from '../../../contract/key-views.ts';
import type { AppView, KeyView } from '../../../contract/views.ts';
import { daysBetween, type Due, type KeyPeriods, type PeriodEnd } from '../../../core/lifecycle/cryptoperiod.ts';
import { MECHANISMS } from '../../../core/lifecycle/mechanism.ts';
import { wordsOf } from '../../../core/lifecycle/purpose.ts';
import { text } from '../../messages/en.ts';
import type { Axis, CryptoperiodView } from '../../ui/key/cryptoperiod.ts';
import { nameOfState } from '../../ui/state/names.svelte.ts';
import { meansOf } from '../plan/change.ts';
import type { DueAct, KeyDetailView, KeyRow } from './view.ts';

const day = (iso: string): string => iso.slice(0, 10);

/** As many years as the bars of a screen can tell apart; what lies beyond them ends at the edge. */
const MOST_YEARS = 14;

/** The years of all keys, with a little of the future where there is none. */
export function axisOf(years: KeyPageView['years'] | undefined, today: string): Axis {
  const now = Number(today.slice(0, 4));
  const from = Math.max(years?.from ?? now, now - MOST_YEARS / 2);
  return { fromYear: from, toYear: Math.min(Math.max(years?.to ?? now, from + 4), from + MOST_YEARS) };
}

function periodOf({ periods, ended }: KeyRowView): CryptoperiodView | undefined {
  if (!periods || (!periods.originator && !periods.recipient)) return undefined;
  const { begin, originator, recipient } = periods;
  return {
    originator: originator ? { from: begin, to: originator.end } : undefined,
    recipient: recipient ? { from: begin, to: recipient.end } : undefined,
    cutShort: ended ?? undefined,
  };
}

export const rowOf = (row: KeyRowView, today: string): KeyRow => ({
  id: row.key,
  label: row.label ?? undefined,
  purpose: row.label === null ? ckaId(row.key) : text.keyList.madeIn(row.ceremony, day(row.created)),
  algorithm: MECHANISMS[row.mechanism].name,
  state: row.state,
  drift: row.drift ?? 'none',
  period: periodOf(row),
  note: noteOf(row, today),
  gone: row.ended !== null && row.due === null,
});

function noteOf({ due, dueOn, periods }: KeyRowView, today: string): string | undefined {
  if (periods === null) return text.keyList.notBegun;
  return due === null || dueOn === null ? undefined : text.due.note[due](daysBetween(today, dueOn));
}

const ckaId = (key: string): string => `CKA_ID ${key.slice(0, 4)} ${key.slice(4, 8)}`;

/** Why no plan can be frozen now; undefined where one can. */
export const notNow = ({ ceremony }: AppView): string | undefined =>
  ceremony?.outcome === 'open' ? text.ceremonies.open : undefined;

export const dueActs = (due: readonly Due[], app: AppView): DueAct[] =>
  due.map((one) => ({ ...one, refused: notNow(app) }));

function periodWords(periods: KeyPeriods | null): string[] {
  if (!periods) return [text.keyList.notBegun];
  const words = (use: 'originator' | 'recipient', end: PeriodEnd | null): string[] =>
    end ? [text.cryptoperiod.until[use](periods.begin, end.end, end.by)] : [];
  const all = [...words('originator', periods.originator), ...words('recipient', periods.recipient)];
  return all.length > 0 ? all : [text.cryptoperiod.none];
}

const refusalOf = (app: AppView, { quorum }: KeyView['changes'][number]): string | undefined =>
  notNow(app) ?? (quorum === null ? text.change.noQuorum : undefined);

export const detailOf = (key: Detail, app: AppView): KeyDetailView => ({
  id: key.key,
  label: key.label,
  summary: `${text.plan.purposes[key.purpose].may}, ${wordsOf(key.purpose, key.mechanism)}, ${ckaId(key.key)}`,
  state: key.privateState,
  halves:
    key.publicState === null
      ? text.keyList.secret
      : text.keyList.halves(nameOfState(key.privateState), nameOfState(key.publicState)),
  lifecycle: key.lifecycle,
  objects: key.objects,
  periods: periodWords(key.periods),
  due: dueActs(key.due, app),
  fingerprint: key.spkiSha256,
  history: key.history
    .map(({ seq, time, half, from, to, by }) => ({
      at: time.slice(0, 16).replace('T', ' '),
      from: from === 'none' ? undefined : from,
      to,
      entry: seq,
      half: half === 'public' ? half : undefined,
      initials: by,
    }))
    .reverse(),
  readAt: key.readAt,
  enforced: key.enforced,
  predecessor: key.predecessor,
  successor: key.successor,
  enabled: key.enabled,
  destroyAfter: key.destroyAfter,
  compromises: key.compromises,
  changes: key.changes.map((offered) => ({
    change: offered.change,
    means: meansOf(offered.change, offered.to.private),
    refused: refusalOf(app, offered),
  })),
});
