/** Reading a ledger's folder in pieces, so that memory does not grow with it. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerSource } from '../../core/ledger/walk.ts';
import { linesOf as linesIn, type FileLine } from '../../core/ledger/lines.ts';
import { readSmall, Unusable, why } from '../unusable.ts';

const CHUNK = 1 << 20;

/** The lines of a file, or none where there is no such file. */
export function* linesOf(path: string): Generator<FileLine, void, undefined> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (why(error) === 'ENOENT') return;
    throw new Unusable(`${path} cannot be read (${why(error)}).`);
  }
  try {
    yield* linesIn((into) => readSync(file, into));
  } finally {
    closeSync(file);
  }
}

/** Names in a folder, sorted; none where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (why(error) === 'ENOENT') return [];
    throw new Unusable(`${folder} cannot be read (${why(error)}).`);
  }
}

/** SHA-256 of a file, hex. */
function sha256Of(path: string): string {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(CHUNK);
  const file = openSync(path, 'r');
  try {
    for (let read; (read = readSync(file, buffer, 0, CHUNK, null)) > 0;) hash.update(buffer.subarray(0, read));
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}

/** Where things lie in the ledger's folder. */
export const folder = (dir: string) => ({
  journal: join(dir, 'journal.jsonl'),
  disclosures: join(dir, 'disclosures.jsonl'),
  checkpoints: join(dir, 'checkpoints'),
  blobs: join(dir, 'blobs', 'sha256'),
});

/** Whether `dir` can hold a ledger at all. */
function mustBeLedger(dir: string): void {
  if (!namesIn(dir).includes('journal.jsonl')) throw new Unusable(`${dir} holds no journal.jsonl: it is no ledger.`);
}

/** The ledger in a folder, read in pieces. */
export function ledgerAt(dir: string): LedgerSource {
  mustBeLedger(dir);
  const { journal, disclosures, checkpoints, blobs } = folder(dir);
  return {
    folder: dir,
    journal: () => linesOf(journal),
    disclosures: () => linesOf(disclosures),
    *checkpoints() {
      for (const name of namesIn(checkpoints).filter((one) => one.endsWith('.note')))
        yield { name, note: readSmall(join(checkpoints, name)) };
    },
    blobs: () => namesIn(blobs),
    blobSha256: (name) => sha256Of(join(blobs, name)),
    blob: (name) => readSmall(join(blobs, name)),
  };
}
