import type { ProofView } from '../../ui/ledger/proof.ts';
import type { Verdict } from '../../ui/result/verdict.ts';

export interface LedgerView {
  readonly ceremonies: readonly CeremonyEntry[];
  readonly chosen: string | undefined;
  readonly total: number;
  readonly matching: number;
  readonly entries: readonly EntryRow[];
  readonly events: readonly Choice[];
  readonly people: readonly Choice[];
  readonly verification: VerificationView | undefined;
  readonly verifying?:
    { readonly label: string; readonly detail: string; readonly fraction: number | undefined } | undefined;
  readonly selected: number | undefined;
  readonly detail: EntryDetail | undefined;
  readonly proof: ProofView | undefined;
  readonly proofFile?: string | undefined;
  /** Why there is no proof. */
  readonly noProof?: string | undefined;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface CeremonyEntry {
  readonly id: string;
  readonly date: string;
  readonly title: string;
  readonly first: number;
  readonly last: number;
}

export interface EntryRow {
  readonly number: number;
  /** The date, where the table needs it. */
  readonly day?: string | undefined;
  readonly time: string;
  readonly event: string;
  readonly detail: string;
  readonly by: string;
  readonly hash: string;
}

export interface EntryDetail {
  readonly number: number;
  readonly time: string;
  readonly type: string;
  readonly ceremony: string | undefined;
  readonly hash: string;
  readonly sealed: boolean;
  readonly leaf: string;
  readonly disclosed: readonly { readonly name: string; readonly value: string }[];
}

export interface VerificationView {
  readonly good: boolean;
  readonly title: string;
  readonly detail: readonly string[];
  readonly checks: readonly {
    readonly name: string;
    readonly detail: string;
    readonly not: string;
    readonly toDo?: string | undefined;
    readonly verdict: Verdict;
  }[];
  readonly findings: readonly FindingRow[];
}

export interface FindingRow {
  readonly id: string;
  readonly what: string;
  readonly not: string;
  readonly toDo: string;
}

export interface LedgerFilter {
  readonly event: string;
  readonly by: string;
  readonly search: string;
  /** RFC 3339 UTC: from (inclusive) and to (exclusive). */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export interface LedgerActions {
  readonly choose: (ceremony: string | undefined) => void;
  readonly filter: (filter: LedgerFilter) => void;
  readonly select: (entry: number) => void;
  readonly more: () => void;
  readonly verify: () => void;
  readonly stop: () => void;
  readonly readRoot: () => void;
}
