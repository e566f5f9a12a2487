/**
 * What a screen may see. Views are whole snapshots: plain data, no functions, no secrets (the two exceptions are
 * named `...Once` and are shown a single time). The renderer holds no authority; it shows the last snapshot.
 */
import type { AnchorWords, Shown } from '../core/ledger/anchor-words.ts';
import type { Environment } from '../core/ledger/entry.ts';
import type { Changed } from '../core/evidence/statement.ts';
import type { Attribute, Mechanism, Purpose } from '../core/ledger/fields.ts';
import type { Half, KeyState, ProfileId } from '../core/lifecycle/states.ts';
import type { Compromise, Recovery } from '../core/ledger/event.ts';
import type { AgreementView } from './agreement-views.ts';
import type { KeysView } from './key-views.ts';
import type { CosignView } from './receipt-views.ts';
import type { CeremonySummary, CeremonyView, PossibleChange } from './ceremony-views.ts';
import type { SetupView, PersonView } from './setup-views.ts';

export type * from './ceremony-views.ts';
export type * from './setup-views.ts';

/** Everything the shell and the screens show, in one piece. */
export interface AppView {
  readonly phase: 'opening' | 'first-run' | 'ready' | 'refused';
  /** Why the ledger is not used, in phase `refused`: what was found, what to do. */
  readonly refusal: {
    readonly policy: string;
    readonly message: string;
    readonly hint: string;
    /** What was checked, what passed and what that leaves open; null where the refusal says nothing of the entries. */
    readonly shown: Shown | null;
  } | null;
  /** The check of the whole ledger at start, in phase `opening`: nothing can be entered before it is done. */
  readonly opening: OpeningView | null;
  readonly software: SoftwareView;
  readonly status: StatusView;
  readonly setup: SetupView;
  readonly vault: VaultView | null;
  readonly ceremony: CeremonyView | null;
  readonly ceremonies: readonly CeremonySummary[];
  readonly keys: KeysView;
  /** How the token and the ledger agree; null without a vault. */
  readonly agreement: AgreementView | null;
  /** Cosignatures and receipts; null without a vault. */
  readonly cosign: CosignView | null;
  /** Things found at start or since that people must know, oldest first. */
  readonly notices: readonly NoticeView[];
  /** The verification of the ledger that somebody asked for, while it runs. */
  readonly verifying: ProgressView | null;
  /** Long work under way, or null. */
  readonly work: WorkView | null;
}

export interface OpeningView {
  /** Entries checked, and entries that there seem to be. Both 0 until the journal was looked at. */
  readonly done: number;
  readonly total: number;
  /** A person stopped it. */
  readonly stopped: boolean;
}

export interface SoftwareView {
  readonly name: string;
  readonly version: string;
  readonly testBuild: boolean;
  /** SHA-256 of the application's file manifest, hex. */
  readonly manifest: string;
}

export interface StatusView {
  readonly airGap: { readonly interfacesUp: readonly string[] };
  readonly hsm: {
    readonly state: 'none' | 'logged-out' | 'logged-in' | 'lost';
    readonly label: string;
    readonly serial: string;
    /** Token flags that people must know: `CKF_USER_PIN_COUNT_LOW`, `CKF_USER_PIN_FINAL_TRY`, `CKF_USER_PIN_LOCKED`. */
    readonly pinFlags: readonly string[];
  };
  /** `sealed` is the size of the last signed checkpoint; entries after it are chained only. */
  readonly ledger: {
    readonly size: number;
    readonly root: string;
    readonly sealed: number;
    /** How the disk compares with the head that the token keeps: the exact sentences, and their id. */
    readonly anchor: AnchorWords;
  } | null;
  readonly environment: Environment | null;
}

export interface NoticeView {
  readonly id: string;
  readonly tone: 'info' | 'warn' | 'bad';
  readonly message: string;
  readonly hint: string;
  readonly policy: string | null;
}

export interface WorkView {
  readonly title: string;
  /** Steps done and in all, where that is known. */
  readonly done: number;
  readonly total: number;
  readonly detail: string;
}

export interface VaultView {
  readonly id: string;
  readonly name: string;
  readonly environment: Environment;
  readonly created: string;
  readonly custody: 'operator-pin';
  /** The lifecycle profile that its keys keep to. */
  readonly profile: ProfileId;
  readonly hsm: { readonly label: string; readonly serial: string; readonly model: string };
  readonly people: readonly PersonView[];
  readonly thresholds: readonly { readonly action: string; readonly required: number; readonly of: number }[];
  /** The last witnessed reading of an outside clock. `bound`: seconds by which the clock may be off now, null after a restart. */
  readonly reading: null | {
    readonly reading: string;
    readonly uncertainty: number;
    readonly seq: number;
    readonly bound: number | null;
  };
  readonly policySha256: string;
  readonly genesisSha256: string;
  readonly operatorRootSha256: string;
  readonly logKey: string;
  readonly folders: {
    readonly data: string;
    readonly genesis: string;
    readonly exports: string;
    readonly ledger: string;
  };
}

export type KeyStateName = KeyState;

/** Another key, by its CKA_ID and its label. */
export interface KeyLink {
  readonly key: string;
  readonly label: string;
}

export interface KeyView {
  readonly key: string;
  readonly label: string;
  readonly mechanism: Mechanism;
  readonly purpose: Purpose;
  /** Of the private object of a pair, or of the secret key: the state of the key. */
  readonly privateState: KeyStateName;
  /** Null of a secret key, which has no public object. */
  readonly publicState: KeyStateName | null;
  /** SHA-256 of the SubjectPublicKeyInfo, hex; null of a secret key. */
  readonly spkiSha256: string | null;
  /** How the plan that made it declares its recovery; null where none did. */
  readonly recovery: Recovery | null;
  readonly created: string;
  /** When originator use began, and the recommended ends by SP 800-57 Part 1 Table 1; null while pre-active. */
  readonly active: string | null;
  readonly history: readonly {
    readonly seq: number;
    readonly time: string;
    readonly half: Half;
    readonly from: string;
    readonly to: string;
    readonly by: string;
  }[];
  readonly attributes: readonly (Attribute & { readonly half: Half })[];
  /** What the token must report in these states; nothing of a half that is destroyed. */
  readonly expected: readonly (Attribute & { readonly half: Half })[];
  /** Whether the token enforces the state, by what it last reported; null where nothing had to be changed yet. */
  readonly enforced: 'device' | 'procedure' | null;
  /** The key that this one follows, and the one that follows it. */
  readonly predecessor: KeyLink | null;
  readonly successor: KeyLink | null;
  /** Whether the switch beside the state is on. */
  readonly enabled: boolean;
  /** Where a destruction waits: the earliest moment for it. */
  readonly destroyAfter: string | null;
  /** What the key may do now, by its state. */
  readonly may: readonly string[];
  readonly changes: readonly PossibleChange[];
  readonly compromises: readonly (Compromise & { readonly seq: number; readonly time: string })[];
  /** Where the attributes were read: entry number. */
  readonly readAt: number;
  readonly ceremony: string;
}

/** Entries checked so far, and entries that there seem to be. */
export interface ProgressView {
  readonly done: number;
  readonly total: number;
}

export interface CheckView {
  readonly id: string;
  readonly title: string;
  readonly result: 'PASS' | 'FAIL' | 'NOT CHECKED';
  readonly proves: string;
  readonly doesNotProve: string;
}

export interface BundleView {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly ceremony: string;
  /** What the ceremony was for; empty where it is not in this ledger. */
  readonly title: string;
  readonly exported: string;
}

/** One act as a statement tells it, with what it is called. */
export type ChangedView = Changed & { readonly title: string };

export interface EvidenceReportView {
  readonly bundle: BundleView;
  readonly at: string;
  readonly verdict: string;
  readonly summary: string;
  readonly passed: boolean;
  /** Integrity, origin and key protection, apart. */
  readonly verdicts: readonly { readonly title: string; readonly text: string; readonly ok: boolean }[];
  /** Failures first. */
  readonly checks: readonly CheckView[];
  /** What the statement says was changed of a key; null where it is about the making of one, or cannot be read. */
  readonly change: { readonly reason: string; readonly acts: readonly ChangedView[] } | null;
  /** What the statement says it does not prove. */
  readonly notProven: readonly string[];
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly ok: boolean }[];
  readonly next: string;
}
