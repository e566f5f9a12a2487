/** Reads the documents that ledger entries name by hash: canonical JSON in the blob store, checked against its schema. */
import * as v from 'valibot';
import { disclosed } from '../../core/ledger/disclosure.ts';
import type { Crypto } from '../../core/crypto.ts';
import { readApproval } from '../../core/evidence/approval-file.ts';
import { parseEnvelope } from '../../core/evidence/dsse.ts';
import { parseCanonical } from '../../core/json/jcs.ts';
import type { Entry } from '../../core/ledger/entry.ts';
import type { Beside } from '../../core/ceremony/state.ts';
import { planSchema, type Plan } from '../../core/plan/plan.ts';
import { policySchema, type Policy } from '../../core/quorum/policy.ts';
import type { Approval } from '../../core/quorum/approval.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Journal } from '../ledger/journal.ts';

async function document<S extends v.GenericSchema>(
  journal: Journal,
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

async function approvalIn(journal: Journal, envelope: string): Promise<Result<Approval>> {
  const bytes = await journal.getBlob(envelope);
  if (!bytes.ok) return bytes;
  const parsed = parseEnvelope(bytes.value);
  return parsed.ok ? readApproval(parsed.value.payload) : parsed;
}

/** What the replay needs beside an entry. */
export async function besideOf(crypto: Crypto, journal: Journal, entry: Entry): Promise<Result<Beside>> {
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
      const approval = await approvalIn(journal, entry.data.envelope);
      return approval.ok ? ok({ disclosed: words, approval: approval.value }) : approval;
    }
    default:
      return ok({ disclosed: words });
  }
}
