/** Which kinds of key can be made in a vault. The token is asked for its mechanisms, which takes no login. */
import type { PlanOptionsView } from '../../contract/views.ts';
import { lacking } from '../../core/lifecycle/capability.ts';
import { isForKey } from '../../core/lifecycle/profile.ts';
import { PURPOSES } from '../../core/lifecycle/purpose.ts';
import { allowsKey } from '../../core/quorum/policy.ts';
import { RULES } from '../../core/rules.ts';
import type { MechanismInfo } from '../hsm/port.ts';
import type { HsmSession } from './hsm-session.ts';
import type { Vault } from './vault.ts';

export async function planOptions(vault: Vault, session: HsmSession): Promise<PlanOptionsView> {
  const { policy, keys } = vault.state;
  const { mechanisms, unasked } = await offeredBy(vault, session);
  const kinds = PURPOSES.flatMap(({ purpose, mechanisms: all }) => all.map((mechanism) => ({ purpose, mechanism })));
  return {
    kinds: kinds.map(({ purpose, mechanism }) => {
      const lacks = mechanisms && lacking(mechanisms, purpose, mechanism);
      const refused =
        lacks !== null
          ? ({ by: 'token', words: lacks } as const)
          : !isForKey(keys.profile, purpose, mechanism)
            ? ({ by: 'profile', words: `${keys.profile.title} has no such key.` } as const)
            : policy && allowsKey(policy, purpose, mechanism)
              ? null
              : ({ by: 'policy', words: RULES['PLAN-2'].message } as const);
      return { purpose, mechanism, refused };
    }),
    unasked,
  };
}

/** The list of the vault's token, or why there is none. */
async function offeredBy(
  vault: Vault,
  session: HsmSession,
): Promise<{ readonly mechanisms: readonly MechanismInfo[] | null; readonly unasked: string | null }> {
  const open = session.state === 'logged-in';
  const slots = await session.slots();
  // A host that was started for this question is not kept.
  if (!open) await session.close();
  if (!slots.ok) return { mechanisms: null, unasked: slots.error.message };
  const { serial, label } = vault.state.hsm ?? {};
  const found = slots.value.find(({ token }) => token?.serial === serial && token?.label === label)?.token;
  return found
    ? { mechanisms: found.mechanisms, unasked: null }
    : { mechanisms: null, unasked: 'The token of this vault is not connected.' };
}
