/** How a ledger ends here, comes back, or goes on from another one, with the sheet that each of it leaves. */
import type { CopyView } from '../../contract/ledger-views.ts';
import type { Input } from '../../contract/schema.ts';
import type { AppView } from '../../contract/views.ts';
import { ok, type Result } from '../../core/result.ts';
import type { ApplicationPorts } from '../application-ports.ts';
import type { Vault } from '../ceremony/vault.ts';
import { writeNewFile } from '../evidence/bundles.ts';
import type { OpenVault } from '../open-vault.ts';
import type { VaultFile } from '../setup/vault-file.ts';
import { endLedger } from './end-ledger.ts';
import { lookAtCopy, restoreLedger } from './restore-ledger.ts';
import { beginning, sheetOf, type Sheet } from './sheet.ts';

export class Continuity {
  constructor(
    private readonly application: ApplicationPorts,
    private readonly working: (work: AppView['work']) => void,
  ) {}

  get #ports() {
    const { crypto, folder, clock } = this.application;
    return {
      crypto,
      folders: folder,
      now: () => clock.now().wall,
      working: (title: string | null) => this.working(title === null ? null : { title, done: 0, total: 0, detail: '' }),
      keep: (sheet: Sheet) => this.#keep(sheet),
    };
  }

  /** Writes a sheet as JSON and on paper into the exports folder; gives the path of the paper. */
  async #keep({ name, json, html }: Sheet): Promise<Result<string>> {
    const { folder, printToPdf } = this.application;
    const kept = await writeNewFile(folder.exports, `${name}.json`, json);
    const pdf = kept.ok ? await printToPdf(html) : kept;
    return pdf.ok ? writeNewFile(folder.exports, `${name}.pdf`, pdf.value) : pdf;
  }

  /** Closes the ledger, moves it, or ends it for a new one. */
  async end({ vault, engine }: OpenVault, input: Input<'continuity.end'>): Promise<Result<string>> {
    const ended = await endLedger(input, { ...this.#ports, vault, engine });
    this.working(null);
    return ended;
  }

  async lookAt(from: string): Promise<Result<CopyView>> {
    this.#ports.working('Reading the copy from the first byte to the last');
    const found = await lookAtCopy(from, this.application.crypto);
    this.working(null);
    return found;
  }

  async restore(
    input: Input<'continuity.restore'>,
    openLedger: (file: VaultFile) => Promise<Result<OpenVault>>,
  ): Promise<Result<{ open: OpenVault; path: string }>> {
    const restored = await restoreLedger(input, { ...this.#ports, crash: this.application.crash, openLedger });
    this.working(null);
    return restored;
  }

  /** The sheet of a ledger that goes on from another one. */
  async keepBeginning(vault: Vault): Promise<Result<unknown>> {
    const [first] = vault.journal.entries(0, 1);
    const { continued } = vault.state;
    if (!first || !continued) return ok(null);
    return this.#keep(sheetOf(this.application.crypto, vault, first, beginning(continued), this.#ports.now()));
  }
}
