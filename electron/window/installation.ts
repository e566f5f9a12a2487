/**
 * Whether this copy of the application is one that its user cannot change: installed by an administrator or on a
 * read-only medium. It says nothing of who else can, and nothing of the system under it.
 */
import { accessSync, constants, lstatSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * True when this process can write neither the executable, nor the application's archive, nor any folder above them,
 * and owns none of them (an owner could give itself the right).
 *
 * @param executable `process.execPath`.
 * @param resources `process.resourcesPath`.
 * @param uid Of this process; another one in tests.
 */
export function isFixed(executable: string, resources: string, uid: number | undefined = process.getuid?.()): boolean {
  // Electron shows an archive as a folder; here the file itself is meant.
  const before = process.noAsar;
  process.noAsar = true;
  try {
    const files = [executable, join(resources, 'app.asar')].map((path) => realpathSync(path));
    return uid !== 0 && files.flatMap(withParents).every((path) => lstatSync(path).uid !== uid && !writable(path));
  } catch {
    return false;
  } finally {
    process.noAsar = before;
  }
}

function withParents(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...withParents(above)];
}

function writable(path: string): boolean {
  // A folder that many may write in, where each can rename only their own (such as /tmp), does not help to change ours.
  const { mode } = lstatSync(path);
  if ((mode & 0o1000) !== 0) return false;
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
