/** Receipts and witness requests on the folder that stands for a person's medium. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_RECEIPT_BYTES } from '../../core/ledger/receipt.ts';
import type { Result } from '../../core/result.ts';
import { writeNew } from './host/write-new.ts';
import { checkMedium, readMediumFile } from './media.ts';

const RECEIPT_NAME = /^receipt-[1-9][0-9]{0,15}(-[2-9])?\.txt$/;

/** More receipts than this on one medium are not read, the newest names first. */
const MAX_RECEIPTS = 32;

/** What may be receipts on a medium. A medium that cannot be read has none: signing then says what is wrong with it. */
export async function readReceiptsOn(folder: string): Promise<{ name: string; bytes: Uint8Array }[]> {
  const medium = await checkMedium(folder);
  if (!medium.ok) return [];
  const number = (name: string) => Number(name.split(/[-.]/)[1]);
  const names = (await readdir(folder).catch(() => []))
    .filter((name) => RECEIPT_NAME.test(name))
    .sort((a, b) => number(b) - number(a));
  const found: { name: string; bytes: Uint8Array }[] = [];
  for (const name of names.slice(0, MAX_RECEIPTS)) {
    const read = await readMediumFile(join(folder, name), MAX_RECEIPT_BYTES, 'receipt');
    if (read.ok) found.push({ name, bytes: read.value });
  }
  return found;
}

/** Writes a new file onto a medium. A name that is taken gets a number; nothing is ever overwritten. */
export async function writeOnMedium(
  folder: string,
  name: string,
  extension: 'txt' | 'svg',
  bytes: Uint8Array,
): Promise<Result<{ readonly path: string }>> {
  const medium = await checkMedium(folder);
  if (!medium.ok) return medium;
  for (let n = 1; ; n++) {
    const written = await writeNew(folder, `${name}${n === 1 ? '' : `-${n}`}.${extension}`, bytes, 'file');
    if (written.ok || written.error.policy !== 'CRED-6' || n === 9) return written;
  }
}
