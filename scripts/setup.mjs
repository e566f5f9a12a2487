import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './lib/paths.mjs';
import { Stop, ask, program, run, say } from './lib/run.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/** @typedef {keyof typeof import('./system-packages.mjs').systemPackages} Group */

/**
 * The groups of system packages for running the application; and for running every test.
 * @type {{run: readonly Group[], test: readonly Group[]}}
 */
export const groups = {
  run: ['build', 'token', 'display', 'electron', 'fetch'],
  test: ['build', 'token', 'display', 'electron', 'fetch', 'tools', 'go', 'browser'],
};

/**
 * Does the set-up that a command needs, and nothing when it is done: system packages, npm packages, and the native
 * PKCS#11 binding. Runs before anything is installed, so it uses Node alone.
 *
 * @param {{groups?: readonly Group[], native?: boolean}} [need] Groups of system packages (those for running the
 *   application by default), and whether the PKCS#11 binding is needed (it is by default).
 * @throws {Stop} With what to do, when something cannot be installed.
 */
export function setup(need = {}) {
  checkNode();
  ensureSystemPackages(need.groups ?? groups.run);
  ensureNpmPackages();
  if (need.native !== false) ensureBinding();
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Stop(`Node.js 20.19 or later is needed; this is ${process.version}.`);
  }
}

/**
 * Tells whether npm's own record of node_modules agrees with package-lock.json: then `npm ci` has nothing to do, also
 * after an `npm install` by hand. npm writes the record last, so an interrupted installation has none.
 * @param {string} folder Holds package-lock.json and node_modules.
 */
export function npmIsDone(folder) {
  const record = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  /** @typedef {Record<string, {version?: string, integrity?: string, optional?: boolean, devOptional?: boolean}>} Tree */
  /** @type {{packages: Tree}} */
  const want = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  /** @type {{packages: Tree}} */
  const have = JSON.parse(readFileSync(record, 'utf8'));
  const extra = Object.keys(have.packages).some((path) => !(path in want.packages));
  return (
    !extra &&
    Object.entries(want.packages).every(([path, entry]) => {
      if (path === '') return true;
      const found = have.packages[path];
      // Packages for other processors and systems are optional and stay out.
      if (found === undefined) return entry.optional === true;
      return found.version === entry.version && found.integrity === entry.integrity;
    })
  );
}

/**
 * Refuses a node_modules that is a symbolic link: `npm ci` empties the folder before it fills it, and that would be the
 * folder of another work tree.
 * @param {string} folder Holds node_modules, or will.
 * @throws {Stop}
 */
export function refuseLinkedModules(folder) {
  const modules = join(folder, 'node_modules');
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw new Stop(
      `${modules} is a symbolic link; npm would empty the folder behind it. Remove the link and try again.`,
    );
  }
}

function ensureNpmPackages() {
  refuseLinkedModules(root);
  if (npmIsDone(root)) return;
  say('installing npm packages (npm ci)');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    // Electron's own package would fetch its binary; scripts/electron-runtime.mjs decides about that.
    env: { ELECTRON_SKIP_BINARY_DOWNLOAD: '1' },
    failure: 'npm ci failed; see above.',
  });
  if (!npmIsDone(root)) throw new Stop('npm ci ended well, yet node_modules does not agree with package-lock.json.');
}

/** The C headers of the running Node.js lie beside its binary; node-gyp would otherwise download them. */
export function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? prefix : undefined;
}

const bindingLoads = () => ask(process.execPath, ['-e', "require('pkcs11js')"]) !== undefined;

function ensureBinding() {
  if (bindingLoads()) return;
  say('compiling the PKCS#11 binding');
  const headers = nodeHeaders();
  run('npm', ['rebuild', 'pkcs11js', '--ignore-scripts=false', '--loglevel=error'], {
    env: headers === undefined ? {} : { npm_config_nodedir: headers },
    quiet: true,
    failure: 'the PKCS#11 binding could not be compiled; see above.',
  });
  if (!bindingLoads()) throw new Stop('the PKCS#11 binding was compiled but cannot be loaded.');
}

await program(import.meta.url, () => {
  setup();
  say('set-up is done');
  return 0;
});
