/** What a made bundle may be like, and what may be wrong with it from its beginning. */
import type { Draft } from '../../core/evidence/draft.ts';
import type { Environment } from '../../core/ledger/entry.ts';
import type { Event, EventOf } from '../../core/ledger/event.ts';
import type { AnchorKind, PairMechanism } from '../../core/ledger/fields.ts';
import type { Plan, Template } from '../../core/plan/plan.ts';
import type { Approval } from '../../core/quorum/approval.ts';
import type { Kind } from './keys.ts';

export interface FactoryOptions {
  readonly subject?: PairMechanism;
  readonly attestation?: Exclude<Kind, 'ed25519'>;
  readonly root?: Exclude<Kind, 'ed25519'>;
  readonly log?: Kind;
  /** Kind of the people's keys: Ed25519 in key files, others on cards. */
  readonly people?: Kind;
  /** How the token keeps the ledger's head. */
  readonly anchor?: AnchorKind;
  readonly initialState?: 'pre-active' | 'active';
  readonly environment?: Environment;
  readonly token?: { readonly manufacturer: string; readonly model: string };
  /** Milliseconds since 1970 at which the vault begins. */
  readonly begin?: number;
  readonly requestUse?: 'evidence' | 'pkcs1';
  /** Alters the honest run, to see that it is found. */
  readonly spoil?: Spoil;
}

export interface ChangeOptions extends FactoryOptions {
  /** The token takes no right away at the last change. */
  readonly procedure?: boolean;
  /** Entries about nothing between the ceremony before the last change and that one. */
  readonly filler?: number;
}

/** Faults that must be made before signing, because no later change of bytes could make them. */
export interface Spoil {
  readonly approval?: (approval: Approval, nth: number) => Approval;
  /** Which custodians approve, by position; the same twice is the same key twice. */
  readonly approvers?: readonly number[];
  readonly reading?: (template: Template) => Template;
  /** Extra events between the approvals of a step and its act. */
  readonly between?: readonly Event[];
  readonly skipTestSignature?: boolean;
  readonly ckaId?: string;
  readonly decline?: boolean;
  /** What the sheet that is handed out says of the head on the token. */
  readonly sheetAnchor?: AnchorKind;
  readonly statement?: (draft: Draft) => Draft;
  /** Of a change: its plan, its outcome, the earlier entries that are given, and whether its intent names approvals. */
  readonly plan?: (plan: Plan) => Plan;
  readonly outcome?: (data: ChangeOutcome) => ChangeOutcome;
  readonly earlier?: (seqs: readonly number[]) => readonly number[];
  readonly unapproved?: boolean;
}

export type ChangeOutcome = Omit<EventOf<'act.result'>['data'], 'act' | 'intent'>;
