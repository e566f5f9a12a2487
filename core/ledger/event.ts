/**
 * The closed set of things the ledger records. Entries of type `act.intent` have an effect on the token or use a
 * key; every one of them gets exactly one `act.result` or `act.recovered`. All others record what people did, what
 * was refused and what the workstation found.
 */
import * as v from 'valibot';
import { AnchorKind, Base64, Hash, KeyId, PairMechanism, PersonId, PolicyRuleId, StepId, Timestamp } from './fields.ts';
import { Drift, MAX_DRIFT } from '../inventory/drift.ts';
import { ListedClass } from '../inventory/object.ts';
import { PROFILE_IDS } from '../lifecycle/states.ts';
import { matcher, type Test } from './match.ts';
import { TOKEN_CALLS } from './token-call.ts';
import { text, Software, Size, Count, HsmError, Attributes, intent, outcomeOf } from './act.ts';

export { Act, Outcome, HsmError, Compromise, Recovery } from './act.ts';

const schemas = {
  'vault.created': v.strictObject({
    vault: v.pipe(v.string(), v.uuid()),
    /** C2SP checkpoint origin of this ledger. */
    origin: text(128),
    profile: v.picklist(PROFILE_IDS),
    custody: v.literal('operator-pin'),
    module: v.strictObject({
      sha256: Hash,
      cryptoki: text(16),
      manufacturer: text(64),
      description: text(64),
      version: text(16),
    }),
    software: Software,
  }), // disclosures: vault_name
  /** Which token this vault, and its operator root, live on. */
  'token.bound': v.strictObject({
    token: v.picklist(['vault', 'operator-root']),
    manufacturer: text(64),
    model: text(32),
    firmware: text(16),
  }), // disclosures: token_serial, token_label
  /**
   * What the token was found able to do, before anything was made on it. Chosen once: every later head of this ledger is
   * signed and kept in this way.
   */
  'token.probed': v.strictObject({
    token: v.literal('vault'),
    /** In the order of preference; the first that works is the log key's. `works`: its signature verified outside. */
    signing: v.array(v.strictObject({ mechanism: PairMechanism, works: v.boolean(), error: v.optional(HsmError) })),
    anchor: AnchorKind,
    /** Why there is no anchor, where the token gave a reason. */
    error: v.optional(HsmError),
  }),
  'workstation.started': v.strictObject({
    software: Software,
    entries: v.pipe(v.number(), v.safeInteger()),
    interfacesUp: v.pipe(v.number(), v.safeInteger()),
  }),
  /**
   * A clock outside the workstation was read by the first person and seen by the second. Later entries of the same boot
   * carry the reading and how far off their wall clock may be.
   */
  'clock.read': v.strictObject({
    /** UTC, as that clock showed it. */
    reading: Timestamp,
    /** Seconds by which that clock and the hand that typed may be off. */
    uncertainty: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(3_600)),
    confirmed: v.pipe(v.array(PersonId), v.length(2)),
  }), // disclosures: source
  /** A torn last line was moved to quarantine when the journal was opened. */
  'ledger.tail-quarantined': v.strictObject({ bytes: v.pipe(v.number(), v.safeInteger()), sha256: Hash }),
  'person.enrolled': v.strictObject({
    person: PersonId,
    credential: v.picklist(['key-file', 'card']),
    /** SHA-256 of the SubjectPublicKeyInfo, and the key itself. */
    key: Hash,
    spki: Base64,
    /** DSSE envelope in which the new key signs its own enrolment: proof of possession. */
    proof: Hash,
  }), // disclosures: name, medium
  'policy.set': v.strictObject({ policy: Hash }),
  'genesis.sealed': v.strictObject({ genesis: Hash, vkey: text(1024), operatorRoot: Hash, attestationKey: Hash }),
  'plan.frozen': v.strictObject({ recipe: text(64), plan: Hash, script: Hash }),
  'step.done': v.strictObject({ step: StepId, confirmed: v.array(PersonId) }),
  'exception.recorded': v.strictObject({ step: StepId }), // disclosures: note
  'approval.given': v.strictObject({
    step: StepId,
    person: PersonId,
    key: Hash,
    plan: Hash,
    envelope: Hash,
    expires: Timestamp,
  }),
  'approval.declined': v.strictObject({ step: StepId, person: PersonId, key: Hash, plan: Hash, envelope: Hash }),
  /** A rule said no. Repeats within a minute are counted in one entry, so that nobody can flood the ledger. */
  'command.refused': v.strictObject({
    policy: PolicyRuleId,
    command: text(64),
    step: v.optional(StepId),
    person: v.optional(PersonId),
    count: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  }),
  'session.opened': v.strictObject({
    token: v.picklist(['vault', 'operator-root']),
    mode: v.literal('operator-pin'),
    /** What the head on the token said of this ledger at the login, before this entry. Absent where none is kept. */
    anchor: v.optional(
      v.strictObject({
        state: v.picklist(['equal', 'chained-only', 'unsealed']),
        /** Entries under the head on the token, and entries that follow it. */
        size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
        following: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
        /** The one entry with an effect that a power cut left without a head. People compare it with the minutes. */
        unsealed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
        /** Data objects under the anchor's name that are not signed by the log key. */
        foreign: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
      }),
    ),
    /** SHA-256 of the PKCS#11 library file, where it is not the one that the vault began with. */
    module: v.optional(Hash),
  }),
  'session.refused': v.strictObject({ token: v.picklist(['vault', 'operator-root']), error: HsmError }),
  'session.closed': v.strictObject({
    reason: v.picklist(['logout', 'pause', 'stopped', 'host-lost', 'shutdown', 'not-sealed']),
  }),
  'hsm.lost': v.strictObject({ during: v.nullable(Hash) }),
  'act.intent': intent,
  'act.result': v.strictObject(outcomeOf),
  /** The outcome of an intent found out later by asking the token. */
  'act.recovered': v.strictObject({ ...outcomeOf, found: text(400) }),
  /**
   * The calls since the last such entry, against the entries since then (calls.ts). Written when a session ends and
   * before a bundle is made.
   */
  'calls.reconciled': v.strictObject({
    calls: v.array(
      v.strictObject({ call: v.picklist(TOKEN_CALLS), count: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) }),
    ),
    /** Calls that wrote to the memory of a token, which wears by it. */
    writes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    seals: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    findings: v.pipe(
      v.array(
        v.strictObject({
          id: v.picklist(['CALL-1', 'CALL-2']),
          call: v.picklist(TOKEN_CALLS),
          seq: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
        }),
      ),
      v.maxLength(100),
    ),
  }),
  /**
   * Every object of the token was looked at and compared with the ledger. `inventory` is the document with all of them.
   * Which inventories are entries, and which are not because nothing changed, is said in docs/lifecycle.md.
   */
  'inventory.taken': v.strictObject({
    why: v.picklist(['login', 'ceremony-start', 'ceremony-end', 'asked']),
    inventory: Hash,
    objects: v.array(v.strictObject({ class: ListedClass, count: Count })),
    /** Attributes that objects have and the token did not tell. */
    unreadable: Count,
    /** How many findings there were. The first hundred are listed. */
    found: Count,
    findings: v.pipe(v.array(Drift), v.maxLength(MAX_DRIFT)),
  }), // disclosures: label_<beginning of sha256>
  /**
   * What a throw-away key showed: whether the token takes a right away and refuses the use then, gives it back, keeps a
   * key from being copied, and tells the dates that were set. `error`: what it answered where it did not.
   */
  'token.enforcement': v.strictObject({
    token: v.literal('vault'),
    mechanism: PairMechanism,
    clear: v.strictObject({ answer: v.picklist(['enforced', 'ignored', 'refused']), error: v.optional(HsmError) }),
    restore: v.strictObject({ answer: v.picklist(['works', 'refused']), error: v.optional(HsmError) }),
    copy: v.strictObject({ answer: v.picklist(['refused', 'allowed']), error: v.optional(HsmError) }),
    dates: v.strictObject({
      answer: v.picklist(['readable', 'unreadable', 'refused']),
      error: v.optional(HsmError),
    }),
  }),
  /**
   * The last entry of a ledger here: closed for good, moved to another workstation, or succeeded by another origin. Only a
   * move may be followed by anything, and only by `ledger.restored` at the other workstation.
   */
  'ledger.ended': v.strictObject({
    kind: v.picklist(['closed', 'retired', 'succeeded']),
    /** What both copies hold, the ledger up to this entry. */
    size: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    root: Hash,
    /** SHA-256 of the SHA256SUMS file of each copy, and how many files it lists. Each was read back and verified whole. */
    copies: v.array(v.strictObject({ sums: Hash, files: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) })),
    /** Whether the copies were made on two devices, as the operating system sees them. */
    apart: v.boolean(),
    confirmed: v.array(PersonId),
    /** Origin of the ledger that goes on. */
    successor: v.optional(text(128)),
  }),
  /** The ledger goes on at a workstation that took it from a copy. */
  'ledger.restored': v.strictObject({
    /** SHA-256 of the SHA256SUMS file of the copy. */
    sums: Hash,
    /** The copy, before this entry. */
    size: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    root: Hash,
    /** Entries under the head on the token; null where the token keeps none. */
    anchor: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
    /** Receipts from outside that were presented, and the entries that each covers. Without any it is a finding. */
    receipts: v.array(v.strictObject({ sha256: Hash, size: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) })),
    /** Whether the workstation it came from had retired. */
    retired: v.boolean(),
    confirmed: v.array(PersonId),
  }),
  /** The first entry of a ledger that goes on from another one. */
  'ledger.continued': v.strictObject({
    /** Origin, entries and root of the old ledger, as far as it is there. */
    origin: text(128),
    size: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    root: Hash,
    /** SHA-256 of its newest signed head, a document of this ledger. */
    head: Hash,
    /** `log-key`: the old log key signed an end that names this origin. `quorum`: it is dead, and the old custodians agreed. */
    by: v.picklist(['log-key', 'quorum']),
    /** SHA-256 of the approval envelopes, documents of this ledger. */
    approvals: v.array(Hash),
    /** Entries after the old ledger's last that a receipt shows to be missing. */
    missing: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  }),
  /**
   * Somebody other than the log signed the head of `size` entries. `name` and `signature` (key id and signature) make the
   * signature line of the note, so that the cosigned checkpoint can be put together again from here.
   */
  'checkpoint.cosigned': v.strictObject({
    person: PersonId,
    /** SHA-256 of the SubjectPublicKeyInfo. */
    key: Hash,
    name: text(256),
    signature: Base64,
    size: Size,
    root: Hash,
    /** Where the key was opened, as far as this workstation knows. */
    signedOn: v.picklist(['ceremony-workstation', 'off-host']),
  }),
  /** A person took a receipt of this head. `note` is the SHA-256 of the note in it. */
  'receipt.given': v.strictObject({ person: PersonId, size: Size, root: Hash, note: Hash }),
  /** An earlier receipt was shown, and this ledger still begins with what it says. */
  'receipt.presented': v.strictObject({ size: Size, root: Hash, note: Hash }),
  /** No earlier receipt was shown although the opening asks for one. */
  'receipt.skipped': v.strictObject({}), // disclosures: reason
  'evidence.exported': v.strictObject({ bundle: Hash, statement: Hash, key: KeyId }),
  'ceremony.closed': v.strictObject({ outcome: v.picklist(['completed', 'stopped']) }), // disclosures: reason
} as const;

type Schemas = typeof schemas;
export type EventType = keyof Schemas;
export const EVENT_TYPES = Object.keys(schemas) as EventType[];

/** One event: its type and its data. */
export type Event = { [T in EventType]: { readonly type: T; readonly data: v.InferOutput<Schemas[T]> } }[EventType];
export type EventOf<T extends EventType> = Extract<Event, { type: T }>;

const tests = new Map<string, Test>(EVENT_TYPES.map((type) => [type, matcher(schemas[type])]));

/** Whether `type` and `data` are together a known event. */
export const isEvent = (type: string, data: unknown): boolean => tests.get(type)?.(data) === true;

/** An event on its way into the ledger, with the words that go beside the leaf instead of into it. */
export interface NewEntry {
  readonly event: Event;
  readonly ceremony: string | null;
  readonly actor: {
    readonly role: 'administrator' | 'custodian' | 'witness' | 'auditor' | 'workstation';
    readonly person?: string;
  };
  /** Disclosed values by name, such as `{ name: '...' }`. */
  readonly disclose?: Readonly<Record<string, string>>;
}
