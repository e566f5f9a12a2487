import type { KeyState } from '../../ui/state/key-state.ts';
import type { Verdict } from '../../ui/result/verdict.ts';

export interface EvidenceView {
  readonly bundles: readonly BundleEntry[];
  readonly reading: boolean;
  readonly chosen: BundleDetail | undefined;
  readonly report: ReportView | undefined;
  readonly working?: string | undefined;
}

export interface BundleEntry {
  /** SHA-256, hex. */
  readonly id: string;
  readonly name: string;
  readonly detail: string;
}

export interface BundleDetail {
  readonly id: string;
  readonly name: string;
  readonly ceremony: string;
  readonly exported: string;
  readonly size: string;
  readonly path: string;
  /** Whether it lies in the exports folder, so that it can be verified by name. */
  readonly listed: boolean;
  readonly files: readonly { readonly name: string; readonly size: string; readonly good: boolean }[];
}

export interface ReportView {
  readonly good: boolean;
  readonly testOnly: boolean;
  readonly title: string;
  readonly summary: string;
  /** Integrity, origin and key protection: one does not stand for another. */
  readonly verdicts: readonly { readonly title: string; readonly text: string; readonly good: boolean }[];
  /** Failures first, then what was not checked. */
  readonly checks: readonly CheckView[];
  /** Of a bundle about a change of state: what its statement says was changed. */
  readonly change: ChangeView | undefined;
  readonly next: string | undefined;
}

export interface ChangeView {
  readonly acts: readonly {
    readonly name: string;
    /** The objects of the key with their states before and after. */
    readonly moves: readonly {
      readonly object: string;
      readonly before: KeyState | undefined;
      readonly after: KeyState;
    }[];
    /** What else is said of it: who enforces the state, what is gone, what was reported. */
    readonly facts: readonly { readonly name: string; readonly text: string; readonly warn: boolean }[];
  }[];
  readonly reason: string;
  readonly notProven: readonly string[];
}

export interface CheckView {
  readonly id: string;
  readonly verdict: Verdict;
  readonly name: string;
  readonly proves: string;
  readonly provesNot: string;
}

export interface EvidenceActions {
  readonly choose: (id: string) => void;
  readonly verify: () => void;
  readonly browse: () => void;
}
