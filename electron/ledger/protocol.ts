/** What the privileged process asks of the ledger host, and what comes back. Plain data both ways. */
import type { EntryView } from '../../contract/ledger-views.ts';
import type { Environment } from '../../core/ledger/entry.ts';
import type { VerifierKey } from '../../core/ledger/note.ts';
import type { LedgerReport } from '../../core/ledger/report.ts';
import type { Result } from '../../core/result.ts';
import type { Checked } from './check.ts';
import type { EntryFilter } from './query.ts';

/** What is known of a ledger from elsewhere than its own folder. */
export interface Outside {
  readonly receipts: readonly { readonly source: string; readonly bytes: Uint8Array }[];
  /** Keys of people who cosign. */
  readonly cosigners: readonly VerifierKey[];
}

export interface Asks {
  /** Verifies and replays the whole ledger and makes the index for the screens. Once in the life of a host. */
  readonly check: { readonly dir: string; readonly environment: Environment; readonly wasm: string };
  /** `size` is how many entries there are by now; `null` while the ledger is still being checked. */
  readonly page: {
    readonly filter: EntryFilter;
    readonly limit: number;
    readonly before: number | undefined;
    readonly size: number | null;
    readonly sealed: number;
  };
  /** Writes the whole database beside the ledger's own, for the owner to put in its place. */
  readonly write: { readonly size: number };
  /** Verifies the whole folder and reports on it. Nothing else is answered meanwhile. */
  readonly verify: { readonly dir: string } & Outside;
}

export interface Answers {
  readonly check: Checked;
  readonly page: EntryPage;
  readonly write: null;
  readonly verify: LedgerReport;
}

export interface EntryPage {
  readonly entries: readonly EntryView[];
  /** How many entries match the filter in all. */
  readonly total: number;
}

export interface Progress {
  /** Entries checked, and entries that there seem to be. */
  readonly done: number;
  readonly total: number;
}

export type Ask = keyof Asks;

export interface Request {
  readonly id: number;
  readonly ask: Ask;
  readonly about: Asks[Ask];
}

export type Reply =
  { readonly id: number; readonly result: Result<unknown> } | { readonly id: number; readonly progress: Progress };
