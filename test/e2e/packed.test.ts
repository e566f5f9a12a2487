import { createHash } from 'node:crypto';
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractFile, getRawHeader, listPackage } from '@electron/asar';
import { expect, test } from 'vitest';
import { assertFuses, variants } from '../../scripts/dist.mjs';
import { testApplication, type Packed } from './launch.ts';

const { test: testBuild, release } = testApplication();
if (release === null) throw new Error('The release build was not prepared.');

const archive = (build: Packed): string => join(build.folder, 'resources', 'app.asar');
const executable = (build: Packed): string =>
  join(build.folder, build === release ? variants.release.executable : variants.test.executable);

/** Files in an application archive, by path without the leading slash. */
const filesIn = (build: Packed): string[] =>
  listPackage(archive(build), { isPack: false })
    .map((path) => path.slice(1))
    .filter((path) => 'size' in entry(build, path))
    .sort();

/** The archive's own record of a path. */
function entry(build: Packed, path: string): object {
  interface Node {
    readonly files?: Readonly<Record<string, Node>>;
  }
  let node = getRawHeader(archive(build)).header as Node;
  for (const name of path.split('/')) node = node.files?.[name] ?? {};
  return node;
}

const sha256 = (build: Packed, path: string): string =>
  createHash('sha256')
    .update(extractFile(archive(build), path))
    .digest('hex');

/**
 * Electron's fuse wire (docs/tutorial/fuses.md): after this text come a version byte, a length byte, and one character
 * for each fuse. Read here byte by byte, so that the tool that sets fuses is not its own witness.
 */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';

function wireOf(binary: Buffer): { at: number; fuses: string } {
  const at = binary.indexOf(SENTINEL) + SENTINEL.length + 2;
  return { at, fuses: binary.subarray(at, at + binary.readUInt8(at - 1)).toString('latin1') };
}

test.each([
  // RunAsNode, CookieEncryption, NodeOptions, NodeCliInspect, AsarIntegrity, OnlyAsar, V8Snapshot, FileProtocol.
  ['release', release, '01001100'],
  ['test', testBuild, '01011100'],
])('the %s build carries exactly the fuses that it must', (_name, build, fuses) => {
  const binary = readFileSync(executable(build));
  // What a later Electron adds stands after these eight.
  expect(wireOf(binary).fuses.slice(0, 8)).toBe(fuses);
});

test('packing refuses a binary in which one fuse is wrong', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-fuses-'));
  try {
    const copy = join(folder, 'conclave');
    copyFileSync(executable(release), copy);
    await expect(assertFuses(copy, variants.release)).resolves.toBeUndefined();
    const file = openSync(copy, 'r+');
    writeSync(file, '1', wireOf(readFileSync(copy)).at);
    closeSync(file);
    await expect(assertFuses(copy, variants.release)).rejects.toThrow('RunAsNode is not off');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the test build holds the files of the release build and differs only in the file that names it', () => {
  expect(filesIn(testBuild)).toEqual(filesIn(release));
  const different = filesIn(release).filter((path) => sha256(release, path) !== sha256(testBuild, path));
  expect(different).toEqual(['package.json']);
  const named = (build: Packed) => JSON.parse(extractFile(archive(build), 'package.json').toString()) as object;
  expect(named(testBuild)).toEqual({
    ...named(release),
    name: variants.test.executable,
    productName: variants.test.name,
  });
});

test('the packed files are those of the manifest, each with its hash, and no others', () => {
  const manifest = JSON.parse(extractFile(archive(release), 'manifest.json').toString()) as {
    files: { path: string; sha256: string; bytes: number }[];
  };
  const listed = [...manifest.files.map(({ path }) => path), 'manifest.json', 'package.json'].sort();
  expect(filesIn(release)).toEqual(listed);
  for (const { path, sha256: hash } of manifest.files) expect(sha256(release, path), path).toBe(hash);
});

test('only the PKCS#11 binding lies outside the archive', () => {
  const unpacked = readdirSync(`${archive(release)}.unpacked`, { recursive: true, withFileTypes: true });
  expect(unpacked.filter((each) => each.isFile()).map(({ name }) => name)).toEqual(['pkcs11.node']);
});

test('the folder beside the archive holds nothing that could be loaded in its place, and no updater', () => {
  expect(readdirSync(join(release.folder, 'resources')).sort()).toEqual(['app.asar', 'app.asar.unpacked']);
});
