/** What the screens see of the agreement between the token and the ledger. */
import type { DriftId, DriftKind } from '../core/inventory/drift.ts';
import type { Half } from '../core/lifecycle/states.ts';

/** One difference between the token and the ledger, with what can be done about it. */
export interface DriftView {
  /** By which a plan names it. */
  readonly sha256: string;
  readonly rule: DriftId;
  readonly kind: DriftKind;
  /** CKA_ID of the key of the ledger that it is about; null where none is concerned. */
  readonly key: string | null;
  readonly half: Half | null;
  readonly sentence: string;
  readonly hint: string;
  /** What would be done on the HSM about it; null where nothing can be. */
  readonly cure: string | null;
  /** What would be recorded of it. */
  readonly acceptance: string;
}

/** What a throw-away key showed. `neither`: nothing that a device or a procedure would have to keep. */
export interface EnforcementLine {
  readonly by: 'device' | 'procedure' | 'neither';
  readonly text: string;
  /** What the token answered, where it was no CKR_OK. */
  readonly rv: string;
}

export interface AgreementView {
  /** The last inventory that is an entry. */
  readonly last: {
    readonly seq: number;
    readonly time: string;
    readonly objects: number;
    readonly unreadable: number;
    readonly found: number;
  } | null;
  /** When the token was last looked at since the application was started, also where nothing had changed. */
  readonly looked: string | null;
  /** Objects read, and objects that there are, while an inventory goes on. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  /** Why the last inventory did not come to its end. */
  readonly problem: { readonly message: string; readonly hint: string } | null;
  readonly findings: readonly DriftView[];
  /** What a throw-away key showed of the token; null where none was tried, or it showed nothing. */
  readonly enforcement: {
    readonly seq: number;
    readonly time: string;
    readonly lines: readonly EnforcementLine[];
  } | null;
}
