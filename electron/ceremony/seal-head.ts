/** Signs the ledger's head with the log key in the token, verifies the signature outside it, and stores the checkpoint. */
import { fromHex, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';
import { KeyId } from '../../core/ledger/fields.ts';
import { keyIdOf } from '../../core/lifecycle/replay.ts';
import type { Act } from '../../core/ledger/event.ts';
import * as v from 'valibot';
import type { TokenRef } from '../hsm/port.ts';
import type { HsmSession } from './hsm-session.ts';
import type { Vault } from './vault.ts';

/** CKA_ID of a service key, from the intent that made it. Null where the ledger has none. */
export function serviceKeyId(vault: Vault, act: Act): Uint8Array | null {
  const made = vault.journal.entries().find(({ entry }) => entry.type === 'act.intent' && entry.data.act === act);
  const id = made && keyIdOf(hex(made.hash));
  return id !== undefined && v.is(KeyId, id) ? fromHex(id) : null;
}

export async function sealHead(
  vault: Vault,
  session: HsmSession,
  token: TokenRef,
  crypto: Crypto,
): Promise<Result<null>> {
  const key = vault.logKey;
  const ckaId = serviceKeyId(vault, 'log-key.generate');
  if (!key || !ckaId) return fail({ code: 'ledger', message: 'This ledger has no log key.' });
  if (vault.sealed === vault.journal.size) return ok(null);
  const hsm = session.use();
  if (!hsm.ok) return hsm;
  const sealed = await vault.checkpoint(key, async (text) => {
    const signed = await hsm.value.sign({ token, ckaId, algorithm: 'ecdsa-sha256', data: text });
    if (!signed.ok) return signed;
    const good = await crypto.verify({ kind: 'ecdsa', hash: 'sha256' }, key.spki, text, signed.value);
    return good ? signed : refuse('SIGNATURE-1', 'It was made by the log key.');
  });
  return sealed.ok ? ok(null) : sealed;
}
