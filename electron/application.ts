/**
 * The application behind the contract: the set-up or the open vault, what people must know, and the snapshot. It holds
 * no rule of its own; rules are in core and are asked by the engine. The methods of the contract are in handlers.ts.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readGenesis } from '../core/evidence/genesis-file.ts';
import { Failed, fail, ok, type Failure, type Result } from '../core/result.ts';
import { refusalShown } from '../core/ledger/anchor-words.ts';
import { refusal, refuse, RULES } from '../core/rules.ts';
import type { Input } from '../contract/schema.ts';
import type { CopyView, LedgerPageView } from '../contract/ledger-views.ts';
import type { AppView, RehearsalPinsOnce } from '../contract/views.ts';
import type { Application, ApplicationPorts, Handlers, StartApplication } from './application-ports.ts';
import { workstation } from './ceremony/vault.ts';
import { Continuity } from './continuity/continuity.ts';
import { writeNewFile } from './evidence/bundles.ts';
import { genesisSheet } from './evidence/sheets.ts';
import { exportLedger } from './ledger/export-ledger.ts';
import { restoreGenesis } from './restore-genesis.ts';
import { handlersOf } from './handlers.ts';
import { filterOf } from './ledger/query.ts';
import { LedgerReader } from './ledger/reader.ts';
import { LedgerVerification } from './ledger/verification.ts';
import { interfacesUp, NOT_CHECKED, openVault, type OpenVault } from './open-vault.ts';
import { SetUp } from './setup/set-up.ts';
import { readVaultFile, type VaultFile } from './setup/vault-file.ts';
import { Notices } from './notices.ts';
import { refutedBy } from './ceremony/kept-receipts.ts';
import { appView } from './view/app-view.ts';
import { whatWasFound } from './view/what-was-found.ts';

/** A screen shows no more than sixty pictures a second. */
const FRAME_MS = 16;

/** A page that floods the boundary while the ledger is checked fills no memory. */
const EARLY_MAX = 100;

export class ConclaveApplication implements Application {
  readonly handlers: Handlers;
  readonly setUp: SetUp;
  /** Where bundles of this run were written, by SHA-256. */
  readonly bundles = new Map<string, string>();
  #open: OpenVault | null = null;
  #refusal: AppView['refusal'] = null;
  #work: AppView['work'] = null;
  /** Until it is known what there is to open, it is being opened. */
  #opening: AppView['opening'] = { done: 0, total: 0, stopped: false };
  #reader: LedgerReader | null = null;
  /** Methods of refused calls that came before the ledger was open; they are recorded once it is. */
  readonly #early: string[] = [];
  readonly verification = new LedgerVerification(() => this.changed());
  begun: Promise<void> = Promise.resolve();
  readonly #notices = new Notices();
  #telling: NodeJS.Timeout | null = null;
  readonly #vaultFile: string;
  readonly #continuity: Continuity;

  constructor(readonly ports: ApplicationPorts) {
    this.#vaultFile = join(ports.folder.vault, 'vault.json');
    this.setUp = new SetUp({
      application: ports,
      vaultFile: this.#vaultFile,
      openLedger: (file) => this.#openLedger(file),
      working: (work) => this.#working(work),
      changed: () => this.changed(),
    });
    this.#continuity = new Continuity(ports, (work) => this.#working(work));
    this.handlers = handlersOf(this);
  }

  begin(): Promise<void> {
    this.#opening = { done: 0, total: 0, stopped: false };
    this.begun = this.#begin().finally(() => {
      if (!this.#open) this.#reader?.end();
      if (this.#opening?.stopped !== true) this.#opening = null;
      this.changed();
    });
    return this.begun;
  }

  async #begin(): Promise<void> {
    try {
      const file = await readVaultFile(this.#vaultFile);
      if (!file.ok) this.#refuse(file.error);
      else if (file.value) await this.#openExisting(file.value);
    } catch (error) {
      this.#refuse(error instanceof Failed ? error.failure : this.ports.log.internal('begin', error));
    }
  }

  /** Ends the check at start. Without it the ledger is not opened. */
  stopCheck(): Result<AppView> {
    if (this.#opening && !this.#open) {
      this.#opening = { ...this.#opening, stopped: true };
      this.#reader?.end();
      this.changed();
    }
    return ok(this.snapshot());
  }

  checkAgain(): Result<AppView> {
    if (this.#opening?.stopped === true) {
      // The lock of the stopped try is let go of first.
      const before = this.begun;
      this.#opening = { done: 0, total: 0, stopped: false };
      this.begun = before.then(() => this.begin());
      this.changed();
    }
    return ok(this.snapshot());
  }

  #refuse(error: Failure): void {
    this.#refusal = {
      policy: error.policy ?? 'LEDGER-1',
      message: error.message,
      hint: error.hint ?? RULES['LEDGER-1'].hint,
      shown: error.policy === undefined ? null : refusalShown(error.policy),
    };
  }

  #openLedger(file: VaultFile): Promise<Result<OpenVault>> {
    const { ledgerHost, sqliteWasm, folder } = this.ports;
    this.#reader?.end();
    const reader = new LedgerReader({
      spawn: ledgerHost,
      wasm: sqliteWasm,
      dir: folder.ledger,
      environment: file.environment,
    });
    this.#reader = reader;
    return openVault(file, {
      application: this.ports,
      reader,
      progress: ({ done, total }) => {
        if (!this.#opening || this.#opening.stopped || this.#open) return;
        this.#opening = { done, total, stopped: false };
        this.changed();
      },
      changed: () => this.changed(),
      working: (work) => this.#working(work),
      hsmLost: (asked) => void this.#hsmLost(asked),
    });
  }

  async #openExisting(file: VaultFile): Promise<void> {
    const opened = await this.#openLedger(file);
    if (!opened.ok) {
      if (this.#opening?.stopped !== true) this.#refuse(opened.error);
      return;
    }
    const { vault } = opened.value;
    // It was done before it could be stopped.
    if (this.#opening?.stopped === true) this.#opening = { ...this.#opening, stopped: false };
    if (!vault.state.genesis) {
      await vault.close();
      // The trust file is written after the seal. With it, and without the seal in the ledger, entries are missing.
      const sealedOnce = await readFile(this.ports.folder.genesis).then(
        () => true,
        () => false,
      );
      if (sealedOnce) this.#refuse(refusal('LEDGER-1', 'The entries of the sealed vault are missing from it.'));
      // A set-up that never reached its seal is no vault.
      else this.setUp.foundUnfinished();
      return;
    }
    this.#open = opened.value;
    const refuted = await refutedBy(this.ports.folder.vault, this.ports.crypto, vault);
    if (refuted) {
      this.#refuse(refuted);
      return;
    }
    const checked = await opened.value.engine.token.checkAtStart();
    if (!checked.ok && checked.error.code === 'ledger') {
      this.#refuse(checked.error);
      return;
    }
    const { version, manifest } = this.ports.software;
    // A ledger that has ended is opened to be read: its last entry stays the last.
    const began = vault.state.ended
      ? ok([])
      : await vault.append([
          workstation({
            type: 'workstation.started',
            data: { software: { version, manifest }, entries: vault.journal.size, interfacesUp: interfacesUp().length },
          }),
        ]);
    if (!began.ok) this.#refuse(began.error);
    const replaced = await restoreGenesis(this.ports, vault);
    this.#notices.unavailable(vault);
    for (const notice of [...replaced, ...whatWasFound(vault)]) this.#notices.add(notice);
    this.#notices.end(vault);
    opened.value.engine.lookForToken();
    for (const method of this.#early.splice(0)) await this.#recordRefused(opened.value, method);
  }

  async #hsmLost(asked: boolean): Promise<void> {
    this.#notices.hsmLost(asked);
    await this.#open?.engine.hostLost();
    this.changed();
  }

  dismiss(id: string): void {
    this.#notices.dismiss(id);
    this.changed();
  }

  #working(work: AppView['work']): void {
    this.#work = work;
    this.changed();
  }

  changed(): void {
    if (this.#open) this.#notices.follow(this.#open.vault);
    // Entries come faster than a screen can show them, and each snapshot holds up what comes next.
    this.#telling ??= setTimeout(() => {
      this.#telling = null;
      this.ports.changed(this.snapshot());
    }, FRAME_MS);
  }

  snapshot(): AppView {
    return appView({
      crypto: this.ports.crypto,
      folder: this.ports.folder,
      software: this.ports.software,
      open: this.#open && {
        vault: this.#open.vault,
        session: this.#open.session,
        inventory: this.#open.engine.agreement.inventory,
      },
      refusal: this.#refusal,
      opening: this.#opening,
      now: this.ports.clock.now(),
      verifying: this.verification.progress,
      setup: this.setUp.view,
      work: this.#work,
      notices: this.#notices.all,
      interfacesUp: interfacesUp(),
      bundlePaths: this.bundles,
    });
  }

  async refusedCall(method: string): Promise<void> {
    if (this.#open) return this.#recordRefused(this.#open, method);
    if (this.#opening && this.#early.length < EARLY_MAX) this.#early.push(method);
  }

  async #recordRefused({ vault }: OpenVault, method: string): Promise<void> {
    const refused = refuse('IPC-1');
    if (!refused.ok) await vault.refused(refused.error, method);
  }

  async shutdown(): Promise<void> {
    if (!this.#open) {
      this.stopCheck();
      await this.begun;
    }
    this.verification.stop();
    const open = this.#open;
    if (!open) return this.#hush();
    const loggedIn = open.vault.state.session.vault;
    await open.engine.agreement.settle();
    await open.session.close();
    await open.engine.looked;
    // Nothing is added to a ledger that is refused.
    const compared = this.#refusal || open.vault.state.ended ? [] : open.vault.compareCalls(open.session.takeCalls());
    const left = loggedIn ? [workstation({ type: 'session.closed', data: { reason: 'shutdown' } })] : [];
    if (compared.length + left.length > 0) await open.vault.append([...compared, ...left]);
    await open.vault.close();
    open.reader.end();
    this.#open = null;
    this.#hush();
  }

  /** Nobody is told of an application that has ended. */
  #hush(): void {
    clearTimeout(this.#telling ?? undefined);
    this.#telling = null;
  }

  /** The vault, or the refusal that there is none. */
  needVault(): Result<OpenVault> {
    if (this.#opening && !this.#refusal) return fail(NOT_CHECKED);
    if (this.#open && !this.#refusal) return ok(this.#open);
    return fail({ code: 'not-found', message: 'No vault is open.', hint: 'Finish the set-up first.' });
  }

  /** The snapshot after an engine command. */
  async after(command: (open: OpenVault) => Promise<Result<unknown>>): Promise<Result<AppView>> {
    const open = this.needVault();
    if (!open.ok) return open;
    const done = await command(open.value).catch((error: unknown) => {
      if (error instanceof Failed) return fail(error.failure);
      throw error;
    });
    if (done.ok) return ok(this.snapshot());
    if (done.error.code === 'ledger') {
      // A ledger that cannot be written ends all work: only a new start that reads the disk knows what is there.
      this.#refuse(done.error);
      this.changed();
    }
    return done;
  }

  /** A page for the ledger screen: of the open ledger, or of what was checked of it so far. */
  async page(input: Input<'ledger.page'>): Promise<Result<LedgerPageView>> {
    const filter = filterOf(input);
    const { limit, before } = input;
    if (this.#opening && !this.#open && !this.#refusal && this.#reader)
      return this.#reader.page(filter, limit, before, null);
    const open = this.needVault();
    if (!open.ok) return open;
    const { vault, reader } = open.value;
    return reader.page(filter, limit, before, { size: vault.journal.size, sealed: vault.sealed });
  }

  /** A set-up is for a data folder without a vault, and never for one whose vault was refused. */
  maySetUp(): Result<null> {
    return this.#open || this.#refusal || this.#opening ? refuse('SETUP-4') : ok(null);
  }

  async seal(input: Input<'setup.seal'>): Promise<Result<{ app: AppView; pins: RehearsalPinsOnce | null }>> {
    const may = this.maySetUp();
    if (!may.ok) return may;
    const sealed = await this.setUp.seal(input);
    if (!sealed.ok) return sealed;
    this.#open = sealed.value.open;
    this.#notices.unavailable(sealed.value.open.vault);
    const written = await sealed.value.open.snapshot();
    const genesis = written.ok ? await this.printGenesis() : written;
    const printed = genesis.ok ? await this.#continuity.keepBeginning(sealed.value.open.vault) : genesis;
    this.changed();
    if (!printed.ok) this.#notices.papersMissing(printed.error);
    return ok({ app: this.snapshot(), pins: sealed.value.pins });
  }

  async printGenesis(): Promise<Result<{ path: string }>> {
    const open = this.needVault();
    if (!open.ok) return open;
    const { journal, state } = open.value.vault;
    const bytes = await journal.getBlob(state.genesis?.genesis ?? '');
    if (!bytes.ok) return bytes;
    const sheet = readGenesis(this.ports.crypto, bytes.value);
    return sheet.ok ? this.print('genesis-sheet.pdf', genesisSheet(sheet.value.genesis, sheet.value.sha256)) : sheet;
  }

  async print(name: string, html: string): Promise<Result<{ path: string }>> {
    const pdf = await this.ports.printToPdf(html);
    if (!pdf.ok) return pdf;
    const written = await writeNewFile(this.ports.folder.exports, name, pdf.value);
    return written.ok ? ok({ path: written.value }) : written;
  }

  /** The one thing that is offered where the ledger is refused. */
  async exportLedger(): Promise<Result<{ path: string }>> {
    const { folder, clock } = this.ports;
    if (!this.#open && !this.#refusal) {
      return fail({ code: 'not-found', message: 'No vault is open.', hint: 'Finish the set-up first.' });
    }
    const copied = await exportLedger({
      ledger: folder.ledger,
      exports: folder.exports,
      now: clock.now().wall,
      refusal: this.#refusal,
      heads: this.#open?.vault.tokenHeads ?? [],
    });
    return copied.ok ? ok({ path: copied.value }) : copied;
  }

  async endLedger(input: Input<'continuity.end'>): Promise<Result<{ app: AppView; path: string }>> {
    const open = this.needVault();
    const ended = open.ok ? await this.#continuity.end(open.value, input) : open;
    if (!open.ok) return open;
    if (!ended.ok) return ended;
    this.#notices.end(open.value.vault);
    return ok({ app: this.snapshot(), path: ended.value });
  }

  async lookAtCopy({ from }: Input<'continuity.lookAtCopy'>): Promise<Result<CopyView>> {
    const may = this.maySetUp();
    return may.ok ? this.#continuity.lookAt(from) : may;
  }

  async restoreLedger(input: Input<'continuity.restore'>): Promise<Result<{ app: AppView; path: string }>> {
    const may = this.maySetUp();
    if (!may.ok) return may;
    const restored = await this.#continuity.restore(input, (file) => this.#openLedger(file));
    if (!restored.ok) return restored;
    this.#open = restored.value.open;
    return ok({ app: this.snapshot(), path: restored.value.path });
  }
}

export const startApplication: StartApplication = (ports) => {
  const application = new ConclaveApplication(ports);
  void application.begin();
  return application;
};
