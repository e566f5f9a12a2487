/**
 * Copies of a ledger's folder on other media: written, listed with a digest for each file, made read-only, and read again
 * from the first byte to the last. Whether a medium can be written once only, software cannot tell; and the operating
 * system may answer a re-reading from its memory, so the copies are verified again after the medium was taken out.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { ReadBack } from '../../core/continuity/end.ts';
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Environment } from '../../core/ledger/entry.ts';
import type { VerifierKey } from '../../core/ledger/note.ts';
import { JournalVerifier } from '../../core/ledger/verify-journal.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse, type RuleId } from '../../core/rules.ts';
import { LedgerReading, type CheckPorts, type StoredCheckpoint } from './check.ts';
import { diskFiles, writeAll, writeAtomically } from './files.ts';
import { layout } from './layout.ts';
import type { StoredLines } from './stored-lines.ts';

const SUMS = 'SHA256SUMS';

/** Where the last entry and its head lie beside a copy, which was made before them. */
export const END = 'end';

/** SHA-256 of a file of any size, hex. */
async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Every file below a folder, relative to it, sorted. */
async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((one) => one.isFile())
    .map((one) => relative(folder, join(one.parentPath, one.name)))
    .sort();
}

/** The lines of a SHA256SUMS over every file below `folder` but itself; `sha256sum -c` reads them. */
export async function sumsOf(folder: string): Promise<string> {
  let sums = '';
  for (const file of await filesIn(folder)) {
    if (file !== SUMS) sums += `${await digest(join(folder, file))}  ${file}\n`;
  }
  return sums;
}

/** What a running application keeps beside the journal for itself. */
const isOwn = (path: string): boolean => basename(path).startsWith('lock') || path.endsWith('.tmp');

async function copyWhole(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL);
  const file = await open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(to, 0o444);
}

/** Copies the ledger into a new folder. Rejects where the disk fails or the folder is there. */
export async function writeCopy(ledger: string, folder: string): Promise<void> {
  await mkdir(folder);
  for (const file of (await filesIn(ledger)).filter((path) => !isOwn(path))) {
    const to = join(folder, 'ledger', file);
    await mkdir(dirname(to), { recursive: true });
    await copyWhole(join(ledger, file), to);
  }
  await writeAtomically(diskFiles, join(folder, SUMS), utf8(await sumsOf(folder)));
  await chmod(join(folder, SUMS), 0o444);
  await diskFiles.syncFolder(folder);
  await diskFiles.syncFolder(dirname(folder));
}

/** Puts a copy where a ledger is kept, for this application to write on, with the entry that ended it at the other place. */
export async function placeCopy(from: string, ledger: string): Promise<void> {
  const source = join(from, 'ledger');
  for (const file of (await filesIn(source)).filter((path) => !isOwn(path))) {
    const to = join(ledger, file);
    await diskFiles.makeFolder(dirname(to));
    await copyFile(join(source, file), to, constants.COPYFILE_EXCL);
    await chmod(to, 0o600);
  }
  for (const file of await diskFiles.list(join(from, END))) {
    const bytes = new Uint8Array(await readFile(join(from, END, file)));
    if (file.endsWith('.note')) await writeAtomically(diskFiles, join(ledger, 'checkpoints', file), bytes);
    if (file !== 'journal.jsonl') continue;
    const journal = await diskFiles.open(layout(ledger).journal, 'append');
    await writeAll(journal, bytes);
    await journal.sync();
    await journal.close();
  }
}

export interface VerifiedCopy extends ReadBack {
  /** Where its lines lie, to be read again. */
  readonly lines: StoredLines;
  readonly checkpoints: readonly StoredCheckpoint[];
  /** After its last line. */
  readonly verifier: JournalVerifier;
}

/** Whether every line of the list is as it says, and no file is there that it does not list. */
async function asListed(folder: string, sums: Uint8Array): Promise<{ files: number } | { wrong: string }> {
  const lines = (fromUtf8(sums) ?? '').split('\n').slice(0, -1);
  const listed = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
  for (const file of await filesIn(folder)) {
    // What says how the ledger ended was put there later, and is judged by its own hash chain and signature.
    if (file === SUMS || file.startsWith(`${END}${sep}`)) continue;
    if (listed.get(file) !== (await digest(join(folder, file)))) return { wrong: file };
    listed.delete(file);
  }
  const [missing] = listed.keys();
  return missing === undefined ? { files: lines.length } : { wrong: missing };
}

/**
 * Reads a copy from the first byte to the last: every file against its digest, the journal line by line, every checkpoint
 * against the log key, every document against its hash. `policy` is the rule that speaks where it is not whole.
 */
export async function readCopy(
  folder: string,
  policy: RuleId,
  ports: {
    readonly crypto: Crypto;
    readonly environment: Environment;
    readonly logKey: VerifierKey | undefined;
    readonly seen?: CheckPorts['seen'];
  },
): Promise<Result<VerifiedCopy>> {
  const { crypto } = ports;
  try {
    const sums = new Uint8Array(await readFile(join(folder, SUMS)));
    const listed = await asListed(folder, sums);
    if ('wrong' in listed) return refuse(policy, `It shows in ${listed.wrong}.`);
    const at = layout(join(folder, 'ledger'));
    const reading = new LedgerReading(at, { ...ports, files: diskFiles, replay: null });
    const read = await reading.read();
    const checkpoints = read.ok ? await reading.checkpoints() : read;
    if (!checkpoints.ok) return refuse(policy, checkpoints.error.message);
    const { lines } = reading;
    const torn = [diskFiles.readAt(at.journal, lines.end, 1), diskFiles.readAt(at.disclosures, lines.besideEnd, 1)];
    if (torn.some(({ length }) => length > 0)) return refuse(policy, 'Its last line is unfinished.');
    for (const name of await diskFiles.list(at.blobs)) {
      if (/^[0-9a-f]{64}$/.test(name) && (await digest(at.blob(name))) !== name) return refuse(policy, name);
    }
    const verifier = JournalVerifier.resume(crypto, lines.tree.clone(), reading.state([]).verifier);
    return ok({
      sums: hex(crypto.sha256(sums)),
      files: listed.files,
      size: verifier.size,
      root: hex(verifier.root()),
      lines,
      checkpoints: checkpoints.value,
      verifier,
    });
  } catch {
    return refuse(policy, `${folder} cannot be read.`);
  }
}

/** Two folders for copies: there, not within each other or the data folder. `apart`: on two devices. */
export async function twoMedia(
  media: readonly [string, string],
  dataFolder: string,
): Promise<Result<{ folders: [string, string]; apart: boolean }>> {
  try {
    const folders: [string, string] = [await realpath(media[0]), await realpath(media[1])];
    const [a, b] = await Promise.all(folders.map((folder) => stat(folder)));
    const data = await realpath(dataFolder);
    const within = (one: string, other: string) => one === other || one.startsWith(`${other}${sep}`);
    const [first, second] = folders;
    const nested = within(first, second) || within(second, first) || folders.some((one) => within(one, data));
    if (nested || !a!.isDirectory() || !b!.isDirectory()) return refuse('CONTINUITY-5');
    return ok({ folders, apart: a!.dev !== b!.dev });
  } catch {
    return refuse('CONTINUITY-5', 'A folder is not there.');
  }
}

/** Makes a copy in a new folder of the medium and reads it back. */
export async function makeCopy(
  ledger: string,
  folder: string,
  ports: Parameters<typeof readCopy>[2],
): Promise<Result<VerifiedCopy>> {
  try {
    await writeCopy(ledger, folder);
  } catch {
    return fail({
      code: 'io',
      message: `The copy cannot be written to ${folder}.`,
      hint: 'Check the medium, its permissions and the free space. Nothing was ended; the ledger goes on.',
    });
  }
  return readCopy(folder, 'CONTINUITY-6', ports);
}
