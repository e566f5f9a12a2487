import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ok, type Result } from '../../../core/result.ts';
import { fromSystem } from '../failure.ts';

/**
 * Writes a new file, mode 0600, that is either there whole and on the disk, or not there. An existing file of that name
 * is refused with `CRED-6`.
 *
 * The name is first taken with an empty file (O_EXCL), then the finished file is renamed onto it: a link that refuses to
 * overwrite would be one step fewer, but the file systems of removable media (FAT, exFAT) have no links. A loss of power
 * between the two leaves an empty file, which is refused when read and never overwritten.
 */
export async function writeNew(
  folder: string,
  name: string,
  bytes: Uint8Array,
  what: string,
): Promise<Result<{ readonly path: string }>> {
  const path = join(folder, name);
  const temporary = join(folder, `.${name}.${randomBytes(6).toString('hex')}.tmp`);
  const fresh = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  let taken = false;
  try {
    const file = await open(temporary, fresh, 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await (await open(path, fresh, 0o600)).close();
    taken = true;
    await rename(temporary, path);
    await syncFolder(folder);
    return ok({ path });
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    if (taken) await unlink(path).catch(() => undefined);
    return fromSystem(error, what);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
