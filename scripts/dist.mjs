import { readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { describeRuntime, electronRuntime } from './electron-runtime.mjs';
import { alone } from './lib/lock.mjs';
import { out, release, root } from './lib/paths.mjs';
import { Stop, program, run, say } from './lib/run.mjs';
import { fingerprint, isDone, setDone } from './lib/stamp.mjs';
import { setup } from './setup.mjs';

/**
 * One of the two packed applications. They come from the same files and differ in name and in the inspection fuse.
 * @typedef {object} Variant
 * @property {string} name The application's name; what only the test build may do hangs on it.
 * @property {string} executable
 * @property {string} folder Where it is packed to.
 * @property {boolean} inspect Whether Node's inspection switches work, which Playwright needs.
 */

/** @type {{release: Variant, test: Variant}} */
export const variants = {
  release: { name: 'Conclave', executable: 'conclave', folder: join(release, 'linux-unpacked'), inspect: false },
  test: {
    name: 'Conclave Test',
    executable: 'conclave-test',
    folder: join(release, 'test', 'linux-unpacked'),
    inspect: true,
  },
};

/**
 * What each fuse must read after packing, by the name that `@electron/fuses` gives it.
 * @param {Variant} variant
 * @returns {Record<string, boolean>}
 */
const expectedFuses = (variant) => ({
  RunAsNode: false,
  EnableCookieEncryption: true,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: variant.inspect,
  EnableEmbeddedAsarIntegrityValidation: true,
  OnlyLoadAppFromAsar: true,
  LoadBrowserProcessSpecificV8Snapshot: false,
  GrantFileProtocolExtraPrivileges: false,
});

/**
 * Packs one variant from `out` when it is not there yet for exactly these files, this configuration and this runtime.
 * @param {Variant} variant
 * @returns {Promise<{executable: string, runtime: import('./electron-runtime.mjs').Runtime}>}
 * @throws {Stop} When packing fails or a fuse does not read back as set.
 */
export async function pack(variant) {
  const runtime = await electronRuntime();
  const executable = join(variant.folder, variant.executable);
  const binary = statSync(join(runtime.folder, 'electron'));
  const print = fingerprint(
    ['manifest.json', 'package.json'].map((name) => join(out, name)).concat(configuration, [import.meta.filename]),
    [runtime.folder, runtime.version, String(binary.size), String(binary.mtimeMs), JSON.stringify(variant)],
  );
  const stamp = `pack ${variant.executable}`;
  await alone(stamp, async () => {
    if (isDone(stamp, print, [executable])) return;
    say(`packing ${variant.name} with ${describeRuntime(runtime)}`);
    await packFresh(variant, runtime);
    await assertFuses(executable, variant);
    setDone(stamp, print);
  });
  return { executable, runtime };
}

const configuration = join(root, 'electron-builder.yml');

/**
 * @param {Variant} variant
 * @param {import('./electron-runtime.mjs').Runtime} runtime
 */
async function packFresh(variant, runtime) {
  const output = join(variant.folder, '..');
  rmSync(variant.folder, { recursive: true, force: true });
  const name = variant.executable;
  const { Platform, build: packWith } = await import('electron-builder');
  await packWith({
    projectDir: root,
    targets: Platform.LINUX.createTarget('dir'),
    publish: 'never',
    config: {
      extends: configuration,
      productName: variant.name,
      executableName: name,
      directories: { output },
      electronDist: runtime.folder,
      electronVersion: runtime.version,
      extraMetadata: { name, productName: variant.name },
      // `false` says that node_modules is no business of electron-builder: everything is bundled. It is only asked
      // when rebuilding is not switched off, and then nothing is rebuilt either.
      npmRebuild: true,
      beforeBuild: () => Promise.resolve(false),
      electronFuses: { enableNodeCliInspectArguments: variant.inspect },
    },
  });
}

/**
 * Reads the fuses of a packed binary and compares every one of them.
 * @param {string} executable
 * @param {Variant} variant
 */
export async function assertFuses(executable, variant) {
  const { FuseV1Options, getCurrentFuseWire } = await import('@electron/fuses');
  const { FuseState } = await import('@electron/fuses/dist/constants.js');
  const wire = await getCurrentFuseWire(executable);
  const wrong = Object.entries(expectedFuses(variant)).filter(([fuse, on]) => {
    const index = FuseV1Options[/** @type {keyof typeof FuseV1Options} */ (fuse)];
    return wire[index] !== (on ? FuseState.ENABLE : FuseState.DISABLE);
  });
  if (wrong.length === 0) return;
  const list = wrong.map(([fuse, on]) => `${fuse} is not ${on ? 'on' : 'off'}`).join(', ');
  throw new Stop(`the fuses of ${executable} are not as set: ${list}. It must not be used.`);
}

/** Makes the release archive beside the release folder, and its SHA-256. */
function archive() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const name = `conclave-${version}-linux-x64.tar.gz`;
  const print = readFileSync(join(root, '.cache', 'stamps', `pack ${variants.release.executable}`), 'utf8');
  if (isDone('archive', print, [join(release, name)])) return name;
  say(`writing ${name}`);
  const folder = `conclave-${version}`;
  // Fixed order, owner and times: the same folder gives the same archive.
  const fixed = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
  const renamed = ['--transform', `s,^linux-unpacked,${folder},`];
  run('tar', ['-I', 'gzip -n', '-cf', `${name}.new`, ...fixed, ...renamed, 'linux-unpacked'], { cwd: release });
  renameSync(join(release, `${name}.new`), join(release, name));
  setDone('archive', print);
  return name;
}

await program(import.meta.url, async () => {
  setup();
  await build();
  const { executable } = await pack(variants.release);
  const name = archive();
  say(`release build: ${executable}`);
  say(`archive: ${join(release, name)}`);
  return 0;
});
