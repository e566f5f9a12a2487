/** The first run: looking at modules, choosing, enrolling, and the seal that makes the vault. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';
import type { Input } from '../../contract/schema.ts';
import type { AppView, ModuleView, RehearsalPinsOnce, SetupView } from '../../contract/views.ts';
import type { ApplicationPorts } from '../application-ports.ts';
import { HsmSession } from '../ceremony/hsm-session.ts';
import type { OpenVault } from '../open-vault.ts';
import { prepareRehearsal } from '../hsm/rehearsal.ts';
import { diskFiles, writeAtomically } from '../ledger/files.ts';
import { createVault, type CreateVault } from './create-vault.ts';
import { SetupDraft } from './draft.ts';
import { Predecessor } from './predecessor.ts';
import { inspectModule } from './inspect.ts';
import { writeVaultFile, type VaultFile } from './vault-file.ts';

export interface SetUpPorts {
  readonly application: ApplicationPorts;
  readonly vaultFile: string;
  readonly openLedger: (file: VaultFile) => Promise<Result<OpenVault>>;
  readonly working: (work: AppView['work']) => void;
  readonly changed: () => void;
}

type Seal = (input: Input<'setup.seal'>) => { readonly file: VaultFile; readonly tokens: CreateVault['tokens'] };

export class SetUp {
  #draft: SetupDraft;
  #busy = false;

  constructor(private readonly ports: SetUpPorts) {
    this.#draft = this.#newDraft();
  }

  #newDraft(): SetupDraft {
    const { crypto, credentials, folder, clock } = this.ports.application;
    return new SetupDraft({ crypto, credentials, mediaRoot: folder.media, now: () => clock.now().wall });
  }

  get view(): SetupView {
    return this.#draft.view;
  }

  /** An earlier set-up that never reached its seal was found on disk. It is never continued. */
  foundUnfinished(): void {
    this.#draft.unfinished = true;
  }

  async inspect(library: string): Promise<ModuleView> {
    const view = await inspectModule(this.ports.application.startHsm, { library });
    this.#draft.looked(view);
    this.ports.changed();
    return view;
  }

  change(change: (draft: SetupDraft) => Result<unknown>): Result<unknown> {
    const done = change(this.#draft);
    this.ports.changed();
    return done;
  }

  /** One enrolment or seal at a time: two at once would give two people one place, or one folder two vaults. */
  async #alone<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
    if (this.#busy) {
      return fail({
        code: 'busy',
        message: 'The workstation is doing something else.',
        hint: 'Wait until it is done.',
      });
    }
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
      this.ports.working(null);
    }
  }

  enrol(input: Input<'setup.enrol'>): Promise<Result<null>> {
    return this.#alone(() => {
      this.ports.working({ title: `Making the key of ${input.name}`, done: 0, total: 0, detail: '' });
      return this.#draft.enrol(input);
    });
  }

  /** Reads the copy of a ledger that the new one is to go on from. */
  succeed(input: Input<'continuity.succeed'>): Promise<Result<null>> {
    return this.#alone(async () => {
      const { crypto, credentials, folder, clock } = this.ports.application;
      this.ports.working({ title: 'Reading the copy from the first byte to the last', done: 0, total: 0, detail: '' });
      const ports = { crypto, credentials, mediaRoot: folder.media, now: () => clock.now().wall };
      const read = await Predecessor.read(input, this.#draft.vaultId, ports);
      return read.ok ? this.#draft.succeeds(read.value, read.value.vaultId) : read;
    });
  }

  approveSuccession(input: Input<'continuity.approve'>): Promise<Result<null>> {
    return this.#alone(() => {
      const { predecessor } = this.#draft;
      this.ports.working({ title: 'Opening the key file', done: 0, total: 0, detail: '' });
      return predecessor ? predecessor.approve(input) : Promise.resolve(refuse('CONTINUITY-11', 'None was read.'));
    });
  }

  /** Makes the vault. What fails after this began leaves an unfinished set-up, which is set aside and begun anew. */
  seal(input: Input<'setup.seal'>): Promise<Result<{ open: OpenVault; pins: RehearsalPinsOnce | null }>> {
    return this.#alone(() => this.#seal(input));
  }

  async #seal(input: Input<'setup.seal'>): Promise<Result<{ open: OpenVault; pins: RehearsalPinsOnce | null }>> {
    const draft = this.#draft;
    if (draft.unfinished || !draft.complete || !draft.choice) return refuse('SETUP-2');
    const continues = draft.predecessor ? await draft.predecessor.beginning() : ok(undefined);
    if (!continues.ok) return continues;
    // Before anything is written: a missing PIN would cost a try on the token.
    if (draft.choice.kind === 'token' && !(input.userPin && input.rootUserPin)) {
      return refuse('SETUP-2', 'The user PINs of both tokens are needed.');
    }
    const prepared = draft.choice.kind === 'rehearsal' ? this.#rehearsal() : this.#existing(draft.choice);
    if (!prepared.ok) return prepared;
    const { file, tokens } = prepared.value(input);
    const usable = await this.#tryPins(file, tokens);
    if (!usable.ok) return usable;
    await writeVaultFile(this.ports.vaultFile, file);
    const open = await this.ports.openLedger(file);
    if (!open.ok) return this.#failed(open.error);
    const created = await this.#create(open.value, tokens, continues.value);
    if (!created.ok) {
      await open.value.vault.close();
      return this.#failed(created.error);
    }
    await writeAtomically(diskFiles, this.ports.application.folder.genesis, created.value.genesisBytes);
    return ok({ open: open.value, pins: created.value.pins });
  }

  /**
   * Logs in to tokens that exist and out again before anything is written, so that a mistyped PIN costs a try on the
   * token and not the set-up. There is no ledger yet that could record it.
   */
  async #tryPins(file: VaultFile, tokens: CreateVault['tokens']): Promise<Result<null>> {
    if (tokens.kind === 'new') return ok(null);
    this.ports.working({ title: 'Trying the PINs', done: 0, total: 0, detail: '' });
    const session = new HsmSession(this.ports.application.startHsm, file, () => undefined);
    try {
      for (const [token, pin] of [
        [tokens.vault, tokens.userPin],
        [tokens.root, tokens.rootUserPin],
      ] as const) {
        const logged = await session.login(token, pin.slice());
        if (logged.ok) continue;
        tokens.userPin.fill(0);
        tokens.rootUserPin.fill(0);
        const { message, hint } = logged.error;
        return fail({
          ...logged.error,
          message: `${message} It was the login to the token ${token.label}.`,
          hint: [hint, 'Nothing was made, and the set-up is as it was. Every wrong PIN counts on its token.']
            .filter(Boolean)
            .join(' '),
        });
      }
      return ok(null);
    } finally {
      await session.close();
    }
  }

  #failed(error: Failure): Result<never> {
    this.#draft.unfinished = true;
    this.ports.changed();
    return fail(error);
  }

  #create({ vault, session, file }: OpenVault, tokens: CreateVault['tokens'], continues: CreateVault['continues']) {
    const { vaultId, vaultName, people, required, cosign, profile, preset } = this.#draft;
    const { crypto, software } = this.ports.application;
    return createVault(
      vault,
      {
        vaultId,
        vaultName,
        people,
        required,
        cosign,
        profile,
        preset,
        tokens,
        ...(continues ? { continues } : {}),
        origin: file.origin,
        environment: file.environment,
        software: { version: software.version, manifest: software.manifest },
      },
      {
        crypto,
        session,
        crash: this.ports.application.crash,
        progress: (done, total, detail) => this.ports.working({ title: 'Making the vault', done, total, detail }),
      },
    );
  }

  #rehearsal(): Result<Seal> {
    const prepared = prepareRehearsal(this.ports.application.folder.softhsm);
    if (!prepared.ok) return prepared;
    const { library, env } = prepared.value;
    const softhsmConf = env?.SOFTHSM2_CONF;
    const file: VaultFile = {
      v: 1,
      environment: 'rehearsal',
      origin: this.#draft.origin,
      library,
      ...(softhsmConf === undefined ? {} : { softhsmConf }),
    };
    return ok(() => ({ file, tokens: { kind: 'new' } }));
  }

  /** Only a module that is not software, in a release that its user cannot change, makes a production vault. */
  #existing({
    library,
    label,
    serial,
    root,
  }: Extract<NonNullable<SetupDraft['choice']>, { kind: 'token' }>): Result<Seal> {
    const module = this.#draft.moduleAt(library);
    if (!module) return refuse('SETUP-2');
    const armed = !module.software && this.ports.application.software.mayArm;
    const file: VaultFile = {
      v: 1,
      environment: armed ? 'production' : 'rehearsal',
      origin: this.#draft.origin,
      library,
    };
    return ok(({ userPin = new Uint8Array(), rootUserPin = new Uint8Array() }) => ({
      file,
      tokens: { kind: 'existing', vault: { label, serial }, root, userPin, rootUserPin },
    }));
  }

  /** Sets an unfinished set-up aside, with everything in it. Nothing is deleted. */
  async discard(): Promise<Result<null>> {
    if (!this.#draft.unfinished) return refuse('SETUP-4');
    const { folder, clock } = this.ports.application;
    const stamp = clock.now().wall.replace(/[:.]/g, '-');
    try {
      await rename(folder.vault, join(folder.root, `unfinished-vault-${stamp}`));
      await rename(folder.softhsm, join(folder.root, `unfinished-softhsm-${stamp}`));
      for (const path of [folder.vault, folder.softhsm, folder.ledger]) await diskFiles.makeFolder(path);
    } catch {
      return fail({
        code: 'io',
        message: 'The unfinished set-up cannot be set aside.',
        hint: 'Check the permissions of the data folder.',
      });
    }
    this.#draft = this.#newDraft();
    this.ports.changed();
    return ok(null);
  }
}
