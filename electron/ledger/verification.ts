/**
 * The verification of the whole ledger that a person asks for: from the files on disk, in a process that exists for this
 * one run and can be ended at any moment without touching anything.
 */
import type { LedgerReport } from '../../core/ledger/report.ts';
import { fail, type Result } from '../../core/result.ts';
import type { Outside, Progress } from './protocol.ts';
import { LedgerReader, type ReaderOptions } from './reader.ts';

export class LedgerVerification {
  #running: LedgerReader | null = null;
  #stopped = false;
  /** How far the one under way has come. */
  progress: Progress | null = null;

  constructor(private readonly changed: () => void) {}

  async run(options: ReaderOptions, outside: Outside): Promise<Result<LedgerReport>> {
    if (this.#running) return fail({ code: 'busy', message: 'The ledger is being verified already.' });
    const reader = new LedgerReader(options);
    this.#running = reader;
    this.#stopped = false;
    this.#tell({ done: 0, total: 0 });
    const report = await reader.verify(outside, (progress) => this.#tell(progress));
    reader.end();
    const { done, total } = this.progress ?? { done: 0, total: 0 };
    this.#running = null;
    this.#tell(null);
    return this.#stopped && !report.ok ? fail(stopped(done, total)) : report;
  }

  stop(): void {
    this.#stopped = true;
    this.#running?.end();
  }

  #tell(progress: Progress | null): void {
    this.progress = progress;
    this.changed();
  }
}

const stopped = (done: number, total: number) => ({
  code: 'refused' as const,
  message: `The verification was stopped after ${done.toLocaleString('en')} of ${total.toLocaleString('en')} entries.`,
  hint: 'Nothing is said of the ledger by a verification that did not come to its end. Start it again.',
});
