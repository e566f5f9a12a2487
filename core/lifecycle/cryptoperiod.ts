/**
 * Cryptoperiods: how long a key may be used, what Table 1 of SP 800-57 suggests where the ledger has no period, and what
 * is due at a moment. The table is of rough orders of magnitude, so everything here warns and nothing blocks.
 *
 * Days are UTC, `YYYY-MM-DD`, and the last day of a period still belongs to it. What is due is judged by the clock that
 * the caller hands in: it is only as right as that clock.
 */
import type { Cryptoperiod } from '../ledger/fields.ts';
import type { RuleId } from '../rules.ts';
import type { Fate } from '../plan/plan.ts';
import { CHANGES, refusedChange, type Change } from './change.ts';
import { KEY_TYPES, type KeyType, type Operation } from './key-type.ts';
import { operationsOf, type Profile } from './profile.ts';
import type { KeyRecord } from './replay.ts';
import { halvesOf, leadOf } from './purpose.ts';

/** Where every row comes from. */
export const TABLE_1 = 'SP 800-57 Part 1 Rev. 5, section 5.3.6, Table 1';

/** One row of Table 1. Lengths are months; null where the table gives no length of time. */
export interface PeriodRow {
  /** The number of the row. */
  readonly row: number;
  /**
   * How long the key is used, from its activation: the shortest and the longest of the row. For a key that only processes
   * it is the time in which recipients use it.
   */
  readonly use: { readonly from: number; readonly to: number } | null;
  /** For a key that protects and processes: how much longer than its originator the recipients may use it. */
  readonly after: number | null;
  /** What the row says, in words. */
  readonly words: string;
}

const row = (
  number: number,
  words: string,
  use: readonly [from: number, to: number] | null,
  after: number | null = null,
): PeriodRow => ({ row: number, use: use && { from: use[0], to: use[1] }, after, words });

/** The rows for kinds that this vault can have. */
export const PERIODS: Readonly<Record<KeyType, PeriodRow>> = {
  'private-signature': row(1, 'One to three years.', [12, 36]),
  'public-verification': row(2, 'Several years, by the size of the key.', null),
  'symmetric-authentication': row(3, 'Up to two years, recipients up to three years longer.', [24, 24], 36),
  'private-authentication': row(4, 'One to two years.', [12, 24]),
  'public-authentication': row(5, 'One to two years.', [12, 24]),
  'symmetric-encryption': row(6, 'Up to two years, recipients up to three years longer.', [24, 24], 36),
  'symmetric-wrapping': row(7, 'Up to two years, recipients up to three years longer.', [24, 24], 36),
  'random-bit-generation': row(8, 'As SP 800-90 says of its generator.', null),
  'key-derivation': row(9, 'About one year.', [12, 12]),
  // Table 1 names them with the keys of transport: what is sent under a public key is opened with the private one.
  'private-decryption': row(10, 'Up to two years, and it may be longer than that of the public key.', [24, 24]),
  'public-encryption': row(11, 'One to two years.', [12, 24]),
  'private-key-transport': row(10, 'Up to two years, and it may be longer than that of the public key.', [24, 24]),
  'public-key-transport': row(11, 'One to two years.', [12, 24]),
  'private-key-agreement': row(13, 'One to two years.', [12, 24]),
  'public-key-agreement': row(14, 'One to two years.', [12, 24]),
  'ephemeral-agreement': row(15, 'One transaction.', null),
};

const DAY_MS = 86_400_000;

/** The day of an instant (milliseconds since 1970). */
export const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);

const number = (day: string): number => Date.parse(`${day}T00:00:00Z`) / DAY_MS;

/** From one day to another, in days. */
export const daysBetween = (from: string, to: string): number => number(to) - number(from);

/** The same day some months later, or the last of the month where it has no such day. */
export function monthsAfter(day: string, months: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0));
  return dayOf(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), Math.min(date, last.getUTCDate())));
}

/** What must be known of a key to say what is due. */
export interface KeyInTime {
  readonly key: string;
  readonly label: string;
  /** Its objects: one, or the two of a pair. */
  readonly objects: readonly { readonly type: KeyType; readonly state: string }[];
  /** When it became active, or null: then no period has begun. An ISO instant. */
  readonly active: string | null;
  /** As the ledger has it, or null. */
  readonly cryptoperiod: Cryptoperiod | null;
  /** The changes that its profile has from here. Asked only where something is due. */
  readonly changes: () => readonly Change[];
  /** CKA_ID of the key that was made to follow it, or null. */
  readonly successor: string | null;
  /** Where a destruction waits: the earliest moment for it, an ISO instant. */
  readonly destroyAfter: string | null;
  /** Whether the switches of the profile are on. */
  readonly enabled: boolean;
}

/** A key of the ledger, as its replay has it. */
export const keyInTime = (profile: Profile, record: KeyRecord): KeyInTime => ({
  key: record.key,
  label: record.label,
  objects: halvesOf(record.objects).map((half) => ({ type: record.objects[half]!, state: record[half] ?? '' })),
  active: record.history.find(({ half, to }) => half === leadOf(record.objects) && to === 'active')?.time ?? null,
  cryptoperiod: record.periods.at(-1) ?? null,
  changes: () => CHANGES.filter((change) => refusedChange(profile, change, record) === null),
  successor: record.successor,
  destroyAfter: record.destroyAfter,
  enabled: record.enabled,
});

/** The two periods of a key. `by`: whether a day was recorded, or is the longest that the table suggests. */
export interface KeyPeriods {
  readonly begin: string;
  readonly originator: PeriodEnd | null;
  readonly recipient: PeriodEnd | null;
}
export interface PeriodEnd {
  readonly end: string;
  readonly by: 'ledger' | 'table';
}

const protects = (type: KeyType): boolean => KEY_TYPES[type].protect.length > 0;
const processes = (type: KeyType): boolean => KEY_TYPES[type].process.length > 0;

/** The longest that Table 1 suggests for a key that becomes active on a day: what people see before they choose. */
export function suggested(types: readonly KeyType[], begin: string): Partial<Cryptoperiod> {
  const user = types.find(protects);
  const use = user && PERIODS[user].use;
  const originatorEnd = use ? monthsAfter(begin, use.to) : undefined;
  const reader = types.find(processes);
  let recipientEnd: string | undefined;
  if (reader !== undefined && reader === user) {
    const { after } = PERIODS[reader];
    if (originatorEnd !== undefined && after !== null) recipientEnd = monthsAfter(originatorEnd, after);
  } else if (reader !== undefined) {
    const { use: reading } = PERIODS[reader];
    if (reading) recipientEnd = monthsAfter(begin, reading.to);
  }
  return {
    ...(originatorEnd === undefined ? {} : { originatorEnd }),
    ...(recipientEnd === undefined ? {} : { recipientEnd }),
  };
}

/** The periods of a key; null while it was never active. */
export function periodsOf({ objects, active, cryptoperiod }: Omit<KeyInTime, 'changes'>): KeyPeriods | null {
  if (active === null) return null;
  const begin = active.slice(0, 10);
  const types = objects.map(({ type }) => type);
  const table = suggested(types, begin);
  const end = (recorded: string | undefined, otherwise: string | undefined): PeriodEnd | null =>
    recorded !== undefined
      ? { end: recorded, by: 'ledger' }
      : otherwise !== undefined
        ? { end: otherwise, by: 'table' }
        : null;
  return {
    begin,
    originator: types.some(protects) ? end(cryptoperiod?.originatorEnd, table.originatorEnd) : null,
    recipient: types.some(processes)
      ? // Where the originator's end was chosen, the table's end for recipients follows that choice.
        end(cryptoperiod?.recipientEnd, cryptoperiod ? following(types, cryptoperiod, table) : table.recipientEnd)
      : null,
  };
}

function following(types: readonly KeyType[], { originatorEnd }: Cryptoperiod, table: Partial<Cryptoperiod>) {
  const both = types.find((type) => protects(type) && processes(type));
  const after = both === undefined ? null : PERIODS[both].after;
  return after === null ? table.recipientEnd : monthsAfter(originatorEnd, after);
}

/** Why these days cannot be a key's cryptoperiod, or null where they can. `from`: its first day, or the day of the plan. */
export function refusedPeriod({ originatorEnd, recipientEnd }: Cryptoperiod, from: string): RuleId | null {
  if (originatorEnd < from) return 'PERIOD-5';
  return recipientEnd !== undefined && recipientEnd < originatorEnd ? 'PERIOD-6' : null;
}

/** Whether a chosen period is longer than Table 1 suggests. That is told and does not block. */
export function longerThanTable(types: readonly KeyType[], begin: string, chosen: Cryptoperiod): boolean {
  const table = suggested(types, begin);
  const longer = (day: string | undefined, most: string | undefined) =>
    day !== undefined && most !== undefined && day > most;
  return (
    longer(chosen.originatorEnd, table.originatorEnd) || longer(chosen.recipientEnd, following(types, chosen, table))
  );
}

/** Whether some object of the key may protect, or process, in its state. */
export const mayNow = (profile: Profile, { objects, enabled }: KeyInTime, what: 'protect' | 'process'): boolean =>
  objects.some(({ type, state }) => {
    const kind: readonly Operation[] = KEY_TYPES[type][what];
    return operationsOf(profile, type, state, enabled).some((operation) => kind.includes(operation));
  });

/** How long before the end of a period people are told: ninety days, and never more than a quarter of the period. */
export const warnedBefore = (begin: string, end: string): number => Math.min(90, daysBetween(begin, end) / 4);

/** A plan that can be taken as it is, or changed before it is frozen. */
export interface ProposedPlan {
  /** A change of the key, or another key that follows it. */
  readonly change: Change | 'rotate';
  /** The key that it is about. */
  readonly key: string;
  /** Stands in the plan and is read aloud. */
  readonly reason: string;
  /** Of a rotation: the label of the new key, and what becomes of this one. */
  readonly label?: string;
  readonly fate?: Fate;
}

export interface Due {
  readonly rule: 'PERIOD-1' | 'PERIOD-2' | 'PERIOD-3' | 'PERIOD-4' | 'PERIOD-7';
  readonly key: string;
  readonly label: string;
  /** The last day of the period, or the day on which a waiting destruction may be done. */
  readonly end: string;
  readonly by: PeriodEnd['by'];
  /** Days from today to that day; negative when it is over. */
  readonly days: number;
  readonly sentence: string;
  /** Null where no recipe of this vault would end it: people decide. */
  readonly plan: ProposedPlan | null;
}

/**
 * What is due for these keys, the longest overdue first. Nothing is done by it: a ceremony does it, when people hold
 * one. A key that may do nothing in its state has nothing due.
 */
export function due(keys: Iterable<KeyInTime>, now: number, profile: Profile): Due[] {
  const today = dayOf(now);
  const found: Due[] = [];
  for (const key of keys) {
    found.push(...waited(key, now, today));
    const periods = periodsOf(key);
    if (!periods) continue;
    const { begin, originator, recipient } = periods;
    if (originator && mayNow(profile, key, 'protect'))
      found.push(...ending(key, begin, originator, today, 'originator'));
    if (recipient && mayNow(profile, key, 'process')) found.push(...ending(key, begin, recipient, today, 'recipient'));
  }
  return found.sort((a, b) => a.days - b.days || (a.label < b.label ? -1 : 1));
}

/** A destruction that waited for its day, and that people can now hold the second ceremony of. */
function waited({ key, label, destroyAfter, changes }: KeyInTime, now: number, today: string): Due[] {
  if (destroyAfter === null || !(Date.parse(destroyAfter) <= now) || !changes().includes('destroy')) return [];
  const end = destroyAfter.slice(0, 10);
  const sentence = `The waiting time before the destruction of ${label} ended on ${end}.`;
  return [
    {
      rule: 'PERIOD-7',
      key,
      label,
      end,
      by: 'ledger',
      days: Math.min(0, daysBetween(today, end)),
      sentence,
      plan: { change: 'destroy', key, reason: sentence },
    },
  ];
}

function ending(
  key: KeyInTime,
  begin: string,
  { end, by }: PeriodEnd,
  today: string,
  use: 'originator' | 'recipient',
): Due[] {
  const days = daysBetween(today, end);
  if (days > warnedBefore(begin, end)) return [];
  const over = days < 0;
  const rule = use === 'originator' ? (over ? 'PERIOD-2' : 'PERIOD-1') : over ? 'PERIOD-4' : 'PERIOD-3';
  const sentence = `${use === 'originator' ? 'Originator use' : 'Recipient use'} of ${key.label} ${
    over ? 'ended' : 'ends'
  } on ${end}${by === 'table' ? `, by ${TABLE_1}: no period is recorded` : ''}.`;
  return [{ rule, key: key.key, label: key.label, end, by, days, sentence, plan: proposal(key, use, over, sentence) }];
}

/** How a profile may end a use, the mildest way first for the originator, the last one first for the recipient. */
const WAYS: Readonly<Record<'originator' | 'recipient', readonly Change[]>> = {
  originator: ['deactivate', 'destroy', 'delete'],
  recipient: ['destroy', 'schedule-destruction', 'deactivate', 'delete'],
};

/** Without a successor the key is rotated. With one, it is ended; but not while recipients may still need it. */
function proposal(
  { key, label, changes, successor }: KeyInTime,
  use: 'originator' | 'recipient',
  over: boolean,
  reason: string,
): ProposedPlan | null {
  if (use === 'recipient' && !over) return null;
  const there = changes();
  if (use === 'originator' && successor === null) {
    // Both are there while people change over, until the time has passed.
    const fate = over && there.includes('deactivate') ? 'deactivate' : 'keep';
    return { change: 'rotate', key, reason, label: nextLabel(label), fate };
  }
  const change = WAYS[use].find((one) => there.includes(one));
  return change === undefined ? null : { change, key, reason };
}

/** A label for the key that follows: the number at its end goes up by one, or it gets a 2. */
export function nextLabel(label: string): string {
  const [, name = label, digits] = /^(.*?)(\d{1,9})$/.exec(label) ?? [];
  const next = digits === undefined ? '-2' : String(Number(digits) + 1).padStart(digits.length, '0');
  return `${name.slice(0, 32 - next.length)}${next}`;
}
