import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkFiles } from './check/files.mjs';
import { halves, roomPolicies } from './check/rooms.mjs';
import { root, workCache } from './lib/paths.mjs';
import { program, say } from './lib/run.mjs';
import { fingerprint, isDone, setDone } from './lib/stamp.mjs';
import { setup } from './setup.mjs';

/** @param {string} path */
const packaged = (path) => join(root, 'node_modules', path);
const tsc = packaged('typescript/bin/tsc');

/** @param {string} tsconfig Must not be composite and must name `*.svelte`, or no component is checked. */
const components = (tsconfig) => [
  packaged('svelte-check/bin/svelte-check'),
  `--tsconfig=${tsconfig}`,
  '--fail-on-warnings',
  '--output=human',
];

const at = (/** @type {readonly string[]} */ ...paths) => paths.map((path) => join(root, path));

/** What decides about every tool: itself, how files are compiled, and this check. */
const common = at('package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'scripts/check.mjs');
const allRooms = at(...roomPolicies.map(({ room }) => room));

/**
 * A tool with its arguments; it says itself what it found. With `reads` it is not run again while nothing changed in
 * what it reads since it last found nothing there. The others remember by themselves what they have looked at.
 * @typedef {{name: string, command: readonly string[], reads?: readonly string[], after?: () => Promise<boolean>}} Tool
 */

/** @type {Tool} */
const types = { name: 'types', command: [tsc, '-b'] };

/** @type {Promise<boolean> | undefined} */
let typed;
const typesAreClean = () => (typed ??= runTool(types));

/** @type {readonly Tool[]} */
const tools = [
  {
    name: 'components of the gallery',
    command: components('test/renderer/tsconfig.json'),
    reads: [...allRooms, ...at('vitest.config.ts')],
  },
  ...halves.map((rooms) => ({
    name: `lint and rooms: ${rooms.join(', ')}`,
    command: [join(root, 'scripts/check/lint.mjs'), ...rooms],
    // What the linter remembers holds only as long as the declarations that the compiler wrote are whole.
    after: typesAreClean,
  })),
  {
    name: 'components',
    command: components('renderer/tsconfig.json'),
    reads: at('core', 'contract', 'renderer'),
  },
  {
    name: 'types against Electron 33',
    command: [tsc, '-p', 'tsconfig.electron-33.json'],
    reads: at('core', 'contract', 'electron', 'tsconfig.electron-33.json'),
  },
  {
    name: 'format',
    command: [
      packaged('prettier/bin/prettier.cjs'),
      ...['--check', '--log-level=warn', '--cache', '--cache-strategy=content'],
      ...[`--cache-location=${join(workCache, 'prettier')}`, '.'],
    ],
  },
  { name: 'unused code and packages', command: [packaged('knip/bin/knip.js'), '--no-progress'] },
];

/**
 * Runs one tool with its output kept together.
 * @param {Tool} tool
 * @returns {Promise<boolean>} Whether it found nothing.
 */
async function runTool({ name, command, reads, after }) {
  const stamp = `check ${name}`.replaceAll(/\W/g, '-');
  const print = reads ? fingerprint([...common, ...reads], [process.version]) : undefined;
  if (print !== undefined && isDone(stamp, print, [])) {
    say(`${name}: clean, unchanged since it was last looked at`);
    return true;
  }
  const sound = after === undefined || (await after());
  const started = performance.now();
  /** @type {{code: number | null, said: Buffer}} */
  const { code, said } = await new Promise((resolve, reject) => {
    const args = sound ? command : [...command, '--fresh'];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    /** @type {Buffer[]} */
    const pieces = [];
    child.stdout.on('data', (/** @type {Buffer} */ piece) => pieces.push(piece));
    child.stderr.on('data', (/** @type {Buffer} */ piece) => pieces.push(piece));
    child.once('error', reject);
    child.once('close', (status) => resolve({ code: status, said: Buffer.concat(pieces) }));
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  say(`${name}: ${code === 0 ? 'clean' : 'NOT clean'} (${seconds} s)`);
  if (code !== 0) process.stdout.write(said);
  else if (print !== undefined) setDone(stamp, print);
  return code === 0;
}

/** @returns {boolean} */
function runFileCheck() {
  const findings = checkFiles(root);
  say(`files: ${findings.length === 0 ? 'clean' : 'NOT clean'}`);
  for (const line of findings) process.stdout.write(`${line}\n`);
  return findings.length === 0;
}

await program(import.meta.url, async () => {
  setup({ groups: [], native: false });
  const waiting = [...tools];
  const results = [runFileCheck()];
  const lane = async () => {
    for (let tool = waiting.shift(); tool !== undefined; tool = waiting.shift()) results.push(await runTool(tool));
  };
  // Two lanes, the longest first; the types at once, since the linter waits for them.
  await Promise.all([typesAreClean().then((clean) => (results.push(clean), lane())), lane()]);
  return results.every(Boolean) ? 0 : 1;
});
