import type { KeyView } from '../../../contract/views.ts';
import type { Change } from '../../../core/lifecycle/change.ts';
import type { Axis, CryptoperiodView } from '../../ui/key/cryptoperiod.ts';
import type { LifecycleEdge } from '../../ui/key/lifecycle.ts';
import type { KeyState } from '../../ui/state/key-state.ts';

export interface KeysView {
  readonly axis: Axis;
  /** `YYYY-MM-DD`. */
  readonly today: string;
  readonly rows: readonly KeyRow[];
  readonly detail: KeyDetailView | undefined;
}

export interface KeyRow {
  readonly id: string;
  /** Undefined for an object without a label. */
  readonly label: string | undefined;
  readonly purpose: string;
  readonly algorithm: string;
  readonly state: KeyState;
  readonly drift: 'none' | 'differs' | 'not-in-ledger';
  readonly period?: CryptoperiodView | undefined;
  readonly note?: string | undefined;
  /** True when neither period matters any more. */
  readonly gone?: boolean;
}

export interface KeyDetailView {
  readonly id: string;
  readonly label: string;
  readonly summary: string;
  readonly state: KeyState;
  readonly halves: string;
  readonly edges: readonly LifecycleEdge[];
  readonly fingerprint: string;
  readonly history: readonly KeyChange[];
  readonly attributes: readonly AttributeRow[];
  /** The entry with the attributes. */
  readonly readAt: number;
  /** What it may do now. */
  readonly may: readonly string[];
  /** Whether the token enforces that. */
  readonly enforced: KeyView['enforced'];
  readonly compromises: KeyView['compromises'];
  readonly changes: readonly OfferedChange[];
}

export interface OfferedChange {
  readonly change: Change;
  /** What it means for this key. */
  readonly means: string;
  /** Why it cannot be planned now. */
  readonly refused: string | undefined;
}

export interface AttributeRow {
  readonly name: string;
  /** Undefined where that half has no such attribute. */
  readonly privateHalf: string | undefined;
  readonly publicHalf: string | undefined;
}

export interface KeyChange {
  /** `YYYY-MM-DD HH:MM`. */
  readonly at: string;
  readonly from: KeyState | undefined;
  readonly to: KeyState;
  readonly entry: number;
  /** Which half went this way alone; undefined where both did, or the private one says it for both. */
  readonly half: 'public' | undefined;
  readonly initials: string;
}

export interface KeysActions {
  readonly open: (id: string) => void;
  readonly close: () => void;
  readonly seeEntry: (entry: number) => void;
  readonly evidence: (id: string) => void;
  readonly plan: (id: string, change: Change) => void;
}
