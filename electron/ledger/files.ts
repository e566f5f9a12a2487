/**
 * The few file operations the ledger stands on, behind an interface so that a disk which fails at any of them can take
 * the place of the real one.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncate,
  openSync,
  readSync,
  renameSync,
  write,
  writeSync,
} from 'node:fs';
import { link, mkdir, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { linesOf, type FileLine } from '../../core/ledger/lines.ts';
import type { Failure } from '../../core/result.ts';

/** A file open for writing. */
export interface WritableFile {
  /** Writes at the end and answers how many bytes went out, which may be fewer than were given. */
  write(bytes: Uint8Array): Promise<number>;
  /** fsync: resolves when the bytes and the size are on the medium. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** All of them reject on failure. Paths are absolute. */
export interface JournalFiles {
  /** `append`: O_APPEND, made where absent. `create`: fails with `EEXIST` where there is one. Mode 0600 either way. */
  open(path: string, mode: 'append' | 'create'): Promise<WritableFile>;
  /** All bytes, or null where there is no such file. */
  read(path: string): Promise<Uint8Array | null>;
  /**
   * At most `length` bytes from `position` on, fewer at the end, none where there is no such file. It does not wait its
   * turn: a decision that needs an entry of long ago needs it now. Throws on failure.
   */
  readAt(path: string, position: number, length: number): Uint8Array;
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder and its parents, mode 0700. */
  makeFolder(folder: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; fails with `EEXIST` where the name is taken. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** fsync of a folder: names made, renamed or removed in it are on the medium. */
  syncFolder(folder: string): Promise<void>;
}

export const isErrno = (error: unknown, code: string): boolean => (error as { code?: unknown } | null)?.code === code;

const absent =
  <T>(value: T) =>
  (error: unknown): T => {
    if (isErrno(error, 'ENOENT')) return value;
    throw error;
  };

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/** Larger than an entry of the greatest length with its hash. */
const SMALL_WRITE = 1 << 17;

/**
 * A disk that answered this quickly the last time, in ms, is waited for in place: handing the wait to another thread and
 * back takes as long as the disk does. It is half a picture on the screen; a slower disk must not hold up the window.
 */
const QUICK_MS = 8;
let waited = 0;

async function waitFor(inPlace: () => void, elsewhere: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  try {
    if (waited < QUICK_MS) inPlace();
    else await elsewhere();
  } finally {
    waited = performance.now() - begin;
  }
}

/** The same on another thread. */
const later = {
  write: promisify(write),
  truncate: promisify(ftruncate),
  fdatasync: promisify(fdatasync),
  fsync: promisify(fsync),
};

/** What a step that is done in place throws, as a rejection. */
const at = <T>(act: () => T): Promise<T> =>
  new Promise((resolve) => {
    resolve(act());
  });

/** The real disk. What only reaches the kernel's memory is done in place, sooner than another thread would be woken for it. */
export const diskFiles: JournalFiles = {
  open: (path, mode) =>
    at(() => {
      // O_NOFOLLOW: a symbolic link in the ledger's place would send entries somewhere else.
      const flags = O_WRONLY | O_CREAT | O_NOFOLLOW | (mode === 'append' ? O_APPEND : O_EXCL);
      const file = openSync(path, flags, 0o600);
      return {
        write: async (bytes) =>
          bytes.length <= SMALL_WRITE ? writeSync(file, bytes) : (await later.write(file, bytes)).bytesWritten,
        // fdatasync(2) leaves out what nobody needs to read the bytes again, the times. Their number it does not leave out.
        sync: () =>
          waitFor(
            () => fdatasyncSync(file),
            () => later.fdatasync(file),
          ),
        truncate: (size) => later.truncate(file, size),
        close: () => at(() => closeSync(file)),
      };
    }),
  read: (path) => readFile(path).then((bytes) => new Uint8Array(bytes), absent(null)),
  readAt(path, position, length) {
    let file: number;
    try {
      file = openSync(path, O_RDONLY);
    } catch (error) {
      return absent(new Uint8Array())(error);
    }
    try {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, fstatSync(file).size - position)));
      let got = 0;
      for (let read; got < bytes.length && (read = readSync(file, bytes, got, bytes.length - got, position + got)) > 0;)
        got += read;
      return bytes.subarray(0, got);
    } finally {
      closeSync(file);
    }
  },
  list: (folder) => readdir(folder).catch(absent<string[]>([])),
  async makeFolder(folder) {
    const existed = await stat(folder).then(() => true, absent(false));
    if (existed) return;
    await diskFiles.makeFolder(dirname(folder));
    await mkdir(folder, { mode: 0o700, recursive: true });
    await diskFiles.syncFolder(dirname(folder));
  },
  rename: (from, to) => at(() => renameSync(from, to)),
  link,
  remove: unlink,
  async syncFolder(folder) {
    const file = openSync(folder, O_RDONLY | O_DIRECTORY);
    try {
      await waitFor(
        () => fsyncSync(file),
        () => later.fsync(file),
      );
    } finally {
      closeSync(file);
    }
  },
};

/** The lines of a file from a position on, where their `start` counts from; none where there is no such file. */
export function linesOfFile(files: JournalFiles, path: string, from = 0): Generator<FileLine, void, undefined> {
  let position = from;
  return linesOf((into) => {
    const bytes = files.readAt(path, position, into.length);
    into.set(bytes);
    position += bytes.length;
    return bytes.length;
  });
}

/** How many newlines a file has. */
export function countLines(files: JournalFiles, path: string): number {
  let count = 0;
  for (let position = 0; ;) {
    const bytes = files.readAt(path, position, 1 << 20);
    if (bytes.length === 0) return count;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count++;
    position += bytes.length;
  }
}

/** An exception of the disk, as data. */
export const folderFailure = (error: unknown): Failure => ({
  code: 'io',
  message: `The ledger's folder cannot be read or written: ${error instanceof Error ? error.message : String(error)}`,
});

/** Writes all bytes, however many calls it takes. */
export async function writeAll(file: WritableFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const written = await file.write(bytes.subarray(at));
    if (written <= 0) throw new Error('The disk took no bytes.');
    at += written;
  }
}

/** Names that an interrupted atomic write may leave behind. */
export const isTemporary = (name: string): boolean => name.endsWith('.tmp');

/**
 * Puts a whole file in place or leaves things as they were: temporary file, fsync, rename, fsync of the folder. One
 * writer at a time per path. Where its name need not `last` through a power cut, the folder's fsync is left out; what
 * is there under the name is whole all the same.
 */
export async function writeAtomically(
  files: JournalFiles,
  path: string,
  bytes: Uint8Array,
  { last = true } = {},
): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await files.open(temporary, 'create').catch(async (error: unknown) => {
    if (!isErrno(error, 'EEXIST')) throw error;
    // Left over from an interrupted write of the same file.
    await files.remove(temporary);
    return files.open(temporary, 'create');
  });
  try {
    await writeAll(file, bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(temporary, path);
  if (last) await files.syncFolder(dirname(path));
}
