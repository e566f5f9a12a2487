/**
 * The genesis sheet of a vault: what everyone signs on paper when it begins, and, as the file `genesis.json`, the
 * verifier's trust file. It reaches a verifier by another way than the bundles it judges.
 */
import * as v from 'valibot';
import { environmentSchema } from '../ledger/entry.ts';
import { AnchorKind, Base64, Hash, Timestamp } from '../ledger/fields.ts';
import { PROFILE_IDS } from '../lifecycle/states.ts';
import { personSchema } from '../people/person.ts';
import { policySchema } from '../quorum/policy.ts';

export const genesisSchema = v.strictObject({
  v: v.literal(1),
  type: v.literal('conclave-genesis'),
  vault: v.strictObject({ id: v.pipe(v.string(), v.uuid()), name: v.pipe(v.string(), v.maxLength(80)) }),
  environment: environmentSchema,
  created: Timestamp,
  /** C2SP checkpoint origin, and key name of the log key. */
  origin: v.pipe(v.string(), v.maxLength(128)),
  profile: v.picklist(PROFILE_IDS),
  custody: v.literal('operator-pin'),
  hsm: v.strictObject({
    label: v.string(),
    serial: v.string(),
    model: v.string(),
    manufacturer: v.string(),
    firmware: v.string(),
    librarySha256: Hash,
  }),
  operatorRoot: v.strictObject({
    /** Self-signed certificate, DER, base64. */
    certificate: Base64,
    /** SHA-256 of the certificate's DER: the fingerprint given as `--root-fingerprint`. */
    sha256: Hash,
    /** Serial of the token that holds the root key. */
    tokenSerial: v.string(),
  }),
  attestationKey: v.strictObject({ certificateSha256: Hash, spkiSha256: Hash }),
  logKey: v.strictObject({
    /** C2SP verifier key: name+hash+base64. */
    vkey: v.pipe(v.string(), v.maxLength(1024)),
    spki: Base64,
  }),
  /** How the token keeps the ledger's head. Absent in sheets from before heads were kept there. */
  anchor: v.optional(AnchorKind),
  policy: policySchema,
  policySha256: Hash,
  people: v.array(personSchema),
});
export type Genesis = v.InferOutput<typeof genesisSchema>;
