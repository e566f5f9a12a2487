import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Everything that set-up and checks remember inside the work tree; safe to delete. */
export const workCache = join(root, '.cache');

/** What `npm run build` makes: a complete application folder. */
export const out = join(root, 'out');

/** What `npm run dist` and the tests pack from `out`. */
export const release = join(root, 'release');

/**
 * What is fetched once for every clone on this machine (the Electron runtimes), outside node_modules so that
 * `npm ci` leaves it alone. XDG Base Directory Specification: `$XDG_CACHE_HOME`, otherwise `~/.cache`.
 */
export function machineCache() {
  const base = process.env['XDG_CACHE_HOME'];
  return join(base !== undefined && base.startsWith('/') ? base : join(homedir(), '.cache'), 'conclave');
}
