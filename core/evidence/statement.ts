/**
 * The statement of a bundle: an in-toto Statement v1 (in-toto/attestation, spec/v1) about one key, with one of two
 * predicates of our own: how the key was made, or how its state was changed. Its exact bytes are RFC 8785 JSON; they are
 * signed in a DSSE envelope by the attestation key of the vault.
 */
import * as v from 'valibot';
import { jcsBytes, parseCanonical } from '../json/jcs.ts';
import { environmentSchema } from '../ledger/entry.ts';
import { Act, Compromise, EVENT_TYPES, HsmError } from '../ledger/event.ts';
import {
  AnchorKind,
  Attribute,
  Base64,
  Hash,
  KeyId,
  KeyLabel,
  Mechanism,
  PersonId,
  StepId,
  Timestamp,
} from '../ledger/fields.ts';
import { isPresent } from '../lifecycle/profile.ts';
import { profileOf } from '../lifecycle/profiles/index.ts';
import { HALVES, KEY_STATES, PROFILE_IDS, type ProfileId } from '../lifecycle/states.ts';
import { Reason } from '../plan/plan.ts';
import { Action } from '../quorum/policy.ts';
import { fail, ok, type Result } from '../result.ts';

/** DSSE payload type of in-toto statements. */
export const STATEMENT_TYPE = 'application/vnd.in-toto+json';
export const IN_TOTO_STATEMENT = 'https://in-toto.io/Statement/v1';
/** The domain is a placeholder until the product owns one; the types are compared as strings and never fetched. */
export const PREDICATE_TYPE = 'https://conclave.example/attestation/hsm-key/v1';
export const CHANGE_PREDICATE_TYPE = 'https://conclave.example/attestation/hsm-key-state/v1';

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const digest = v.strictObject({ sha256: Hash });
/** A path inside the bundle. */
const FileName = v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/), v.maxLength(120));

export const moduleSchema = v.strictObject({
  cryptoki: text(16),
  manufacturer: text(64),
  description: text(64),
  version: text(16),
  /** SHA-256 of the PKCS#11 library file. */
  fileSha256: Hash,
});

export const tokenSchema = v.strictObject({
  label: text(64),
  manufacturer: text(64),
  model: text(32),
  serial: text(64),
  hardwareVersion: text(16),
  firmwareVersion: text(16),
  flags: v.pipe(v.array(v.pipe(v.string(), v.regex(/^CKF_[A-Z0-9_]{2,48}$/))), v.maxLength(32)),
});

export const producerSchema = v.strictObject({
  name: v.literal('conclave'),
  version: text(64),
  /** SHA-256 of the application's file manifest. */
  manifestSha256: Hash,
});

export const predicateSchema = v.strictObject({
  bundleId: v.pipe(v.string(), v.uuid()),
  environment: environmentSchema,
  issuedAt: v.strictObject({ value: Timestamp, source: v.literal('workstation-clock') }),
  /** Supplied by an auditor who wants to see that the statement is younger than their question. */
  nonce: v.nullable(Base64),
  producer: producerSchema,
  /** What the producer claims. The verifier computes its own verdict and never reads this as one. */
  claimedAssurance: v.literal('software-asserted'),
  vault: v.pipe(v.string(), v.uuid()),
  module: moduleSchema,
  token: tokenSchema,
  custody: v.literal('operator-pin'),
  key: v.strictObject({
    ckaId: KeyId,
    label: KeyLabel,
    mechanism: Mechanism,
    spkiSha256: Hash,
    /** As the token reported them through PKCS#11, last, in the entry `readAt`. Bytes are hex. */
    attributes: v.strictObject({ private: v.array(Attribute), public: v.array(Attribute) }),
    readAt: size,
  }),
  lifecycle: v.strictObject({
    profile: v.picklist(PROFILE_IDS),
    /** State of the private half; the public half has its own. */
    state: v.picklist(KEY_STATES),
    publicState: v.picklist(KEY_STATES),
    since: Timestamp,
  }),
  ceremony: v.strictObject({
    id: v.pipe(v.string(), v.regex(/^CER-\d{4}-\d{3,6}$/)),
    planSha256: Hash,
    scriptSha256: Hash,
    policySha256: Hash,
    /** The thresholds under which each approved act was done. */
    quorum: v.array(
      v.strictObject({
        step: StepId,
        action: Action,
        groups: v.array(v.strictObject({ group: v.string(), required: size, of: size })),
      }),
    ),
    approvals: v.array(
      v.strictObject({
        step: StepId,
        custodian: PersonId,
        keySha256: Hash,
        method: v.literal('signature'),
        evidence: FileName,
      }),
    ),
  }),
  log: v.strictObject({
    origin: text(128),
    events: v.array(v.strictObject({ seq: size, type: v.picklist(EVENT_TYPES), leafHash: Hash })),
    checkpointAtIssue: v.strictObject({ size, root: Hash }),
    /** How the token keeps the ledger's head, as the genesis sheet says. Absent where the sheet is older than that. */
    anchor: v.optional(AnchorKind),
  }),
  signer: v.strictObject({
    spkiSha256: Hash,
    certSha256: Hash,
    /** Whether the attestation key is recorded as held in the token that holds the subject. */
    sameTokenAsSubject: v.boolean(),
    purpose: v.literal('bundle-signing only'),
  }),
  operatorRoot: v.strictObject({ sha256: Hash, tokenSerial: text(64), sharesTokenWithSubject: v.boolean() }),
  /** Formats and files of a device maker's own attestation. Empty where the device supplied none. */
  vendorEvidence: v.array(
    v.strictObject({ format: text(64), files: v.array(v.strictObject({ name: FileName, digest })) }),
  ),
  /** Every file of the bundle that was made before signing. */
  evidence: v.pipe(v.array(v.strictObject({ name: FileName, digest, mediaType: text(80) })), v.maxLength(190)),
  notProven: v.pipe(v.array(text(600)), v.minLength(1), v.maxLength(16)),
});

/** One committed act of the ceremony on the key: what it made of each object, and what the token answered. */
const changedSchema = v.strictObject({
  act: Act,
  step: StepId,
  /** The entries that announced it and that recorded its outcome. */
  intent: size,
  outcome: size,
  /** The state of each object before and after. An object that the act left alone has the same twice. */
  objects: v.array(
    v.strictObject({
      object: v.picklist(HALVES),
      before: v.picklist(['none', ...KEY_STATES]),
      after: v.picklist(KEY_STATES),
    }),
  ),
  /** Whether the usage attributes that the token then reported enforce the state; null where nobody asked that. */
  enforced: v.nullable(v.picklist(['device', 'procedure'])),
  /** Objects that were not on the token when it was asked afterwards. */
  gone: v.array(v.picklist(HALVES)),
  /** What the token answered to a call that it did not do, where the act counts all the same. */
  error: v.nullable(HsmError),
  compromise: v.nullable(Compromise),
  /** All that can be said of objects that are gone. */
  words: v.nullable(text(300)),
});
export type Changed = v.InferOutput<typeof changedSchema>;

/** The same about a key that existed: `lifecycle` is its state at the end, `change` how it came to it. */
export const changePredicateSchema = v.strictObject({
  ...predicateSchema.entries,
  change: v.strictObject({
    recipe: text(64),
    /** In the words of the plan that was approved. */
    reason: Reason,
    acts: v.pipe(v.array(changedSchema), v.minLength(1), v.maxLength(16)),
  }),
});

export type KeyPredicate = v.InferOutput<typeof predicateSchema>;
export type ChangePredicate = v.InferOutput<typeof changePredicateSchema>;
export type Predicate = KeyPredicate | ChangePredicate;

const about = {
  _type: v.literal(IN_TOTO_STATEMENT),
  /** Exactly one: the key, by the SHA-256 of its DER SubjectPublicKeyInfo. */
  subject: v.strictTuple([v.strictObject({ name: v.literal('key/public.spki'), digest })]),
};

export const statementSchema = v.variant('predicateType', [
  v.strictObject({ ...about, predicateType: v.literal(PREDICATE_TYPE), predicate: predicateSchema }),
  v.strictObject({ ...about, predicateType: v.literal(CHANGE_PREDICATE_TYPE), predicate: changePredicateSchema }),
]);
export type Statement = v.InferOutput<typeof statementSchema>;

/** How the state was changed, where the statement is about that. */
export const changeIn = (predicate: Predicate): ChangePredicate['change'] | null =>
  'change' in predicate ? predicate.change : null;

/** What no bundle of this kind proves. It stands in every statement in these words. */
export const NOT_PROVEN: readonly string[] = [
  'Attribute values were read by workstation software through PKCS#11. A compromised workstation or PKCS#11 library could have reported other values.',
  'That the private key is in hardware, or that no copy of it exists, is not proven by this statement.',
  'Custody is operator-pin: the user PIN was typed by a person, and the quorum was enforced by software.',
  'Approvals were signed with keys opened where each approval says. An approval made on the ceremony workstation does not prove that its custodian saw what was signed.',
  'Times are those of the workstation clock.',
];

/** Besides, where nothing on the token would show that the ledger was set back. */
export const NO_ANCHOR =
  'Anchor: unavailable. The token keeps no head of the ledger, so only cosignatures and receipts show that the ledger was set back before this statement was made.';

/** Besides, of a change of state. */
export const CHANGE_NOT_PROVEN: readonly string[] = [
  'A later change of state is not in this statement. The newest evidence of the key, or the whole ledger, has it.',
  'Of the ledger before this ceremony only the entries about this key are given. Whether one of them was left out is seen in the whole ledger alone.',
];

/** Besides, by what the token enforces and what is gone from it. */
export const CHANGE_LIMITS = {
  device:
    'The token enforces the state by usage attributes, for as long as nobody sets them back. Where a token allows that, whoever holds the user PIN can.',
  procedure:
    'The token does not enforce the state. It is kept by procedure, not by the device: whoever holds the user PIN can use the key.',
  gone: 'That an object is destroyed means that it was not found on this token. Copies that were never recorded cannot be excluded.',
} as const;

/** Everything that a statement says it does not prove. */
export function notProvenOf(
  anchor: AnchorKind | undefined,
  profile: ProfileId,
  acts: readonly Changed[],
): readonly string[] {
  const enforced = acts.findLast((act) => act.enforced !== null)?.enforced;
  const present = acts.at(-1)?.objects.some(({ after }) => isPresent(profileOf(profile), after)) === true;
  return [
    ...NOT_PROVEN,
    ...(anchor === 'private' || anchor === 'public' ? [] : [NO_ANCHOR]),
    ...(acts.length === 0 ? [] : CHANGE_NOT_PROVEN),
    ...(present && enforced ? [CHANGE_LIMITS[enforced]] : []),
    ...(acts.some(({ gone }) => gone.length > 0) ? [CHANGE_LIMITS.gone] : []),
  ];
}

export const statementBytes = (statement: Statement): Uint8Array => jcsBytes(statement);

/** Reads statement bytes. Unknown members, other versions and any spelling but the canonical one are refused. */
export function parseStatement(bytes: Uint8Array): Result<Statement> {
  const json = parseCanonical(bytes);
  if (!json.ok) return json;
  const parsed = v.safeParse(statementSchema, json.value);
  if (!parsed.success) {
    const where = v.getDotPath(parsed.issues[0]) ?? 'statement';
    return fail({ code: 'bad-input', message: `The statement does not have the agreed shape (at ${where}).` });
  }
  return ok(parsed.output);
}
