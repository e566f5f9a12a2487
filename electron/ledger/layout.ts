/** Where things lie in the ledger's folder. */
import { join } from 'node:path';

export const layout = (dir: string) => ({
  journal: join(dir, 'journal.jsonl'),
  disclosures: join(dir, 'disclosures.jsonl'),
  lock: join(dir, 'lock'),
  checkpoints: join(dir, 'checkpoints'),
  checkpoint: (size: number) => join(dir, 'checkpoints', `${size}.note`),
  quarantine: join(dir, 'quarantine'),
  blobs: join(dir, 'blobs', 'sha256'),
  blob: (sha256: string) => join(dir, 'blobs', 'sha256', sha256),
  database: join(dir, 'log.sqlite'),
});

export type Layout = ReturnType<typeof layout>;

/** Size in the name of a checkpoint file, or null where the name is not one. */
export function checkpointSize(name: string): number | null {
  const [, digits] = /^(0|[1-9]\d{0,14})\.note$/.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
}
