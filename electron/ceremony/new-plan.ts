/** The plan of a script in this vault, as it is frozen: everything that approvals are bound to. */
import type { Input } from '../../contract/schema.ts';
import { nextCeremonyId, spkiSha256 } from '../../core/ceremony/decide-plan.ts';
import type { VaultState } from '../../core/ceremony/state.ts';
import type { Crypto } from '../../core/crypto.ts';
import { driftSha256 } from '../../core/inventory/drift.ts';
import { labelOf } from '../../core/plan/agree.ts';
import { scriptOf } from '../../core/plan/recipes.ts';
import { scriptSha256 } from '../../core/plan/freeze.ts';
import type { ChangeScript, Plan, Script } from '../../core/plan/plan.ts';
import { isPair, objectsOf } from '../../core/lifecycle/purpose.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';

/** How long a plan may be used after it was frozen. */
const PLAN_LIFE_MS = 7 * 86_400_000;

const profileOf = (state: VaultState) => state.vault?.profile;

/** The script of a new key, as people asked for it. */
export function newKeyScript(crypto: Crypto, state: VaultState, input: Input<'plan.freeze'>): Result<Script> {
  const { label, mechanism, purpose = 'sign', initialState, recovery = 'none', recoveryReason: reason } = input;
  if (objectsOf(purpose, mechanism) === null) return refuse('PLAN-2', 'No key of this algorithm is made for it.');
  const profile = profileOf(state);
  const period = input.cryptoperiod === undefined ? {} : { cryptoperiod: input.cryptoperiod };
  const common = { label, mechanism, purpose, initialState, ...period };
  return ok(
    // A signing key without recovery keeps the recipe that it always had.
    purpose === 'sign' && recovery === 'none' && isPair(mechanism)
      ? scriptOf(crypto, {
          recipe: 'generate-signing-key@1',
          profile,
          key: { ...common, mechanism, purpose, recovery: { kind: recovery, reason } },
        })
      : scriptOf(crypto, {
          recipe: 'generate-key@1',
          profile,
          key: { ...common, recovery: { kind: recovery, reason } },
        }),
  );
}

function parametersOf(
  state: VaultState,
  input: Input<'plan.change'>,
  key: ChangeScript['key'],
): Parameters<typeof scriptOf>[1] {
  const profile = profileOf(state);
  if (input.recipe !== 'rotate-key@1') {
    const { key: _, ...asked } = input;
    return { ...asked, profile, key };
  }
  const { recipe, label, mechanism, recoveryReason, reason, fate } = input;
  const recovery = { kind: 'none', reason: recoveryReason } as const;
  return {
    recipe,
    profile,
    key: { ...key, label, mechanism, initialState: 'active', recovery },
    reason,
    predecessor: { label: key.label, mechanism: key.mechanism, fate },
  };
}

/** The script that changes the state of a key of the ledger, and that key. */
export function changeScript(
  crypto: Crypto,
  state: VaultState,
  input: Input<'plan.change'>,
): Result<{ readonly script: Script; readonly subject: NonNullable<Plan['subject']> }> {
  const record = state.keys.keys.get(input.key);
  if (!record) return fail({ code: 'not-found', message: 'The ledger has no such key.' });
  const { label, mechanism, purpose } = record;
  if (input.recipe === 'rotate-key@1' && objectsOf(purpose, input.mechanism) === null)
    return refuse('PLAN-2', 'No key of this algorithm is made for it.');
  const script = scriptOf(crypto, parametersOf(state, input, { label, mechanism, purpose }));
  const sha256 = spkiSha256(crypto, record);
  return ok({ script, subject: { key: record.key, ...(sha256 === null ? {} : { spkiSha256: sha256 }) } });
}

/** The script that resolves findings of the last inventory, which are named by their digests. */
export function agreementScript(
  crypto: Crypto,
  state: VaultState,
  { recipe, findings, reason }: Input<'plan.agree'>,
): Result<Script> {
  const open = state.agreement.findings;
  const chosen = findings.map((sha256) => open.find((finding) => driftSha256(crypto, finding) === sha256));
  if (!chosen.every((finding) => finding !== undefined)) return refuse('DRIFT-6');
  const items = chosen.map((finding) => ({ finding, label: labelOf(state, finding) }));
  return ok(scriptOf(crypto, { recipe, profile: profileOf(state), items, reason }));
}

/**
 * @param now Milliseconds since 1970.
 * @param subject The key that is changed; absent where one is made.
 */
export function newPlan(
  crypto: Crypto,
  state: VaultState,
  script: Script,
  now: number,
  subject?: Plan['subject'],
): Result<Plan> {
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
    ...(subject === undefined ? {} : { subject }),
    script,
    scriptSha256: scriptSha256(crypto, script),
    created: whole(now),
    expires: whole(now + PLAN_LIFE_MS),
  });
}
