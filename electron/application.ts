/**
 * The application behind the contract: the set-up, the open vault, and the handlers of every method. It holds no rule
 * of its own; rules are in core and are asked by the engine.
 */
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { hex } from '../core/bytes.ts';
import { readGenesis } from '../core/evidence/genesis-file.ts';
import { fail, ok, type Failure, type Result } from '../core/result.ts';
import { refuse } from '../core/rules.ts';
import type { Input } from '../contract/schema.ts';
import type { AppView, EvidenceReportView, RehearsalPinsOnce } from '../contract/views.ts';
import type { Application, ApplicationPorts, Handlers, StartApplication } from './application-ports.ts';
import { Engine } from './ceremony/engine.ts';
import { HsmSession } from './ceremony/hsm-session.ts';
import { Vault, workstation } from './ceremony/vault.ts';
import { listBundles, verifyFile, writeNewFile } from './evidence/bundles.ts';
import { genesisSheet, planSheet } from './evidence/sheets.ts';
import { prepareRehearsal } from './hsm/rehearsal.ts';
import { diskFiles, writeAtomically } from './ledger/files.ts';
import { layout as ledgerLayout } from './ledger/layout.ts';
import { LedgerIndex } from './ledger/ledger-index.ts';
import { createVault } from './setup/create-vault.ts';
import { SetupDraft } from './setup/draft.ts';
import { inspectModule } from './setup/inspect.ts';
import { readVaultFile, writeVaultFile, type VaultFile } from './setup/vault-file.ts';
import { appView, type Notice } from './view/app-view.ts';
import { entryView } from './view/entry-view.ts';
import { ledgerReport, proofView } from './view/ledger-report.ts';
import { readAirGap } from './workstation/air-gap.ts';

/** What is there once a vault is open. */
export interface OpenVault {
  readonly vault: Vault;
  readonly session: HsmSession;
  readonly engine: Engine;
  readonly index: LedgerIndex;
  readonly file: VaultFile;
}

class ConclaveApplication implements Application {
  readonly handlers: Handlers;
  #open: OpenVault | null = null;
  #refusal: AppView['refusal'] = null;
  #draft: SetupDraft;
  #work: AppView['work'] = null;
  #notices: Notice[] = [];
  /** Where bundles of this run were written, by SHA-256. */
  readonly #bundles = new Map<string, string>();
  readonly #vaultFile: string;

  constructor(private readonly ports: ApplicationPorts) {
    this.#vaultFile = join(ports.folder.vault, 'vault.json');
    this.#draft = this.#newDraft();
    this.handlers = this.#handlers();
  }

  #newDraft(): SetupDraft {
    const { crypto, credentials, folder, clock } = this.ports;
    return new SetupDraft({ crypto, credentials, mediaRoot: folder.media, now: () => clock.now().wall });
  }

  async begin(): Promise<void> {
    const file = await readVaultFile(this.#vaultFile);
    if (!file.ok) {
      this.#refuse(file.error);
      return;
    }
    if (file.value) await this.#openVault(file.value);
  }

  #refuse(error: Failure): void {
    this.#refusal = { policy: error.policy ?? 'LEDGER-1', message: error.message, hint: error.hint ?? '' };
  }

  async #openVault(file: VaultFile): Promise<void> {
    const opened = await this.#openLedger(file);
    if (!opened.ok) {
      this.#refuse(opened.error);
      return;
    }
    if (!opened.value.vault.state.genesis) {
      // A set-up that never reached its seal is no vault. It is set aside, never continued.
      await opened.value.vault.close();
      this.#draft.unfinished = true;
      return;
    }
    this.#open = opened.value;
    const { vault } = opened.value;
    const began = await vault.append([
      workstation({
        type: 'workstation.started',
        data: {
          software: this.#software(),
          entries: vault.journal.size,
          interfacesUp: this.#interfacesUp().length,
        },
      }),
    ]);
    if (!began.ok) this.#refuse(began.error);
    await this.#restoreGenesis(vault);
    for (const { act, seq } of vault.state.intents.values()) {
      this.#notice(
        `intent-${seq}`,
        'bad',
        `Entry ${seq} says that an act (${act}) began. No outcome was recorded.`,
        'Log in. The workstation then asks the token what it holds, and records it once.',
        'STEP-4',
      );
    }
    for (const { bytes } of vault.journal.quarantined) {
      this.#notice(
        `tail-${bytes}`,
        'warn',
        `The last line of the journal was unfinished (${bytes} bytes). It was kept in quarantine.`,
        'Nothing that was acknowledged is lost.',
        null,
      );
    }
  }

  /** The trust file is derived from the ledger; a lost or changed copy is replaced, and people are told. */
  async #restoreGenesis(vault: Vault): Promise<void> {
    const sheet = await vault.journal.getBlob(vault.state.genesis!.genesis);
    if (!sheet.ok) return;
    const there = await readFile(this.ports.folder.genesis).catch(() => null);
    if (there && hex(this.ports.crypto.sha256(new Uint8Array(there))) === vault.state.genesis!.genesis) return;
    if (there) {
      this.#notice(
        'genesis',
        'warn',
        'The file genesis.json was not the one that the ledger names. It was replaced.',
        'Compare its digest with the signed sheet.',
        null,
      );
    }
    await writeAtomically(diskFiles, this.ports.folder.genesis, sheet.value);
  }

  async #openLedger(file: VaultFile): Promise<Result<OpenVault>> {
    const { ports } = this;
    const vault = await Vault.open(ports.folder.ledger, file.origin, file.environment, {
      crypto: ports.crypto,
      clock: ports.clock,
      changed: () => this.#changed(),
    });
    if (!vault.ok) return vault;
    const index = await LedgerIndex.over(vault.value.journal, ports.sqliteWasm, ports.crypto);
    const session = this.#session(file);
    const engine: Engine = new Engine(vault.value, {
      crypto: ports.crypto,
      credentials: ports.credentials,
      session,
      software: ports.software,
      random: ports.random,
      crash: ports.crash,
      interfacesUp: async () => this.#interfacesUp(),
      mediumOf: (medium) => join(ports.folder.media, medium),
      working: (title) => this.#working(title === null ? null : { title, done: 0, total: 0, detail: '' }),
      writeExport: (name, bytes) =>
        writeNewFile(ports.folder.exports, name, bytes, () => ports.crash('bundle-before-rename')),
      snapshot: () => index.write(() => ports.crash('snapshot-before-rename')),
    });
    return ok({ vault: vault.value, session, engine, index, file });
  }

  #session(file: Pick<VaultFile, 'library' | 'softhsmConf'>): HsmSession {
    return new HsmSession(
      this.ports.startHsm,
      { library: file.library, softhsmConf: file.softhsmConf },
      () => void this.#hsmLost(),
    );
  }

  async #hsmLost(): Promise<void> {
    this.#notice(
      `hsm-${Date.now()}`,
      'bad',
      'The HSM host process ended unexpectedly. The application goes on.',
      'Log in again. The workstation then asks the token what it holds.',
      null,
    );
    await this.#open?.engine.hostLost();
    this.#changed();
  }

  #software(): { readonly version: string; readonly manifest: string } {
    const { version, manifest } = this.ports.software;
    return { version, manifest };
  }

  #interfacesUp(): readonly string[] {
    return readAirGap().interfacesUp;
  }

  #notice(id: string, tone: Notice['tone'], message: string, hint: string, policy: string | null): void {
    this.#notices = [...this.#notices.filter((notice) => notice.id !== id), { id, tone, message, hint, policy }];
  }

  #working(work: AppView['work']): void {
    this.#work = work;
    this.#changed();
  }

  #changed(): void {
    if (this.#open) {
      this.#open.index.follow();
      // An outcome that is known needs no notice any more.
      const open = new Set([...this.#open.vault.state.intents.values()].map(({ seq }) => `intent-${seq}`));
      this.#notices = this.#notices.filter(({ id }) => !id.startsWith('intent-') || open.has(id));
    }
    this.ports.changed(this.snapshot());
  }

  snapshot(): AppView {
    return appView({
      crypto: this.ports.crypto,
      folder: this.ports.folder,
      software: this.ports.software,
      open: this.#open,
      refusal: this.#refusal,
      setup: this.#draft.view,
      work: this.#work,
      notices: this.#notices,
      interfacesUp: this.#interfacesUp(),
      bundlePaths: this.#bundles,
    });
  }

  async refusedCall(method: string): Promise<void> {
    const refused = refuse('IPC-1');
    if (!refused.ok) await this.#open?.vault.refused(refused.error, method);
  }

  async shutdown(): Promise<void> {
    const open = this.#open;
    if (!open) return;
    const loggedIn = open.vault.state.session.vault;
    await open.session.close();
    if (loggedIn) await open.vault.append([workstation({ type: 'session.closed', data: { reason: 'shutdown' } })]);
    await open.vault.close();
    this.#open = null;
  }

  /** The vault, or the refusal that there is none. */
  #needVault(): Result<OpenVault> {
    if (this.#open && !this.#refusal) return ok(this.#open);
    return fail({ code: 'not-found', message: 'No vault is open.', hint: 'Finish the set-up first.' });
  }

  /** The snapshot after an engine command. */
  async #after(command: (open: OpenVault) => Promise<Result<unknown>>): Promise<Result<AppView>> {
    const open = this.#needVault();
    if (!open.ok) return open;
    const done = await command(open.value);
    if (done.ok || done.error.code !== 'ledger') return done.ok ? ok(this.snapshot()) : done;
    // A ledger that cannot be written ends all work: only a new start that reads the disk knows what is there.
    this.#refuse(done.error);
    this.#changed();
    return done;
  }

  #setup(change: (draft: SetupDraft) => Result<unknown>): Promise<Result<AppView>> {
    if (this.#open) return Promise.resolve(refuse('SETUP-4'));
    const done = change(this.#draft);
    this.#changed();
    return Promise.resolve(done.ok ? ok(this.snapshot()) : done);
  }

  async #inspect(library: string, softhsmConf?: string) {
    const view = await inspectModule(this.ports.startHsm, { library, softhsmConf });
    if (!softhsmConf) this.#draft.looked(view);
    this.#changed();
    return view;
  }

  async #seal(input: Input<'setup.seal'>): Promise<Result<{ app: AppView; pins: RehearsalPinsOnce | null }>> {
    const draft = this.#draft;
    if (this.#open) return refuse('SETUP-4');
    if (draft.unfinished || !draft.complete || !draft.choice) return refuse('SETUP-2');
    const made = draft.choice.kind === 'rehearsal' ? this.#rehearsalFile(draft) : this.#tokenFile(draft, draft.choice);
    if (!made.ok) return made;
    const { file, tokens } = made.value(input);
    await writeVaultFile(this.#vaultFile, file);
    const opened = await this.#openLedger(file);
    if (!opened.ok) return opened;
    const created = await createVault(
      opened.value.vault,
      {
        vaultId: draft.vaultId,
        origin: file.origin,
        vaultName: draft.vaultName,
        environment: file.environment,
        people: draft.people,
        required: draft.required,
        software: this.#software(),
        tokens,
      },
      {
        crypto: this.ports.crypto,
        session: opened.value.session,
        progress: (done, total, detail) => this.#working({ title: 'Making the vault', done, total, detail }),
      },
    );
    this.#work = null;
    if (!created.ok) {
      await opened.value.vault.close();
      draft.unfinished = true;
      this.#changed();
      return created;
    }
    await writeAtomically(diskFiles, this.ports.folder.genesis, created.value.genesisBytes);
    const written = await opened.value.index.write(() => this.ports.crash('snapshot-before-rename'));
    if (!written.ok) return written;
    this.#open = opened.value;
    await this.#printGenesis();
    this.#changed();
    return ok({ app: this.snapshot(), pins: created.value.pins });
  }

  #origin(draft: SetupDraft): string {
    return `conclave.example/vault/${draft.vaultId}`;
  }

  #rehearsalFile(draft: SetupDraft) {
    const prepared = prepareRehearsal(this.ports.folder.softhsm);
    if (!prepared.ok) return prepared;
    const { library, env } = prepared.value;
    const file: VaultFile = {
      v: 1,
      environment: 'rehearsal',
      origin: this.#origin(draft),
      library,
      ...(env?.SOFTHSM2_CONF === undefined ? {} : { softhsmConf: env.SOFTHSM2_CONF }),
    };
    return ok((_: Input<'setup.seal'>) => ({ file, tokens: { kind: 'new' } as const }));
  }

  #tokenFile(draft: SetupDraft, choice: Extract<NonNullable<SetupDraft['choice']>, { kind: 'token' }>) {
    const module = draft.moduleAt(choice.library);
    if (!module) return refuse('SETUP-2');
    const environment =
      module.software || !this.ports.software.mayArm ? ('rehearsal' as const) : ('production' as const);
    const file: VaultFile = { v: 1, environment, origin: this.#origin(draft), library: choice.library };
    return ok(({ userPin, rootUserPin }: Input<'setup.seal'>) => ({
      file,
      tokens: {
        kind: 'existing' as const,
        vault: { label: choice.label, serial: choice.serial },
        root: choice.root,
        userPin: userPin ?? new Uint8Array(),
        rootUserPin: rootUserPin ?? new Uint8Array(),
      },
    }));
  }

  /** Sets an unfinished set-up aside, with everything in it. Nothing is deleted. */
  async #discard(): Promise<Result<AppView>> {
    if (this.#open || !this.#draft.unfinished) return refuse('SETUP-4');
    const stamp = this.ports.clock.now().wall.replace(/[:.]/g, '-');
    const { root, vault, softhsm } = this.ports.folder;
    try {
      await rename(vault, join(root, `unfinished-vault-${stamp}`));
      await rename(softhsm, join(root, `unfinished-softhsm-${stamp}`));
      for (const folder of [vault, softhsm, this.ports.folder.ledger]) await diskFiles.makeFolder(folder);
    } catch {
      return fail({
        code: 'io',
        message: 'The unfinished set-up cannot be set aside.',
        hint: 'Check the permissions of the data folder.',
      });
    }
    this.#draft = this.#newDraft();
    this.#changed();
    return ok(this.snapshot());
  }

  async #printGenesis(): Promise<Result<{ path: string }>> {
    const open = this.#needVault();
    if (!open.ok) return open;
    const { genesis } = open.value.vault.state;
    const bytes = await open.value.vault.journal.getBlob(genesis?.genesis ?? '');
    if (!bytes.ok) return bytes;
    const sheet = readGenesis(this.ports.crypto, bytes.value);
    if (!sheet.ok) return sheet;
    return this.#print('genesis-sheet.pdf', genesisSheet(sheet.value.genesis, sheet.value.sha256));
  }

  async #print(name: string, html: string): Promise<Result<{ path: string }>> {
    const pdf = await this.ports.printToPdf(html);
    if (!pdf.ok) return pdf;
    const written = await writeNewFile(this.ports.folder.exports, name, pdf.value);
    return written.ok ? ok({ path: written.value }) : written;
  }

  async #verify(path: string): Promise<Result<EvidenceReportView>> {
    const open = this.#needVault();
    if (!open.ok) return open;
    const { vault } = open.value;
    const genesis = await readFile(this.ports.folder.genesis).catch(() => null);
    if (!genesis)
      return fail({ code: 'io', message: 'genesis.json cannot be read.', hint: 'Start the application again.' });
    return verifyFile(this.ports.crypto, vault, path, {
      genesis: new Uint8Array(genesis),
      expect: vault.state.environment,
      now: this.ports.clock.now().wall,
    });
  }

  #handlers(): Handlers {
    const engine = (run: (open: OpenVault) => Promise<Result<unknown>>) => this.#after(run);
    const inVault = async <T>(run: (open: OpenVault) => T | Promise<T>): Promise<Result<Awaited<T>>> => {
      const open = this.#needVault();
      return open.ok ? ok(await run(open.value)) : open;
    };
    const { ports } = this;
    return {
      'app.snapshot': async () => ok(this.snapshot()),
      'notice.dismiss': async ({ id }) => {
        this.#notices = this.#notices.filter((notice) => notice.id !== id);
        this.#changed();
        return ok(this.snapshot());
      },

      'setup.inspectModule': async ({ library }) => ok(await this.#inspect(library)),
      'setup.browseModule': async () => {
        const path = await ports.chooseFile('Choose a PKCS#11 module', ['so', 'dylib', 'dll']);
        return ok(path === null ? null : await this.#inspect(path));
      },
      'setup.chooseRehearsal': () => this.#setup((draft) => ok((draft.choice = { kind: 'rehearsal' }))),
      'setup.chooseToken': ({ library, token, root }) =>
        this.#setup((draft) => {
          if (token.serial === root.serial) return refuse('SETUP-3');
          return ok((draft.choice = { kind: 'token', library, ...token, root }));
        }),
      'setup.enrol': async (input) => {
        if (this.#open) return refuse('SETUP-4');
        this.#working({ title: `Making the key of ${input.name}`, done: 0, total: 0, detail: '' });
        const done = await this.#draft.enrol(input);
        this.#working(null);
        return done.ok ? ok(this.snapshot()) : done;
      },
      'setup.removePerson': ({ person }) => this.#setup((draft) => ok(draft.remove(person))),
      'setup.setLedger': ({ vaultName, required }) =>
        this.#setup((draft) => ok(Object.assign(draft, { vaultName, required }))),
      'setup.goTo': ({ step }) => this.#setup((draft) => ok((draft.step = step))),
      'setup.discardUnfinished': () => this.#discard(),
      'setup.seal': (input) => this.#seal(input),

      'plan.freeze': (input) => engine(({ engine: run }) => run.freeze(input)),
      'ceremony.confirm': (input) => engine(({ engine: run }) => run.confirm(input)),
      'ceremony.challenge': async (input) => {
        const open = this.#needVault();
        return open.ok ? open.value.engine.desk.challenge(input) : open;
      },
      'ceremony.approve': (input) => engine(({ engine: run }) => run.approve(input)),
      'ceremony.decline': (input) => engine(({ engine: run }) => run.decline(input)),
      'ceremony.login': (input) => engine(({ engine: run }) => run.login(input)),
      'ceremony.recover': (input) => engine(({ engine: run }) => run.recover(input)),
      'ceremony.act': (input) => engine(({ engine: run }) => run.act(input)),
      'ceremony.logout': (input) => engine(({ engine: run }) => run.logout(input)),
      'ceremony.export': (input) =>
        engine(async ({ engine: run }) => {
          const done = await run.export(input);
          if (done.ok) this.#bundles.set(done.value.sha256, done.value.path);
          return done;
        }),
      'ceremony.recordException': (input) => engine(({ engine: run }) => run.recordException(input)),
      'ceremony.stop': (input) => engine(({ engine: run }) => run.stop(input)),
      'hsm.abort': async () => {
        this.#open?.session.abort();
        return ok(this.snapshot());
      },

      'ledger.page': ({ before, limit, ceremony, type, person, text }) =>
        inVault(({ vault, index }) => {
          const page = index.page({ before, limit, ceremony, type, person, text });
          const entries = page.seqs.flatMap((seq) => vault.journal.entries(seq, seq + 1));
          return { entries: entries.map((line) => entryView(ports.crypto, vault, line)), total: page.total };
        }),
      'ledger.verify': async () => {
        const open = this.#needVault();
        if (!open.ok) return open;
        const { journal } = ledgerLayout(ports.folder.ledger);
        const read = async () => new Uint8Array(await readFile(journal));
        return ledgerReport(ports.crypto, open.value.vault, read, ports.clock.now().wall);
      },
      'ledger.proof': async ({ seq }) => {
        const open = this.#needVault();
        return open.ok ? proofView(ports.crypto, open.value.vault, seq) : open;
      },

      'evidence.list': () => inVault(({ vault }) => listBundles(ports.crypto, vault, ports.folder.exports)),
      'evidence.verify': ({ name }) => this.#verify(join(ports.folder.exports, name)),
      'evidence.browse': async () => {
        const path = await ports.chooseFile('Choose an attestation bundle', ['zip']);
        return path === null ? ok(null) : this.#verify(path);
      },

      'print.genesis': () => this.#printGenesis(),
      'print.plan': async () => {
        const open = this.#needVault();
        if (!open.ok) return open;
        const ceremony = open.value.vault.state.open;
        if (!ceremony) return refuse('STEP-5');
        return this.#print(`plan-${ceremony.id}.pdf`, planSheet(ceremony.plan, ceremony.planSha256));
      },
    };
  }
}

export const startApplication: StartApplication = async (ports) => {
  const application = new ConclaveApplication(ports);
  await application.begin();
  return application;
};
