/** What an auditor asks the application to verify: its ledger, or a bundle. */
import { readFile } from 'node:fs/promises';
import { fail, ok, type Result } from '../core/result.ts';
import type { LedgerReportView } from '../contract/ledger-views.ts';
import type { EvidenceReportView } from '../contract/views.ts';
import { verifyFile } from './evidence/bundles.ts';
import { receiptsAtHand } from './receipts.ts';
import { ledgerReportView } from './view/ledger-report.ts';
import type { ConclaveApplication } from './application.ts';

/** Verifies the open ledger, in a process of its own, with what is known outside of it. */
export async function verifyLedger(app: ConclaveApplication): Promise<Result<LedgerReportView>> {
  const open = app.needVault();
  if (!open.ok) return open;
  const { crypto, ledgerHost, sqliteWasm, folder, clock } = app.ports;
  const { environment } = open.value.file;
  const began = open.value.vault.journal.size;
  const { vault } = open.value;
  const host = { spawn: ledgerHost, wasm: sqliteWasm, dir: folder.ledger, environment };
  const outside = { receipts: await receiptsAtHand(folder.media, vault), cosigners: vault.cosigners };
  const report = await app.verification.run(host, outside);
  if (!report.ok) return report;
  return ok(await ledgerReportView(report.value, { crypto, vault, began, at: clock.now().wall }));
}

/** Verifies a bundle against the trust file of this vault. */
export async function verifyBundleAt(app: ConclaveApplication, path: string): Promise<Result<EvidenceReportView>> {
  const open = app.needVault();
  if (!open.ok) return open;
  const { vault } = open.value;
  const genesis = await readFile(app.ports.folder.genesis).catch(() => null);
  if (!genesis)
    return fail({ code: 'io', message: 'genesis.json cannot be read.', hint: 'Start the application again.' });
  return verifyFile(app.ports.crypto, vault, path, {
    genesis: new Uint8Array(genesis),
    expect: vault.state.environment,
    now: app.ports.clock.now().wall,
  });
}
