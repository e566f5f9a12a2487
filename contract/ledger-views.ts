/** What the ledger screen shows: entries, a verification and one entry's way to the root. */
import type { Role } from '../core/people/person.ts';
import type { FeedView } from './views.ts';

export interface EntryView extends FeedView {
  readonly type: string;
  readonly ceremony: string | null;
  readonly sealed: boolean;
  /** The exact leaf text. */
  readonly leaf: string;
  readonly disclosed: readonly { readonly name: string; readonly value: string }[];
}

export interface LedgerPageView {
  readonly entries: readonly EntryView[];
  /** How many entries fit the filter. */
  readonly total: number;
}

/** A whole verification, run on this workstation from the files on disk. */
export interface LedgerReportView {
  readonly at: string;
  readonly passed: boolean;
  readonly headline: string;
  /** What the whole report does not show. */
  readonly limits: string;
  readonly checks: readonly LedgerCheckView[];
  readonly findings: readonly FindingView[];
  readonly sealed: number;
  readonly size: number;
}

export interface LedgerCheckView {
  readonly id: string;
  readonly title: string;
  /** NOTE and NOT CHECKED do not fail the report. */
  readonly result: 'PASS' | 'FAIL' | 'NOTE' | 'NOT CHECKED';
  readonly policy: string | null;
  readonly found: string;
  readonly proves: string;
  readonly doesNotProve: string;
  readonly toDo: string;
}

export interface FindingView {
  readonly id: string;
  readonly what: string;
  readonly doesNotProve: string;
  readonly toDo: string;
}

/** An inclusion proof, drawn as a tree from the leaf to the root. */
export interface ProofView {
  readonly seq: number;
  readonly size: number;
  readonly root: string;
  readonly leafHash: string;
  /** From the leaf upward: the sibling that came with the proof and the node computed from it. */
  readonly path: readonly {
    readonly side: 'left' | 'right';
    readonly sibling: string;
    readonly siblingRange: string;
    readonly node: string;
    readonly nodeRange: string;
  }[];
  /** The C2SP tlog-proof file. */
  readonly file: string;
}

/** Whose ledger a copy is, before anything is made of it. */
export interface CopyView {
  readonly size: number;
  readonly people: readonly { readonly person: string; readonly role: Role; readonly name: string }[];
}
