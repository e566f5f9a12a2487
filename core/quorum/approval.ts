/**
 * An approval: a custodian's signature over exactly what may be done, where, when and in view of which ledger.
 * It travels as a DSSE envelope with the payload type below.
 */
import * as v from 'valibot';
import { environmentSchema } from '../ledger/entry.ts';
import { Base64, Hash, PersonId, StepId, Timestamp } from '../ledger/fields.ts';
import { HIDDEN_REFUSED, isVisible } from '../text.ts';

export const APPROVAL_TYPE = 'application/vnd.conclave.approval+json';

export const approvalSchema = v.strictObject({
  environment: environmentSchema,
  ceremony: v.string(),
  scriptSha256: Hash,
  planSha256: Hash,
  step: StepId,
  decision: v.picklist(['approve', 'decline']),
  /** Required for a decline. */
  reason: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(500), v.check(isVisible, HIDDEN_REFUSED))),
  hsm: v.strictObject({ serial: v.pipe(v.string(), v.minLength(1), v.maxLength(64)) }),
  /** SHA-256 of the attribute template of the step (lifecycle/template.ts); CKA_ID is not in it. */
  templateSha256: Hash,
  /** The ledger as the custodian saw it: a prefix of the ledger at use. */
  ledgerHead: v.strictObject({ size: v.pipe(v.number(), v.safeInteger(), v.minValue(1)), root: Hash }),
  custodian: PersonId,
  /** 16 random bytes. */
  nonce: Base64,
  notBefore: v.optional(Timestamp),
  expires: Timestamp,
  time: Timestamp,
  /** Where the key was opened. */
  signedOn: v.picklist(['ceremony-workstation', 'off-host']),
});
export type Approval = v.InferOutput<typeof approvalSchema>;
