/**
 * What the ledger screen filters by, and no more: the entries themselves stay in the journal. It lives in the process that
 * reads the ledger (host/), in memory, and is made again at every start.
 */
import { hex } from '../../core/bytes.ts';
import { decodeDisclosure } from '../../core/ledger/disclosure.ts';
import type { JournalLine } from '../../core/ledger/verify-journal.ts';
import { Sqlite, type Row, type SqlValue } from './sqlite.ts';

const SCHEMA = `
CREATE TABLE entry(
  seq INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  at INTEGER NOT NULL, -- wall clock, milliseconds since 1970, UTC
  ceremony TEXT,
  person TEXT,
  hash TEXT NOT NULL,
  words TEXT NOT NULL -- what a search for text looks at, one thing a line
) STRICT;
CREATE INDEX entry_type ON entry(type);
CREATE INDEX entry_at ON entry(at);
CREATE INDEX entry_ceremony ON entry(ceremony);
CREATE INDEX entry_person ON entry(person);
`;

const INSERT = 'INSERT INTO entry(seq, type, at, ceremony, person, hash, words) VALUES(?, ?, ?, ?, ?, ?, ?)';

/** An entry with what is disclosed of it. */
export interface SearchedLine extends Pick<JournalLine, 'entry' | 'hash'> {
  readonly disclosures: readonly string[];
}

function row({ entry, hash, disclosures }: SearchedLine): SqlValue[] {
  const { seq, type, clock, ceremony, actor, data } = entry;
  const { label, key } = data as { readonly label?: unknown; readonly key?: unknown };
  const disclosed = disclosures.map((encoded) => decodeDisclosure(encoded)?.value);
  const words = [type, ceremony, actor.person, label, key, ...disclosed].filter((word) => typeof word === 'string');
  return [seq, type, Date.parse(clock.wall), ceremony, actor.person ?? null, hex(hash), words.join('\n')];
}

export class SearchIndex {
  /** `wasm` is the path of sql.js's `sql-wasm.wasm`. */
  static async create(wasm: string): Promise<SearchIndex> {
    return new SearchIndex(await Sqlite.create(wasm, SCHEMA));
  }

  private constructor(private readonly db: Sqlite) {}

  add(lines: readonly SearchedLine[]): void {
    if (lines.length === 0) return;
    this.db.insert([INSERT], (insert) => {
      for (const line of lines) insert(row(line));
    });
  }

  select(sql: string, parameters: readonly SqlValue[]): Row[] {
    return this.db.select(sql, parameters);
  }
}
