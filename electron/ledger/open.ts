/**
 * Opening a journal: everything that is on disk was verified before anything is changed, and the only change ever made
 * is to move aside a last line that a crash left unfinished.
 */
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Checked } from './check.ts';
import { writeAtomically, type JournalFiles } from './files.ts';
import type { Layout } from './layout.ts';

/** An unfinished last line that was moved aside. */
export interface Quarantined {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

interface TidyPorts {
  readonly files: JournalFiles;
  readonly crypto: Crypto;
}

/** Moves aside what follows the last entry and the last disclosure. Answers the tails that no entry speaks of yet. */
export async function tidy(at: Layout, ports: TidyPorts, checked: Checked): Promise<readonly Quarantined[]> {
  await ports.files.makeFolder(at.quarantine);
  await moveAside(at, ports, at.journal, checked.lines.ends.at(-1) ?? 0, 'journal');
  await moveAside(at, ports, at.disclosures, checked.lines.besideEnds.at(-1) ?? 0, 'disclosures');
  return unreported(at, ports.files, [...checked.reported]);
}

/** Bytes asked for at a time. */
const PIECE = 1 << 20;

/** What stands in a file from a position on. */
function rest(files: JournalFiles, path: string, from: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let at = from; ;) {
    const piece = files.readAt(path, at, PIECE);
    if (piece.length === 0) break;
    pieces.push(piece);
    at += piece.length;
  }
  return pieces.length === 1 ? pieces[0]! : new Uint8Array(Buffer.concat(pieces));
}

/** Keeps what follows `from` in the quarantine folder, then cuts it off. Done again after a crash, it does the same. */
async function moveAside(
  at: Layout,
  { files, crypto }: TidyPorts,
  path: string,
  from: number,
  what: 'journal' | 'disclosures',
): Promise<void> {
  const tail = rest(files, path, from);
  if (tail.length === 0) return;
  await writeAtomically(files, `${at.quarantine}/${what}-${from}-${hex(crypto.sha256(tail))}.tail`, tail);
  const file = await files.open(path, 'append');
  try {
    await file.truncate(from);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Journal tails in the quarantine that no entry speaks of yet: also those of a start that crashed before its entry. */
async function unreported(at: Layout, files: JournalFiles, reported: string[]): Promise<Quarantined[]> {
  const found: Quarantined[] = [];
  for (const name of (await files.list(at.quarantine)).sort()) {
    const [, sha256] = /^journal-\d+-([0-9a-f]{64})\.tail$/.exec(name) ?? [];
    if (sha256 === undefined) continue;
    const mentioned = reported.indexOf(sha256);
    if (mentioned >= 0) reported.splice(mentioned, 1);
    else found.push({ bytes: ((await files.read(`${at.quarantine}/${name}`)) ?? new Uint8Array()).length, sha256 });
  }
  return found;
}
