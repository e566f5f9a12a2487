import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkFiles } from './check/files.mjs';
import { root } from './lib/paths.mjs';
import { program, say } from './lib/run.mjs';
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

/**
 * Every tool of the check with its arguments; each says itself what it found.
 * @type {readonly {name: string, command: readonly string[]}[]}
 */
const tools = [
  { name: 'lint and rooms', command: [packaged('eslint/bin/eslint.js'), '--max-warnings=0', '.'] },
  { name: 'types', command: [tsc, '-b'] },
  { name: 'types against Electron 33', command: [tsc, '-p', 'tsconfig.electron-33.json'] },
  { name: 'components', command: components('renderer/tsconfig.json') },
  { name: 'components of the gallery', command: components('test/renderer/tsconfig.json') },
  { name: 'format', command: [packaged('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'] },
  { name: 'unused code and packages', command: [packaged('knip/bin/knip.js'), '--no-progress'] },
];

/**
 * Runs one tool with its output kept together.
 * @param {{name: string, command: readonly string[]}} tool
 * @returns {Promise<boolean>} Whether it found nothing.
 */
function runTool({ name, command }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    /** @type {Buffer[]} */
    const pieces = [];
    child.stdout.on('data', (/** @type {Buffer} */ piece) => pieces.push(piece));
    child.stderr.on('data', (/** @type {Buffer} */ piece) => pieces.push(piece));
    child.once('error', reject);
    child.once('close', (code) => {
      say(`${name}: ${code === 0 ? 'clean' : 'NOT clean'}`);
      if (code !== 0) process.stdout.write(Buffer.concat(pieces));
      resolve(code === 0);
    });
  });
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
  // Two lanes: the linter takes about as long as all the others together.
  await Promise.all([lane(), lane()]);
  return results.every(Boolean) ? 0 : 1;
});
