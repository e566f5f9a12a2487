import type { Verdict } from '../../ui/result/verdict.ts';

export interface EvidenceView {
  readonly bundle: BundleView | undefined;
  readonly report: ReportView | undefined;
  readonly exportable: readonly { readonly id: string; readonly title: string; readonly entries: number }[];
  readonly working?: string | undefined;
}

export interface BundleView {
  readonly fileName: string;
  readonly ceremony: string;
  readonly held: string;
  readonly exported: string;
  readonly readFrom: string;
  readonly sha256: string;
  readonly files: readonly { readonly name: string; readonly size: string; readonly good: boolean }[];
}

export interface ReportView {
  readonly good: boolean;
  readonly testOnly: boolean;
  readonly title: string;
  readonly summary: string;
  /** Failures first, then what was not checked. */
  readonly checks: readonly CheckView[];
  readonly next: string | undefined;
}

export interface CheckView {
  readonly id: string;
  readonly verdict: Verdict;
  readonly name: string;
  readonly proves: string;
  readonly provesNot: string;
  readonly file?: { readonly name: string; readonly manifest: string; readonly found: string } | undefined;
}

export interface EvidenceActions {
  readonly open: () => void;
  readonly export: (ceremony: string) => void;
  readonly print: () => void;
}
