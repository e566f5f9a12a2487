/** The SQLite index of the open ledger: follows the journal, answers the ledger screen, and is written out whole. */
import type { EventType } from '../../core/ledger/event.ts';
import { EVENT_TYPES } from '../../core/ledger/event.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Result } from '../../core/result.ts';
import type { Input } from '../../contract/schema.ts';
import type { Journal } from './journal.ts';
import { entriesPage, type EntryPage } from './query.ts';
import { LedgerDatabase } from './sqlite.ts';

export class LedgerIndex {
  #followed = 0;

  private constructor(
    private readonly journal: Journal,
    private readonly database: LedgerDatabase,
  ) {}

  /** @param wasm Path of sql.js's `sql-wasm.wasm`. */
  static async over(journal: Journal, wasm: string, crypto: Crypto): Promise<LedgerIndex> {
    const index = new LedgerIndex(journal, await LedgerDatabase.create(wasm, crypto));
    index.follow();
    return index;
  }

  /** Takes in what was appended since. */
  follow(): void {
    const lines = this.journal.entries(this.#followed);
    if (lines.length === 0) return;
    this.database.add(lines.map((line) => ({ ...line, disclosures: this.journal.disclosuresOf(line.entry.seq) })));
    this.#followed += lines.length;
  }

  page({ before, limit, ceremony, type, person, text }: Input<'ledger.page'>): EntryPage {
    const types = EVENT_TYPES.filter((name): name is EventType => name === type);
    return entriesPage(
      this.database,
      {
        ...(type === undefined ? {} : { types }),
        ...(ceremony === undefined ? {} : { ceremony }),
        ...(person === undefined ? {} : { person }),
        ...(text === undefined ? {} : { text }),
      },
      limit,
      before,
    );
  }

  /** Writes the database file beside the journal, with its checkpoints. `beforeRename` is where a test may crash. */
  async write(beforeRename: () => void): Promise<Result<void>> {
    this.follow();
    this.database.addCheckpoints(this.journal.checkpoints());
    const bytes = this.database.export(this.journal.root());
    beforeRename();
    return this.journal.writeDatabase(bytes);
  }
}
