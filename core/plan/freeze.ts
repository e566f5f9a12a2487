/** Freezing a plan: from a script and its binding to the bytes that everyone approves. */
import { hex } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { jcsBytes } from '../json/jcs.ts';
import type { Plan, Script } from './plan.ts';

export const scriptSha256 = (crypto: Crypto, script: Script): string => hex(crypto.sha256(jcsBytes(script)));

/** The exact bytes of a plan, and their SHA-256: the digest on the plan sheet. */
export function planBytes(crypto: Crypto, plan: Plan): { readonly bytes: Uint8Array; readonly sha256: string } {
  const bytes = jcsBytes(plan);
  return { bytes, sha256: hex(crypto.sha256(bytes)) };
}
