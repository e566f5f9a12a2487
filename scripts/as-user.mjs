import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { alone } from './lib/lock.mjs';
import { Stop, ask, isRoot, run, say } from './lib/run.mjs';

/**
 * The unprivileged user that the application runs as when its starter is root.
 * @typedef {object} AppUser
 * @property {string} name
 * @property {number} uid
 * @property {number} gid
 * @property {string} home Its data lies below, in `.local/share/conclave`.
 */

/** The system user that is made for this, and the only folder that is made for it. */
const account = { name: 'conclave', state: '/var/lib/conclave' };

/**
 * Electron's sandbox refuses to run as root, so root hands the application to a system user of its own. Anybody else
 * runs it as themselves.
 * @returns {AppUser | undefined} `undefined` when this process is not root.
 * @throws {Stop} When the user cannot be made.
 */
export function appUser() {
  if (!isRoot()) return undefined;
  const home = join(account.state, 'home');
  if (ask('id', ['-u', account.name]) === undefined) {
    say(`adding the system user ${account.name}, which the application runs as`);
    mkdirSync(account.state, { recursive: true, mode: 0o755 });
    const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
    run('useradd', [...options, '--home-dir', home, '--comment', 'Conclave application', account.name]);
  }
  const uid = Number(ask('id', ['-u', account.name]));
  const gid = Number(ask('id', ['-g', account.name]));
  if (!(uid > 0) || !(gid > 0)) throw new Stop(`there is no unprivileged user called ${account.name}.`);
  // The mask of a cautious root would close the folders to the user.
  for (const [folder, mode] of /** @type {const} */ ([
    [account.state, 0o755],
    [home, 0o700],
  ])) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, mode);
  }
  chownSync(home, uid, gid);
  return { name: account.name, uid, gid, home };
}

/**
 * The command that runs a program as the user, in its own groups and with no capability.
 * @param {AppUser} user
 * @param {readonly string[]} command
 */
export const asUser = (user, command) => [
  'setpriv',
  `--reuid=${user.uid}`,
  `--regid=${user.gid}`,
  '--init-groups',
  '--inh-caps=-all',
  '--ambient-caps=-all',
  '--',
  ...command,
];

/**
 * Gives a folder and all in it to the user. Symbolic links are not followed.
 * @param {string} path
 * @param {AppUser} user
 */
export function giveTo(path, user) {
  lchownSync(path, user.uid, user.gid);
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), user);
}

/**
 * True when the user can read and enter a folder.
 * @param {AppUser} user
 * @param {string} folder
 */
export function canReach(user, folder) {
  const [program = '', ...args] = asUser(user, ['test', '-r', folder, '-a', '-x', folder]);
  return ask(program, args, { cwd: '/' }) !== undefined;
}

/**
 * Copies a packed application to a folder that the user can read and cannot change, unless it lies there already.
 * @param {AppUser} user
 * @param {string} folder The packed application.
 * @param {string} identity What tells this packing from another.
 * @returns {Promise<string>} The staged folder.
 */
export async function stage(user, folder, identity) {
  const shelf = join(account.state, 'app');
  const name = basename(join(folder, '..')) === 'test' ? 'test' : 'release';
  const target = join(shelf, `${name}-${identity.slice(0, 16)}`);
  await alone('stage', () => {
    mkdirSync(shelf, { recursive: true });
    chmodSync(shelf, 0o755);
    removeUnused(shelf, `${name}-`, target);
    if (existsSync(target)) {
      utimesSync(target, new Date(), new Date());
      return;
    }
    const fresh = `${target}.new-${process.pid}`;
    cpSync(folder, fresh, { recursive: true, verbatimSymlinks: true });
    run('chown', ['-R', '0:0', fresh]);
    run('chmod', ['-R', 'u=rwX,go=rX', fresh]);
    if (existsSync(target)) rmSync(fresh, { recursive: true });
    else renameSync(fresh, target);
  });
  if (!canReach(user, target)) throw new Stop(`the user ${user.name} cannot read ${target}.`);
  return target;
}

/**
 * Removes earlier stagings that were not used for an hour and that no process runs from.
 * @param {string} shelf
 * @param {string} prefix
 * @param {string} keep
 */
function removeUnused(shelf, prefix, keep) {
  const old = readdirSync(shelf)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(shelf, name))
    .filter((path) => path !== keep && Date.now() - statSync(path).mtimeMs > 3_600_000);
  if (old.length === 0) return;
  const running = readdirSync('/proc').map((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`);
    } catch {
      return '';
    }
  });
  for (const path of old) {
    if (!running.some((exe) => exe.startsWith(`${path}/`))) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * Makes sure that Chromium can build its sandbox: with user namespaces, or else with its own helper, which must then
 * belong to root and be set-user-ID. The application is never started without a sandbox.
 * @param {string} folder The application's folder, as it will be started.
 * @param {AppUser | undefined} user
 * @throws {Stop} When neither works.
 */
export function ensureSandbox(folder, user) {
  const probe = ['unshare', '--user', '--pid', '--net', '--fork', 'true'];
  const [program = '', ...args] = user === undefined ? probe : asUser(user, probe);
  if (ask(program, args, { cwd: '/' }) !== undefined) return;
  const helper = join(folder, 'chrome-sandbox');
  const { uid, mode } = lstatSync(helper);
  if (uid === 0 && (mode & 0o7777) === 0o4755) return;
  const sudo = isRoot() ? [] : ['sudo', '-n'];
  const commands = [
    [...sudo, 'chown', '0:0', helper],
    [...sudo, 'chmod', '4755', helper],
  ];
  const done = commands.every(([name = '', ...rest]) => ask(name, rest) !== undefined);
  if (done) return;
  throw new Stop(
    'this system lets ordinary users make no user namespaces, so the sandbox needs its helper. As root, run:\n' +
      `  chown root:root '${helper}' && chmod 4755 '${helper}'`,
  );
}
