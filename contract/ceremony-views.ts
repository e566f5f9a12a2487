/** What the screens of a ceremony may see: its plan, its steps, and whose turn it is. */
import type { Environment } from '../core/ledger/entry.ts';
import type { Attribute, Cryptoperiod, Mechanism, Purpose } from '../core/ledger/fields.ts';
import type { Change } from '../core/lifecycle/change.ts';
import type { Half } from '../core/lifecycle/states.ts';
import type { Compromise } from '../core/ledger/event.ts';
import type { Role } from '../core/people/person.ts';
import type { ChangeRecipe, Fate, RecoveryPlan, RotateScript, Step } from '../core/plan/plan.ts';
import type { KeyStateName, KeyView, BundleView } from './views.ts';

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
