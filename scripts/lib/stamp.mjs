import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root, workCache } from './paths.mjs';

/**
 * Lists the files under the given files and folders, sorted by path; what does not exist is left out.
 * @param {readonly string[]} places Absolute paths.
 * @returns {string[]}
 */
export function filesUnder(places) {
  /** @type {string[]} */
  const found = [];
  /** @param {string} path */
  const visit = (path) => {
    if (!statSync(path).isDirectory()) return void found.push(path);
    for (const name of readdirSync(path)) if (name !== 'node_modules') visit(join(path, name));
  };
  for (const place of places) if (existsSync(place)) visit(place);
  return found.sort();
}

/**
 * SHA-256 over the names and contents of files and over extra text, as hex: the identity of one piece of work.
 * @param {readonly string[]} places Absolute paths of files and folders.
 * @param {readonly string[]} [extra]
 */
export function fingerprint(places, extra = []) {
  const hash = createHash('sha256');
  for (const text of extra) hash.update(`text ${text.length}\0${text}`);
  for (const path of filesUnder(places)) {
    const bytes = readFileSync(path);
    hash.update(`file ${relative(root, path)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** @param {string} name */
const stampFile = (name) => join(workCache, 'stamps', name);

/**
 * True when the work called `name` was last finished for exactly this fingerprint and all it made is still there.
 * @param {string} name
 * @param {string} print
 * @param {readonly string[]} products Absolute paths.
 */
export function isDone(name, print, products) {
  const file = stampFile(name);
  return existsSync(file) && readFileSync(file, 'utf8') === print && products.every((path) => existsSync(path));
}

/**
 * Remembers that the work called `name` is finished. Call it last: an interrupted run then does the work again.
 * @param {string} name
 * @param {string} print
 */
export function setDone(name, print) {
  const file = stampFile(name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, print);
  renameSync(`${file}.new`, file);
}
