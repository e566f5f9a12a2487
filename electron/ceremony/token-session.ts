/** The login to the vault's token and the end of it, each with its entries. */
import { administratorOf } from '../../core/ceremony/decide.ts';
import type { CeremonyState } from '../../core/ceremony/state.ts';
import type { Event, EventOf, NewEntry } from '../../core/ledger/event.ts';
import { ok, type Result } from '../../core/result.ts';
import type { TokenRef } from '../hsm/port.ts';
import { changedModule } from './changed-module.ts';
import type { EnginePorts } from './engine-ports.ts';
import { anchorData, type Sealer } from './seal-head.ts';
import { workstation, type Vault } from './vault.ts';

export class TokenSession {
  constructor(
    private readonly vault: Vault,
    private readonly ports: Pick<EnginePorts, 'session' | 'working' | 'crash'>,
    private readonly sealer: Sealer,
  ) {}

  get #token(): TokenRef {
    const { label, serial } = this.vault.state.hsm!;
    return { label, serial };
  }

  /** A session that ended unasked is in the ledger before anything else is decided. */
  async noteLoss(): Promise<Result<null>> {
    const { session } = this.ports;
    if (!this.vault.state.session.vault || session.state === 'logged-in') return ok(null);
    const ceremony = this.vault.state.open?.id ?? null;
    const during = [...this.vault.state.intents.keys()].at(-1) ?? null;
    const lost = session.state === 'lost';
    // A token that forgot its login leaves a host that still holds the PIN.
    if (!lost) await session.close();
    const noted = await this.vault.append([
      ...(lost ? [workstation({ type: 'hsm.lost', data: { during } }, ceremony)] : []),
      ...this.calls(),
      workstation({ type: 'session.closed', data: { reason: 'host-lost' } }, ceremony),
    ]);
    return noted.ok ? ok(null) : noted;
  }

  async login(pin: Uint8Array): Promise<Result<null>> {
    this.ports.working('Logging in to the token');
    const ceremony = this.vault.state.open;
    const other = await changedModule(this.vault, this.ports.session);
    if (!other.ok) return other;
    const logged = await this.ports.session.login(this.#token, pin);
    if (!logged.ok) {
      const { call = 'C_Login', rv = '' } = logged.error;
      if (logged.error.code === 'not-found') this.vault.noteTokenAbsent();
      await this.byAdministrator({ type: 'session.refused', data: { token: 'vault', error: { call, rv } } }, ceremony);
      return logged;
    }
    const checked = await this.sealer.check('login');
    if (!checked.ok) {
      // Nothing is added to a ledger that the token does not know.
      await this.ports.session.close();
      return checked;
    }
    this.ports.crash('login-after-check');
    const module = other.value === null ? {} : { module: other.value };
    const data = { token: 'vault', mode: 'operator-pin', ...module, ...anchorData(checked.value) } as const;
    const opened = await this.byAdministrator({ type: 'session.opened', data }, ceremony);
    if (!opened.ok) return opened;
    const sealed = await this.sealer.seal();
    if (sealed.ok) return sealed;
    // While anyone is logged in, whatever was written before the login has its head.
    await this.ports.session.close();
    const closed = await this.closed('not-sealed', ceremony);
    return closed.ok ? sealed : closed;
  }

  /** Compares the ledger with the head on the token before anyone logs in, where the token shows it to everyone. */
  async checkAtStart(): Promise<Result<null>> {
    if (this.vault.state.anchor !== 'public') return ok(null);
    const checked = await this.sealer.check('start');
    await this.ports.session.close();
    return checked.ok ? ok(null) : checked;
  }

  async byAdministrator(event: Event, ceremony: CeremonyState | null): Promise<Result<null>> {
    const appended = await this.vault.append([
      ceremony
        ? { event, ceremony: ceremony.id, actor: { role: 'administrator', person: administratorOf(ceremony) } }
        : workstation(event),
    ]);
    return appended.ok ? ok(null) : appended;
  }

  /** The calls of the session so far, compared with the entries. */
  calls(): NewEntry[] {
    return this.vault.compareCalls(this.ports.session.takeCalls());
  }

  /** The end of a session that people or this software ended, with what was called in it. */
  async closed(
    reason: EventOf<'session.closed'>['data']['reason'],
    ceremony: CeremonyState | null,
  ): Promise<Result<null>> {
    const compared = this.calls();
    const counted = compared.length === 0 ? ok(null) : await this.vault.append(compared);
    return counted.ok ? this.byAdministrator({ type: 'session.closed', data: { reason } }, ceremony) : counted;
  }
}
