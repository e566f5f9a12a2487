/** A ledger's folder as the verification of the whole reads it. */
import { createHash } from 'node:crypto';
import type { LedgerSource } from '../../core/ledger/walk.ts';
import { linesOfFile, type JournalFiles } from './files.ts';
import type { Layout } from './layout.ts';

const PIECE = 1 << 20;

/** Longer than any signed head with its cosignatures, and than any document that is read as a whole. */
const LONGEST = 1_000_000;

/** Names are listed at once, and files read when they are asked for. Rejects where the folder cannot be listed. */
export async function sourceOf(files: JournalFiles, folder: string, at: Layout): Promise<LedgerSource> {
  const notes = (await files.list(at.checkpoints)).filter((name) => name.endsWith('.note')).sort();
  const blobs = (await files.list(at.blobs)).sort();
  return {
    folder,
    journal: () => linesOfFile(files, at.journal),
    disclosures: () => linesOfFile(files, at.disclosures),
    *checkpoints() {
      for (const name of notes) yield { name, note: files.readAt(`${at.checkpoints}/${name}`, 0, LONGEST) };
    },
    blobs: () => blobs,
    blobSha256(name) {
      const hash = createHash('sha256');
      for (let position = 0; ;) {
        const bytes = files.readAt(at.blob(name), position, PIECE);
        if (bytes.length === 0) return hash.digest('hex');
        hash.update(bytes);
        position += bytes.length;
      }
    },
    blob: (name) => files.readAt(at.blob(name), 0, LONGEST),
  };
}
