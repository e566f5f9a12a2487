import type { Axis, CryptoperiodView } from '../../ui/key/cryptoperiod.ts';
import type { LifecycleEdge } from '../../ui/key/lifecycle.ts';
import type { KeyState } from '../../ui/state/key-state.ts';

export interface KeysView {
  readonly compared:
    { readonly ledger: number; readonly hsm: number; readonly at: string; readonly disagree: number } | undefined;
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
  readonly edges: readonly LifecycleEdge[];
  readonly quorum: { readonly required: number; readonly members: number };
  readonly drift?:
    { readonly entry: number; readonly ledger: string; readonly readAt: string; readonly hsm: string } | undefined;
  readonly history: readonly KeyChange[];
}

export interface KeyChange {
  /** `YYYY-MM-DD HH:MM`. */
  readonly at: string;
  readonly from: KeyState | undefined;
  readonly to: KeyState;
  readonly entry: number;
  readonly initials: string;
}

export interface KeysActions {
  readonly open: (id: string) => void;
  readonly close: () => void;
  readonly planFix: (id: string) => void;
  readonly planChange: (id: string) => void;
  readonly exportEvidence: (id: string) => void;
}
