/** The owner's side of the ledger host: one ledger, verified and searched in a process of its own. */
import type { Environment } from '../../core/ledger/entry.ts';
import type { LedgerReport } from '../../core/ledger/report.ts';
import { fail, type Failure, type Result } from '../../core/result.ts';
import type { HostProcess, SpawnHost } from '../process/host-process.ts';
import type { Checked } from './check.ts';
import type { Answers, Ask, Asks, EntryPage, Outside, Progress, Reply, Request } from './protocol.ts';
import type { EntryFilter } from './query.ts';

export interface ReaderOptions {
  readonly spawn: SpawnHost;
  /** Path of sql.js's `sql-wasm.wasm`. */
  readonly wasm: string;
  readonly dir: string;
  readonly environment: Environment;
}

interface Pending {
  readonly settle: (result: Result<unknown>) => void;
  readonly progress: (progress: Progress) => void;
}

const ended = (reason: string): Failure => ({
  code: 'io',
  message: `The process that reads the ledger ended (${reason}). The ledger itself is untouched.`,
  hint: 'Try again. If it ends each time, the machine may have too little memory.',
});

export class LedgerReader {
  #host: HostProcess | null = null;
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #over = false;
  /** The check of the host that runs now. */
  #checking: Promise<Result<Checked>> | null = null;

  constructor(private readonly options: ReaderOptions) {}

  /** Verifies the whole ledger. What it gives back is for the journal to go on from. */
  check(progress: (progress: Progress) => void): Promise<Result<Checked>> {
    const { dir, environment, wasm } = this.options;
    this.#checking = this.#ask('check', { dir, environment, wasm }, progress);
    return this.#checking;
  }

  /** `size` is null while the check is under way: the page is then of what was checked so far. */
  async page(
    filter: EntryFilter,
    limit: number,
    before: number | undefined,
    ledger: { readonly size: number; readonly sealed: number } | null,
  ): Promise<Result<EntryPage>> {
    const ready = ledger ? await this.#ready() : null;
    if (ready && !ready.ok) return ready;
    const { size = null, sealed = 0 } = ledger ?? {};
    return this.#ask('page', { filter, limit, before, size, sealed });
  }

  /** Writes the database beside the ledger's own. The owner puts it in its place. */
  async write(size: number): Promise<Result<null>> {
    const ready = await this.#ready();
    return ready.ok ? this.#ask('write', { size }) : ready;
  }

  /** Verifies the whole folder from the files on disk. The host does nothing else meanwhile: it is one of its own. */
  verify(outside: Outside, progress: (progress: Progress) => void): Promise<Result<LedgerReport>> {
    return this.#ask('verify', { dir: this.options.dir, ...outside }, progress);
  }

  /** Ends the host at once. Whatever was asked of it fails. */
  end(): void {
    this.#over = true;
    this.#host?.kill();
  }

  /** A host that was lost is replaced, and reads the ledger again, when it is next needed. */
  #ready(): Promise<Result<Checked>> {
    return this.#host && this.#checking ? this.#checking : this.check(() => undefined);
  }

  #ask<A extends Ask>(ask: A, about: Asks[A], progress: Pending['progress'] = () => undefined) {
    return new Promise<Result<Answers[A]>>((resolve) => {
      if (this.#over) return resolve(fail(ended('it was stopped')));
      const id = ++this.#last;
      this.#pending.set(id, { settle: (result) => resolve(result as Result<Answers[A]>), progress });
      (this.#host ??= this.#start()).postMessage({ id, ask, about } satisfies Request);
    });
  }

  #start(): HostProcess {
    const host = this.options.spawn();
    host.onMessage((message) => {
      const reply = message as Reply;
      const waiting = this.#pending.get(reply.id);
      if ('progress' in reply) return waiting?.progress(reply.progress);
      this.#pending.delete(reply.id);
      waiting?.settle(reply.result);
    });
    host.onExit((reason) => {
      if (this.#host === host) this.#host = null;
      for (const { settle } of this.#pending.values()) settle(fail(ended(this.#over ? 'it was stopped' : reason)));
      this.#pending.clear();
    });
    return host;
  }
}
