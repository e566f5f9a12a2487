/**
 * The main side of the HSM port. Starts the host at the first call, sends one request at a time, and turns the host's
 * death into `hsm-lost` for everything that was pending. Never loads a native module itself.
 */

import * as v from 'valibot';

import { TOKEN_CALLS, type TokenCall } from '../../core/ledger/token-call.ts';
import { fail, type Failure, ok, type Result } from '../../core/result.ts';
import type { HostProcess, SpawnHost } from '../process/host-process.ts';
import type { Hsm, HsmStatus, Lost, ModuleInfo, TokenRef } from './port.ts';

interface Pending {
  readonly id: number;
  readonly method: string;
  readonly args: object;
  readonly settle: (result: Result<unknown>) => void;
}

/** The host runs a vendor's code, so what it says is parsed like anything else that comes from outside. */
const FailureShape = v.strictObject({
  code: v.picklist([
    'bad-input',
    'refused',
    'not-found',
    'hsm',
    'hsm-lost',
    'credential',
    'ledger',
    'evidence',
    'io',
    'busy',
    'internal',
  ]),
  message: v.string(),
  hint: v.exactOptional(v.string()),
  policy: v.exactOptional(v.string()),
  call: v.exactOptional(v.string()),
  rv: v.exactOptional(v.string()),
  library: v.exactOptional(v.string()),
  ref: v.exactOptional(v.string()),
});

const ReplyShape = v.strictObject({
  id: v.number(),
  result: v.variant('ok', [
    v.strictObject({ ok: v.literal(true), value: v.unknown() }),
    v.strictObject({ ok: v.literal(false), error: FailureShape }),
  ]),
  loggedIn: v.array(v.strictObject({ label: v.string(), serial: v.string() })),
  calls: v.array(
    v.strictObject({
      call: v.picklist(TOKEN_CALLS),
      rv: v.string(),
      user: v.exactOptional(v.picklist(['user', 'security-officer'])),
      key: v.exactOptional(v.string()),
      label: v.exactOptional(v.string()),
      session: v.exactOptional(v.boolean()),
      sha256: v.exactOptional(v.string()),
    }),
  ),
});

const ReadyShape = v.strictObject({ ready: v.literal(true) });

class HsmClient {
  readonly #spawn: SpawnHost;
  readonly #listeners = new Set<(lost: Lost) => void>();
  #host: HostProcess | null = null;
  #ready = false;
  /** Set when the current host is meant to go: by `end()` or `abort()`. */
  #leaving: 'ended' | 'aborted' | null = null;
  #gone: 'lost' | 'ended' | null = null;
  #goneReason = '';
  #exit: Promise<void> = Promise.resolve();
  #ending: Promise<Result<null>> | null = null;
  #restarting: Promise<Result<null>> | null = null;
  #nextId = 1;
  #running: Pending | null = null;
  #waiting: Pending[] = [];
  #module: ModuleInfo | undefined;
  #loggedIn: readonly TokenRef[] = [];
  #calls: TokenCall[] = [];

  constructor(spawn: SpawnHost) {
    this.#spawn = spawn;
  }

  request(method: string, args: object): Promise<Result<unknown>> {
    if (this.#gone !== null || this.#leaving !== null) {
      wipePins(args);
      return Promise.resolve(fail(this.#unavailable()));
    }
    return new Promise((settle) => {
      this.#waiting.push({ id: this.#nextId++, method, args, settle });
      if (this.#host === null) this.#start();
      else this.#pump();
    });
  }

  /** A second call joins the first: killing earlier would cut off the finalisation that is under way. */
  end(): Promise<Result<null>> {
    this.#ending ??= this.#end().finally(() => (this.#ending = null));
    return this.#ending;
  }

  async #end(): Promise<Result<null>> {
    const host = this.#host;
    if (host === null || this.#gone !== null) {
      this.#gone ??= 'ended';
      return ok(null);
    }
    const closing = this.request('end', {});
    // From here on the host's end is wanted, even if the library crashes while it closes.
    this.#leaving ??= 'ended';
    await closing;
    host.kill();
    await this.#exit;
    return ok(null);
  }

  abort(): void {
    if (this.#host === null || this.#gone !== null) return;
    this.#leaving = 'aborted';
    this.#host.kill();
  }

  /** A second call joins the first: two hosts at once would work on one token behind each other's back. */
  restart(): Promise<Result<null>> {
    this.#restarting ??= this.#restart().finally(() => (this.#restarting = null));
    return this.#restarting;
  }

  async #restart(): Promise<Result<null>> {
    if (this.#host !== null && this.#gone === null) {
      if (this.#leaving === null) {
        return fail({ code: 'busy', message: 'The HSM host is running.', hint: 'End or abort it first.' });
      }
      // Only when the old process is gone for certain can it no longer change the token.
      await this.#exit;
    }
    this.#gone = null;
    this.#leaving = null;
    this.#start();
    return ok(null);
  }

  takeCalls(): readonly TokenCall[] {
    return this.#calls.splice(0);
  }

  status(): HsmStatus {
    const state = this.#gone ?? (this.#running !== null ? 'busy' : this.#module === undefined ? 'closed' : 'open');
    return {
      state,
      waiting: this.#waiting.length,
      loggedIn: this.#loggedIn,
      ...(this.#running === null ? {} : { running: this.#running.method }),
      ...(this.#module === undefined ? {} : { module: this.#module }),
      ...(this.#host?.pid === undefined || this.#gone !== null ? {} : { pid: this.#host.pid }),
    };
  }

  onLost(listener: (lost: Lost) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #start(): void {
    this.#ready = false;
    this.#host = null;
    let host: HostProcess;
    try {
      host = this.#spawn();
    } catch {
      this.#ended('it could not be started');
      return;
    }
    this.#host = host;
    this.#exit = new Promise((resolve) => {
      host.onExit((reason) => {
        // First, so that a listener that throws cannot keep a restart waiting for ever.
        resolve();
        if (this.#host === host) this.#ended(reason);
      });
    });
    host.onMessage((message) => {
      if (this.#host === host && this.#gone === null) this.#receive(message);
    });
  }

  #pump(): void {
    if (!this.#ready || this.#running !== null || this.#host === null) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#running = next;
    const { id, method, args } = next;
    try {
      this.#host.postMessage({ id, method, args });
    } catch {
      // Something that cannot be cloned, such as a function: the host never saw it.
      this.#finish(fail({ code: 'bad-input', message: 'The request cannot be sent to the HSM host.' }));
    } finally {
      wipePins(args);
    }
  }

  #receive(message: unknown): void {
    if (!this.#ready) {
      if (v.is(ReadyShape, message)) {
        this.#ready = true;
        this.#pump();
        return;
      }
    } else {
      const reply = v.safeParse(ReplyShape, message);
      if (reply.success && reply.output.id === this.#running?.id) {
        const { result, loggedIn, calls } = reply.output;
        this.#calls.push(...calls);
        this.#loggedIn = loggedIn;
        if (this.#running.method === 'open' && result.ok) this.#module = result.value as ModuleInfo;
        this.#finish(result);
        return;
      }
    }
    // A host that speaks out of turn can no longer be believed about anything.
    this.#goneReason = 'it broke the protocol';
    this.abort();
  }

  #finish(result: Result<unknown>): void {
    const done = this.#running;
    this.#running = null;
    done?.settle(result);
    this.#pump();
  }

  #ended(reason: string): void {
    const running = this.#running;
    const waiting = this.#waiting;
    const wanted = this.#leaving;
    this.#gone = wanted === 'ended' ? 'ended' : 'lost';
    this.#goneReason = this.#goneReason || (wanted === 'aborted' ? 'it was stopped on request' : reason);
    const why = this.#goneReason;
    this.#running = null;
    this.#waiting = [];
    this.#module = undefined;
    this.#loggedIn = [];
    this.#leaving = null;

    if (running !== null) {
      running.settle(running.method === 'end' ? ok(null) : fail(lostDuring(running.method, why)));
    }
    for (const pending of waiting) {
      wipePins(pending.args);
      pending.settle(
        fail({
          code: 'hsm-lost',
          message: `The HSM host process ended (${why}) before this call was begun.`,
          hint: 'Start the HSM host again, open the module and log in.',
        }),
      );
    }
    if (this.#gone === 'lost') {
      const lost: Lost = { reason: why, ...(running === null ? {} : { running: running.method }) };
      for (const listener of [...this.#listeners]) listener(lost);
    }
    this.#goneReason = '';
  }

  #unavailable(): Failure {
    return this.#gone === 'ended' || this.#leaving === 'ended'
      ? { code: 'hsm-lost', message: 'The HSM host was ended.', hint: 'Start it again, open the module and log in.' }
      : {
          code: 'hsm-lost',
          message: 'The HSM host process has ended.',
          hint: 'Start it again, open the module, log in, and find out on the token what took effect.',
        };
  }
}

/** Methods after whose loss the token may have changed. */
const CHANGES: ReadonlySet<string> = new Set([
  'initToken',
  'initRehearsalToken',
  'generateKeyPair',
  'setAttributes',
  'generateKey',
  'sign',
  'use',
  'destroyObject',
  'createData',
  'destroyData',
  'destroyListed',
  'probeKey',
  'removeProbeKey',
]);

function lostDuring(method: string, reason: string): Failure {
  const message = `The HSM host process ended (${reason}) during ${method}.`;
  const again = 'Start the HSM host again, open the module and log in';
  return CHANGES.has(method)
    ? {
        code: 'hsm-lost',
        message: `${message} Whether it took effect is not known.`,
        hint: `${again}, and find out on the token what took effect.`,
      }
    : { code: 'hsm-lost', message, hint: `${again}.` };
}

/** The host has its copy, or will never get one. */
function wipePins(args: object): void {
  for (const name of ['pin', 'soPin', 'userPin']) {
    const value = (args as Record<string, unknown>)[name];
    if (value instanceof Uint8Array) value.fill(0);
  }
}

/** The HSM port over a host process that `spawn` starts. Nothing is started before the first call. */
export function createHsm(spawn: SpawnHost): Hsm {
  const client = new HsmClient(spawn);
  // The host answers each method with the value that the port promises for it.
  const ask = <T>(method: string, args: object = {}): Promise<Result<T>> =>
    client.request(method, args) as Promise<Result<T>>;
  return {
    open: (request) => ask('open', request),
    slots: () => ask('slots'),
    initToken: (request) => ask('initToken', request),
    initRehearsalToken: (request) => ask('initRehearsalToken', request),
    login: (request) => ask('login', request),
    logout: (request) => ask('logout', request ?? {}),
    generateKeyPair: (request) => ask('generateKeyPair', request),
    generateKey: (request) => ask('generateKey', request),
    findKeys: (request) => ask('findKeys', request),
    readAttributes: (request) => ask('readAttributes', request),
    publicKeySpki: (request) => ask('publicKeySpki', request),
    setAttributes: (request) => ask('setAttributes', request),
    sign: (request) => ask('sign', request),
    use: (request) => ask('use', request),
    destroyObject: (request) => ask('destroyObject', request),
    probeSigning: (request) => ask('probeSigning', request),
    readData: (request) => ask('readData', request),
    createData: (request) => ask('createData', request),
    destroyData: (request) => ask('destroyData', request),
    listObjects: (request) => ask('listObjects', request),
    destroyListed: (request) => ask('destroyListed', request),
    probeKey: (request) => ask('probeKey', request),
    removeProbeKey: (request) => ask('removeProbeKey', request),
    end: () => client.end(),
    takeCalls: () => client.takeCalls(),
    status: () => client.status(),
    onLost: (listener) => client.onLost(listener),
    abort: () => client.abort(),
    restart: () => client.restart(),
  };
}
