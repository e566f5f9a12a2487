/**
 * Verifies a ledger from the first entry on, then follows it, and answers what the ledger screen asks; while it verifies,
 * from the entries that were checked so far. It reads the files and writes one: the database, under a temporary name.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { VaultReplay } from '../../../core/ceremony/replay.ts';
import { readReceipt } from '../../../core/ledger/receipt.ts';
import type { LedgerReport } from '../../../core/ledger/report.ts';
import { verifyLedger } from '../../../core/ledger/verify-ledger.ts';
import { Failed, fail, ok, type Result } from '../../../core/result.ts';
import { nodeCrypto } from '../../crypto.ts';
import { entryView } from '../../view/entry-view.ts';
import { LedgerReading, type Checked } from '../check.ts';
import { countLines, diskFiles, folderFailure, isErrno, writeAll } from '../files.ts';
import { layout, type Layout } from '../layout.ts';
import type { Asks, EntryPage, Progress, Reply, Request } from '../protocol.ts';
import { entriesPage } from '../query.ts';
import { SearchIndex, type SearchedLine } from '../search-index.ts';
import { sourceOf } from '../source.ts';
import { LedgerDatabase } from '../sqlite.ts';

/** Milliseconds between two words about the progress. */
const TELL = 100;

/** Entries that are put into the database at a time. */
const BATCH = 1_000;

interface Open {
  readonly at: Layout;
  readonly wasm: string;
  readonly reading: LedgerReading;
  readonly replay: VaultReplay;
  readonly index: SearchIndex;
  /** Entries that are checked and not in the index yet. */
  readonly waiting: SearchedLine[];
  whole: boolean;
}

export class LedgerHost {
  #open: Open | null = null;
  /** Reading on and writing out, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly post: (reply: Reply) => void) {}

  async answer({ id, ask, about }: Request): Promise<void> {
    const tell = (progress: Progress) => this.post({ id, progress });
    const result = await this.#answer(ask, about, tell).catch((error: unknown) =>
      fail(error instanceof Failed ? error.failure : folderFailure(error)),
    );
    this.post({ id, result });
  }

  #answer(ask: Request['ask'], about: Request['about'], tell: (progress: Progress) => void): Promise<Result<unknown>> {
    switch (ask) {
      case 'check':
        return this.#check(about as Asks['check'], tell);
      case 'page':
        return this.#page(about as Asks['page']);
      case 'write':
        return this.#write(about as Asks['write']);
      case 'verify':
        return verify(about as Asks['verify'], tell);
    }
  }

  async #check(
    { dir, environment, wasm }: Asks['check'],
    tell: (progress: Progress) => void,
  ): Promise<Result<Checked>> {
    const at = layout(dir);
    const total = countLines(diskFiles, at.journal);
    const replay = new VaultReplay(environment);
    const waiting: SearchedLine[] = [];
    const reading: LedgerReading = new LedgerReading(at, {
      files: diskFiles,
      crypto: nodeCrypto,
      environment,
      replay,
      seen: (line, disclosures) => void waiting.push({ entry: line.entry, hash: line.hash, disclosures }),
      between: async () => {
        this.#settle();
        if (performance.now() - told > TELL) {
          told = performance.now();
          tell({ done: reading.lines.size, total });
        }
        await turn();
      },
    });
    const open: Open = { at, wasm, reading, replay, index: await SearchIndex.create(wasm), waiting, whole: false };
    this.#open = open;
    let told = performance.now();
    tell({ done: 0, total });
    const read = await reading.read();
    if (!read.ok) return read;
    const checkpoints = await reading.checkpoints();
    if (!checkpoints.ok) return checkpoints;
    this.#settle();
    open.whole = true;
    return ok(reading.state(checkpoints.value));
  }

  /** Puts what was checked since into the index. */
  #settle(): void {
    if (this.#open) this.#open.index.add(this.#open.waiting.splice(0));
  }

  async #page({ filter, limit, before, size, sealed }: Asks['page']): Promise<Result<EntryPage>> {
    const open = this.#open;
    if (!open) return fail({ code: 'not-found', message: 'No ledger is being read.' });
    const followed = await this.#follow(open, size);
    if (!followed.ok) return followed;
    const { reading, replay, index } = open;
    const { seqs, total } = entriesPage(index, filter, limit, before);
    const context = { state: replay.state, sealed, journal: reading.lines };
    const lines = seqs.flatMap((seq) => reading.lines.read(seq, seq + 1));
    return ok({ entries: lines.map((line) => entryView(nodeCrypto, context, line)), total });
  }

  /** Reads what was appended, once the ledger was checked to its end. */
  #follow(open: Open, size: number | null): Promise<Result<null>> {
    return this.#next(async () => {
      if (size === null || !open.whole || open.reading.lines.size >= size) return ok(null);
      const read = await open.reading.read();
      this.#settle();
      return read;
    });
  }

  async #write({ size }: Asks['write']): Promise<Result<null>> {
    const open = this.#open;
    if (!open?.whole) return fail({ code: 'not-found', message: 'No ledger was read to its end.' });
    const followed = await this.#follow(open, size);
    if (!followed.ok) return followed;
    return this.#next(() => writeDatabase(open));
  }

  #next<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}

async function verify(
  { dir, receipts, cosigners }: Asks['verify'],
  tell: (progress: Progress) => void,
): Promise<Result<LedgerReport>> {
  const at = layout(dir);
  const total = countLines(diskFiles, at.journal);
  let told = performance.now();
  tell({ done: 0, total });
  const progress = (done: number) => {
    if (performance.now() - told < TELL) return;
    told = performance.now();
    tell({ done, total });
  };
  const heads = receipts.map(({ source, bytes }) => readReceipt(source, bytes));
  const options = { progress, cosigners, receipts: heads };
  return ok(await verifyLedger(nodeCrypto, await sourceOf(diskFiles, dir, at), options));
}

async function writeDatabase({ at, wasm, reading }: Open): Promise<Result<null>> {
  const { lines } = reading;
  const checkpoints = await reading.checkpoints();
  if (!checkpoints.ok) return checkpoints;
  const size = lines.size;
  const database = await LedgerDatabase.create(wasm, nodeCrypto);
  try {
    for (let from = 0; from < size; from += BATCH) {
      const batch = lines.read(from, Math.min(size, from + BATCH));
      database.add(batch.map((line) => ({ ...line, disclosures: lines.disclosuresOf(line.entry.seq) })));
      await turn();
    }
    database.addCheckpoints(checkpoints.value);
    const path = `${at.database}.tmp`;
    // Left over from an interrupted write.
    await diskFiles.remove(path).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error;
    });
    const file = await diskFiles.open(path, 'create');
    try {
      await writeAll(file, database.export(lines.tree.root(size)));
      await file.sync();
    } finally {
      await file.close();
    }
    return ok(null);
  } finally {
    database.close();
  }
}
