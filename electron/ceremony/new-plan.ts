/** The plan of a script in this vault, as it is frozen: everything that approvals are bound to. */
import type { Input } from '../../contract/schema.ts';
import { nextCeremonyId } from '../../core/ceremony/decide-plan.ts';
import type { VaultState } from '../../core/ceremony/state.ts';
import type { Crypto } from '../../core/crypto.ts';
import { generateSigningKey } from '../../core/plan/generate-signing-key.ts';
import { scriptSha256 } from '../../core/plan/freeze.ts';
import type { Plan, Script } from '../../core/plan/plan.ts';
import { fail, ok, type Result } from '../../core/result.ts';

/** How long a plan may be used after it was frozen. */
const PLAN_LIFE_MS = 7 * 86_400_000;

/** The script of a new signing key, as people asked for it. */
export const signingKeyScript = (crypto: Crypto, input: Input<'plan.freeze'>): Script =>
  generateSigningKey(crypto, {
    label: input.label,
    mechanism: input.mechanism,
    purpose: 'sign',
    initialState: input.initialState,
    recovery: { kind: 'none', reason: input.recoveryReason },
  });

/** @param now Milliseconds since 1970. */
export function newPlan(crypto: Crypto, state: VaultState, script: Script, now: number): Result<Plan> {
  if (!state.vault || !state.hsm || state.policySha256 === null) {
    return fail({ code: 'not-found', message: 'There is no vault yet.' });
  }
  const whole = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  return ok({
    v: 1,
    ceremony: nextCeremonyId(state, now),
    environment: state.environment,
    vault: state.vault.vault,
    hsm: { label: state.hsm.label, serial: state.hsm.serial, model: state.hsm.model },
    policySha256: state.policySha256,
    people: [...state.people.values()].map(({ person, role, name, credential, key, spki }) => ({
      person,
      role,
      name,
      credential,
      key,
      spki,
    })),
    script,
    scriptSha256: scriptSha256(crypto, script),
    created: whole(now),
    expires: whole(now + PLAN_LIFE_MS),
  });
}
