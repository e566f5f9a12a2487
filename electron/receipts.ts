/** Receipts of the ledger's head, from the desk to the medium and to paper, and earlier ones shown again. */
import { join } from 'node:path';
import { readReceipt } from '../core/ledger/receipt.ts';
import { LEDGER_CHECKS } from '../core/ledger/report.ts';
import { ok, type Result } from '../core/result.ts';
import type { Input } from '../contract/schema.ts';
import type { ReceiptCheckView, ReceiptFilesView } from '../contract/receipt-views.ts';
import type { ConclaveApplication } from './application.ts';
import type { Vault } from './ceremony/vault.ts';
import { readReceiptsOn } from './custody/receipts.ts';
import type { Outside } from './ledger/protocol.ts';
import { receiptCode } from './evidence/receipt-code.ts';
import { receiptSheet } from './evidence/sheets.ts';
import { keepReceipt } from './ceremony/kept-receipts.ts';
import type { OpenVault } from './open-vault.ts';

/** Text and code go onto the medium of the person, the sheet into the exports folder; the ledger says who took it. */
export function giveReceipt(
  app: ConclaveApplication,
  { engine, vault }: OpenVault,
  input: Input<'receipt.give'>,
): Promise<Result<ReceiptFilesView>> {
  return engine.cosigning(async (desk) => {
    const receipt = desk.receipt(input);
    if (!receipt.ok) return receipt;
    const { person, head, code } = receipt.value;
    const svg = receiptCode(code);
    const { environment, vaultName } = vault.state;
    const words = { environment, vault: vaultName, holder: person.name, role: person.role };
    const sheet = await app.print(`receipt-${person.person}-${head.size}.pdf`, receiptSheet(words, head, svg));
    if (!sheet.ok) return sheet;
    const written = await desk.given(receipt.value, svg);
    return written.ok ? ok({ size: head.size, sheet: sheet.value.path, ...written.value }) : written;
  });
}

/**
 * A receipt that shows a truncation or a fork ends the use of this ledger, as every ledger that cannot be trusted. It is
 * kept, so that the next start refuses as well.
 */
export async function presentReceipt(
  app: ConclaveApplication,
  source: string,
  bytes: Uint8Array,
): Promise<Result<ReceiptCheckView>> {
  let found = '';
  const done = await app.after((open) =>
    open.engine.cosigning(async (desk) => {
      const check = await desk.present(source, bytes);
      if (check.ok) found = check.value.found;
      // A folder that takes nothing does not make the receipt less true: the ledger is refused all the same.
      else if (check.error.code === 'ledger' && check.error.policy?.startsWith('RECEIPT-'))
        await keepReceipt(app.ports.folder.vault, app.ports.crypto, bytes).catch(() => undefined);
      return check;
    }),
  );
  const { proves, doesNotProve } = LEDGER_CHECKS['ledger.receipt'];
  return done.ok ? ok({ found, proves, doesNotProve }) : done;
}

/**
 * Receipts of this ledger on the media of its people that are here now, for a verification. Of the files there, only
 * what is the head of this very ledger counts: a damaged receipt, or one of another vault, says nothing about it.
 */
export async function receiptsAtHand(media: string, { origin, state }: Vault): Promise<Outside['receipts']> {
  const found: { source: string; bytes: Uint8Array }[] = [];
  for (const { name: person, medium } of state.people.values())
    for (const { name, bytes } of await readReceiptsOn(join(media, medium)))
      if (readReceipt(name, bytes).says?.origin === origin) found.push({ source: `${name} of ${person}`, bytes });
  return found;
}
