/**
 * The data folder: the one place that knows where everything of this user lies. Every folder in it is the user's own,
 * mode 0700, and no symbolic link.
 *
 * Failures have the code `refused` and one of these ids, or the code `bad-input` or `io`:
 * - `DATA-1` a folder is a symbolic link, or not a folder;
 * - `DATA-2` a folder belongs to another user;
 * - `DATA-3` others could write in a folder, so that what it holds may not be the application's.
 */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { fail, ok, type Result } from '../../core/result.ts';

export interface DataFolder {
  readonly root: string;
  /** Genesis sheet, policy, people: what a vault is. */
  readonly vault: string;
  readonly genesis: string;
  /** The journal and all that is derived from it. */
  readonly ledger: string;
  /** The software token of a rehearsal. */
  readonly softhsm: string;
  /** One folder for each person, standing for the medium they would bring. */
  readonly media: string;
  /** Bundles and printable pages that were written. */
  readonly exports: string;
  readonly log: string;
  /** Chromium's own files. Nothing of the application is kept there. */
  readonly profile: string;
}

export const layout = (root: string): DataFolder => ({
  root,
  vault: join(root, 'vault'),
  genesis: join(root, 'vault', 'genesis.json'),
  ledger: join(root, 'vault', 'ledger'),
  softhsm: join(root, 'softhsm'),
  media: join(root, 'media'),
  exports: join(root, 'exports'),
  log: join(root, 'log'),
  profile: join(root, 'profile'),
});

/**
 * Which folder it is: `--data-dir=PATH`, else `CONCLAVE_DATA_DIR`, else `$XDG_DATA_HOME/conclave`, else
 * `~/.local/share/conclave` (XDG Base Directory Specification, by which a relative XDG_DATA_HOME is ignored).
 */
export function chooseDataFolder(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Result<string> {
  const option = '--data-dir';
  const given = argv.filter((argument) => argument === option || argument.startsWith(`${option}=`));
  if (given.length > 1) return wrong(`${option} is given more than once.`);
  const chosen = given[0]?.slice(option.length + 1) ?? env['CONCLAVE_DATA_DIR'];
  if (chosen !== undefined) {
    return isAbsolute(chosen) && !/\p{Cc}/u.test(chosen)
      ? ok(trimmed(chosen))
      : wrong(`The data folder must be a full path, as in ${option}=/srv/conclave.`);
  }
  const base = env['XDG_DATA_HOME'];
  return ok(join(base !== undefined && isAbsolute(base) ? base : join(home, '.local', 'share'), 'conclave'));
}

const trimmed = (path: string): string => normalize(path).replace(/(?<=.)\/+$/, '');

const wrong = (message: string) => fail({ code: 'bad-input', message });

/**
 * Makes what is missing and checks what is there.
 *
 * @param uid Of this process; another one in tests.
 */
export function openDataFolder(root: string, uid: number | undefined = process.getuid?.()): Result<DataFolder> {
  const folder = layout(root);
  const folders = [
    folder.root,
    folder.vault,
    folder.ledger,
    folder.softhsm,
    folder.media,
    folder.exports,
    folder.log,
    folder.profile,
  ];
  for (const path of folders) {
    try {
      makeFolder(path);
    } catch (error) {
      // What is there but is no folder is told by the check, in its own words.
      if (!['EEXIST', 'ENOTDIR'].includes(codeOf(error))) return io(path, error);
    }
    const checked = check(path, uid);
    if (!checked.ok) return checked;
  }
  return ok(folder);
}

function check(path: string, uid: number | undefined): Result<null> {
  const refuse = (policy: `DATA-${1 | 2 | 3}`, message: string, hint: string) =>
    fail({ code: 'refused', policy, message, hint });
  try {
    const stat = lstatSync(path);
    if (!stat.isDirectory()) {
      return refuse(
        'DATA-1',
        `${path} is a symbolic link or not a folder.`,
        'Move it away, or choose another data folder.',
      );
    }
    if (uid !== undefined && stat.uid !== uid) {
      return refuse('DATA-2', `${path} belongs to another user.`, 'Start as that user, or choose another data folder.');
    }
    if ((stat.mode & 0o022) !== 0) {
      return refuse(
        'DATA-3',
        `Other users can write in ${path}.`,
        'Find out who could have changed what it holds; then remove the permission (chmod 700) or choose another folder.',
      );
    }
    // Others could only read it. That is closed without asking.
    if ((stat.mode & 0o077) !== 0) chmodSync(path, 0o700);
    return ok(null);
  } catch (error) {
    return io(path, error);
  }
}

/**
 * As `mkdir -p`. Node's own recursive mode never returns where the kernel answers ENOENT although the folder above is
 * there, as it does for a dangling link and below /proc.
 */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || lstatSync(dirname(path), { throwIfNoEntry: false }) !== undefined) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

const codeOf = (error: unknown): string =>
  (error instanceof Error && (error as NodeJS.ErrnoException).code) || 'unknown';

const io = (path: string, error: unknown) =>
  fail({
    code: 'io',
    message: `The data folder ${path} cannot be made or read (${codeOf(error)}).`,
    hint: 'Look at the permissions of the folder above it, or choose another data folder.',
  });
