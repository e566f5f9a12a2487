/** What a verification says: checks, three verdicts, and no more. */
import type { Environment } from '../../ledger/entry.ts';
import type { ChangePredicate } from '../statement.ts';
import type { CheckId, Group } from './catalogue.ts';

export type CheckResult = 'PASS' | 'FAIL' | 'NOT CHECKED';

export interface Check {
  /** Stable for machines. */
  readonly id: CheckId;
  readonly group: Group;
  readonly title: string;
  /** A required check must PASS for the bundle to be relied on. The others inform. */
  readonly required: boolean;
  readonly result: CheckResult;
  /** What this check shows when it passes. */
  readonly proves: string;
  readonly doesNotProve: string;
  /** What was found, or why nothing could be. */
  readonly detail?: string;
}

/** Assurance levels a verifier computes. Higher ones need evidence from the device maker. */
export type AssuranceLevel = 'A0' | 'A1';

export interface Verdict {
  readonly result: CheckResult;
  readonly sentence: string;
}

export interface KeyProtection {
  /** Null where integrity or origin does not hold, so that nothing can be said about the key. */
  readonly level: AssuranceLevel | null;
  readonly sentence: string;
}

export interface Report {
  readonly v: 1;
  readonly type: 'conclave-verification-report';
  /** True for everything that comes from a rehearsal or was asked for as one. The report then begins TEST ONLY. */
  readonly testOnly: boolean;
  /** Every required check passed. */
  readonly passed: boolean;
  readonly headline: string;
  readonly counts: { readonly passed: number; readonly failed: number; readonly notChecked: number };
  /** What to do now, as one sentence. */
  readonly next: string;
  readonly expect: Environment;
  /** UTC, when this was run. */
  readonly verifiedAt: string;
  readonly bundle: {
    readonly sha256: string;
    readonly bytes: number;
    readonly files: readonly { readonly name: string; readonly bytes: number }[];
    readonly id: string | null;
    readonly environment: Environment | null;
    readonly ceremony: string | null;
    readonly key: { readonly label: string; readonly spkiSha256: string; readonly state: string } | null;
    /** What the statement says was changed, and what it says it does not prove. Worth as much as the verdicts allow. */
    readonly change: ChangePredicate['change'] | null;
    readonly notProven: readonly string[];
    /** Wall clock of the last sealed entry: the moment at which certificates are judged. */
    readonly sealedAt: string | null;
    /** The head under which everything here lies, to be compared with a record of one's own. Root in hex. */
    readonly head: { readonly origin: string; readonly size: number; readonly root: string } | null;
  };
  readonly trust: { readonly kind: 'genesis' | 'root-fingerprint' | 'none'; readonly sha256: string | null };
  readonly verdicts: { readonly integrity: Verdict; readonly origin: Verdict; readonly keyProtection: KeyProtection };
  /** Failures first, then what could not be checked, then the rest; each in the catalogue's order. */
  readonly checks: readonly Check[];
}
