/** Whether the token of the vault is connected, which a look at the slots shows without a login. */
import type { HsmSession } from './hsm-session.ts';
import type { Vault } from './vault.ts';

export async function lookForToken(vault: Vault, session: HsmSession): Promise<void> {
  const slots = await session.slots();
  await session.close();
  if (!slots.ok) return;
  const { label, serial } = vault.state.hsm!;
  if (!slots.value.some(({ token }) => token?.serial === serial && token.label === label)) vault.noteTokenAbsent();
  else if (vault.standing.state === 'not-checked') vault.standing = { state: 'not-checked', token: 'connected' };
}
