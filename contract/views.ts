/**
 * What a screen may see. Views are whole snapshots: plain data, no functions, no secrets (the two exceptions are
 * named `...Once` and are shown a single time). The renderer holds no authority; it shows the last snapshot.
 */
import type { AnchorWords, Shown } from '../core/ledger/anchor-words.ts';
import type { Environment } from '../core/ledger/entry.ts';
import type { Changed } from '../core/evidence/statement.ts';
import type { Attribute, Cryptoperiod, Mechanism, Purpose } from '../core/ledger/fields.ts';
import type { Change } from '../core/lifecycle/change.ts';
import type { Half, KeyState, ProfileId } from '../core/lifecycle/states.ts';
import type { Compromise, Recovery } from '../core/ledger/event.ts';
import type { Role } from '../core/people/person.ts';
import type { AgreementView } from './agreement-views.ts';
import type { KeysView } from './key-views.ts';
import type { ChangeRecipe, Fate, RecoveryPlan, RotateScript, Step } from '../core/plan/plan.ts';
import type { PresetId } from '../core/quorum/preset.ts';
import type { CosignView } from './receipt-views.ts';

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

/** The set-up as far as it has come. Nothing is written to the HSM or the ledger before `setup.seal`. */
export interface SetupView {
  readonly step: 'hsm' | 'people' | 'ledger' | 'seal';
  /** Modules that were looked at. The rehearsal choice is always there. */
  readonly modules: readonly ModuleView[];
  readonly choice: SetupChoice | null;
  readonly people: readonly PersonView[];
  readonly required: number;
  /** Whether every ceremony ends with cosignatures of the ledger's head. */
  readonly cosign: boolean;
  /** The lifecycle profile chosen for the vault. */
  readonly profile: ProfileId;
  /** Which keys its policy will let be made. */
  readonly preset: PresetId;
  readonly vaultName: string;
  /** The folder under which media folders are made, as text. */
  readonly mediaFolder: string;
  /** What still stands in the way of the next step, in words. */
  readonly missing: readonly string[];
  /** An earlier set-up that did not finish. */
  readonly unfinished: boolean;
  /** The ledger that the new one goes on from, and who of its custodians agreed; null for a vault of its own. */
  readonly predecessor: null | {
    readonly origin: string;
    readonly size: number;
    readonly root: string;
    readonly by: 'log-key' | 'quorum';
    /** Entries that a receipt shows to be missing. */
    readonly missing: number;
    readonly required: number;
    readonly custodians: readonly { readonly person: string; readonly name: string; readonly approved: boolean }[];
    /** Whether the new ledger may begin. */
    readonly agreed: boolean;
  };
}

export type SetupChoice =
  | { readonly kind: 'rehearsal' }
  | {
      readonly kind: 'token';
      readonly library: string;
      readonly label: string;
      readonly serial: string;
      readonly root: { readonly label: string; readonly serial: string };
    };

export interface ModuleView {
  readonly library: string;
  readonly sha256: string;
  readonly manufacturer: string;
  readonly description: string;
  readonly version: string;
  readonly cryptoki: string;
  /** True for a token in software: TEST ONLY. */
  readonly software: boolean;
  readonly slots: readonly SlotView[];
  /** What went wrong, in words, with library and call named. */
  readonly problem: { readonly message: string; readonly hint: string } | null;
}

export interface SlotView {
  readonly slot: string;
  readonly description: string;
  readonly token: null | {
    readonly label: string;
    readonly serial: string;
    readonly model: string;
    readonly manufacturer: string;
    readonly hardware: string;
    readonly firmware: string;
    readonly flags: readonly string[];
    readonly initialized: boolean;
    readonly mechanisms: readonly string[];
    /** The product's own words: what can be done here. */
    readonly can: readonly { readonly ok: boolean; readonly text: string }[];
  };
  readonly problem: { readonly message: string; readonly hint: string } | null;
}

export interface PersonView {
  readonly person: string;
  readonly role: Role;
  readonly name: string;
  readonly initials: string;
  /** SHA-256 of the public key, hex: the fingerprint that is read back. */
  readonly key: string;
  readonly medium: string;
  /** What they sign with: a passphrase opens a key file, a PIN a card. */
  readonly credential: 'key-file' | 'card';
}

/** Made by set-up for a rehearsal token and shown once. */
export interface RehearsalPinsOnce {
  readonly userPin: Uint8Array;
  readonly soPin: Uint8Array;
  readonly rootUserPin: Uint8Array;
  readonly rootSoPin: Uint8Array;
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

export interface CeremonySummary {
  readonly ceremony: string;
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly opened: string;
  readonly outcome: 'open' | 'completed' | 'stopped';
  /**
   * Calls on the token as compared so far: those that can change it or use a key, those of them that wrote to its memory,
   * and what did not match. Null in ceremonies from before calls were counted.
   */
  readonly calls: { readonly made: number; readonly writes: number; readonly findings: number } | null;
}

export interface CeremonyView {
  readonly ceremony: string;
  readonly title: string;
  readonly environment: Environment;
  readonly plan: PlanView;
  readonly steps: readonly StepView[];
  /** Index of the current step; steps.length when all are done. */
  readonly current: number;
  readonly people: readonly PresenceView[];
  readonly quorum: {
    readonly action: string;
    readonly required: number;
    readonly of: number;
    readonly approved: number;
  } | null;
  /** What stands in the way of the current step, in words; empty when it can be done. */
  readonly ready: readonly { readonly ok: boolean; readonly text: string }[];
  /** The newest entries of the ledger, newest first. */
  readonly feed: readonly FeedView[];
  /** The key this ceremony made, once it exists, or the one it changes. */
  readonly key: KeyView | null;
  /** The key that the new one follows. */
  readonly predecessor: KeyView | null;
  /** An act whose outcome is not known yet; the next login finds out. */
  readonly openIntent: { readonly seq: number; readonly act: string } | null;
  readonly bundle: BundleView | null;
  readonly outcome: 'open' | 'completed' | 'stopped';
}

export interface PlanView {
  readonly sha256: string;
  readonly scriptSha256: string;
  /** Empty in a plan that is about no single key. */
  readonly label: string;
  /** Null in a plan that is about no single key. */
  readonly mechanism: Mechanism | null;
  /** Null in a plan that is about no single key. */
  readonly purpose: Purpose | null;
  /** What the plan is for: a new key, or a change of one that exists. */
  readonly does:
    | {
        readonly change: null;
        readonly initialState: 'pre-active' | 'active';
        readonly recovery: RecoveryPlan;
        /** The key that the new one follows, and what becomes of it. */
        readonly rotation: {
          readonly key: string;
          readonly label: string;
          readonly fate: Fate;
          readonly reason: string;
        } | null;
      }
    | ChangePlanView
    | AgreementPlanView;
  readonly attributes: readonly (Attribute & { readonly half: Half; readonly meaning: string })[];
  readonly created: string;
  readonly expires: string;
}

export interface ChangePlanView {
  readonly change: Change;
  /** CKA_ID of the key, hex. */
  readonly key: string;
  readonly reason: string;
  readonly compromise: Compromise | null;
  /** Where the label changes. */
  readonly newLabel: string | null;
  /** Where the cryptoperiod is set. */
  readonly cryptoperiod: Cryptoperiod | null;
  /** Where a destruction has to wait: days. */
  readonly hold: number | null;
}

/** Findings of an inventory that are resolved: on the HSM, or by recording what it says. */
export interface AgreementPlanView {
  readonly change: 'sync-hsm' | 'record-hsm';
  readonly reason: string;
  readonly findings: readonly {
    readonly sha256: string;
    readonly rule: string;
    readonly sentence: string;
    /** What is done about it, as one sentence. */
    readonly cure: string;
  }[];
}

/** Every kind of key there is, and what stands against making it in this vault. */
export interface PlanOptionsView {
  readonly kinds: readonly {
    readonly purpose: Purpose;
    readonly mechanism: Mechanism;
    /** Who does not let it be made, and why, in words; null where it can be. */
    readonly refused: { readonly by: 'token' | 'policy' | 'profile'; readonly words: string } | null;
  }[];
  /** Why the token could not be asked what it offers; null where it answered. */
  readonly unasked: string | null;
}

/** What can be planned from a key: a change of it, or a key that follows it. */
export type PlannedChange = Change | 'rotate';

/** A change that can be planned for a key, and where it takes its objects. */
export interface PossibleChange {
  readonly change: PlannedChange;
  readonly recipe: ChangeRecipe | RotateScript['recipe'];
  /** Of the secret object (the private one of a pair, or the secret key), and of the public one where there is one. */
  readonly to: { readonly private: KeyStateName; readonly public: KeyStateName | null };
  /** How many of the custodians must approve; null where no rule of the policy allows it. */
  readonly quorum: { readonly required: number; readonly of: number } | null;
  /** Said before it is planned, where no way leads back. */
  readonly warning: string | null;
}

export interface StepView extends Omit<Step, 'say'> {
  readonly say: string;
  readonly state: 'done' | 'current' | 'next' | 'exception';
  readonly doneAt: string | null;
  /** Initials of those who confirmed it. */
  readonly by: readonly string[];
  readonly exceptions: readonly string[];
}

export interface PresenceView {
  readonly person: string;
  readonly role: Role;
  readonly name: string;
  readonly initials: string;
  readonly decision: 'approved' | 'declined' | 'waiting' | 'none';
  readonly decidedAt: string | null;
}

export interface FeedView {
  readonly seq: number;
  readonly time: string;
  readonly title: string;
  readonly detail: string;
  readonly by: string;
  readonly hash: string;
}

/** One custodian's turn at the desk: two groups, chosen by the application, to be typed from the paper sheet. */
export interface ApprovalChallengeView {
  readonly step: string;
  readonly custodian: string;
  readonly planSha256: string;
  /** Row A to D and column 1 to 4 of each group asked for. */
  readonly ask: readonly { readonly row: string; readonly column: number }[];
  readonly expires: string;
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
