/** A ledger on the real disk, in a folder that goes away after the test. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { checkpointText, formatNote, signatureLine, verifierKey } from '../../core/ledger/note.ts';
import type { Failure, Result } from '../../core/result.ts';
import { nodeCrypto as crypto } from '../../electron/crypto.ts';
import { openJournal, type Journal, type JournalPorts } from '../../electron/ledger/journal.ts';
import { sample } from './entries.ts';

export { crypto };

export function scratch(parent = tmpdir()): string {
  const dir = mkdtempSync(join(parent, 'conclave-ledger-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Where a thousand openings are tried: what is judged there are bytes, and waiting for the disk tells nothing more. */
export const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.policy ?? result.error.code}: ${result.error.message}`);
  return result.value;
}

export function error<T>(result: Result<T>): Failure {
  if (result.ok) throw new Error('was not refused');
  return result.error;
}

/** Opens a ledger that is closed at the end of the test at the latest. */
export async function open(dir: string, ports: Partial<JournalPorts> = {}): Promise<Result<Journal>> {
  const opened = await openJournal(dir, { crypto, environment: 'rehearsal', ...ports });
  if (opened.ok) {
    const journal = opened.value;
    onTestFinished(async () => {
      await journal.close();
    });
  }
  return opened;
}

/** Adds entries of the sample ledger until there are `size`. */
export async function grow(journal: Journal, size: number): Promise<void> {
  while (journal.size < size) {
    const previous = journal.entries(journal.size - 1)[0]?.hash;
    value(await journal.append([sample(journal.size, previous)]));
  }
}

/** A closed ledger of `size` entries. */
export async function ledger(size: number, dir = scratch()): Promise<string> {
  const journal = value(await open(dir));
  await grow(journal, size);
  value(await journal.close());
  return dir;
}

/** A copy to spoil. */
export function copy(dir: string, parent?: string): string {
  const to = scratch(parent);
  cpSync(dir, to, { recursive: true });
  return to;
}

export const journalPath = (dir: string): string => join(dir, 'journal.jsonl');
export const journalBytes = (dir: string): Buffer => readFileSync(journalPath(dir));

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const logSpkiPem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
export const logKey = verifierKey(
  crypto,
  'ledger.example/rehearsal',
  'ecdsa',
  new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
);

/** A checkpoint signed as the token would sign it. */
export function seal(size: number, root: Uint8Array, origin = logKey.name): string {
  const text = checkpointText({ origin, size, root });
  return formatNote(text, [signatureLine(logKey.name, logKey.id, sign('sha256', utf8(text), privateKey))]);
}
