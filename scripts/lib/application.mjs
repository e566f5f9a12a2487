import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appUser, asUser, ensureSandbox, stage } from '../as-user.mjs';
import { pack } from '../dist.mjs';
import { alone } from './lock.mjs';
import { workCache } from './paths.mjs';

/**
 * A packed application that is ready to be started by this process.
 * @typedef {object} Application
 * @property {string} executable Where it is started from.
 * @property {string} folder
 * @property {import('../as-user.mjs').AppUser | undefined} user Who it must be started as.
 * @property {import('../electron-runtime.mjs').Runtime} runtime
 */

/**
 * Packs one variant of what was built, and makes it startable: staged for an unprivileged user when this process is root,
 * and with a working sandbox.
 * @param {import('../dist.mjs').Variant} variant
 * @returns {Promise<Application>}
 */
export async function prepareApplication(variant) {
  const user = appUser();
  // Packing and copying are one piece of work: another command could pack anew in between.
  const { folder, runtime } = await alone('application', async () => {
    const packed = await pack(variant);
    if (user === undefined) return { folder: variant.folder, runtime: packed.runtime };
    const stamp = join(workCache, 'stamps', `pack ${variant.executable}`);
    return { folder: await stage(user, variant.folder, readFileSync(stamp, 'utf8')), runtime: packed.runtime };
  });
  ensureSandbox(folder, user);
  return { executable: join(folder, variant.executable), folder, user, runtime };
}

/**
 * The environment of the application: the display, the language, and for another user that user's own folders.
 * Nothing else of root's environment reaches that user.
 * @param {Application} application
 * @param {NodeJS.ProcessEnv} from
 * @returns {Record<string, string>}
 */
export function applicationEnv({ user }, from = process.env) {
  /** @type {Record<string, string>} */
  const env = {};
  const kept = ['DISPLAY', 'XAUTHORITY', 'LANG', 'LC_ALL', 'TZ'];
  for (const [name, value] of Object.entries(from)) {
    if (value !== undefined && (user === undefined || kept.includes(name))) env[name] = value;
  }
  if (user === undefined) return env;
  return {
    ...env,
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: '/usr/sbin/nologin',
    PATH: '/usr/local/bin:/usr/bin:/bin',
  };
}

/**
 * The command that starts the application with the given arguments.
 * @param {Application} application
 * @param {readonly string[]} args
 */
export function applicationCommand({ executable, user }, args) {
  return user === undefined ? [executable, ...args] : asUser(user, [executable, ...args]);
}
