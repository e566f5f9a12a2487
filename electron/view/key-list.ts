/**
 * All keys for the Keys screen: rows, a page of them by state, text and what is due, and the list of what is due. Made of
 * the replayed state, kept until a key changes or another day begins, so that a page of ten thousand costs no replay.
 */
import type { KeyPageView, KeyRowView, KeysView } from '../../contract/key-views.ts';
import type { Input } from '../../contract/schema.ts';
import type { CalendarKey } from '../../core/lifecycle/calendar.ts';
import { dayOf, due, keyInTime, mayNow, periodsOf, type Due } from '../../core/lifecycle/cryptoperiod.ts';
import { operationsOf, stateName } from '../../core/lifecycle/profile.ts';
import type { KeyRecord, KeyReplay } from '../../core/lifecycle/replay.ts';
import { MECHANISMS } from '../../core/lifecycle/mechanism.ts';
import { leadOf } from '../../core/lifecycle/purpose.ts';

/** As many as a screen shows beside other things. */
const DUE_SHOWN = 5;

interface Listed {
  readonly changed: number;
  readonly today: string;
  /** By state in the order of the profile, the newest of each first. */
  readonly rows: readonly Row[];
  readonly due: readonly Due[];
  readonly years: KeyPageView['years'];
}

interface Row {
  readonly view: KeyRowView;
  /** What a search looks in, in lower case. */
  readonly text: string;
}

const kept = new WeakMap<KeyReplay, Listed>();

/** @param now Milliseconds since 1970, by the workstation. */
function listed(replay: KeyReplay, now: number): Listed {
  const today = dayOf(now);
  const known = kept.get(replay);
  if (known?.changed === replay.changed && known.today === today) return known;
  const { profile, keys, changed } = replay;
  // What was taken off the list is in the ledger and nowhere else.
  const records = [...keys.values()].filter((record) => record[leadOf(record.objects)] !== 'removed');
  const found = due(
    records.map((record) => keyInTime(profile, record)),
    now,
    profile,
  );
  const first = new Map<string, Due>();
  for (const one of found) if (!first.has(one.key)) first.set(one.key, one);
  const order = new Map(profile.states.map(({ state }, at) => [state, at]));
  const rank = ({ view }: Row): number => order.get(view.state) ?? order.size;
  const rows = records
    .map((record) => rowOf(replay, record, first.get(record.key)))
    .reverse()
    .sort((a, b) => rank(a) - rank(b));
  const list = { changed, today, rows, due: found, years: yearsOf(rows, today) };
  kept.set(replay, list);
  return list;
}

function rowOf({ profile }: KeyReplay, record: KeyRecord, first: Due | undefined): Row {
  const { key, label, mechanism, ceremony, history } = record;
  const lead = leadOf(record.objects);
  const state = record[lead] ?? '';
  const uses = operationsOf(profile, record.objects[lead]!, state, record.enabled).length > 0;
  const left = history.findLast(({ half, from }) => half === lead && from === 'active');
  const view: KeyRowView = {
    key,
    label,
    mechanism,
    state,
    created: history[0]?.time ?? '',
    ceremony,
    periods: periodsOf(keyInTime(profile, record)),
    ended: uses || !left ? null : left.time.slice(0, 10),
    due: first?.rule ?? null,
    dueOn: first?.end ?? null,
    // Of the last inventory, which is no part of the keys' own history: see `keyPage`.
    drift: null,
  };
  const words = [
    label,
    ...record.formerLabels,
    key,
    ceremony,
    MECHANISMS[mechanism].name,
    record.purpose,
    stateName(profile, state),
  ];
  return { view, text: words.join('\n').toLowerCase() };
}

function yearsOf(rows: readonly Row[], today: string): KeyPageView['years'] {
  let [from, to] = [today, today];
  for (const { view } of rows) {
    const { begin = today, originator = null, recipient = null } = view.periods ?? {};
    for (const day of [begin, originator?.end, recipient?.end]) {
      if (day === undefined) continue;
      if (day < from) from = day;
      if (day > to) to = day;
    }
  }
  return { from: Number(from.slice(0, 4)), to: Number(to.slice(0, 4)) };
}

/** @param drifted The entry by which the differences with the token last changed. */
export function keysView(replay: KeyReplay | undefined, now: number, drifted = -1): KeysView {
  if (!replay) return { count: 0, changed: -1, due: [], dueCount: 0 };
  const { due: found, rows } = listed(replay, now);
  return {
    count: rows.length,
    changed: Math.max(replay.changed, drifted),
    due: found.slice(0, DUE_SHOWN),
    dueCount: found.length,
  };
}

/** The periods that still matter, for a calendar. */
export const calendarKeys = ({ profile, keys }: KeyReplay): CalendarKey[] =>
  [...keys.values()].flatMap((record) => {
    const key = keyInTime(profile, record);
    const periods = periodsOf(key);
    if (!periods) return [];
    const [originator, recipient] = [mayNow(profile, key, 'protect'), mayNow(profile, key, 'process')];
    return [{ key: key.key, label: key.label, periods, revision: record.periods.length, originator, recipient }];
  });

/** Everything that is due. */
export const dueOf = (replay: KeyReplay, now: number): readonly Due[] => listed(replay, now).due;

/** @param drifted CKA_IDs of the keys in which the last inventory found a difference. */
export function keyPage(
  replay: KeyReplay,
  now: number,
  { offset, limit, state, text, only, find }: Input<'keys.page'>,
  drifted: ReadonlySet<string> = new Set(),
): KeyPageView {
  const { rows, years } = listed(replay, now);
  const words = (text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length === 0 ? rows : rows.filter((row) => words.every((word) => row.text.includes(word)));
  const wanted = found.filter(
    ({ view }) =>
      (state === undefined || view.state === state) &&
      (only === undefined || (only === 'due' ? view.due !== null : drifted.has(view.key))),
  );
  const counts = new Map<string, number>();
  for (const { view } of found) counts.set(view.state, (counts.get(view.state) ?? 0) + 1);
  const at = find === undefined ? -1 : wanted.findIndex(({ view }) => view.key === find);
  return {
    rows: wanted
      .slice(offset, offset + limit)
      .map(({ view }) => (drifted.has(view.key) ? { ...view, drift: 'differs' } : view)),
    total: wanted.length,
    at: at < 0 ? null : at,
    states: replay.profile.states.flatMap(({ state: one, name }) =>
      counts.has(one) ? [{ state: one, name, count: counts.get(one)! }] : [],
    ),
    dueCount: found.filter(({ view }) => view.due !== null).length,
    driftCount: found.filter(({ view }) => drifted.has(view.key)).length,
    years,
  };
}
