import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hex } from '../../core/bytes.ts';
import type { Journal } from '../../electron/ledger/journal.ts';
import { entriesPage } from '../../electron/ledger/query.ts';
import { SearchIndex } from '../../electron/ledger/search-index.ts';
import { JOURNAL_SELECT, LedgerDatabase, type IndexedLine } from '../../electron/ledger/sqlite.ts';
import { enrolment, intent, outcome, step } from './entries.ts';
import { crypto, grow, journalBytes, open, scratch, seal, value } from './scratch.ts';

const WASM = resolve('node_modules/sql.js/dist/sql-wasm.wasm');

const indexed = (journal: Journal, from = 0): IndexedLine[] =>
  journal.entries(from).map((line) => ({ ...line, disclosures: journal.disclosuresOf(line.entry.seq) }));

/** Debian's sqlite3, which has nothing of ours in it. */
const sqlite3 = (file: string, sql: string): string =>
  execFileSync('sqlite3', ['-readonly', '-batch', file, sql], { encoding: 'utf8' });

async function sealed(size: number): Promise<{ dir: string; journal: Journal; database: LedgerDatabase }> {
  const dir = scratch();
  const journal = value(await open(dir));
  await grow(journal, size);
  value(await journal.writeCheckpoint(size, seal(size, journal.root())));
  const database = await LedgerDatabase.create(WASM, crypto);
  database.add(indexed(journal));
  database.addCheckpoints(journal.checkpoints());
  return { dir, journal, database };
}

describe('the ledger database', () => {
  it('is opened by the sqlite3 tool, is whole, and one SELECT gives the journal back byte for byte', async () => {
    const { dir, journal, database } = await sealed(40);
    const file = join(dir, 'log.sqlite');
    writeFileSync(file, database.export(journal.root()));
    expect(sqlite3(file, 'PRAGMA integrity_check')).toBe('ok\n');
    expect(sqlite3(file, 'PRAGMA application_id; PRAGMA user_version')).toBe(`1129202508\n1\n`);
    expect(Buffer.from(sqlite3(file, JOURNAL_SELECT))).toEqual(journalBytes(dir));
    expect(sqlite3(file, 'SELECT key, value FROM meta ORDER BY key')).toBe(
      `entries|40\nformat|conclave-ledger\nroot|${hex(journal.root())}\n`,
    );
    expect(sqlite3(file, 'SELECT tree_size, lower(hex(root_hash)) FROM checkpoint')).toBe(
      `40|${hex(journal.root())}\n`,
    );
    expect(sqlite3(file, 'SELECT CAST(note AS TEXT) FROM checkpoint')).toBe(`${journal.latestCheckpoint()!.note}\n`);
    const { clock } = journal.entries(7, 8)[0]!.entry;
    expect(sqlite3(file, 'SELECT type, time, ceremony, role, person FROM entry WHERE seq = 7')).toBe(
      `step.done|${clock.wall}|CER-2026-001|custodian|custodian-2\n`,
    );
  });

  it('says by hash, without SQLite, whose file it is: the journal in it verifies from the bodies alone', async () => {
    const { dir, journal, database } = await sealed(8);
    const file = join(dir, 'log.sqlite');
    writeFileSync(file, database.export(journal.root()));
    const rows = sqlite3(file, 'SELECT lower(hex(leaf_hash)), hex(body) FROM entry ORDER BY seq').trim().split('\n');
    for (const row of rows) {
      const [hash, body] = row.split('|');
      const leaf = Buffer.concat([Buffer.from([0]), Buffer.from(body!, 'hex')]);
      expect(hex(crypto.sha256(leaf))).toBe(hash);
    }
  });

  it('has the disclosures, and a copy made without them says the same of the journal', async () => {
    const { dir, journal, database } = await sealed(8);
    const names = 'SELECT seq, name, value FROM disclosure ORDER BY seq, name';
    const whole = join(dir, 'whole.sqlite');
    writeFileSync(whole, database.export(journal.root()));
    expect(sqlite3(whole, names)).toBe('2|medium|USB stick 3\n2|name|Name 2\n6|medium|USB stick 7\n6|name|Name 6\n');
    const withheld = await LedgerDatabase.create(WASM, crypto);
    withheld.add(journal.entries());
    const file = join(dir, 'withheld.sqlite');
    writeFileSync(file, withheld.export(journal.root()));
    expect(sqlite3(file, names)).toBe('');
    expect(sqlite3(file, JOURNAL_SELECT)).toBe(sqlite3(whole, JOURNAL_SELECT));
    expect(readFileSync(file).includes('USB stick')).toBe(false);
  });

  it('does not take disclosures that do not belong to the entry', async () => {
    const { journal } = await sealed(8);
    const database = await LedgerDatabase.create(WASM, crypto);
    const foreign = journal.disclosuresOf(6);
    database.add(journal.entries(0, 3).map((line) => ({ ...line, disclosures: foreign })));
    expect(database.select('SELECT * FROM disclosure')).toEqual([]);
  });

  it('refuses gaps, changes and removals, also those of a later hand with the sqlite3 tool', async () => {
    const { dir, journal, database } = await sealed(8);
    const fresh = await LedgerDatabase.create(WASM, crypto);
    expect(() => fresh.add(journal.entries(1))).toThrow('entries are dense');
    expect(() => fresh.add([...journal.entries(0, 2), ...journal.entries(1, 3)])).toThrow('entries are dense');
    expect(fresh.select('SELECT * FROM entry')).toEqual([]);
    const file = join(dir, 'log.sqlite');
    writeFileSync(file, database.export(journal.root()));
    const change = (sql: string) => () => execFileSync('sqlite3', ['-batch', file, sql], { stdio: 'pipe' });
    expect(change("UPDATE entry SET body = x'7b7d' WHERE seq = 3")).toThrow('entries do not change');
    expect(change('DELETE FROM entry WHERE seq = 7')).toThrow('entries are not removed');
    expect(change('DELETE FROM checkpoint')).toThrow('checkpoints are not removed');
    expect(sqlite3(file, JOURNAL_SELECT)).toBe(journalBytes(dir).toString('utf8'));
  });

  it('follows the journal, and an export leaves it usable (the behaviour of the pinned sql.js)', async () => {
    const { journal, database } = await sealed(8);
    const before = database.export(journal.root());
    await grow(journal, 12);
    database.add(indexed(journal, 8));
    const after = database.export(journal.root());
    expect(after.length).toBeGreaterThan(0);
    expect(Buffer.from(after).equals(before)).toBe(false);
    expect(database.select('SELECT count(*) AS n FROM entry')).toEqual([{ n: 12 }]);
    expect(database.select('PRAGMA user_version')).toEqual([{ user_version: 1 }]);
    database.close();
  });
});

describe('a page of entries', () => {
  const searched = async (journal: Journal): Promise<SearchIndex> => {
    const index = await SearchIndex.create(WASM);
    index.add(journal.entries().map((line) => ({ ...line, disclosures: journal.disclosuresOf(line.entry.seq) })));
    return index;
  };
  const ask = (database: SearchIndex, filter: Parameters<typeof entriesPage>[1], limit = 10, before?: number) =>
    entriesPage(database, filter, limit, before);

  it('has the newest first and goes on where the last one ended', async () => {
    const { journal } = await sealed(25);
    const database = await searched(journal);
    expect(ask(database, {})).toEqual({ seqs: [24, 23, 22, 21, 20, 19, 18, 17, 16, 15], total: 25 });
    expect(ask(database, {}, 10, 15).seqs).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
    expect(ask(database, {}, 10, 5).seqs).toEqual([4, 3, 2, 1, 0]);
    expect(ask(database, {}, 10, 0).seqs).toEqual([]);
    expect(ask(database, {}, -1).seqs).toEqual([]);
  });

  it('has the entries of a type, a ceremony, a person, or words that stand in them or beside them', async () => {
    const journal = value(await open(scratch()));
    const [begun] = value(await journal.append([intent('ALDERMOOR-CS-2026')]));
    value(
      await journal.append([outcome(begun!.hash), enrolment(1, 'Idris Okonjo'), enrolment(2, 'Maren 100%'), step(4)]),
    );
    const database = await searched(journal);
    const seqs = (filter: Parameters<typeof entriesPage>[1]) => ask(database, filter).seqs;
    expect(seqs({ types: ['act.intent', 'act.result'] })).toEqual([1, 0]);
    expect(seqs({ types: [] })).toEqual([]);
    expect(seqs({ ceremony: 'CER-2026-001' })).toEqual([4, 1, 0]);
    expect(seqs({ person: 'administrator-1' })).toEqual([3, 2]);
    expect(seqs({ ceremony: 'CER-2026-001', person: 'custodian-2' })).toEqual([4]);
    expect(seqs({ text: 'aldermoor' })).toEqual([0]);
    expect(seqs({ text: 'okonjo' })).toEqual([2]);
    expect(seqs({ text: hex(begun!.hash).slice(0, 40) })).toEqual([1, 0]);
    expect(
      seqs({
        text: hex(begun!.hash)
          .slice(0, 8)
          .replace(/(.{4})/, '$1 '),
      }),
    ).toEqual([0]);
    expect(seqs({ text: 'custodian-' })).toEqual([4]);
    expect(seqs({ text: '3' })).toContain(3);
    const at = Date.parse(begun!.entry.clock.wall);
    expect(seqs({ from: at })).toEqual([4, 3, 2, 1, 0]);
    expect(seqs({ to: at })).toEqual([]);
    expect(seqs({ from: at, to: at + 1, types: ['act.intent'] })).toEqual([0]);
    // Signs with a meaning in LIKE or SQL stand for themselves.
    expect(seqs({ text: '100%' })).toEqual([3]);
    for (const text of ['%', '_', "' OR 1 --", '\\']) expect(seqs({ text })).toEqual(text === '%' ? [3] : []);
    expect(seqs({ person: "' OR 1 --" })).toEqual([]);
  });
});
