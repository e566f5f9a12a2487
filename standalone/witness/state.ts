/** What a witness remembers between two runs: who it is, which log it watches, and the last head that it cosigned. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { fromHex, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { jcsBytes, parseCanonical } from '../../core/json/jcs.ts';
import { Hash, Timestamp } from '../../core/ledger/fields.ts';
import { formatVkey, parseVkey, type VerifierKey } from '../../core/ledger/note.ts';
import type { SeenHead } from '../../core/ledger/witness.ts';
import { readSmall, Unusable, why } from '../unusable.ts';

const stateSchema = v.strictObject({
  v: v.literal(1),
  type: v.literal('conclave-witness'),
  /** C2SP verifier keys of this witness and of the log. */
  witness: v.pipe(v.string(), v.maxLength(2048)),
  log: v.pipe(v.string(), v.maxLength(2048)),
  /** Where the key file lies. */
  keyFile: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  last: v.nullable(
    v.strictObject({
      size: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      root: Hash,
      /** When it was cosigned, by this machine's clock. */
      time: Timestamp,
    }),
  ),
});

export interface WitnessState {
  readonly witnessKey: VerifierKey;
  readonly logKey: VerifierKey;
  readonly keyFile: string;
  readonly last: (SeenHead & { readonly time: string }) | null;
}

const statePath = (dir: string): string => join(dir, 'witness.json');

export function readState(crypto: Crypto, dir: string): WitnessState {
  const parsed = parseCanonical(readSmall(statePath(dir), 65_536));
  const state = parsed.ok ? v.safeParse(stateSchema, parsed.value) : undefined;
  if (state?.success !== true) throw new Unusable(`${statePath(dir)} is not the state of a witness.`);
  const { witness, log, keyFile, last } = state.output;
  const [witnessKey, logKey] = [parseVkey(crypto, witness), parseVkey(crypto, log)];
  if (!witnessKey.ok || !logKey.ok) throw new Unusable(`${statePath(dir)} names keys that cannot be read.`);
  return {
    witnessKey: witnessKey.value,
    logKey: logKey.value,
    keyFile,
    last: last && { size: last.size, root: fromHex(last.root)!, time: last.time },
  };
}

/** On the disk when it returns: a cosignature that leaves before its head is kept could be contradicted later. */
export function writeState(dir: string, { witnessKey, logKey, keyFile, last }: WitnessState, first = false): void {
  const bytes = jcsBytes({
    v: 1,
    type: 'conclave-witness',
    witness: formatVkey(witnessKey),
    log: formatVkey(logKey),
    keyFile,
    last: last && { size: last.size, root: hex(last.root), time: last.time },
  });
  if (first) {
    writeDurably(statePath(dir), bytes);
    return;
  }
  const fresh = `${statePath(dir)}.new`;
  rmSync(fresh, { force: true });
  writeDurably(fresh, bytes);
  renameSync(fresh, statePath(dir));
  syncFolder(dir);
}

/** Writes a new file and waits until it is on the medium. An existing one is left as it is and refused. */
export function writeDurably(path: string, bytes: Uint8Array): void {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    throw new Unusable(`${path} cannot be written (${why(error)}). Nothing is ever overwritten.`);
  }
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(dirname(path));
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** One run at a time: two that read the same last head could cosign two heads that contradict each other. */
export async function alone<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const lock = join(dir, 'witness.lock');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (error) {
    throw new Unusable(
      `Another run holds ${lock} (${why(error)}). Where none is under way, an earlier one was interrupted: remove that file.`,
    );
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}
