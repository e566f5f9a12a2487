/** The paper of a continuity act: how a ledger ended, was restored or went on elsewhere, for everyone’s signature. */
import { digestTable, page, rows, signatures } from './sheets.ts';

export interface ContinuitySheet {
  readonly kind: 'closed' | 'retired' | 'succeeded' | 'restored' | 'continued';
  readonly environment: string;
  readonly vault: string;
  readonly origin: string;
  readonly made: string;
  readonly entry: { readonly seq: number };
  readonly checkpoint: string | null;
  readonly copies: readonly string[];
  readonly doesNotProve: readonly string[];
}

const TITLES: Readonly<Record<ContinuitySheet['kind'], string>> = {
  closed: 'The ledger is closed',
  retired: 'The ledger moves to another workstation',
  succeeded: 'The ledger is succeeded by another',
  restored: 'The ledger was restored from a copy',
  continued: 'The ledger goes on under a new origin',
};

/** @param leafHash Of the entry, hex. */
export function continuitySheet(
  sheet: ContinuitySheet,
  leafHash: string,
  people: readonly { readonly name: string; readonly role: string }[],
): string {
  const word = sheet.kind === 'continued' ? 'Goes on from' : sheet.kind === 'restored' ? 'Copy it came from' : 'Copy';
  const copies = sheet.copies.map(
    (path, i) => [sheet.copies.length > 1 ? `${word} ${i + 1}` : word, path, true] as const,
  );
  const body = `
<p>The file of the same name with the ending json says the same, with the entry’s exact bytes and its signed head.</p>
<section><h2>Entry ${sheet.entry.seq}, SHA-256 of the leaf</h2>${digestTable(leafHash)}</section>
<section><h2>What was done</h2>${rows([
    ['Vault', sheet.vault, true],
    ['Ledger origin', sheet.origin, true],
    ['Made', sheet.made, true],
    ['Head', sheet.checkpoint === null ? 'Not signed: the log key could not be used.' : 'Signed by the log key.'],
    ...copies,
  ])}</section>
<section><h2>What this does not prove</h2>${rows(sheet.doesNotProve.map((text, i) => [`${i + 1}`, text] as const))}</section>
${signatures(people)}`;
  return page(TITLES[sheet.kind], sheet.environment, body);
}
