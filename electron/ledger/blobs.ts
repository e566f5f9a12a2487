/** Documents beside the journal, each under its own SHA-256. */
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { BLOB_FINDINGS } from '../../core/ledger/findings.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { JournalFiles } from './files.ts';
import type { Layout } from './layout.ts';

/** A blob whose bytes have the hash that names it. Rejects where the disk fails. */
export async function readBlob(
  files: JournalFiles,
  at: Layout,
  crypto: Crypto,
  sha256: string,
): Promise<Result<Uint8Array>> {
  if (!/^[0-9a-f]{64}$/.test(sha256)) return fail({ code: 'bad-input', message: 'The name of a blob is its SHA-256.' });
  const bytes = await files.read(at.blob(sha256));
  if (bytes === null) return fail({ code: 'not-found', message: `The ledger has no blob ${sha256}.` });
  if (hex(crypto.sha256(bytes)) === sha256) return ok(bytes);
  return fail({ code: 'ledger', policy: 'BLOB-1', message: `${BLOB_FINDINGS['BLOB-1']} It is ${sha256}.` });
}
