/** What a vault is at one moment, and what the replay that makes it needs besides the entries. */
import type { RecordedCosignature } from './cosigned.ts';
import type { Agreement } from '../inventory/agreement.ts';
import type { KeyReplay } from '../lifecycle/replay.ts';
import type { ClockReading } from '../ledger/clock-reading.ts';
import type { Environment } from '../ledger/entry.ts';
import type { CallFinding } from '../ledger/calls.ts';
import type { Act, EventOf } from '../ledger/event.ts';
import type { AnchorKind } from '../ledger/fields.ts';
import type { Role } from '../people/person.ts';
import { plannedKey, type Plan, type Step } from '../plan/plan.ts';
import type { Approval } from '../quorum/approval.ts';
import { instant } from '../quorum/instant.ts';
import type { Policy } from '../quorum/policy.ts';
import type { Decision } from '../quorum/count.ts';

/** What the replay needs of one entry besides the leaf: its disclosed words and the document it names. */
export interface Beside {
  readonly disclosed: Readonly<Record<string, string>>;
  readonly plan?: Plan | undefined;
  readonly policy?: Policy | undefined;
  readonly approval?: Approval | undefined;
}

export interface EnrolledPerson {
  readonly person: string;
  readonly role: Role;
  readonly name: string;
  readonly medium: string;
  readonly credential: 'key-file' | 'card';
  readonly key: string;
  readonly spki: string;
}

/** A custodian's decision as the ledger has it, with the approval it came in. */
export interface RecordedDecision extends Decision {
  readonly step: string;
  readonly approval: Approval;
  readonly envelope: string;
  readonly seq: number;
  readonly time: string;
}

export interface StepMark {
  readonly seq: number;
  readonly time: string;
  readonly confirmed: readonly string[];
}

export interface OpenIntent {
  readonly leafHash: string;
  readonly seq: number;
  readonly act: Act;
  readonly step: string | null;
  readonly ceremony: string | null;
  readonly data: EventOf<'act.intent'>['data'];
}

export interface CeremonyState {
  readonly id: string;
  readonly plan: Plan;
  readonly planSha256: string;
  readonly from: number;
  to: number;
  readonly opened: string;
  /** The latest wall clock of any entry since the ceremony opened, in milliseconds since 1970. */
  latest: number;
  readonly done: Map<string, StepMark>;
  readonly exceptions: { step: string; note: string; seq: number }[];
  readonly decisions: RecordedDecision[];
  /** Steps whose act ended with an unknown outcome: never repeated on its own. */
  readonly unknown: Set<string>;
  /** CKA_ID of the key made or changed here. */
  key: string | null;
  bundle: string | null;
  /** When its bundle was written, by the wall clock of that entry. */
  exported: string | null;
  outcome: 'open' | 'completed' | 'stopped';
  /** Calls on the token so far, as they were compared with the entries. */
  readonly calls: { writes: number; made: number; findings: number };
}

export interface VaultState {
  readonly size: number;
  readonly environment: Environment;
  readonly vault: EventOf<'vault.created'>['data'] | null;
  readonly created: string | null;
  readonly hsm: { readonly label: string; readonly serial: string; readonly model: string } | null;
  readonly vaultName: string;
  /** How the token keeps the head of this ledger. Null in ledgers from before heads were kept there. */
  readonly anchor: AnchorKind | null;
  readonly people: ReadonlyMap<string, EnrolledPerson>;
  readonly policy: Policy | null;
  readonly policySha256: string | null;
  readonly genesis: EventOf<'genesis.sealed'>['data'] | null;
  readonly ceremonies: ReadonlyMap<string, CeremonyState>;
  /** The ceremony under way, or null. */
  readonly open: CeremonyState | null;
  /** Intents without an outcome. */
  readonly intents: ReadonlyMap<string, OpenIntent>;
  readonly session: { readonly vault: boolean; readonly root: boolean };
  /** In the order in which they were recorded. */
  readonly cosignatures: readonly RecordedCosignature[];
  /** People who took receipts, with the newest head that each of them has at home. */
  readonly receipts: ReadonlyMap<string, { readonly size: number; readonly root: string; readonly time: string }>;
  /** Whether an earlier receipt was shown since the vault was opened. `made`: it was not opened since it was made. */
  readonly opening: 'made' | 'asked' | 'presented' | 'skipped';
  readonly keys: KeyReplay;
  /** How the token and the ledger agreed when the token was last looked at as a whole. */
  readonly agreement: Agreement;
  /** The last witnessed reading of an outside clock, and its entry. */
  readonly reading: (ClockReading & { readonly seq: number }) | null;
  /** Sequence numbers of entries that the script does not have at their place. They changed nothing here. */
  readonly irregular: readonly number[];
  /** The ledger that this one goes on from, or null. */
  readonly continued: EventOf<'ledger.continued'>['data'] | null;
  /** How the ledger ended here, or null while it goes on. */
  readonly ended: EventOf<'ledger.ended'>['data'] | null;
  /** Calls without an entry and entries without their call, with the entry that says so. */
  readonly callFindings: readonly (CallFinding & { readonly at: number })[];
}

/** CKA_ID of the key that a step is about, or null where it is not made yet. */
export const keyOfStep = ({ key, plan }: CeremonyState, step: Step): string | null =>
  step.of === 'predecessor' ? (plan.subject?.key ?? null) : key;

/** The label of that key, as the plan has it. */
export const labelOfStep = (plan: Plan, step: Step): string =>
  step.of === 'predecessor' && plan.script.recipe === 'rotate-key@1'
    ? plan.script.predecessor.label
    : plannedKey(plan).label;

/** The step whose turn it is, or null when all are done. */
export const currentStep = (ceremony: CeremonyState): Step | null =>
  ceremony.plan.script.steps.find((step) => !ceremony.done.has(step.id)) ?? null;

/**
 * The moment to judge times by: a clock that was set back gives no expired approval its life back. Only the entries of
 * this ceremony count, so that one wrong clock does not end every later one.
 */
export const latest = (ceremony: CeremonyState, now: number): number => Math.max(now, ceremony.latest);

/** The key of a person as the plan has it. */
export const keyOf = (ceremony: CeremonyState, person: string): string | undefined =>
  ceremony.plan.people.find((one) => one.person === person)?.key;

/** Decisions on a step that are neither expired nor, for approvals, outlived at `now` (milliseconds). */
export const standing = (ceremony: CeremonyState, step: string, now: number): RecordedDecision[] =>
  ceremony.decisions.filter(
    (decision) =>
      decision.step === step && (decision.decision === 'decline' || now < instant(decision.approval.expires)),
  );
