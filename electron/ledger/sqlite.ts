/**
 * The ledger as a SQLite database: the index behind the screens, and the file that auditors take away. It is derived
 * from the journal and can be made again from it at any time; nothing is decided from it.
 *
 * The only room that imports sql.js. The library is pinned: `export()` of this version keeps statements and pragmas and
 * throws inside a write transaction, which a test holds it to.
 */
import initSqlJs, { type Database, type SqlValue } from 'sql.js';
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { decodeDisclosure, disclosureDigest } from '../../core/ledger/disclosure.ts';
import { parseCheckpoint, parseNote } from '../../core/ledger/note.ts';
import type { JournalLine } from '../../core/ledger/verify-journal.ts';
import type { StoredCheckpoint } from './check.ts';

/** `CNCL`: tells file(1) and auditors whose database this is. */
export const APPLICATION_ID = 0x434e434c;

/** Gives back journal.jsonl, one row a line. */
export const JOURNAL_SELECT =
  "SELECT lower(hex(leaf_hash)) || ' ' || CAST(body AS TEXT) AS line FROM entry ORDER BY seq";

/** Triggers guard against our own mistakes. Against attackers there are the hashes. */
const SCHEMA = `
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = 1;
CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE entry(
  seq INTEGER PRIMARY KEY CHECK(seq >= 0),
  leaf_hash BLOB NOT NULL CHECK(length(leaf_hash) = 32),
  body BLOB NOT NULL CHECK(length(body) BETWEEN 2 AND 65535), -- the exact leaf
  type TEXT GENERATED ALWAYS AS (json_extract(CAST(body AS TEXT), '$.type')) VIRTUAL,
  time TEXT GENERATED ALWAYS AS (json_extract(CAST(body AS TEXT), '$.clock.wall')) VIRTUAL,
  ceremony TEXT GENERATED ALWAYS AS (json_extract(CAST(body AS TEXT), '$.ceremony')) VIRTUAL,
  role TEXT GENERATED ALWAYS AS (json_extract(CAST(body AS TEXT), '$.actor.role')) VIRTUAL,
  person TEXT GENERATED ALWAYS AS (json_extract(CAST(body AS TEXT), '$.actor.person')) VIRTUAL,
  label TEXT GENERATED ALWAYS AS (json_extract(CAST(body AS TEXT), '$.data.label')) VIRTUAL,
  key TEXT GENERATED ALWAYS AS (json_extract(CAST(body AS TEXT), '$.data.key')) VIRTUAL
) STRICT;
CREATE INDEX entry_type ON entry(type, seq);
CREATE INDEX entry_ceremony ON entry(ceremony, seq);
CREATE INDEX entry_person ON entry(person, seq);
CREATE TABLE disclosure(
  seq INTEGER NOT NULL REFERENCES entry(seq),
  digest TEXT NOT NULL,
  encoded TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(seq, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint(
  tree_size INTEGER NOT NULL,
  root_hash BLOB NOT NULL CHECK(length(root_hash) = 32),
  note BLOB NOT NULL,
  PRIMARY KEY(tree_size, root_hash)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER entry_dense BEFORE INSERT ON entry
  WHEN NEW.seq <> coalesce((SELECT max(seq) FROM entry), -1) + 1 BEGIN SELECT RAISE(ABORT, 'entries are dense'); END;
CREATE TRIGGER entry_kept BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries do not change'); END;
CREATE TRIGGER entry_stays BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are not removed'); END;
CREATE TRIGGER checkpoint_kept BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints do not change'); END;
CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoints are not removed'); END;
`;

/** An entry with what is disclosed of it. Without `disclosures` a copy is made that withholds them. */
export interface IndexedLine extends Pick<JournalLine, 'entry' | 'leaf' | 'hash'> {
  readonly disclosures?: readonly string[];
}

export type { SqlValue };

export type Row = Readonly<Record<string, SqlValue>>;

/** A SQLite database in memory. */
export class Sqlite {
  readonly #db: Database;

  /** An empty one. `wasm` is the path of sql.js's `sql-wasm.wasm`. Rejects where the file is not there or not WebAssembly. */
  static async create(wasm: string, schema: string): Promise<Sqlite> {
    const { Database } = await initSqlJs({ locateFile: () => wasm });
    return new Sqlite(new Database(), schema);
  }

  private constructor(db: Database, schema: string) {
    this.#db = db;
    db.run(schema);
  }

  run(sql: string, parameters: readonly SqlValue[] = []): void {
    this.#db.run(sql, [...parameters]);
  }

  /** Many rows by prepared statements, all or none. */
  insert(statements: readonly string[], act: (...insert: ((row: SqlValue[]) => void)[]) => void): void {
    this.transaction(() => {
      const prepared = statements.map((sql) => this.#db.prepare(sql));
      try {
        act(...prepared.map((one) => (row: SqlValue[]) => one.run(row)));
      } finally {
        for (const one of prepared) one.free();
      }
    });
  }

  /** Rows of a SELECT, by column name. Values go in as parameters only. */
  select(sql: string, parameters: readonly SqlValue[] = []): Row[] {
    const statement = this.#db.prepare(sql);
    try {
      statement.bind([...parameters]);
      const rows: Row[] = [];
      while (statement.step()) rows.push(statement.getAsObject());
      return rows;
    } finally {
      statement.free();
    }
  }

  transaction(act: () => void): void {
    this.#db.run('BEGIN');
    try {
      act();
      this.#db.run('COMMIT');
    } catch (error) {
      this.#db.run('ROLLBACK');
      throw error;
    }
  }

  export(): Uint8Array {
    return this.#db.export();
  }

  close(): void {
    this.#db.close();
  }
}

/** The database that auditors take away, in memory until it is written. */
export class LedgerDatabase {
  readonly #db: Sqlite;
  readonly #crypto: Crypto;

  static async create(wasm: string, crypto: Crypto): Promise<LedgerDatabase> {
    return new LedgerDatabase(await Sqlite.create(wasm, SCHEMA), crypto);
  }

  private constructor(db: Sqlite, crypto: Crypto) {
    this.#db = db;
    this.#crypto = crypto;
  }

  /** Adds the next entries, all or none. Throws where they are not the next: that is a defect of the caller. */
  add(lines: readonly IndexedLine[]): void {
    const statements = [
      'INSERT INTO entry(seq, leaf_hash, body) VALUES(?, ?, ?)',
      'INSERT INTO disclosure(seq, digest, encoded, name, value) VALUES(?, ?, ?, ?, ?)',
    ];
    this.#db.insert(statements, (insert, disclose) => {
      for (const { entry, leaf, hash, disclosures } of lines) {
        insert([entry.seq, hash, leaf]);
        for (const encoded of disclosures ?? []) {
          const found = decodeDisclosure(encoded);
          const digest = disclosureDigest(this.#crypto, encoded);
          if (!found || !entry.disclosures.includes(digest)) continue;
          disclose([entry.seq, digest, encoded, found.name, found.value]);
        }
      }
    });
  }

  /** Adds checkpoints that the journal has verified. One that is there already is left alone. */
  addCheckpoints(checkpoints: readonly StoredCheckpoint[]): void {
    this.#db.transaction(() => {
      for (const { note } of checkpoints) {
        const text = parseNote(note);
        const parsed = text.ok ? parseCheckpoint(text.value.text) : text;
        if (!parsed.ok) throw new TypeError('not a checkpoint');
        this.#db.run('INSERT OR IGNORE INTO checkpoint(tree_size, root_hash, note) VALUES(?, ?, ?)', [
          parsed.value.size,
          parsed.value.root,
          new TextEncoder().encode(note),
        ]);
      }
    });
  }

  select(sql: string, parameters: readonly SqlValue[] = []): Row[] {
    return this.#db.select(sql, parameters);
  }

  /** The whole database as a file, with the size and root it stands for in `meta`. */
  export(root: Uint8Array): Uint8Array {
    const size = this.select('SELECT count(*) AS n FROM entry')[0]?.['n'] ?? 0;
    const meta: [string, SqlValue][] = [
      ['format', 'conclave-ledger'],
      ['entries', size],
      ['root', hex(root)],
    ];
    this.#db.transaction(() => {
      for (const row of meta) this.#db.run('INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)', row);
    });
    return this.#db.export();
  }

  close(): void {
    this.#db.close();
  }
}
