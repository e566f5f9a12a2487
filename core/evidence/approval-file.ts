/** Reads the payload of an approval envelope, after its signature was checked or to see whose it claims to be. */
import * as v from 'valibot';
import { parseCanonical } from '../json/jcs.ts';
import { approvalSchema, type Approval } from '../quorum/approval.ts';
import { fail, ok, type Result } from '../result.ts';

export function readApproval(payload: Uint8Array): Result<Approval> {
  const json = parseCanonical(payload);
  if (!json.ok) return json;
  const parsed = v.safeParse(approvalSchema, json.value);
  return parsed.success ? ok(parsed.output) : fail({ code: 'bad-input', message: 'The payload is not an approval.' });
}
