/** What the Keys screen shows: a page of keys, one key in full, and what is due. The snapshot has no key of these. */
import type { Attribute, Mechanism } from '../core/ledger/fields.ts';
import type { Due, KeyPeriods } from '../core/lifecycle/cryptoperiod.ts';
import type { KeyType, Operation } from '../core/lifecycle/key-type.ts';
import type { Permission } from '../core/lifecycle/profile.ts';
import type { KeyView } from './views.ts';

/** Of all keys, what every screen may need to know. */
export interface KeysView {
  readonly count: number;
  /** Another number whenever a key has changed: whoever shows keys asks again. */
  readonly changed: number;
  /** What is due, the longest overdue first, and no more than a screen can show. */
  readonly due: readonly Due[];
  readonly dueCount: number;
}

export interface KeyRowView {
  /** CKA_ID, hex. */
  readonly key: string;
  /** Null for an object of the token that has none. */
  readonly label: string | null;
  readonly mechanism: Mechanism;
  /** Of the private object, or of the only one. */
  readonly state: string;
  readonly created: string;
  readonly ceremony: string;
  /** Null while it was never active. */
  readonly periods: KeyPeriods | null;
  /** The day on which a change of state ended originator use; null while it goes on. */
  readonly ended: string | null;
  /** The rule by which something is due; null where nothing is. */
  readonly due: Due['rule'] | null;
  /** The day of it. */
  readonly dueOn: string | null;
  /** How the token differs by the last inventory; null where none was made or nothing differs. */
  readonly drift: 'differs' | 'not-in-ledger' | null;
}

export interface KeyPageView {
  readonly rows: readonly KeyRowView[];
  /** How many keys fit the filter. */
  readonly total: number;
  /** Where the key that was asked for stands among them; null where it is not one of them. */
  readonly at: number | null;
  /** How many keys of each state fit the search, in the order of the profile. */
  readonly states: readonly { readonly state: string; readonly name: string; readonly count: number }[];
  readonly dueCount: number;
  readonly driftCount: number;
  /** The years that the periods of all keys span, both included. */
  readonly years: { readonly from: number; readonly to: number };
}

/** One key in full. */
export interface KeyDetailView extends KeyView {
  readonly lifecycle: LifecycleView;
  readonly objects: readonly KeyObjectView[];
  readonly periods: KeyPeriods | null;
  readonly due: readonly Due[];
}

/** The profile's own table, as far as it is drawn. */
export interface LifecycleView {
  readonly profile: string;
  readonly title: string;
  readonly states: readonly { readonly state: string; readonly name: string; readonly words: string }[];
  /** Switches beside the state, and whether each is on. */
  readonly switches: readonly { readonly name: string; readonly on: boolean; readonly blocks: readonly Operation[] }[];
}

/** One object of a key: a half of a pair, or a secret key. */
export interface KeyObjectView {
  readonly object: 'private' | 'public' | 'secret';
  readonly type: KeyType;
  readonly state: string;
  /** The ways that an object of this kind has in the profile, `none` where it comes from. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly note: string }[];
  readonly uses: readonly UseView[];
  readonly attributes: readonly AttributeView[];
}

/** One operation of the kind. `conditional`: people may under conditions that no token can check. */
export interface UseView {
  readonly operation: Operation;
  readonly now: Permission;
  /** Who keeps to that: the token, by what it last reported, or people. Null where the object is gone. */
  readonly by: 'device' | 'procedure' | null;
}

export interface AttributeView {
  readonly name: string;
  /** What the state demands by the ledger; null where it demands nothing of it. */
  readonly ledger: Attribute['value'] | null;
  /** What the token last reported; null where it was not read. */
  readonly hsm: Attribute['value'] | null;
  readonly differs: boolean;
}
