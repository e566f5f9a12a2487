import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, workCache } from './lib/paths.mjs';
import { Stop, program, say } from './lib/run.mjs';
import { prepareTestApplication } from './lib/test-application.mjs';
import { setup } from './setup.mjs';
import { verify } from './verify.mjs';

/** What a rehearsal leaves in its folder, and how it is called to people. */
const results = { genesis: 'genesis.json', ledger: 'ledger', screenshots: 'screenshots' };

const documentedFlag = '--documented';

/** Lists what a rehearsal wrote, so that the next one into the same folder replaces exactly that. */
const listName = 'rehearsal.json';

/**
 * Drives a whole ceremony through the packed test build on a virtual display, then verifies the bundle it exported.
 * @param {readonly string[]} args `--out DIR` names the folder for the results; `--documented` pictures the screens of
 *   docs/screens as they are pictured there, and no others.
 * @returns {Promise<number>} 0 only when every step and every check passed.
 */
export async function rehearse(args) {
  const target = targetOf(args.filter((argument) => argument !== documentedFlag));
  const driver = await bundleDriver();
  const finish = await prepareTestApplication();
  try {
    const { launchApp, newFolder } = await import(pathToFileURL(join(driver, 'launch.js')).href);
    const { rehearse: drive, DOCUMENTED } = await import(pathToFileURL(join(driver, 'rehearsal.js')).href);
    /** @type {string} A folder that the application's user may write to. */
    const work = newFolder('rehearsal');
    try {
      const pictures = args.includes(documentedFlag) && {
        pictures: DOCUMENTED.styles,
        wanted: (/** @type {string} */ name) => DOCUMENTED.screens.includes(name),
      };
      const log = (/** @type {string} */ line) => console.log(line);
      await drive({ launch: launchApp, outDir: work, log, ...pictures });
    } finally {
      // What a failed rehearsal left is worth looking at, too.
      keep(work, target);
      rmSync(work, { recursive: true, force: true });
    }
  } finally {
    await finish();
  }
  return await conclude(target);
}

/** @param {readonly string[]} args */
function targetOf(args) {
  const [flag, folder, ...rest] = args;
  const from = process.env['INIT_CWD'] ?? process.cwd();
  if (flag === '--out' && folder !== undefined && rest.length === 0) {
    const target = resolve(from, folder);
    if (existsSync(target) && readdirSync(target).length > 0 && !existsSync(join(target, listName))) {
      throw new Stop(`${target} holds files that no rehearsal wrote; name an empty folder.`);
    }
    return target;
  }
  if (flag !== undefined) throw new Stop('usage: npm run rehearse [-- --out DIR [--documented]]', 2);
  const shelf = join(root, 'rehearsals');
  mkdirSync(shelf, { recursive: true });
  return mkdtempSync(join(shelf, `${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}-`));
}

/** Bundles the TypeScript that drives the application; its packages stay where they are. */
async function bundleDriver() {
  const { build } = await import('rolldown');
  const dir = join(workCache, 'rehearsal');
  await build({
    input: { launch: join(root, 'test', 'e2e', 'launch.ts'), rehearsal: join(root, 'test', 'e2e', 'rehearsal.ts') },
    platform: 'node',
    tsconfig: false,
    logLevel: 'warn',
    external: (id) => /^[a-z@]/.test(id),
    output: { dir, format: 'esm' },
  });
  return dir;
}

/**
 * Copies the results out of the folder of the application's user.
 * @param {string} work
 * @param {string} target
 */
function keep(work, target) {
  mkdirSync(target, { recursive: true });
  const list = join(target, listName);
  if (existsSync(list)) {
    for (const name of JSON.parse(readFileSync(list, 'utf8')).files) rmSync(join(target, name), { recursive: true });
  }
  const files = readdirSync(work).sort();
  for (const name of files) cpSync(join(work, name), join(target, name), { recursive: true });
  writeFileSync(list, `${JSON.stringify({ files }, null, 1)}\n`);
}

/** @param {string} target */
async function conclude(target) {
  const bundles = readdirSync(target).filter((name) => name.endsWith('.zip'));
  const [bundle] = bundles;
  if (bundle === undefined || bundles.length > 1) {
    throw new Stop(`the rehearsal left ${bundles.length} bundles in ${target}; there must be one.`);
  }
  for (const name of Object.values(results)) {
    if (!existsSync(join(target, name))) throw new Stop(`the rehearsal left no ${name} in ${target}.`);
  }
  say('verifying the bundle with the standalone verifier');
  const code = await verify([join(target, bundle), '--trust', join(target, results.genesis), '--expect', 'rehearsal']);
  const from = process.env['INIT_CWD'] ?? process.cwd();
  const rows = { bundle, ...results };
  for (const [what, name] of Object.entries(rows))
    console.log(`${what.padEnd(12)}${shortest(from, join(target, name))}`);
  console.log(code === 0 ? 'The rehearsal passed. TEST ONLY: a software token.' : 'The bundle did NOT verify.');
  return code;
}

/** @param {string} from @param {string} path */
function shortest(from, path) {
  const near = relative(from, path);
  return near.startsWith('..') ? path : near;
}

await program(import.meta.url, async (args) => {
  setup();
  return await rehearse(args);
});
