/**
 * Which software this is: its version and the SHA-256 of its file manifest, and whether the files are those of the
 * manifest. The manifest lies beside the files, so whoever can change both is not noticed here: what speaks for the
 * software is that a person compares the hash on the screen with the published one.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { fromUtf8, hex } from '../../core/bytes.ts';
import { Hash } from '../../core/ledger/fields.ts';
import { fail, ok, type Result } from '../../core/result.ts';

const manifestSchema = v.strictObject({
  files: v.pipe(
    v.array(
      v.strictObject({
        /** Relative to the manifest's folder, with `/`. */
        path: v.pipe(
          v.string(),
          v.maxLength(512),
          v.regex(/^[^\0\\]+$/),
          v.check((path) => path.split('/').every((part) => !['', '.', '..'].includes(part))),
        ),
        sha256: Hash,
        bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      }),
    ),
    v.minLength(1),
    v.maxLength(10_000),
  ),
});
type Manifest = v.InferOutput<typeof manifestSchema>;

export interface Software {
  readonly version: string;
  /** SHA-256 of the manifest's bytes, lower-case hex. */
  readonly manifest: string;
}

export interface FileProblem {
  readonly path: string;
  readonly problem: 'missing' | 'changed' | 'not in the manifest';
}

export interface SoftwareCheck extends Software {
  /** How many files the manifest lists. */
  readonly files: number;
  /** Empty when every file is as listed and no other is there. */
  readonly problems: readonly FileProblem[];
}

/** Written after the manifest, so they cannot be in it: the manifest itself, and the file with the build's name. */
const NOT_LISTED = ['manifest.json', 'package.json'];

/** @param manifestPath Of the `manifest.json` in the application's folder. */
export async function readSoftware(version: string, manifestPath: string): Promise<Result<Software>> {
  const read = await readManifest(manifestPath);
  return read.ok ? ok({ version, manifest: read.value.sha256 }) : read;
}

/** Reads every file of the application, one after the other, and compares. */
export async function checkSoftware(version: string, manifestPath: string): Promise<Result<SoftwareCheck>> {
  const read = await readManifest(manifestPath);
  if (!read.ok) return read;
  const { manifest, sha256 } = read.value;
  const folder = dirname(manifestPath);
  const problems: FileProblem[] = [];
  for (const { path, sha256: expected, bytes } of manifest.files) {
    const content = await readFile(join(folder, path)).catch(() => null);
    if (content === null) problems.push({ path, problem: 'missing' });
    else if (content.length !== bytes || digest(content) !== expected) problems.push({ path, problem: 'changed' });
  }
  const listed = new Set([...NOT_LISTED, ...manifest.files.map(({ path }) => path)]);
  try {
    for (const path of await filesUnder(folder)) {
      if (!listed.has(path)) problems.push({ path, problem: 'not in the manifest' });
    }
  } catch {
    return unreadable('The folder of the application cannot be read.');
  }
  return ok({ version, manifest: sha256, files: manifest.files.length, problems });
}

async function readManifest(path: string): Promise<Result<{ manifest: Manifest; sha256: string }>> {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return unreadable('The file manifest of the application is missing.');
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes) ?? '');
  } catch {
    value = undefined;
  }
  const manifest = v.safeParse(manifestSchema, value);
  return manifest.success
    ? ok({ manifest: manifest.output, sha256: digest(bytes) })
    : unreadable('The file manifest of the application does not have the expected shape.');
}

async function filesUnder(folder: string, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesUnder(folder, path)));
    else found.push(path);
  }
  return found.sort();
}

const digest = (bytes: Uint8Array): string => hex(createHash('sha256').update(bytes).digest());

const unreadable = (message: string) =>
  fail({ code: 'io', message, hint: 'Install the application again from the medium it came on.' });
