/**
 * A receipt: what one person takes home from the ledger. It is the signed head as a C2SP note, with the cosignatures it
 * has, under a page of plain words for people. Programs read the note alone; the words must be those of its root, so
 * that nobody is given words that belong to another ledger.
 */
import { fromUtf8, hex, utf8 } from '../bytes.ts';
import { digestRows } from '../digest/words.ts';
import { readHead, type Head } from './heads.ts';
import type { Environment } from './entry.ts';
import { formatNote, parseCheckpoint, parseNote, signatureLine } from './note.ts';

/** Longer files are no receipts. */
export const MAX_RECEIPT_BYTES = 100_000;

export interface ReceiptWords {
  readonly environment: Environment;
  readonly vault: string;
  /** Name and role of the person who takes it. */
  readonly holder: string;
  readonly role: string;
  /** UTC. */
  readonly given: string;
}

/** The root in four rows of four groups, each with its two words. */
const spokenRoot = (root: string): string =>
  digestRows(root)
    .map(({ row, groups }) => {
      const digits = `${row}   ${groups.map((group) => group.hex.padEnd(26)).join('')}`.trimEnd();
      return `${digits}\n    ${groups.map(({ words }) => words.join(' ').padEnd(26)).join('')}`.trimEnd();
    })
    .join('\n');

/** The text file. Throws `TypeError` where the note is not a checkpoint. */
export function receiptText({ environment, vault, holder, role, given }: ReceiptWords, note: string): string {
  const { says } = readHead('', utf8(note));
  if (says === null) throw new TypeError('not a checkpoint');
  return `${environment === 'rehearsal' ? 'REHEARSAL. TEST ONLY.\n' : ''}RECEIPT OF THE LEDGER

Vault      ${vault}
Ledger     ${says.origin}
Given to   ${holder}, ${role}
Given at   ${given} (UTC, by the workstation's clock)
Entries    ${says.size}

The root of these entries, to read aloud and to compare:

${spokenRoot(hex(says.root))}

Keep this receipt away from the workstation. Whoever shows it later can find out whether the ledger still begins with
these ${says.size} entries. It says nothing about entries that came later, or about whether the entries are true.

The signed head follows. Programs read it from here on; do not change these lines.

${note}`;
}

/**
 * Reads a receipt: a bare note, or the text file above. What it says is believed by nobody yet (`judgeReceipt`). Line
 * ends of another system are put right, since no note has any of them.
 */
export function readReceipt(source: string, bytes: Uint8Array): Head {
  const none: Head = { source, note: bytes, says: null };
  const read = bytes.length > MAX_RECEIPT_BYTES ? null : fromUtf8(bytes);
  if (read === null) return none;
  const text = `${read
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .trimEnd()}\n`;
  const signatures = text.lastIndexOf('\n\n');
  const before = signatures < 0 ? -1 : text.lastIndexOf('\n\n', signatures - 1);
  if (before < 0) return readHead(source, utf8(text));
  const head = readHead(source, utf8(text.slice(before + 2)));
  const words = text.slice(0, before);
  return head.says !== null && words.includes(spokenRoot(hex(head.says.root))) ? head : none;
}

/** The note with the signatures of these key names alone: short enough for a QR code. */
export function withSignaturesOf(note: string, names: readonly string[]): string | null {
  const parsed = parseNote(note);
  if (!parsed.ok || !parseCheckpoint(parsed.value.text).ok) return null;
  const kept = parsed.value.signatures.filter(({ name }) => names.includes(name));
  return formatNote(
    parsed.value.text,
    kept.map(({ name, id, signature }) => signatureLine(name, id, signature)),
  );
}
