/** What the ledger screen asks of the index. */
import type { EventType } from '../../core/ledger/event.ts';
import type { LedgerDatabase, SqlValue } from './sqlite.ts';

export interface EntryFilter {
  readonly types?: readonly EventType[];
  readonly ceremony?: string;
  /** Who acted, such as `custodian-2`. */
  readonly person?: string;
  /** Part of a type, ceremony, person, key label, key id, leaf hash or disclosed value. Letter case is ignored for ASCII. */
  readonly text?: string;
}

export interface EntryPage {
  /** Sequence numbers, newest first. */
  readonly seqs: readonly number[];
  /** How many entries match the filter in all. */
  readonly total: number;
}

/** Pages are at most this long. */
export const MAX_PAGE = 200;

/** Entries that match, newest first, from those before `before` (exclusive; all where absent). */
export function entriesPage(database: LedgerDatabase, filter: EntryFilter, limit: number, before?: number): EntryPage {
  const where: string[] = ['1'];
  const values: SqlValue[] = [];
  if (filter.types) {
    where.push(`type IN (${filter.types.map(() => '?').join(', ')})`);
    values.push(...filter.types);
  }
  for (const column of ['ceremony', 'person'] as const) {
    const value = filter[column];
    if (value === undefined) continue;
    where.push(`${column} = ?`);
    values.push(value);
  }
  if (filter.text !== undefined && filter.text !== '') {
    const pattern = `%${filter.text.replace(/[\\%_]/g, '\\$&')}%`;
    const columns = ['type', 'ceremony', 'person', 'label', 'key', 'hex(leaf_hash)'];
    const own = columns.map((column) => `${column} LIKE ? ESCAPE '\\'`);
    const words = "EXISTS (SELECT 1 FROM disclosure d WHERE d.seq = entry.seq AND d.value LIKE ? ESCAPE '\\')";
    where.push(`(${[...own, words].join(' OR ')})`);
    values.push(...[...columns, 'disclosure'].map(() => pattern));
  }
  const matching = `FROM entry WHERE ${where.join(' AND ')}`;
  const total = Number(database.select(`SELECT count(*) AS n ${matching}`, values)[0]?.['n'] ?? 0);
  const rows = database.select(`SELECT seq ${matching} AND seq < ? ORDER BY seq DESC LIMIT ?`, [
    ...values,
    before ?? Number.MAX_SAFE_INTEGER,
    Math.max(0, Math.min(limit, MAX_PAGE)),
  ]);
  return { seqs: rows.map((row) => Number(row['seq'])), total };
}
