/**
 * A copy of the ledger as it lies on the disk, for an auditor. It is what is left to do with a ledger that was refused, so
 * nothing of it is opened, judged or changed here; what the token kept goes with it.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { utf8 } from '../../core/bytes.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { diskFiles, writeAtomically } from './files.ts';

export interface LedgerExport {
  readonly ledger: string;
  readonly exports: string;
  /** UTC, ISO 8601. */
  readonly now: string;
  /** Why the ledger is refused, or null. */
  readonly refusal: { readonly policy: string; readonly message: string } | null;
  /** Heads as the token gave them at the last comparison. */
  readonly heads: readonly Uint8Array[];
}

/** SHA-256 of a file of any size, hex. */
async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Copies into a new folder of the exports folder, and lists every file with its digest in SHA256SUMS. */
export async function exportLedger({ ledger, exports, now, refusal, heads }: LedgerExport): Promise<Result<string>> {
  const folder = join(exports, `ledger-${now.replace(/[:.]/g, '-')}`);
  try {
    await diskFiles.makeFolder(folder);
    await cp(ledger, join(folder, 'ledger'), { recursive: true, errorOnExist: true, force: false });
    for (const [i, head] of heads.entries())
      await writeAtomically(diskFiles, join(folder, `token-head-${i + 1}.note`), head);
    const why = `${JSON.stringify({ exported: now, refusal }, null, 2)}\n`;
    await writeAtomically(diskFiles, join(folder, 'export.json'), utf8(why));
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = names.filter((one) => one.isFile()).map((one) => relative(folder, join(one.parentPath, one.name)));
    let sums = '';
    for (const file of files.sort()) sums += `${await digest(join(folder, file))}  ${file}\n`;
    await writeAtomically(diskFiles, join(folder, 'SHA256SUMS'), utf8(sums));
    return ok(folder);
  } catch {
    return fail({
      code: 'io',
      message: `The ledger cannot be copied to ${folder}.`,
      hint: 'Check the permissions of the exports folder and the free space, and export again.',
    });
  }
}
