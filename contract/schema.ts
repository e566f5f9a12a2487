/**
 * The boundary between the privileged process and the screens: one list of named methods. Main parses every call
 * against `input` after checking its sender; preload exposes exactly these names; the renderer calls nothing else.
 */
import * as v from 'valibot';
import { Compromise } from '../core/ledger/event.ts';
import {
  Cryptoperiod,
  Hash,
  HoldDays,
  KeyId,
  KeyLabel,
  Mechanism,
  Milliseconds,
  PersonId,
  Purpose,
  StepId,
  Timestamp,
} from '../core/ledger/fields.ts';
import { PROFILE_IDS } from '../core/lifecycle/states.ts';
import { Fate } from '../core/plan/plan.ts';
import { PersonName, Role } from '../core/people/person.ts';
import { PRESET_IDS } from '../core/quorum/preset.ts';
import type { Result } from '../core/result.ts';
import { FreeText } from '../core/text.ts';
import type { KeyDetailView, KeyPageView } from './key-views.ts';
import type { Method } from './methods.ts';
import type { ReceiptCheckView, ReceiptFilesView } from './receipt-views.ts';
import type { CopyView, LedgerPageView, LedgerReportView, ProofView } from './ledger-views.ts';
import type {
  AppView,
  ApprovalChallengeView,
  BundleView,
  EvidenceReportView,
  ModuleView,
  PlanOptionsView,
  RehearsalPinsOnce,
} from './views.ts';

const none = v.strictObject({});
const path = v.pipe(
  v.string(),
  v.minLength(2),
  v.maxLength(1024),
  v.startsWith('/'),
  v.check((s) => !s.includes('\0')),
);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** A note or reason. It is recorded, printed and, where it is a decline, signed. */
const note = FreeText(500);
const planReason = FreeText(300);
/** A passphrase or PIN. It crosses as bytes, is never echoed, and is zeroed by whoever used it. */
const secret = v.custom<Uint8Array>((bytes) => bytes instanceof Uint8Array && bytes.length > 0 && bytes.length <= 1024);
const hsmToken = v.strictObject({
  label: v.pipe(v.string(), v.maxLength(32)),
  serial: v.pipe(v.string(), v.maxLength(32)),
});

/** What one call takes. What it gives back is in `Replies`. */
export const inputs = {
  'app.snapshot': none,
  'notice.dismiss': v.strictObject({ id: v.pipe(v.string(), v.maxLength(64)) }),

  'setup.inspectModule': v.strictObject({ library: path }),
  /** Opens the system's file dialog; the reply is null where nothing was chosen. */
  'setup.browseModule': none,
  'setup.chooseRehearsal': none,
  'setup.chooseToken': v.strictObject({ library: path, token: hsmToken, root: hsmToken }),
  /** With a `card` the passphrase is its PIN, and the key stays on it. */
  'setup.enrol': v.strictObject({
    role: Role,
    name: PersonName,
    passphrase: secret,
    card: v.optional(v.strictObject({ library: path, token: hsmToken })),
  }),
  'setup.removePerson': v.strictObject({ person: PersonId }),
  'setup.setLedger': v.strictObject({
    vaultName: PersonName,
    required: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(32)),
    /** Whether every ceremony ends with cosignatures, also where the token keeps the head. */
    cosign: v.boolean(),
    /** What the keys of the vault keep to, for as long as it lives. */
    profile: v.picklist(PROFILE_IDS),
    /** Which keys the policy lets be made. */
    preset: v.picklist(PRESET_IDS),
  }),
  'setup.goTo': v.strictObject({ step: v.picklist(['hsm', 'people', 'ledger', 'seal']) }),
  'setup.discardUnfinished': none,
  /** PINs are needed for a token that exists already; a rehearsal vault makes its own. */
  'setup.seal': v.strictObject({ userPin: v.optional(secret), rootUserPin: v.optional(secret) }),

  /** A part of the keys: by the state of the private object, by words that each stand somewhere, by what is due. */
  'keys.page': v.strictObject({
    offset: count,
    limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)),
    state: v.optional(v.pipe(v.string(), v.maxLength(32))),
    text: v.optional(v.pipe(v.string(), v.maxLength(80))),
    only: v.optional(v.picklist(['due', 'drift'])),
    /** The key whose place in the list is asked for. */
    find: v.optional(KeyId),
  }),
  'keys.detail': v.strictObject({ key: KeyId }),
  /** Writes the ends of all cryptoperiods as a calendar file into the exports folder and says where it is. */
  'keys.calendar': none,

  /** Which kinds of key the token, the policy and the profile let be made. Asks the token, with no login. */
  'plan.options': none,
  'plan.freeze': v.strictObject({
    label: KeyLabel,
    mechanism: Mechanism,
    /** What the key is for; to sign where it is left out. */
    purpose: v.optional(Purpose),
    initialState: v.picklist(['pre-active', 'active']),
    /** How the key can be had again; not at all where it is left out. */
    recovery: v.optional(v.picklist(['none', 'vendor-clone'])),
    /** Why not, or how: approved with the plan and read aloud. */
    recoveryReason: planReason,
    cryptoperiod: v.optional(Cryptoperiod),
  }),

  /** Plans a change of state of a key that exists. The reason is approved with the plan. */
  'plan.change': v.variant('recipe', [
    v.strictObject({
      recipe: v.picklist([
        'prove-possession@1',
        'activate-key@1',
        'suspend-key@1',
        'resume-key@1',
        'disable-key@1',
        'enable-key@1',
        'deactivate-key@1',
        'reactivate-key@1',
        'destroy-key@1',
        'delete-key@1',
        'remove-key@1',
      ]),
      key: KeyId,
      reason: planReason,
    }),
    v.strictObject({
      recipe: v.literal('set-cryptoperiod@1'),
      key: KeyId,
      reason: planReason,
      cryptoperiod: Cryptoperiod,
    }),
    v.strictObject({ recipe: v.literal('schedule-destruction@1'), key: KeyId, reason: planReason, hold: HoldDays }),
    /** A key of the same purpose that follows this one, and what becomes of this one. */
    v.strictObject({
      recipe: v.literal('rotate-key@1'),
      key: KeyId,
      reason: planReason,
      label: KeyLabel,
      mechanism: Mechanism,
      recoveryReason: planReason,
      fate: Fate,
    }),
    v.strictObject({ recipe: v.literal('change-label@1'), key: KeyId, reason: planReason, newLabel: KeyLabel }),
    v.strictObject({
      recipe: v.literal('report-compromise@1'),
      key: KeyId,
      reason: planReason,
      compromise: Compromise,
    }),
  ]),

  /** Plans how findings of the last inventory are resolved. Each is named by its digest. */
  'plan.agree': v.strictObject({
    recipe: v.picklist(['sync-hsm@1', 'record-hsm@1']),
    findings: v.pipe(v.array(Hash), v.minLength(1), v.maxLength(32)),
    reason: planReason,
  }),

  'ceremony.confirm': v.strictObject({ step: StepId, confirmed: v.pipe(v.array(PersonId), v.maxLength(16)) }),
  'ceremony.challenge': v.strictObject({ step: StepId, custodian: PersonId }),
  'ceremony.approve': v.strictObject({
    step: StepId,
    custodian: PersonId,
    rows: v.pipe(v.array(v.picklist(['A', 'B', 'C', 'D'])), v.maxLength(4)),
    typed: v.pipe(v.array(v.pipe(v.string(), v.maxLength(16))), v.length(2)),
    passphrase: secret,
  }),
  'ceremony.decline': v.strictObject({ step: StepId, custodian: PersonId, reason: note, passphrase: secret }),
  'ceremony.login': v.strictObject({ step: StepId, pin: secret }),
  /** Finds out what an interrupted act left on the token. */
  'ceremony.recover': v.strictObject({ pin: secret }),
  /** The label is typed where the step asks for it. */
  'ceremony.act': v.strictObject({ step: StepId, label: v.optional(v.pipe(v.string(), v.maxLength(64))) }),
  'ceremony.logout': v.strictObject({ step: StepId }),
  'ceremony.export': v.strictObject({ step: StepId }),
  'ceremony.recordException': v.strictObject({ step: StepId, note }),
  'ceremony.stop': v.strictObject({ reason: note }),
  /** Ends a hanging HSM host. What the token did is found out at the next login. */
  'hsm.abort': none,

  /** Ends the check at start. The ledger stays closed until it is checked from the beginning. */
  'ledger.stopCheck': none,
  'ledger.checkAgain': none,
  /** While the ledger is being checked, of the entries that were checked so far. Times are UTC. */
  'ledger.page': v.strictObject({
    before: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)),
    ceremony: v.optional(v.pipe(v.string(), v.maxLength(20))),
    type: v.optional(v.pipe(v.string(), v.maxLength(40))),
    person: v.optional(PersonId),
    /** Wall clocks of the entries: from (inclusive) to (exclusive). */
    from: v.optional(Milliseconds),
    to: v.optional(Milliseconds),
    text: v.optional(v.pipe(v.string(), v.maxLength(80))),
  }),
  'ledger.verify': none,
  /** Ends the verification under way; its call then fails and says how far it came. */
  'ledger.stopVerify': none,
  /** Copies the ledger's folder for an auditor and says where it is. Also where the ledger is refused. */
  'ledger.export': none,
  'ledger.proof': v.strictObject({ seq: v.pipe(v.number(), v.integer(), v.minValue(0)) }),

  /** A clock outside the workstation, read by one person and seen by another. Times are UTC. */
  'clock.read': v.strictObject({
    reading: Timestamp,
    uncertainty: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(3_600)),
    source: FreeText(120),
    reader: PersonId,
    witness: PersonId,
  }),
  /** Looks at every object of the token. The PIN where nobody is logged in. */
  'inventory.take': v.strictObject({ pin: v.optional(secret) }),
  /** Tries on a throw-away key what the token enforces. */
  'inventory.probe': v.strictObject({ pin: v.optional(secret) }),
  'inventory.stop': none,
  /** Closes the ledger for good, or moves it to another workstation; two copies are made and read back first. */
  'continuity.end': v.strictObject({
    kind: v.picklist(['closed', 'retired', 'succeeded']),
    media: v.tuple([path, path]),
    confirmed: v.pipe(v.array(PersonId), v.maxLength(2)),
    pin: secret,
  }),
  /** Reads a copy whole, and says whose ledger it is. */
  'continuity.lookAtCopy': v.strictObject({ from: path }),
  /** Takes a vault's ledger from a copy, on a workstation that has none. The token must be connected. */
  'continuity.restore': v.strictObject({
    from: path,
    receipts: v.pipe(v.array(path), v.maxLength(16)),
    library: v.optional(path),
    softhsmConf: v.optional(path),
    confirmed: v.pipe(v.array(PersonId), v.maxLength(2)),
    pin: secret,
  }),
  /** Begins a set-up whose ledger goes on from the copy of another one. */
  'continuity.succeed': v.strictObject({ from: path, receipts: v.pipe(v.array(path), v.maxLength(16)) }),
  /** A custodian of the old ledger agrees, where its log key is dead. */
  'continuity.approve': v.strictObject({ custodian: PersonId, passphrase: secret }),
  /** The head is named as the screen shows it: another one is not signed. */
  'cosign.sign': v.strictObject({ person: PersonId, size: count, root: Hash, passphrase: secret }),
  /** Writes a request for an off-host witness onto their medium. `old`: the size of the last head that they know. */
  'witness.request': v.strictObject({ person: PersonId, old: v.optional(count) }),
  /** Opens the system's file dialog and takes the answer of a witness; null where nothing was chosen. */
  'witness.answer': none,
  /** Writes a receipt of the newest head as text and code onto the person's medium, and as a sheet for paper. */
  'receipt.give': v.strictObject({ person: PersonId }),
  /** Opens the system's file dialog and compares an earlier receipt; null where nothing was chosen. */
  'receipt.present': none,
  'receipt.skip': v.strictObject({ reason: note }),

  'evidence.list': none,
  'evidence.verify': v.strictObject({ name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.zip$/)) }),
  /** Opens the system's file dialog and verifies what was chosen; null where nothing was. */
  'evidence.browse': none,

  /** Makes the sheet as a PDF in the exports folder and says where it is. */
  'print.genesis': none,
  'print.plan': none,
} as const satisfies Record<Method, v.GenericSchema>;

export { METHODS, type Method } from './methods.ts';
export type Input<M extends Method> = v.InferOutput<(typeof inputs)[M]>;

/** What each call gives back when it is not refused. Most give the whole snapshot. */
export interface Replies extends Record<Method, unknown> {
  'app.snapshot': AppView;
  'notice.dismiss': AppView;
  'setup.inspectModule': ModuleView;
  'setup.browseModule': ModuleView | null;
  'setup.chooseRehearsal': AppView;
  'setup.chooseToken': AppView;
  'setup.enrol': AppView;
  'setup.removePerson': AppView;
  'setup.setLedger': AppView;
  'setup.goTo': AppView;
  'setup.discardUnfinished': AppView;
  'setup.seal': { readonly app: AppView; readonly pins: RehearsalPinsOnce | null };
  'keys.page': KeyPageView;
  'keys.detail': KeyDetailView;
  'keys.calendar': { readonly path: string };
  'plan.options': PlanOptionsView;
  'plan.freeze': AppView;
  'plan.change': AppView;
  'plan.agree': AppView;
  'ceremony.confirm': AppView;
  'ceremony.challenge': ApprovalChallengeView;
  'ceremony.approve': AppView;
  'ceremony.decline': AppView;
  'ceremony.login': AppView;
  'ceremony.recover': AppView;
  'ceremony.act': AppView;
  'ceremony.logout': AppView;
  'ceremony.export': AppView;
  'ceremony.recordException': AppView;
  'ceremony.stop': AppView;
  'hsm.abort': AppView;
  'ledger.stopCheck': AppView;
  'ledger.checkAgain': AppView;
  'ledger.page': LedgerPageView;
  'ledger.verify': LedgerReportView;
  'ledger.stopVerify': AppView;
  'ledger.proof': ProofView;
  'ledger.export': { readonly path: string };
  'clock.read': AppView;
  'inventory.take': AppView;
  'inventory.probe': AppView;
  'inventory.stop': AppView;
  'continuity.end': { readonly app: AppView; readonly path: string };
  'continuity.lookAtCopy': CopyView;
  'continuity.restore': { readonly app: AppView; readonly path: string };
  'continuity.succeed': AppView;
  'continuity.approve': AppView;
  'cosign.sign': AppView;
  'witness.request': { readonly path: string };
  'witness.answer': AppView | null;
  'receipt.give': ReceiptFilesView;
  'receipt.present': ReceiptCheckView | null;
  'receipt.skip': AppView;
  'evidence.list': readonly BundleView[];
  'evidence.verify': EvidenceReportView;
  'evidence.browse': EvidenceReportView | null;
  'print.genesis': { readonly path: string };
  'print.plan': { readonly path: string };
}

/** Notifications from main. Each carries a whole snapshot. */
export interface Notifications {
  changed: AppView;
}

/** No call may be larger than this, in bytes of its structured clone as measured by main. */
export const MAX_CALL_BYTES = 64 * 1024;

/** The bridge that preload puts on `window.conclave`: one function per method and nothing else. */
export type Bridge = {
  readonly [M in Method]: (input: Input<M>) => Promise<Result<Replies[M]>>;
} & {
  /** Hands every new snapshot to the listener; the returned function ends that. */
  readonly onChanged: (listener: (app: Notifications['changed']) => void) => () => void;
};
