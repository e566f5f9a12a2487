/** The trust file beside an opened vault. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hex } from '../core/bytes.ts';
import type { ApplicationPorts } from './application-ports.ts';
import type { Vault } from './ceremony/vault.ts';
import { diskFiles, writeAtomically } from './ledger/files.ts';
import type { Notice } from './view/app-view.ts';

/** The trust file is derived from the ledger; a lost or changed copy is replaced, and people are told. */
export async function restoreGenesis(
  { folder, crypto }: Pick<ApplicationPorts, 'folder' | 'crypto'>,
  { journal, state }: Vault,
): Promise<Notice[]> {
  const { genesis } = state.genesis!;
  const sheet = await journal.getBlob(genesis);
  if (!sheet.ok) return [];
  const there = await readFile(folder.genesis).catch(() => null);
  if (there && hex(crypto.sha256(new Uint8Array(there))) === genesis) return [];
  const told: Notice[] = [];
  if (there) {
    // Which of the two is the true one, only the paper can tell. Both are kept.
    const digest = hex(crypto.sha256(new Uint8Array(there))).slice(0, 16);
    const aside = join(folder.vault, `genesis-replaced-${digest}.json`);
    await writeAtomically(diskFiles, aside, new Uint8Array(there));
    told.push({
      id: 'genesis',
      tone: 'warn',
      message: `The file genesis.json was not the one that the ledger names. It was replaced, and kept as ${aside}.`,
      hint: 'Compare the digest with the signed sheet.',
      policy: null,
    });
  }
  await writeAtomically(diskFiles, folder.genesis, sheet.value);
  return told;
}
