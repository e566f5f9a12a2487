import type { KeyDetailView as Detail, KeyObjectView, LifecycleView } from '../../../contract/key-views.ts';
import type { KeyView, PlannedChange } from '../../../contract/views.ts';
import type { Due } from '../../../core/lifecycle/cryptoperiod.ts';
import type { Axis, CryptoperiodView } from '../../ui/key/cryptoperiod.ts';

export interface KeysView {
  readonly axis: Axis;
  /** `YYYY-MM-DD`. */
  readonly today: string;
  /** Keys of the ledger, whatever the filter. */
  readonly count: number;
  /** Keys that fit the filter: the rows that there are. */
  readonly total: number;
  readonly filter: KeyFilter;
  /** What the filters offer, with how many fit the search. */
  readonly states: readonly { readonly state: string; readonly name: string; readonly count: number }[];
  readonly dueCount: number;
  readonly driftCount: number;
  /** The row at a place of the list; undefined while it is on its way. */
  readonly row: (index: number) => KeyRow | undefined;
  /** Where the chosen key stands, when the list is first shown. */
  readonly begin: number;
  readonly due: readonly DueAct[];
  readonly detail: KeyDetailView | undefined;
}

export interface KeyFilter {
  readonly state?: string | undefined;
  readonly only?: 'due' | 'drift' | undefined;
  readonly text?: string | undefined;
}

export interface KeyRow {
  readonly id: string;
  /** Undefined for an object without a label. */
  readonly label: string | undefined;
  readonly purpose: string;
  readonly algorithm: string;
  readonly state: string;
  readonly drift: 'none' | 'differs' | 'not-in-ledger';
  readonly period?: CryptoperiodView | undefined;
  readonly note?: string | undefined;
  /** True when neither period matters any more. */
  readonly gone?: boolean;
}

/** Something that is due, with why its plan cannot be made now. */
export interface DueAct extends Due {
  readonly refused: string | undefined;
}

export interface KeyDetailView {
  readonly id: string;
  readonly label: string;
  readonly summary: string;
  readonly state: string;
  readonly halves: string;
  readonly lifecycle: LifecycleView;
  readonly objects: readonly KeyObjectView[];
  readonly periods: readonly string[];
  readonly due: readonly DueAct[];
  /** Null of a secret key, which has no public key. */
  readonly fingerprint: string | null;
  readonly history: readonly KeyChange[];
  /** The entry with the attributes. */
  readonly readAt: number;
  /** Whether the token enforces the state. */
  readonly enforced: KeyView['enforced'];
  readonly compromises: Detail['compromises'];
  readonly predecessor: KeyView['predecessor'];
  readonly successor: KeyView['successor'];
  readonly enabled: boolean;
  /** Where a destruction waits: the earliest moment for it. */
  readonly destroyAfter: string | null;
  readonly changes: readonly OfferedChange[];
}

export interface OfferedChange {
  readonly change: PlannedChange;
  /** What it means for this key. */
  readonly means: string;
  /** Why it cannot be planned now. */
  readonly refused: string | undefined;
}

export interface KeyChange {
  /** `YYYY-MM-DD HH:MM`. */
  readonly at: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly entry: number;
  /** Which half went this way alone; undefined where both did, or the private one says it for both. */
  readonly half: 'public' | undefined;
  readonly initials: string;
}

export interface KeysActions {
  readonly open: (id: string) => void;
  readonly close: () => void;
  readonly filter: (filter: KeyFilter) => void;
  /** These rows are in sight, from (inclusive) to (exclusive). */
  readonly need: (from: number, to: number) => void;
  readonly seeEntry: (entry: number) => void;
  readonly evidence: (id: string) => void;
  readonly plan: (id: string, change: PlannedChange) => void;
  readonly planDue: (due: Due) => void;
  readonly calendar: () => void;
}
