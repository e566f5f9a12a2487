import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { alone } from './lib/lock.mjs';
import { out, root } from './lib/paths.mjs';
import { Stop, program, say } from './lib/run.mjs';
import { filesUnder, fingerprint, isDone, setDone } from './lib/stamp.mjs';

/**
 * One thing that the build makes.
 * @typedef {object} Part
 * @property {string} name
 * @property {readonly string[]} sources Files and folders it is made from, relative to the root; the first must exist.
 * @property {string} product The file or folder it makes, relative to `out`.
 * @property {(source: string, target: string) => Promise<void> | void} make Makes `target` from the first source.
 */

/**
 * The compiled PKCS#11 binding is laid beside the HSM host, which loads it from there: no package folder is shipped.
 * @type {import('rolldown').Plugin}
 */
const nativeBeside = {
  name: 'native-beside',
  resolveId: (id) => (id.endsWith('/pkcs11.node') ? { id: './pkcs11.node', external: 'relative' } : undefined),
};

/**
 * Bundles one entry file and all it imports into one file for Node.js or Electron's privileged processes.
 * @param {'cjs' | 'esm'} format
 * @returns {Part['make']}
 */
const bundle = (format) => async (source, target) => {
  const { build } = await import('rolldown');
  await build({
    input: source,
    cwd: root,
    platform: 'node',
    external: ['electron'],
    plugins: [nativeBeside],
    tsconfig: false,
    logLevel: 'warn',
    onLog(level, log, handle) {
      // A name that cannot be resolved would otherwise become an import that fails in the packed application.
      if (log.code === 'UNRESOLVED_IMPORT') throw new Stop(`${relative(root, source)}: ${log.message}`);
      handle(level, log);
    },
    output: { file: target, format, codeSplitting: false, comments: { legal: true, jsdoc: false, annotation: false } },
  });
};

/** @type {Part['make']} */
const copy = (source, target) => cpSync(source, target, { recursive: true });

const privileged = ['core', 'contract', 'electron'];

/** @type {readonly Part[]} */
const parts = [
  part('main', 'electron/main.ts', 'electron/main.js', bundle('cjs'), privileged),
  part('preload', 'electron/preload.ts', 'electron/preload.cjs', bundle('cjs'), privileged),
  part('HSM host', 'electron/hsm/host/main.ts', 'electron/hsm-host.js', bundle('cjs'), privileged),
  part('credential host', 'electron/custody/host/main.ts', 'electron/credential-host.js', bundle('cjs'), privileged),
  part('ledger host', 'electron/ledger/host/main.ts', 'electron/ledger-host.js', bundle('cjs'), privileged),
  part('verifier', 'standalone/verify/main.ts', 'standalone/verify.mjs', bundle('esm'), ['core', 'standalone']),
  part('ledger tool', 'standalone/ledger/main.ts', 'standalone/ledger.mjs', bundle('esm'), ['core', 'standalone']),
  part('witness tool', 'standalone/witness/main.ts', 'standalone/witness.mjs', bundle('esm'), ['core', 'standalone']),
  part('renderer', 'renderer/index.html', 'renderer', buildRenderer, ['core', 'contract', 'renderer']),
  part('SQLite', 'node_modules/sql.js/dist/sql-wasm.wasm', 'electron/sql-wasm.wasm', copy, []),
  part('PKCS#11 binding', 'node_modules/pkcs11js/build/Release/pkcs11.node', 'electron/pkcs11.node', copy, []),
  part('resources', 'resources', 'resources', copy, []),
];

/**
 * @param {string} name
 * @param {string} entry
 * @param {string} product
 * @param {Part['make']} make
 * @param {readonly string[]} rooms
 * @returns {Part}
 */
function part(name, entry, product, make, rooms) {
  const bundled = rooms.length === 0 ? [] : ['package-lock.json', 'scripts/build.mjs', ...rooms];
  return { name, sources: [entry, ...bundled], product, make };
}

/** @type {Part['make']} */
async function buildRenderer(_source, target) {
  const { build } = await import('vite');
  await build({
    configFile: join(root, 'renderer', 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: target, emptyOutDir: true },
  });
}

/**
 * Builds what is shipped into `out`: a complete application folder (privileged bundles, renderer, standalone tools,
 * resources) with a manifest of its files. Parts whose sources did not change are kept.
 *
 * @param {{only?: readonly string[]}} [options] Names of parts, for a command that needs just these; then no manifest
 *   is written, since it would not describe a whole application.
 * @returns {Promise<void>}
 * @throws {Stop} When an entry file is missing or a part cannot be built.
 */
export async function build(options = {}) {
  const wanted = parts.filter(({ name }) => options.only?.includes(name) ?? true);
  await alone('build', async () => {
    const failed = [];
    for (const each of wanted) {
      const problem = await make(each);
      if (problem !== undefined) failed.push(`${each.name}: ${problem}`);
    }
    if (failed.length > 0) throw new Stop(`not built:\n${failed.join('\n')}`);
    describe();
    if (options.only === undefined) finish();
  });
}

/**
 * Makes one part if its sources changed.
 * @param {Part} each
 * @returns {Promise<string | undefined>} Why it could not be made.
 */
async function make({ name, sources, product, make: work }) {
  const [entry = ''] = sources;
  if (!existsSync(join(root, entry))) return `the entry file ${entry} does not exist`;
  const print = fingerprint(sources.map((source) => join(root, source)));
  const stamp = `build ${product.replaceAll('/', ' ')}`;
  const target = join(out, product);
  if (isDone(stamp, print, [target])) return undefined;
  say(`building ${name}`);
  const fresh = join(out, '.new', product);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(dirname(fresh), { recursive: true });
  try {
    await work(join(root, entry), fresh);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  rmSync(target, { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  renameSync(fresh, target);
  rmSync(join(out, '.new'), { recursive: true, force: true });
  setDone(stamp, print);
  return undefined;
}

/**
 * The application's package.json. Also where only single parts were made: it tells Node that they are CommonJS. It is
 * not listed in the manifest: the test build differs in this file's names and nowhere else.
 */
function describe() {
  /** @type {Record<string, string>} */
  const { name, productName, version, description, license } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const main = 'electron/main.js';
  const application = { name, productName, version, description, license, author: 'Conclave', main, type: 'commonjs' };
  write(join(out, 'package.json'), `${JSON.stringify(application, null, 1)}\n`);
}

/** Removes what no part made and writes the manifest. */
function finish() {
  const kept = ['package.json', ...parts.map(({ product }) => product)];
  for (const path of filesIn(out)) {
    if (!kept.some((product) => path === product || path.startsWith(`${product}/`))) rmSync(join(out, path));
  }
  write(join(out, 'manifest.json'), `${JSON.stringify({ files: manifestOf(out) }, null, 1)}\n`);
}

/** @param {string} file @param {string} text */
function write(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** @param {string} folder @returns {string[]} Paths relative to the folder, sorted. */
const filesIn = (folder) => filesUnder([folder]).map((path) => relative(folder, path));

/**
 * Lists every file of an application folder with its SHA-256 (hex) and size, sorted by path.
 * @param {string} folder
 * @returns {{path: string, sha256: string, bytes: number}[]}
 */
export function manifestOf(folder) {
  return filesIn(folder)
    .filter((path) => path !== 'manifest.json' && path !== 'package.json')
    .map((path) => {
      const file = join(folder, path);
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
      return { path, sha256, bytes: statSync(file).size };
    });
}

await program(import.meta.url, async (args) => {
  const { setup } = await import('./setup.mjs');
  setup({ groups: ['build'] });
  await build(args[0] === '--only' ? { only: args.slice(1) } : {});
  say(`built: ${out}`);
  return 0;
});
