/** What says, apart from the ledger, how a ledger ended, came back or went on: a small JSON file and its paper. */
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import type { Continued } from '../../core/continuity/succession.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { JournalLine } from '../../core/ledger/verify-journal.ts';
import { RULES } from '../../core/rules.ts';
import type { Vault } from '../ceremony/vault.ts';
import { continuitySheet, type ContinuitySheet } from '../evidence/continuity-sheet.ts';
import { proofView } from '../view/ledger-report.ts';

export interface Sheet {
  /** Without an ending. */
  readonly name: string;
  readonly json: Uint8Array;
  readonly html: string;
}

/** @param now UTC, ISO 8601. */
export function sheetOf(
  crypto: Crypto,
  vault: Vault,
  line: JournalLine,
  about: Pick<ContinuitySheet, 'kind' | 'copies' | 'doesNotProve'>,
  now: string,
): Sheet {
  const { seq } = line.entry;
  const head = vault.journal.latestCheckpoint();
  const covered = head !== null && head.size > seq;
  const proof = covered ? proofView(crypto, vault, seq) : null;
  const leafHash = hex(line.hash);
  const sheet = {
    v: 1,
    type: 'conclave-continuity',
    kind: about.kind,
    environment: vault.state.environment,
    vault: vault.state.vault?.vault ?? '',
    origin: vault.origin,
    made: now,
    entry: { seq, leafHash, leaf: fromUtf8(line.leaf) ?? '' },
    checkpoint: covered ? head.note : null,
    /** C2SP tlog-proof of the entry under that checkpoint. */
    proof: proof?.ok === true ? proof.value.file : null,
    copies: about.copies,
    doesNotProve: about.doesNotProve,
  };
  return {
    name: `continuity-${about.kind}-${now.replace(/[:.]/g, '-')}`,
    json: utf8(`${JSON.stringify(sheet, null, 2)}\n`),
    html: continuitySheet(sheet, leafHash, [...vault.state.people.values()]),
  };
}

/** What the sheet of a ledger says that goes on from another one. */
export const beginning = ({
  origin,
  missing,
}: Continued): Pick<ContinuitySheet, 'kind' | 'copies' | 'doesNotProve'> => ({
  kind: 'continued',
  copies: [origin],
  doesNotProve: [
    'That nobody goes on writing the old ledger elsewhere.',
    ...(missing === 0 ? [] : [`${RULES['CONTINUITY-12'].message} A receipt showed ${missing} of them.`]),
  ],
});
