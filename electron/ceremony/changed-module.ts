/** The PKCS#11 library, compared with the one that the vault was bound to. */
import { fail, ok, type Result } from '../../core/result.ts';
import { refusal } from '../../core/rules.ts';
import type { HsmSession } from './hsm-session.ts';
import type { Vault } from './vault.ts';

/**
 * The SHA-256 of a library that is another one than at the set-up, or null. In a rehearsal that is a fact to record; in
 * production such a library is not given the PIN: MODULE-1.
 */
export async function changedModule(vault: Vault, session: HsmSession): Promise<Result<string | null>> {
  const library = await session.moduleInfo();
  if (!library.ok) return library;
  const { fileSha256 } = library.value;
  if (fileSha256 === vault.state.vault?.module.sha256) return ok(null);
  if (vault.state.environment !== 'production') return ok(fileSha256);
  const refused = refusal('MODULE-1', `It has the digest ${fileSha256.slice(0, 8)}.`);
  await vault.refused(refused, 'ceremony.login');
  return fail(refused);
}
