/**
 * The folder that stands for a person's medium: where it is by default, and what in it is taken for a key file. What
 * lies on a medium was written elsewhere, so only regular files of expected names and sizes are opened, and a symbolic
 * link is never followed at the last part of a path. Folders above the medium are the operating system's concern.
 */
import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { MAX_KEY_FILE } from '../../core/people/key-file.ts';
import { ok, type Result } from '../../core/result.ts';
import { fromSystem, refuse } from './failure.ts';

/** More entries than this on one medium are not searched. */
const MAX_ENTRIES = 1_000;

export const KEY_FILE_NAME = /^[a-z0-9][a-z0-9._-]{0,58}\.age$/;

/** `<mediaRoot>/<person id>-<slug of the name>`, or without the slug where the name has no Latin letter or digit. */
export function mediumFolder(mediaRoot: string, person: string, name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replace(/^-+|-+$/g, '');
  return join(mediaRoot, slug === '' ? person : `${person}-${slug}`);
}

export interface MediumListing {
  /** Absolute paths of what may be key files, sorted. Whether one is, only opening it tells. */
  readonly keyFiles: readonly string[];
  /** Entries named `….age` that are not opened, and why. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/** Lists the key files directly in a folder. Other files are passed over in silence. */
export async function listKeyFiles(folder: string): Promise<Result<MediumListing>> {
  const checked = await checkMedium(folder);
  if (!checked.ok) return checked;
  try {
    const names = (await readdir(folder)).sort();
    if (names.length > MAX_ENTRIES) {
      return refuse('CRED-7', `The folder has more than ${MAX_ENTRIES} entries, so it is not a ceremony medium.`);
    }
    const keyFiles: string[] = [];
    const refused: { name: string; reason: string }[] = [];
    for (const name of names) {
      if (!name.toLowerCase().endsWith('.age') || name.startsWith('.')) continue;
      const reason = await reasonAgainst(join(folder, name), name);
      if (reason === null) keyFiles.push(join(folder, name));
      else refused.push({ name, reason });
    }
    return ok({ keyFiles, refused });
  } catch (error) {
    return fromSystem(error, 'medium');
  }
}

async function reasonAgainst(path: string, name: string): Promise<string | null> {
  if (!KEY_FILE_NAME.test(name)) return 'its name is not one that Conclave gives';
  const stat = await lstat(path);
  if (stat.isSymbolicLink()) return 'it is a symbolic link';
  if (!stat.isFile()) return 'it is not a regular file';
  if (stat.size === 0) return 'it is empty';
  if (stat.size > MAX_KEY_FILE) return 'it is too large to be a key file';
  return null;
}

/** Refuses a folder that is missing, relative, a symbolic link or something else than a folder. */
export async function checkMedium(folder: string): Promise<Result<null>> {
  if (!isAbsolute(folder)) return refuse('CRED-7', 'The folder of a medium is named by its full path.');
  try {
    const stat = await lstat(folder);
    if (stat.isSymbolicLink()) return refuse('CRED-7', 'The folder is a symbolic link, which is not followed.');
    if (!stat.isDirectory()) return refuse('CRED-7', 'This is not a folder.');
    return ok(null);
  } catch (error) {
    return fromSystem(error, 'medium');
  }
}

/**
 * The bytes of a regular file of at most `limit` bytes. Opened without following a link and without waiting, so that
 * neither a link nor a named pipe planted on a medium is read.
 */
export async function readMediumFile(path: string, limit: number, what: string): Promise<Result<Uint8Array>> {
  if (!isAbsolute(path)) return refuse('CRED-7', `The ${what} is named by its full path.`);
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) return refuse('CRED-7', `The ${what} is not a regular file.`);
    if (stat.size > limit) return refuse('CRED-7', `The ${what} is larger than ${limit} bytes.`);
    // One byte more than allowed, so that a file that grows meanwhile is noticed.
    const buffer = new Uint8Array(limit + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (length > limit) return refuse('CRED-7', `The ${what} is larger than ${limit} bytes.`);
      if (bytesRead === 0) return ok(buffer.slice(0, length));
    }
  } catch (error) {
    return fromSystem(error, what);
  } finally {
    await file?.close().catch(() => undefined);
  }
}
