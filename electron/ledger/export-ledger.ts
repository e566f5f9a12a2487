/**
 * A copy of the ledger as it lies on the disk, for an auditor. It is what is left to do with a ledger that was refused, so
 * nothing of it is opened, judged or changed here; what the token kept goes with it.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { utf8 } from '../../core/bytes.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { sumsOf } from './copies.ts';
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
    await writeAtomically(diskFiles, join(folder, 'SHA256SUMS'), utf8(await sumsOf(folder)));
    return ok(folder);
  } catch {
    return fail({
      code: 'io',
      message: `The ledger cannot be copied to ${folder}.`,
      hint: 'Check the permissions of the exports folder and the free space, and export again.',
    });
  }
}
