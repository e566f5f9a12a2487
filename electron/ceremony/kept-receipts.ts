/**
 * Receipts that showed this ledger to be cut off or rewritten. They lie beside the ledger, not in it, so that setting the
 * ledger back does not take them along, and are compared again at every start. What is kept is the receipt, which its
 * signature by the log proves, and not a note that something was refused: once the entries that it speaks of are back,
 * the vault opens again.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { judgeReceipt, type Head } from '../../core/ledger/heads.ts';
import { readReceipt } from '../../core/ledger/receipt.ts';
import { LEDGER_CHECKS, type LedgerCheck } from '../../core/ledger/report.ts';
import type { Failure } from '../../core/result.ts';
import { diskFiles, writeAtomically } from '../ledger/files.ts';
import type { Vault } from './vault.ts';

const folderOf = (vaultFolder: string): string => join(vaultFolder, 'receipts');

/** Puts the receipt beside the ledger. Rejects where the disk does not take it. */
export async function keepReceipt(vaultFolder: string, crypto: Crypto, bytes: Uint8Array): Promise<void> {
  const folder = folderOf(vaultFolder);
  await diskFiles.makeFolder(folder);
  await writeAtomically(diskFiles, join(folder, `${hex(crypto.sha256(bytes))}.txt`), bytes);
}

/** Compares a receipt with the ledger as it was verified. */
export async function compareReceipt(
  vault: Vault,
  crypto: Crypto,
  source: string,
  bytes: Uint8Array,
): Promise<{ readonly head: Head; readonly check: LedgerCheck }> {
  const head = readReceipt(source, bytes);
  const root = head.says && vault.rootAt(head.says.size);
  const check = await judgeReceipt(crypto, head, {
    size: vault.journal.size,
    roots: new Map(head.says && root ? [[head.says.size, fromHex(root)!]] : []),
    complete: true,
    logKey: vault.logKey,
    cosigners: vault.cosigners,
  });
  return { head, check };
}

/**
 * A receipt that does not agree, as a failure. RECEIPT-1 and -2 are `ledger` failures, which end the use of the ledger; one
 * that this log did not sign (RECEIPT-3) says nothing about it. Null where it agrees.
 */
export function disagreement({ policy, found }: LedgerCheck): Failure | null {
  if (policy === null) return null;
  const bad = policy === 'RECEIPT-1' || policy === 'RECEIPT-2';
  return { code: bad ? 'ledger' : 'refused', policy, message: found, hint: LEDGER_CHECKS['ledger.receipt'].toDo };
}

/** Why the ledger is refused by a receipt that was kept, or null. Rejects where the disk fails. */
export async function refutedBy(vaultFolder: string, crypto: Crypto, vault: Vault): Promise<Failure | null> {
  const folder = folderOf(vaultFolder);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.endsWith('.txt')).sort()) {
    const bytes = await diskFiles.read(join(folder, name));
    const { check } = await compareReceipt(vault, crypto, `The receipt ${name.slice(0, 8)}`, bytes ?? new Uint8Array());
    const failure = disagreement(check);
    if (failure?.code === 'ledger') return failure;
  }
  return null;
}
