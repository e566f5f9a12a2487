/** Reads the documents that ledger entries name by hash: canonical JSON in the blob store, checked against its schema. */
import * as v from 'valibot';
import { fromBase64 } from '../../core/bytes.ts';
import { isCosigned } from '../../core/ledger/cosigner.ts';
import { disclosed } from '../../core/ledger/disclosure.ts';
import type { Crypto } from '../../core/crypto.ts';
import { readApproval } from '../../core/evidence/approval-file.ts';
import { parseEnvelope, verifyEnvelope } from '../../core/evidence/dsse.ts';
import { parseCanonical } from '../../core/json/jcs.ts';
import type { Entry } from '../../core/ledger/entry.ts';
import type { Beside, VaultState } from '../../core/ceremony/state.ts';
import { planSchema, type Plan } from '../../core/plan/plan.ts';
import { policySchema, type Policy } from '../../core/quorum/policy.ts';
import { APPROVAL_TYPE, type Approval } from '../../core/quorum/approval.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';
import type { Journal } from '../ledger/journal.ts';

/** Where the documents and disclosed words of a ledger come from. */
export type Documents = Pick<Journal, 'getBlob' | 'disclosuresOf'>;

async function document<S extends v.GenericSchema>(
  journal: Documents,
  sha256: string,
  schema: S,
): Promise<Result<v.InferOutput<S>>> {
  const bytes = await journal.getBlob(sha256);
  if (!bytes.ok) return bytes;
  const json = parseCanonical(bytes.value);
  if (!json.ok) return json;
  const parsed = v.safeParse(schema, json.value);
  return parsed.success
    ? ok(parsed.output)
    : fail({ code: 'ledger', message: `The document ${sha256.slice(0, 8)} is not of the kind that the ledger says.` });
}

/** The approval in an envelope, believed only when the key that the person enrolled signed it. */
export async function approvalIn(
  crypto: Crypto,
  journal: Documents,
  envelope: string,
  spki: string | undefined,
): Promise<Result<Approval>> {
  const bytes = await journal.getBlob(envelope);
  if (!bytes.ok) return bytes;
  const parsed = parseEnvelope(bytes.value);
  const key = spki === undefined ? null : fromBase64(spki);
  if (!parsed.ok || !key || !(await verifyEnvelope(crypto, key, APPROVAL_TYPE, parsed.value))) {
    return refuse('LEDGER-1', `The approval ${envelope.slice(0, 8)} is not signed by the person it names.`);
  }
  return readApproval(parsed.value.payload);
}

/** What the replay needs beside an entry. */
export async function besideOf(
  crypto: Crypto,
  journal: Documents,
  entry: Entry,
  { people, vault }: VaultState,
): Promise<Result<Beside>> {
  const words = disclosed(crypto, entry.disclosures, journal.disclosuresOf(entry.seq));
  switch (entry.type) {
    case 'plan.frozen': {
      const plan: Result<Plan> = await document(journal, entry.data.plan, planSchema);
      return plan.ok ? ok({ disclosed: words, plan: plan.value }) : plan;
    }
    case 'policy.set': {
      const policy: Result<Policy> = await document(journal, entry.data.policy, policySchema);
      return policy.ok ? ok({ disclosed: words, policy: policy.value }) : policy;
    }
    case 'approval.given':
    case 'approval.declined': {
      const spki = people.get(entry.data.person)?.spki;
      const approval = await approvalIn(crypto, journal, entry.data.envelope, spki);
      return approval.ok ? ok({ disclosed: words, approval: approval.value }) : approval;
    }
    case 'checkpoint.cosigned': {
      const person = people.get(entry.data.person);
      const good = person && vault && (await isCosigned(crypto, vault.origin, person, entry.data));
      return good
        ? ok({ disclosed: words })
        : refuse('LEDGER-1', `The cosignature in entry ${entry.seq} is not signed by the person it names.`);
    }
    default:
      return ok({ disclosed: words });
  }
}
