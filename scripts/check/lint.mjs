import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { root, workCache } from '../lib/paths.mjs';
import { program, Stop } from '../lib/run.mjs';
import { filesUnder, fingerprint, isDone, setDone } from '../lib/stamp.mjs';
import { roomPolicies } from './rooms.mjs';

const at = (/** @type {readonly string[]} */ paths) => paths.map((path) => join(root, path));

/** What decides about every file: the linter with its plugins, its rules, and how files are compiled. */
const rules = at(['package-lock.json', 'eslint.config.js', 'scripts/check', 'tsconfig.json', 'tsconfig.base.json']);

/** The declarations that `tsc -b` wrote: all that the files of a room can know of each other. */
const declarations = (/** @type {readonly string[]} */ rooms) =>
  filesUnder(rooms.map((room) => join(workCache, 'types', room))).filter((path) => /\.d\.m?ts$/.test(path));

/**
 * What is linted at a time: which files, and what their types come from besides themselves. A component has no
 * declaration on disk, so where components are seen, the sources themselves count.
 * @typedef {{files: readonly string[], ignore: readonly string[], seen: () => readonly string[]}} Part
 */

/** @type {Record<string, Part>} */
const parts = {
  ...Object.fromEntries(
    roomPolicies.map(({ room, may }) => [
      room,
      {
        files: [room],
        ignore: room === 'test' ? ['test/renderer/**'] : [],
        seen: () => [...declarations([room, ...may]), ...at([`${room}/tsconfig.json`])],
      },
    ]),
  ),
  renderer: {
    files: ['renderer'],
    ignore: [],
    seen: () => [...declarations(['core', 'contract']), ...at(['renderer'])],
  },
  'test/renderer': {
    files: ['test/renderer'],
    ignore: [],
    seen: () => [
      ...declarations(roomPolicies.map(({ room }) => room)),
      ...at(['renderer', 'test/renderer', 'test/tsconfig.json']),
    ],
  },
  root: { files: ['*.js', '*.ts'], ignore: [], seen: () => declarations(['scripts']) },
};

/**
 * Lints one part. A file is looked at again when it changed, and all of them when anything changed that their types
 * come from: rules with types judge a file by its imports, which ESLint's cache knows nothing of.
 * @param {string} name
 * @param {boolean} fresh Whether nothing that is remembered may be used.
 * @returns {Promise<boolean>} Whether nothing was found.
 */
async function lint(name, fresh) {
  const part = parts[name];
  if (part === undefined) throw new Stop(`There is no part ${name}. The parts are: ${Object.keys(parts).join(', ')}.`);
  const stamp = `lint ${name}`.replaceAll(/\W/g, '-');
  const cacheLocation = join(workCache, 'eslint', stamp);
  const print = fingerprint([...rules, ...part.seen()], [process.version]);
  if (fresh || !isDone(stamp, print, [])) rmSync(cacheLocation, { force: true });
  const eslint = new ESLint({
    cwd: root,
    cache: true,
    cacheStrategy: 'content',
    cacheLocation,
    ignorePatterns: [...part.ignore],
  });
  const results = await eslint.lintFiles([...part.files]);
  setDone(stamp, print);
  const formatter = await eslint.loadFormatter('stylish');
  process.stdout.write(await formatter.format(results));
  return results.every(({ errorCount, warningCount }) => errorCount + warningCount === 0);
}

await program(import.meta.url, async (args) => {
  const fresh = args.includes('--fresh');
  const named = args.filter((each) => each !== '--fresh');
  let clean = true;
  for (const name of named.length > 0 ? named : Object.keys(parts)) clean = (await lint(name, fresh)) && clean;
  return clean ? 0 : 1;
});
