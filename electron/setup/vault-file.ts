/**
 * `vault.json`: how this workstation reaches the vault's token. It is configuration, not evidence: what it says is
 * compared with the ledger and the token whenever it is used.
 */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { fail, ok, type Result } from '../../core/result.ts';
import { diskFiles, writeAtomically } from '../ledger/files.ts';

const schema = v.strictObject({
  v: v.literal(1),
  environment: v.picklist(['production', 'rehearsal']),
  origin: v.pipe(v.string(), v.maxLength(128)),
  /** Absolute path of the PKCS#11 library. */
  library: v.pipe(v.string(), v.startsWith('/')),
  /** SoftHSM configuration of a rehearsal vault. */
  softhsmConf: v.optional(v.pipe(v.string(), v.startsWith('/'))),
});
export type VaultFile = v.InferOutput<typeof schema>;

/** Null where no vault was ever begun here. */
export async function readVaultFile(path: string): Promise<Result<VaultFile | null>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ok(null);
    return fail({ code: 'io', message: `${path} cannot be read.`, hint: 'Check the permissions of the data folder.' });
  }
  try {
    const parsed = v.safeParse(schema, JSON.parse(text));
    if (parsed.success) return ok(parsed.output);
  } catch {
    // Falls through to the one refusal.
  }
  return fail({
    code: 'io',
    message: `${path} is not a vault file.`,
    hint: 'Restore it from a backup of the data folder.',
  });
}

export const writeVaultFile = (path: string, file: VaultFile): Promise<void> =>
  writeAtomically(diskFiles, path, new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`));
