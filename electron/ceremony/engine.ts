/**
 * Runs ceremonies. Every command goes the same way: ask `decide`; append what it says, or record the refusal; where the
 * step acts on the token, run the act only after its intent is on disk, and append what came of it.
 */
import { decide, type Command } from '../../core/ceremony/decide.ts';
import { currentStep, type VaultState } from '../../core/ceremony/state.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import { planBytes, scriptSha256 } from '../../core/plan/freeze.ts';
import type { Plan, Script } from '../../core/plan/plan.ts';
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import type { Input } from '../../contract/schema.ts';
import { mistyped } from './hsm-session.ts';
import { AgreementDesk } from './agreement-desk.ts';
import { ApprovalDesk } from './approval-desk.ts';
import { CosignDesk } from './cosign-desk.ts';
import { exportBundle, type Exported } from './export.ts';
import { Acts } from './run-act.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { PlanOptionsView } from '../../contract/views.ts';
import { planOptions } from './plan-options.ts';
import { lookForToken } from './look-for-token.ts';
import { agreementScript, changeScript, newKeyScript, newPlan } from './new-plan.ts';
import { Sealer } from './seal-head.ts';
import { TokenSession } from './token-session.ts';
import { workstation, type ActFacts, type Vault } from './vault.ts';

const WAY_OUT = 'If the token is gone for good, the ceremony can be stopped; the outcome is then recorded as unknown.';

export class Engine {
  readonly desk: ApprovalDesk;
  /** Inventories of the token, and what it enforces. */
  readonly agreement: AgreementDesk;
  readonly #cosigning: CosignDesk;
  readonly #acts: Acts;
  readonly #sealer: Sealer;
  readonly token: TokenSession;
  /** Resolves when nobody looks for the token any more. */
  looked: Promise<void> = Promise.resolve();
  #busy = false;
  /** What is written between two commands, and the writing of it. */
  #between: (() => Promise<void>)[] = [];
  #writing: Promise<void> = Promise.resolve();
  /** Why the last attempt to ask the token about open intents failed; null where none did, or one succeeded since. */
  #unreachable: Failure | null = null;

  constructor(
    private readonly vault: Vault,
    private readonly ports: EnginePorts,
  ) {
    this.desk = new ApprovalDesk(vault, ports);
    this.#cosigning = new CosignDesk(vault, ports);
    this.#sealer = new Sealer(vault, ports);
    this.token = new TokenSession(vault, ports, this.#sealer);
    this.#acts = new Acts(
      vault,
      ports,
      () => this.#sealer.seal(),
      () => this.agreement.now(),
    );
    this.agreement = new AgreementDesk(vault, this.#acts, {
      crypto: ports.crypto,
      session: ports.session,
      between: (work) => {
        this.#between.push(work);
        if (!this.#busy) this.#writing = this.#writing.then(() => this.#write());
      },
      changed: ports.changed,
    });
  }

  get state(): VaultState {
    return this.vault.state;
  }

  /** One command at a time. A second one is told so instead of waiting behind a key generation. */
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
      await this.looked;
      await this.#writing;
      const before = await this.token.noteLoss();
      if (!before.ok) return before;
      const done = await work();
      const after = await this.token.noteLoss();
      return after.ok ? done : after;
    } finally {
      this.#busy = false;
      this.#writing = this.#write();
      this.ports.working(null);
    }
  }

  async #write(): Promise<void> {
    for (let work = this.#between.shift(); work; work = this.#between.shift()) await work();
  }

  /** As `#alone`, and whatever comes of it, nobody needs the secret afterwards. */
  async #aloneWith<T>(secret: Uint8Array, work: () => Promise<Result<T>>): Promise<Result<T>> {
    try {
      return await this.#alone(work);
    } finally {
      secret.fill(0);
    }
  }

  #withKeyFile<T>(passphrase: Uint8Array, work: () => Promise<Result<T>>): Promise<Result<T>> {
    return this.#aloneWith(passphrase, () => {
      if (passphrase.length > 0) this.ports.working('Opening the key file');
      return work();
    });
  }

  /** Asks for a decision; a refusal is in the ledger before it is on the screen. */
  async #decide(command: Command, name: string, known: ActFacts = {}): Promise<Result<NewEntry[]>> {
    const facts = this.vault.facts(await this.ports.interfacesUp(), known);
    const decision = decide(this.state, command, facts);
    if (!decision.ok) {
      const step = 'step' in command ? command.step : undefined;
      await this.vault.refused(decision.error, name, { step });
    }
    return decision;
  }

  async #apply(command: Command, name: string): Promise<Result<null>> {
    const decision = await this.#decide(command, name);
    if (!decision.ok) return decision;
    if (decision.value.length === 0) return ok(null);
    const appended = await this.vault.append(decision.value);
    return appended.ok ? ok(null) : appended;
  }

  /** Records that an outside clock was read. */
  readClock(input: Input<'clock.read'>): Promise<Result<null>> {
    return this.#alone(() => this.#apply({ kind: 'clock.read', ...input }, 'clock.read'));
  }

  /** Cosignatures and receipts. A passphrase is zeroed whatever comes of it. */
  cosigning<T>(
    work: (desk: CosignDesk) => Promise<Result<T>>,
    passphrase: Uint8Array = new Uint8Array(0),
  ): Promise<Result<T>> {
    return this.#withKeyFile(passphrase, () => work(this.#cosigning));
  }

  /** Freezes the plan of a new key and so opens its ceremony. */
  freeze(input: Input<'plan.freeze'>): Promise<Result<null>> {
    return this.#alone(() => {
      const script = newKeyScript(this.ports.crypto, this.state, input);
      return script.ok ? this.#freeze(script.value, 'plan.freeze') : Promise.resolve(script);
    });
  }

  /** What can be made here, by the token's own list of mechanisms, the policy and the profile. */
  planOptions(): Promise<Result<PlanOptionsView>> {
    return this.#alone(async () => ok(await planOptions(this.vault, this.ports.session)));
  }

  /** Freezes the plan to change the state of a key that exists. */
  freezeChange(input: Input<'plan.change'>): Promise<Result<null>> {
    return this.#alone(() => {
      const change = changeScript(this.ports.crypto, this.state, input);
      if (!change.ok) return Promise.resolve(change);
      const { script, subject } = change.value;
      return this.#freeze(script, 'plan.change', subject);
    });
  }

  /** Freezes the plan to resolve findings of the last inventory. */
  freezeAgreement(input: Input<'plan.agree'>): Promise<Result<null>> {
    return this.#alone(() => {
      const script = agreementScript(this.ports.crypto, this.state, input);
      return script.ok ? this.#freeze(script.value, 'plan.agree') : Promise.resolve(script);
    });
  }

  async #freeze(script: Script, name: string, subject?: Plan['subject']): Promise<Result<null>> {
    const { crypto } = this.ports;
    const plan = newPlan(crypto, this.state, script, this.vault.facts([]).now, subject);
    if (!plan.ok) return plan;
    const { bytes, sha256 } = planBytes(crypto, plan.value);
    const decision = await this.#decide(
      { kind: 'plan.freeze', plan: plan.value, planSha256: sha256, scriptSha256: scriptSha256(crypto, script) },
      name,
    );
    if (!decision.ok) return decision;
    const kept = await this.vault.journal.putBlob(bytes);
    if (!kept.ok) return kept;
    const appended = await this.vault.append(decision.value);
    return appended.ok ? ok(null) : appended;
  }

  confirm(input: Input<'ceremony.confirm'>): Promise<Result<null>> {
    return this.#alone(() => this.#apply({ kind: 'ceremony.confirm', ...input }, 'ceremony.confirm'));
  }

  recordException(input: Input<'ceremony.recordException'>): Promise<Result<null>> {
    return this.#alone(() => this.#apply({ kind: 'ceremony.recordException', ...input }, 'ceremony.recordException'));
  }

  approve(input: Input<'ceremony.approve'>): Promise<Result<null>> {
    return this.#withKeyFile(input.passphrase, () => this.desk.approve(input));
  }

  decline(input: Input<'ceremony.decline'>): Promise<Result<null>> {
    return this.#withKeyFile(input.passphrase, () => this.desk.decline(input));
  }

  /** Takes an approval envelope that was made elsewhere, or is put forward again. */
  submit(envelope: Uint8Array): Promise<Result<null>> {
    return this.#alone(() => this.desk.submit(envelope));
  }

  login(input: Input<'ceremony.login'>): Promise<Result<null>> {
    return this.#aloneWith(input.pin, async () => {
      const decision = await this.#decide({ kind: 'ceremony.login', step: input.step }, 'ceremony.login');
      const logged = decision.ok ? await this.token.login(input.pin) : decision;
      return logged.ok ? this.#lookedAround() : logged;
    });
  }

  /**
   * Finds out whether the token is connected, where only a login would show more. Commands wait for it; the start does
   * not, so that a library that hangs keeps nobody from reading the ledger.
   */
  lookForToken(): void {
    if (this.vault.standing.state === 'not-checked') this.looked = lookForToken(this.vault, this.ports.session);
  }

  /** Runs the act of the current step. */
  act(input: Input<'ceremony.act'>): Promise<Result<null>> {
    return this.#alone(async () => {
      const labelInUse = await this.#acts.labelInUse();
      if (!labelInUse.ok) return labelInUse;
      const genuine = await this.vault.genuineApprovals();
      const known = { labelInUse: labelInUse.value, genuine };
      const decision = await this.#decide({ kind: 'ceremony.act', ...input }, 'ceremony.act', known);
      if (!decision.ok) return decision;
      this.ports.working(currentStep(this.state.open!)!.title);
      return this.#acts.run(decision.value[0]!);
    });
  }

  /** After a crash or a lost host: logs in and asks the token what the open intents left behind. */
  recover(input: Input<'ceremony.recover'>): Promise<Result<null>> {
    return this.#aloneWith(input.pin, async () => {
      if (this.state.intents.size === 0) {
        return fail({ code: 'not-found', message: 'No act is waiting for its outcome.' });
      }
      const done = await this.#recover(input.pin);
      if (!done.ok && done.error.code === 'ledger') return done;
      this.#unreachable = done.ok || mistyped(done.error) ? null : done.error;
      return done.ok || this.#unreachable === null || this.state.intents.size === 0
        ? done
        : fail({ ...done.error, hint: `${done.error.hint ?? 'Connect the token and try again.'} ${WAY_OUT}` });
    });
  }

  async #recover(pin: Uint8Array): Promise<Result<null>> {
    if (this.ports.session.state !== 'logged-in') {
      const logged = await this.token.login(pin);
      if (!logged.ok) return logged;
    }
    this.ports.working('Asking the token what it holds');
    const recovered = await this.#acts.recoverAll();
    return recovered.ok ? this.#lookedAround() : recovered;
  }

  async #lookedAround(): Promise<Result<null>> {
    const looked = await this.agreement.afterLogin();
    return looked.ok ? this.#sealer.seal() : looked;
  }

  /** An inventory that somebody asked for; logs in for it where nobody is. The PIN is zeroed. */
  takeInventory(input: Input<'inventory.take'>): Promise<Result<null>> {
    return this.#asked(input.pin, 'inventory.take', () => this.agreement.take('asked'));
  }

  /** What the token enforces, tried again on a throw-away key. */
  probeKey(input: Input<'inventory.probe'>): Promise<Result<null>> {
    return this.#asked(input.pin, 'inventory.probe', () => this.#acts.probeKey());
  }

  #asked(
    pin: Uint8Array | undefined,
    name: 'inventory.take' | 'inventory.probe',
    work: () => Promise<Result<null>>,
  ): Promise<Result<null>> {
    return this.#aloneWith(pin ?? new Uint8Array(0), async () => {
      const decision = await this.#decide({ kind: name }, name);
      if (!decision.ok) return decision;
      const inside = this.ports.session.state === 'logged-in';
      const logged = inside ? ok(null) : await this.token.login(pin ?? new Uint8Array(0));
      if (!logged.ok) return logged;
      this.ports.working('Asking the token what it holds');
      const done = await work();
      if (inside) return done;
      const sealed = await this.#sealer.seal();
      await this.ports.session.close();
      if (!this.state.session.vault) return done;
      const closed = await this.token.closed('logout', null);
      return closed.ok && done.ok ? sealed : done.ok ? closed : done;
    });
  }

  /** Work that is no step of a ceremony, with the token logged in to. `leaving`: the entries of the session's end. */
  withToken<T>(
    pin: Uint8Array,
    may: (state: VaultState) => Result<unknown>,
    work: (session: { seal: () => Promise<Result<null>>; leaving: () => NewEntry[] }) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    return this.#aloneWith(pin, async () => {
      const allowed = may(this.state);
      if (!allowed.ok) {
        await this.vault.refused(allowed.error, 'continuity');
        return allowed;
      }
      const logged = await this.token.login(pin);
      if (!logged.ok) return logged;
      const left = workstation({ type: 'session.closed', data: { reason: 'logout' } });
      const done = await work({ seal: () => this.#sealer.seal(), leaving: () => [...this.token.calls(), left] });
      await this.ports.session.close();
      if (!this.state.session.vault) return done;
      const closed = await this.token.closed('logout', null);
      return closed.ok ? done : closed;
    });
  }

  logout(input: Input<'ceremony.logout'>): Promise<Result<null>> {
    return this.#alone(async () => {
      const decision = await this.#decide({ kind: 'ceremony.logout', step: input.step }, 'ceremony.logout');
      if (!decision.ok) return decision;
      const ceremony = this.state.open!;
      const last = ceremony.plan.script.steps.at(-1)!.id === input.step;
      if (this.ports.session.state === 'logged-in') {
        const looked = last ? await this.agreement.atEnd() : ok(null);
        if (!looked.ok) return looked;
        // Everything up to here is sealed while the log key can still be used.
        const sealed = await this.#sealer.seal();
        if (!sealed.ok) return sealed;
      }
      await this.agreement.settle();
      await this.ports.session.close();
      const closed = await this.token.closed('logout', ceremony);
      if (!closed.ok || !last) return closed;
      const ended = await this.token.byAdministrator(
        { type: 'ceremony.closed', data: { outcome: 'completed' } },
        ceremony,
      );
      if (!ended.ok) return ended;
      const written = await this.ports.snapshot();
      return written.ok ? ok(null) : written;
    });
  }

  export(input: Input<'ceremony.export'>): Promise<Result<Exported>> {
    return this.#alone(async () => {
      const decision = await this.#decide({ kind: 'ceremony.export', step: input.step }, 'ceremony.export');
      if (!decision.ok) return decision;
      this.ports.working('Signing and writing the bundle');
      // So that the minutes in the bundle have the calls up to here.
      const compared = await this.vault.append(this.token.calls());
      if (!compared.ok) return compared;
      return exportBundle(this.vault, this.state.open!, this.ports, () => this.#sealer.seal());
    });
  }

  stop(input: Input<'ceremony.stop'>): Promise<Result<null>> {
    return this.#alone(async () => {
      // The way out where the token is gone for ever. Without a failed attempt to ask it, STEP-4 stands.
      if (this.state.open && this.#unreachable && this.state.intents.size > 0) {
        const given = await this.#acts.giveUp(this.#unreachable);
        if (!given.ok) return given;
        this.#unreachable = null;
      }
      const decision = await this.#decide({ kind: 'ceremony.stop', reason: input.reason }, 'ceremony.stop');
      if (!decision.ok) return decision;
      if (this.ports.session.state === 'logged-in') {
        const looked = this.state.open ? await this.agreement.atEnd() : ok(null);
        if (!looked.ok) return looked;
        await this.#sealer.seal();
      }
      await this.ports.session.close();
      if (this.state.session.vault) {
        const closed = await this.token.closed('stopped', this.state.open);
        if (!closed.ok) return closed;
      }
      const appended = await this.vault.append(decision.value);
      if (!appended.ok) return appended;
      const written = await this.ports.snapshot();
      return written.ok ? ok(null) : written;
    });
  }

  /** Called when the HSM host ended unasked. A command under way records the loss at its own end. */
  async hostLost(): Promise<void> {
    if (!this.#busy) await this.#alone(() => Promise.resolve(ok(null)));
  }
}
