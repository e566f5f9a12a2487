/** What is done on a token: the acts, what is said before one and what came of it. */
import * as v from 'valibot';
import {
  Attribute,
  Base64,
  Cryptoperiod,
  Hash,
  HoldDays,
  KeyId,
  KeyLabel,
  Mechanism,
  Purpose,
  StepId,
  Timestamp,
} from './fields.ts';
import { Drift } from '../inventory/drift.ts';
import { HALVES } from '../lifecycle/states.ts';

/** What is done on the token. The name says the object and the verb. */
export const Act = v.picklist([
  'token.initialize', // C_InitToken, C_InitPIN: rehearsal tokens only
  'token.probe', // what the token really offers: session keys and a data object, nothing of which stays
  'token.probe-key', // what the token enforces: a key pair made, changed and destroyed
  'log-key.generate',
  'attestation-key.generate',
  'operator-root.generate',
  'operator-root.sign', // the root's own certificate and the attestation key's
  'key.generate',
  'key.discard-half', // C_DestroyObject of one half that an interrupted generation left behind
  'key.certify-request', // PKCS#10 request: CKA_SIGN set, one signature, CKA_SIGN cleared where the key is pre-active
  'key.activate',
  'key.test-signature',
  'key.test-use', // one use of an active key that does not sign, of which nothing stays on the token
  'key.suspend', // every usage attribute false
  'key.resume', // the usage attributes of active again
  'key.deactivate', // the private object destroyed, the public one left to verify
  'key.compromise', // every usage attribute false, and what was reported
  'key.destroy', // C_DestroyObject of every object of the key
  'token.sync', // findings of an inventory: attributes set back, objects destroyed
  'token.record', // findings of an inventory: looked at again, and what the HSM says is recorded
  'key.change-label', // CKA_LABEL of every object of the key
  'key.set-cryptoperiod', // the ledger alone: no token enforces dates
  'key.reactivate', // the usage attributes of active again, from deactivated
  'key.disable', // the usage attributes that the profile's switch blocks false
  'key.enable', // the usage attributes of the state again
  'key.schedule-destruction', // every usage attribute false, and how long the destruction must wait
  'key.delete', // C_DestroyObject of every object of the key, where the profile calls that its deletion
  'key.remove', // the ledger alone: the key is not listed any more
  'statement.sign',
]);
export type Act = v.InferOutput<typeof Act>;

export const Outcome = v.picklist(['committed', 'not-committed', 'unknown']);
export type Outcome = v.InferOutput<typeof Outcome>;

export const text = (max: number) => v.pipe(v.string(), v.maxLength(max));

export const Software = v.strictObject({ version: text(64), manifest: Hash });

/** How many entries a head covers. */
export const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

export const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** A PKCS#11 error, as the module gave it. */
export const HsmError = v.strictObject({ call: text(64), rv: text(64) });

/**
 * Why a key is thought to be compromised, and since when. The reasons are those of KMIP 2.1 that lead to its state
 * Compromised (section 11.48, Revocation Reason Code). What people say about it stands in the plan.
 */
export const Compromise = v.strictObject({
  reason: v.picklist(['key-compromise', 'ca-compromise']),
  /** When it is believed to have happened first; not when it was found or reported. */
  believed: Timestamp,
});
export type Compromise = v.InferOutput<typeof Compromise>;

/**
 * How a key can be had again after a loss of the token. `none`: not at all. `vendor-clone`: from a clone that people make
 * with the maker's own tool, outside of this software. `wrapped`: from a copy encrypted under another key.
 */
export const Recovery = v.picklist(['none', 'vendor-clone', 'wrapped']);
export type Recovery = v.InferOutput<typeof Recovery>;

/** Nobody changes what an entry says: the type is that of the templates it is compared with. */
export const Attributes = v.array(Attribute) as v.GenericSchema<readonly Attribute[]>;

/** What was read of each object of a key: of both halves of a pair, or of one secret key. */
const Objects = v.strictObject({
  private: v.optional(Attributes),
  public: v.optional(Attributes),
  secret: v.optional(Attributes),
});

export const intent = v.strictObject({
  act: Act,
  step: v.optional(StepId),
  /** Plan, attribute template and approval envelopes (SHA-256 of each) that allow the act. */
  plan: v.optional(Hash),
  template: v.optional(Hash),
  approvals: v.optional(v.array(Hash)),
  /** The key acted on. Absent where the act makes the key: its CKA_ID is derived from this entry. */
  key: v.optional(KeyId),
  /** Of a key that is made; on `key.change-label`, the new one. */
  label: v.optional(KeyLabel),
  mechanism: v.optional(Mechanism),
  /** On `key.generate`: what the key is for. Absent: to sign, as every key was when this was not asked. */
  purpose: v.optional(Purpose),
  /** On `key.generate`: how the plan declares the key's recovery. Its words stand in the plan. */
  recovery: v.optional(Recovery),
  /**
   * SHA-256 of the bytes that are to be signed: the CertificationRequestInfo, the challenge of a test signature, or
   * the pre-authentication encoding of a statement.
   */
  digest: v.optional(Hash),
  /** On `key.compromise`. */
  compromise: v.optional(Compromise),
  /** On `token.sync` and `token.record`: the findings that are resolved. */
  drift: v.optional(v.array(Drift)),
  /** Where the act gives a key its cryptoperiod, or another one. */
  cryptoperiod: v.optional(Cryptoperiod),
  /** On `key.generate`: the key that the new one follows. */
  predecessor: v.optional(KeyId),
  /** On `key.schedule-destruction`: days that must pass between its result and the destruction. */
  hold: v.optional(HoldDays),
  token: v.picklist(['vault', 'operator-root']),
});

export const outcomeOf = {
  act: Act,
  /** Leaf hash of the intent. */
  intent: Hash,
  outcome: Outcome,
  key: v.optional(KeyId),
  /** SubjectPublicKeyInfo, DER. */
  spki: v.optional(Base64),
  /** What was read back from the token in a fresh session. */
  attributes: v.optional(Objects),
  /**
   * SHA-256 of the blobs made by the act. key.certify-request: [request DER]; key.test-signature: [challenge,
   * signature]; key.test-use: [challenge]; statement.sign: [DSSE envelope]; operator-root.sign: [certificate DER].
   */
  blobs: v.optional(v.array(Hash)),
  /** Objects of the key that were not on the token when it was asked afterwards. */
  gone: v.optional(v.array(v.picklist(HALVES))),
  /**
   * Where the act changed the state of a key: whether the usage attributes that the token then reported enforce it.
   * `procedure`: they do not, and people keep to it.
   */
  enforced: v.optional(v.picklist(['device', 'procedure'])),
  /** On `token.sync` and `token.record`: which of the intent's findings were not resolved, by their place there. */
  left: v.optional(v.array(Count)),
  error: v.optional(HsmError),
};
