/** The production code on a fake disk and a fake token: the vault, the engine, its acts and its journal. */
import { generateKeyPairSync, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto';
import { plannedKey } from '../../../core/plan/plan.ts';
import { base64, concat, hex, utf8 } from '../../../core/bytes.ts';
import type { Crypto } from '../../../core/crypto.ts';
import { bindingOf } from '../../../core/ceremony/decide-approval.ts';
import { currentStep } from '../../../core/ceremony/state.ts';
import { envelopeBytes, pae } from '../../../core/evidence/dsse.ts';
import { jcsBytes } from '../../../core/json/jcs.ts';
import { APPROVAL_TYPE } from '../../../core/quorum/approval.ts';
import { ok, type Failure, type Result } from '../../../core/result.ts';
import { Engine } from '../../../electron/ceremony/engine.ts';
import { HsmSession } from '../../../electron/ceremony/hsm-session.ts';
import { Vault, workstation } from '../../../electron/ceremony/vault.ts';
import { nodeCrypto } from '../../../electron/crypto.ts';
import type { Credentials } from '../../../electron/custody/credential.ts';
import { systemClock } from '../../../electron/ledger/clock.ts';
import { createVault, type EnrolledInSetup } from '../../../electron/setup/create-vault.ts';
import type { Clockwork } from './clockwork.ts';
import type { FakeDisk } from './disk.ts';
import type { FakeToken } from './token.ts';

export const FOLDER = '/ledger';
export const FIRST_KEY = 'CRASH-KEY';
export const ORIGIN = 'ledger.example/crash';

/**
 * The real cryptography. A signature that was verified once is not computed anew: every start verifies every checkpoint of
 * the one ledger that all stories begin with.
 */
const verified = new Map<string, boolean>();
const crypto: Crypto = {
  ...nodeCrypto,
  async verify(algorithm, spki, message, signature) {
    const inputs = concat(
      utf8(JSON.stringify(algorithm)),
      nodeCrypto.sha256(spki),
      nodeCrypto.sha256(message),
      signature,
    );
    const key = hex(nodeCrypto.sha256(inputs));
    const known = verified.get(key);
    if (known !== undefined) return known;
    const good = await nodeCrypto.verify(algorithm, spki, message, signature);
    verified.set(key, good);
    return good;
  },
};

const software = { version: '0.0.0-test', manifest: '0'.repeat(64) };

interface Person extends EnrolledInSetup {
  readonly privateKey: KeyObject;
}

export function people(): Person[] {
  const roles = ['administrator-1', 'custodian-1', 'custodian-2', 'custodian-3', 'witness-1'];
  return roles.map((person) => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
    return {
      person,
      role: person.slice(0, -2) as Person['role'],
      name: `Person ${person}`,
      credential: 'key-file',
      key: hex(crypto.sha256(spki)),
      spki: base64(spki),
      medium: person,
      proof: new TextEncoder().encode(person),
      privateKey,
    };
  });
}

/** What was told to the people at the screen: so many entries, the last with this hash. */
export interface Told {
  readonly size: number;
  readonly last: string;
}

/** A running application. It stops answering when the power fails. */
export class Running {
  private constructor(
    readonly vault: Vault,
    readonly session: HsmSession,
    readonly engine: Engine,
    private readonly persons: readonly Person[],
  ) {}

  /** Opens what is on the disk, as the application does when it starts. */
  static async start(
    disk: FakeDisk,
    token: FakeToken,
    power: Clockwork,
    persons: readonly Person[],
    told: (what: Told) => void,
  ): Promise<Result<Running>> {
    const clock = systemClock();
    const open: { vault?: Vault } = {};
    const changed = (): void => {
      const lines = open.vault?.journal.entries() ?? [];
      const last = lines.at(-1);
      if (last && !power.dead) told({ size: lines.length, last: hex(last.hash) });
    };
    const boot = randomUUID();
    const opened = await Vault.open(FOLDER, ORIGIN, 'rehearsal', {
      crypto,
      clock,
      changed,
      disk: { files: disk, processes: { self: { pid: 1, boot, start: '1' }, isRunning: () => false } },
    });
    if (!opened.ok) return opened;
    const vault = (open.vault = opened.value);
    const session = new HsmSession(
      () => token.host(),
      { library: '/fake.so' },
      () => undefined,
    );
    const engine = new Engine(vault, {
      crypto,
      credentials: {} as Credentials,
      session,
      software,
      random: (n) => new Uint8Array(randomBytes(n)),
      crash: () => undefined,
      interfacesUp: () => Promise.resolve([]),
      mediumOf: () => '/none',
      working: () => undefined,
      writeExport: (name) => power.look(() => ok(name)),
      snapshot: () => power.look(() => ok(null)),
      changed: () => undefined,
    });
    if (vault.state.genesis) {
      const began = await vault.append([
        workstation({ type: 'workstation.started', data: { software, entries: vault.journal.size, interfacesUp: 0 } }),
      ]);
      if (!began.ok) return began;
    }
    return ok(new Running(vault, session, engine, persons));
  }

  createVault() {
    return createVault(
      this.vault,
      {
        vaultId: randomUUID(),
        origin: ORIGIN,
        vaultName: 'Crash vault',
        environment: 'rehearsal',
        people: this.persons.map(({ privateKey: _, ...person }) => person),
        required: 2,
        cosign: false,
        profile: 'nist-sp800-57@r5',
        preset: 'general',
        software,
        tokens: { kind: 'new' },
      },
      { crypto, session: this.session, crash: () => undefined, progress: () => undefined },
    );
  }

  get step() {
    const { open } = this.vault.state;
    return open ? currentStep(open) : null;
  }

  freeze(label: string) {
    return this.engine.freeze({
      label,
      mechanism: 'ec-p256',
      initialState: 'active',
      recoveryReason: 'It is made anew.',
    });
  }

  #pin = (): Uint8Array => new TextEncoder().encode('1234');

  async #approve(step: string): Promise<Result<null>> {
    for (const who of ['custodian-1', 'custodian-3']) {
      const { open } = this.vault.state;
      const person = this.persons.find((one) => one.person === who)!;
      const { hsmSerial, ...bound } = bindingOf(open!, step)!;
      const now = Date.now();
      const payload = jcsBytes({
        ...bound,
        hsm: { serial: hsmSerial },
        decision: 'approve',
        ledgerHead: { size: this.vault.journal.size, root: hex(this.vault.journal.root()) },
        custodian: who,
        nonce: base64(new Uint8Array(randomBytes(16))),
        time: new Date(now).toISOString(),
        expires: new Date(now + 3_600_000).toISOString(),
        signedOn: 'off-host',
      });
      const signature = new Uint8Array(sign(null, pae(APPROVAL_TYPE, payload), person.privateKey));
      const envelope = envelopeBytes({ payloadType: APPROVAL_TYPE, payload, keyid: person.key, signature });
      const given = await this.engine.submit(envelope);
      // After a power cut one of the two may be in the ledger already.
      if (!given.ok && !['QUORUM-2', 'STEP-1'].includes(given.error.policy ?? '')) return given;
      if (this.step?.kind !== 'approve') break;
    }
    return ok(null);
  }

  /** After a start: the outcome of what a power cut interrupted. */
  recover(): Promise<Result<null>> {
    return this.vault.state.intents.size > 0 ? this.engine.recover({ pin: this.#pin() }) : Promise.resolve(ok(null));
  }

  /** Does the current step. */
  async doStep(): Promise<Result<unknown>> {
    const step = this.step!;
    const { engine } = this;
    if ((step.kind === 'act' || step.kind === 'export') && this.session.state !== 'logged-in') {
      const logged = await engine.login({ step: step.id, pin: this.#pin() });
      if (!logged.ok) return logged;
    }
    switch (step.kind) {
      case 'confirm':
      case 'read-back':
        return engine.confirm({ step: step.id, confirmed: ['administrator-1', 'witness-1'] });
      case 'approve':
        return this.#approve(step.for!);
      case 'login':
        return engine.login({ step: step.id, pin: this.#pin() });
      case 'act':
        return engine.act({ step: step.id });
      case 'logout':
        return engine.logout({ step: step.id });
      case 'export':
        return engine.export({ step: step.id });
    }
  }

  /** To the end of the ceremony, and through the login of a next one, so that whatever was left has its head. */
  async finish(): Promise<Failure | null> {
    const label = () => plannedKey(this.vault.state.open!.plan).label;
    if (label() === FIRST_KEY) {
      const failed = await this.runTo();
      if (failed) return failed;
    }
    if (label() === undefined) {
      const frozen = await this.freeze(`NEXT-KEY-${this.vault.journal.size}`);
      if (!frozen.ok) return frozen.error;
    }
    const failed = await this.runTo('generate');
    if (failed) return failed;
    if (this.step && this.session.state !== 'logged-in') {
      const logged = await this.engine.login({ step: 'generate', pin: this.#pin() });
      if (!logged.ok) return logged.error;
    }
    const stopped = this.step ? await this.engine.stop({ reason: 'That was all.' }) : ok(null);
    return stopped.ok ? null : stopped.error;
  }

  /** To a step, or to the end. A signature that may exist is never made again: people then stop the ceremony. */
  async runTo(stop?: string): Promise<Failure | null> {
    while (this.step && this.step.id !== stop) {
      const done = await this.doStep();
      if (done.ok) continue;
      if (done.error.policy !== 'STEP-6' && done.error.policy !== 'APPROVAL-7') return done.error;
      const stopped = await this.engine.stop({ reason: 'The outcome of a signature is not known.' });
      if (!stopped.ok) return stopped.error;
    }
    return null;
  }
}
