/**
 * The workstation's log: a few JSON lines about defects, so that a reference shown to a person finds the place in the
 * program. It is no record of the ceremony (the ledger is) and takes no free text: the words of an exception can quote
 * what it was working on, so they are never written.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode, Failure } from '../../core/result.ts';

export interface LogLine {
  readonly code: ErrorCode;
  /** The method, step or room it happened in, such as `ceremony.approve`. Anything but a plain name is not written. */
  readonly where: string;
  /** The id of a rule, the PKCS#11 function and return value, where there are any. */
  readonly policy?: string;
  readonly call?: string;
  readonly rv?: string;
  /** Of an exception only its class and the places in the program are taken. */
  readonly error?: unknown;
}

export interface Log {
  /** Writes one line and returns the reference under which it is found. Never throws: without a log, work goes on. */
  write(line: LogLine): string;
  /** Writes an exception and returns what a person is told of it. */
  internal(where: string, error: unknown): Failure;
}

/** The file that is written, and the one before it. Beyond this size a new one is begun. */
export const LOG_FILE = 'workstation.jsonl';
export const OLDER_LOG_FILE = 'workstation.1.jsonl';
export const MAX_LOG_BYTES = 1_048_576;

/** Letters and digits that are not taken for one another when read aloud. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/** @param folder An existing folder (`DataFolder.log`). */
export function openLog(folder: string, now: () => Date = () => new Date()): Log {
  const write = (line: LogLine): string => {
    const ref = makeRef();
    const entry = {
      at: now().toISOString(),
      ref,
      code: line.code,
      where: name(line.where),
      policy: name(line.policy),
      call: name(line.call),
      rv: name(line.rv),
      ...(line.error === undefined ? {} : { error: className(line.error), places: places(line.error) }),
    };
    try {
      append(folder, `${JSON.stringify(entry)}\n`);
    } catch {
      // A full disk must not turn one defect into two.
    }
    return ref;
  };
  return {
    write,
    internal(where, error) {
      const ref = write({ code: 'internal', where, error });
      return {
        code: 'internal',
        message: 'Conclave met a defect of its own.',
        hint: `Note the reference ${ref}; it finds the place in the workstation’s log.`,
        ref,
      };
    },
  };
}

function append(folder: string, text: string): void {
  const path = join(folder, LOG_FILE);
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  let file = openSync(path, flags, 0o600);
  try {
    if (fstatSync(file).size > MAX_LOG_BYTES) {
      closeSync(file);
      renameSync(path, join(folder, OLDER_LOG_FILE));
      file = openSync(path, flags, 0o600);
    }
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}

const makeRef = (): string => {
  // 30 does not divide 256, and a reference is no secret: the slight lean towards some letters does not matter.
  const letters = [...randomBytes(8)].map((byte) => ALPHABET[byte % ALPHABET.length]!).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
};

const name = (text: string | undefined): string | undefined =>
  text === undefined || /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(text) ? text : 'unnamed';

const className = (error: unknown): string =>
  error instanceof Error ? (name(error.constructor.name) ?? 'Error') : typeof error;

/** `function (file:line:column)` of the innermost frames, without the message above them and without full paths. */
function places(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return [];
  // The message comes first and may have lines that look like frames.
  const frames = error.message === '' ? error.stack : error.stack.replaceAll(error.message, '');
  return frames
    .split('\n')
    .map((line) => /^ {4}at (?:(?:async )?([\w.$<>]{1,80}) )?.*?([\w.-]{1,80}:\d+:\d+)\)?$/.exec(line))
    .filter((frame) => frame !== null)
    .slice(0, 8)
    .map(([, fn, place]) => (fn === undefined ? place! : `${fn} (${place!})`));
}
