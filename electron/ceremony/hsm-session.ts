/**
 * The one session this workstation has with the vault's module. The HSM host process begins when something must be
 * asked of the token and ends at logout, because the binding keeps PINs as strings that nothing can wipe.
 */
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import type { TokenCall } from '../../core/ledger/token-call.ts';
import type { Hsm, ModuleInfo, SlotInfo, TokenRef } from '../hsm/port.ts';

export interface ModuleRef {
  /** Absolute path of the PKCS#11 library. */
  readonly library: string;
  /** Set for a rehearsal vault: its own SoftHSM configuration. */
  readonly softhsmConf?: string | undefined;
}

export class HsmSession {
  readonly #start: () => Hsm;
  #hsm: Hsm | null = null;
  #open: ModuleInfo | null = null;
  #loggedIn: TokenRef[] = [];
  #pinFlags: readonly string[] = [];
  #lost = false;
  #calls: readonly TokenCall[] | null = null;
  /** The host that a person had killed, until it is gone. */
  #killing: Hsm | null = null;

  /** @param onLost Called when the host ended other than by logout; `asked` where a person had it killed. */
  constructor(
    start: () => Hsm,
    private readonly module: ModuleRef,
    private readonly onLost: (asked: boolean) => void,
  ) {
    this.#start = start;
  }

  get state(): 'logged-out' | 'logged-in' | 'lost' {
    if (this.#lost) return 'lost';
    return this.#stillIn() ? 'logged-in' : 'logged-out';
  }

  /** A token that was taken out, or reset its sessions, ends the login without ending the host. */
  #stillIn(): boolean {
    const there = this.#hsm?.status().loggedIn ?? [];
    return (
      this.#loggedIn.length > 0 && this.#loggedIn.every(({ serial }) => there.some((one) => one.serial === serial))
    );
  }

  get pinFlags(): readonly string[] {
    return this.#pinFlags;
  }

  /** The host with the module opened in it, started where there is none. */
  async ready(): Promise<Result<Hsm>> {
    if (this.#hsm && this.#open) return ok(this.#hsm);
    const hsm = this.#hsm ?? this.#start();
    if (!this.#hsm) {
      this.#hsm = hsm;
      hsm.onLost(() => {
        if (this.#hsm !== hsm) return;
        this.#forget();
        this.#lost = true;
        const asked = this.#killing === hsm;
        this.#killing = null;
        this.onLost(asked);
      });
    }
    const opened = await hsm.open({
      library: this.module.library,
      ...(this.module.softhsmConf === undefined ? {} : { env: { SOFTHSM2_CONF: this.module.softhsmConf } }),
    });
    if (!opened.ok) {
      await this.close();
      return opened;
    }
    this.#open = opened.value;
    this.#lost = false;
    return ok(hsm);
  }

  /** What the module says of itself; it is opened for that. */
  async moduleInfo(): Promise<Result<ModuleInfo>> {
    const hsm = await this.ready();
    return hsm.ok ? ok(this.#open!) : hsm;
  }

  async slots(): Promise<Result<readonly SlotInfo[]>> {
    const hsm = await this.ready();
    return hsm.ok ? hsm.value.slots() : hsm;
  }

  /** Logs in as the user. `pin` is zeroed by the time this resolves, whatever happens. */
  async login(token: TokenRef, pin: Uint8Array): Promise<Result<null>> {
    const hsm = await this.ready();
    if (!hsm.ok) {
      pin.fill(0);
      return hsm;
    }
    const reply = await hsm.value.login({ token, pin });
    pin.fill(0);
    if (!reply.ok) {
      if (reply.error.code === 'hsm-lost') return reply;
      await this.#readPinFlags(token);
      // The host was told the PIN and keeps it as long as it lives, refused or not.
      await this.close();
      return reply;
    }
    this.#pinFlags = reply.value.flags.filter((flag) => flag.startsWith('CKF_USER_PIN'));
    this.#loggedIn = [...this.#loggedIn.filter(({ serial }) => serial !== token.serial), token];
    return ok(null);
  }

  /** After a refused PIN the token's own flags say how near it is to being locked. */
  async #readPinFlags(token: TokenRef): Promise<void> {
    const slots = await this.slots();
    const info = slots.ok ? slots.value.find((slot) => slot.token?.serial === token.serial)?.token : undefined;
    this.#pinFlags = (info?.flags ?? []).filter((flag) => flag.startsWith('CKF_USER_PIN'));
  }

  /** The host while a token is logged in; for acts. */
  use(): Result<Hsm> {
    if (this.#hsm && this.#stillIn()) return ok(this.#hsm);
    const error: Failure = {
      code: this.#lost ? 'hsm-lost' : 'hsm',
      message: this.#lost ? 'The HSM host process has ended.' : 'No token session is open.',
      hint: 'Log in to the token.',
    };
    return fail(error);
  }

  /** Logs out and ends the host. */
  async close(): Promise<void> {
    const hsm = this.#hsm;
    this.#forget();
    this.#lost = false;
    if (hsm) await hsm.end();
  }

  /** Kills a host that hangs. `onLost` is called as for any other loss. */
  abort(): void {
    this.#killing = this.#hsm;
    this.#hsm?.abort();
  }

  /**
   * Calls that changed the token or used a key since this was asked last, also of hosts that have ended. Null where no
   * host was there to keep that account.
   */
  takeCalls(): readonly TokenCall[] | null {
    this.#keepCalls();
    const calls = this.#calls;
    this.#calls = null;
    return calls;
  }

  #keepCalls(): void {
    const more = this.#hsm?.takeCalls() ?? null;
    if (more) this.#calls = [...(this.#calls ?? []), ...more];
  }

  #forget(): void {
    this.#keepCalls();
    this.#hsm = null;
    this.#open = null;
    this.#loggedIn = [];
  }
}

/** Failures of a login that say nothing about the token but that this was not its PIN. */
export const mistyped = ({ code, rv }: Failure): boolean =>
  code === 'bad-input' || ['CKR_PIN_INCORRECT', 'CKR_PIN_INVALID', 'CKR_PIN_LEN_RANGE'].includes(rv ?? '');
