/** What the ledger screen asks of the index. */
import type { Input } from '../../contract/schema.ts';
import { EVENT_TYPES, type EventType } from '../../core/ledger/event.ts';
import type { SearchIndex } from './search-index.ts';
import type { SqlValue } from './sqlite.ts';

export interface EntryFilter {
  readonly types?: readonly EventType[];
  readonly ceremony?: string;
  /** Who acted, such as `custodian-2`. */
  readonly person?: string;
  /** Wall clock of the entries, from (inclusive) and to (exclusive). Milliseconds since 1970, UTC. */
  readonly from?: number;
  readonly to?: number;
  /**
   * An entry's number, or a part of a type, ceremony, person, key label, key id, leaf hash or disclosed value. Letter case
   * is ignored for ASCII. A part of a hash counts from four digits on where one is a letter, else from eight, with or without spaces.
   */
  readonly text?: string;
}

export function filterOf({ type, ceremony, person, from, to, text }: Input<'ledger.page'>): EntryFilter {
  return {
    ...(type === undefined ? {} : { types: EVENT_TYPES.filter((name) => name === type) }),
    ...(ceremony === undefined ? {} : { ceremony }),
    ...(person === undefined ? {} : { person }),
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
    ...(text === undefined ? {} : { text }),
  };
}

export interface FoundEntries {
  /** Sequence numbers, newest first. */
  readonly seqs: readonly number[];
  /** How many entries match the filter in all. */
  readonly total: number;
}

/** Pages are at most this long. */
export const MAX_PAGE = 200;

const CONDITIONS = { ceremony: 'ceremony = ?', person: 'person = ?', from: 'at >= ?', to: 'at < ?' } as const;

/** Signs with a meaning in LIKE stand for themselves. */
const part = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

function textCondition(text: string): { sql: string; values: SqlValue[] } {
  const any = ["words LIKE ? ESCAPE '\\'"];
  const values: SqlValue[] = [part(text)];
  const digits = text.replace(/\s/g, '');
  // A short number is in every tenth hash by chance.
  if (/^[0-9a-f]{4,64}$/i.test(digits) && (digits.length >= 8 || /[a-f]/i.test(digits))) {
    any.push('hash LIKE ?');
    values.push(`%${digits}%`);
  }
  if (/^\d{1,15}$/.test(digits)) {
    any.push('seq = ?');
    values.push(Number(digits));
  }
  return { sql: `(${any.join(' OR ')})`, values };
}

/** Entries that match, newest first, from those before `before` (exclusive; all where absent). */
export function entriesPage(
  index: Pick<SearchIndex, 'select'>,
  filter: EntryFilter,
  limit: number,
  before?: number,
): FoundEntries {
  const where: string[] = ['1'];
  const values: SqlValue[] = [];
  if (filter.types) {
    where.push(`type IN (${filter.types.map(() => '?').join(', ')})`);
    values.push(...filter.types);
  }
  for (const [name, condition] of Object.entries(CONDITIONS)) {
    const value = filter[name as keyof typeof CONDITIONS];
    if (value === undefined) continue;
    where.push(condition);
    values.push(value);
  }
  if (filter.text !== undefined && filter.text !== '') {
    const { sql, values: more } = textCondition(filter.text);
    where.push(sql);
    values.push(...more);
  }
  const matching = `FROM entry WHERE ${where.join(' AND ')}`;
  const total = Number(index.select(`SELECT count(*) AS n ${matching}`, values)[0]?.['n'] ?? 0);
  const rows = index.select(`SELECT seq ${matching} AND seq < ? ORDER BY seq DESC LIMIT ?`, [
    ...values,
    before ?? Number.MAX_SAFE_INTEGER,
    Math.max(0, Math.min(limit, MAX_PAGE)),
  ]);
  return { seqs: rows.map((row) => Number(row['seq'])), total };
}
