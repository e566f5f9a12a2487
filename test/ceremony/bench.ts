/** The whole application on Node: real hosts, a real SoftHSM, a real ledger on disk. Only the shell is another. */
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { AppView, KeyView } from '../../contract/views.ts';
import type { Input } from '../../contract/schema.ts';
import { utf8 } from '../../core/bytes.ts';
import type { Report } from '../../core/evidence/verify/report.ts';
import { verifyBundle } from '../../core/evidence/verify/verify-bundle.ts';
import type { ProfileId } from '../../core/lifecycle/states.ts';
import type { PresetId } from '../../core/quorum/preset.ts';
import { ok, type Result } from '../../core/result.ts';
import { ConclaveApplication } from '../../electron/application.ts';
import type { ApplicationPorts } from '../../electron/application-ports.ts';
import type { Vault } from '../../electron/ceremony/vault.ts';
import { nodeCrypto } from '../../electron/crypto.ts';
import { createCredentials } from '../../electron/custody/client.ts';
import { createHsm } from '../../electron/hsm/client.ts';
import { hostEnvironment } from '../../electron/hsm/environment.ts';
import type { Hsm } from '../../electron/hsm/port.ts';
import { systemClock, type LedgerClock } from '../../electron/ledger/clock.ts';
import { nodeHost } from '../../electron/process/node-host.ts';
import type { CrashPoint } from '../../electron/workstation/crash-points.ts';
import { keyView } from '../../electron/view/key-view.ts';
import { openDataFolder, type DataFolder } from '../../electron/workstation/data-folder.ts';
import { openLog } from '../../electron/workstation/log.ts';

/** As the build bundles them; the test run builds them first. */
export const out = (file: string): string => resolve(import.meta.dirname, '../../out/electron', file);

/** scrypt cost of key files in these tests. The product's own is asserted in test/custody. */
const LOW = 4;

export const PASSPHRASE = 'correct horse battery staple';

/** The value, or a test failure that says what came instead. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`expected a value, got ${JSON.stringify(result.error)}`);
  return result.value;
}

/** The failure, or a test failure. */
export function mustFail<T>(result: Result<T>) {
  if (result.ok) throw new Error('expected a failure, got a value');
  return result.error;
}

export const passphrase = (text = PASSPHRASE): Uint8Array => utf8(text);

/** A clock that a test can set forward, wall and monotonic together. */
export class TestClock implements LedgerClock {
  readonly #system = systemClock();
  #ahead = 0;

  advance(seconds: number): void {
    this.#ahead += seconds;
  }

  now() {
    const { wall, mono, boot } = this.#system.now();
    const later = new Date(Date.parse(wall) + this.#ahead * 1000).toISOString();
    return { wall: later, mono: mono + this.#ahead * 1_000_000, boot };
  }
}

export interface BenchOptions {
  readonly root?: string;
  readonly userPin?: string;
  readonly clock?: LedgerClock;
  readonly crash?: (point: CrashPoint) => void;
  /** Called with every snapshot that is sent as a notification. */
  readonly changed?: (view: AppView) => void;
  /** What a person chooses in the system's file dialog. */
  readonly chooseFile?: () => string | null;
  /** Environment of the HSM host, for the fault module. */
  readonly hsmEnv?: Readonly<Record<string, string>>;
  /** PKCS#11 library that is opened instead of the one asked for, such as a tracer in front of it. */
  readonly through?: string;
}

/** One entry as the ledger's file has it. */
export interface LeafEntry {
  readonly seq: number;
  readonly type: string;
  readonly ceremony: string | null;
  readonly data: {
    readonly policy?: string;
    readonly command?: string;
    readonly count?: number;
    readonly step?: string;
    readonly person?: string;
    readonly act?: string;
    readonly outcome?: string;
    readonly reason?: string;
    readonly found?: string;
    readonly intent?: string;
    readonly during?: string | null;
    readonly error?: { readonly call: string; readonly rv: string };
    readonly gone?: readonly string[];
    readonly enforced?: string;
    readonly compromise?: { readonly reason: string; readonly believed: string };
  };
}

/**
 * A copy of a data folder that no application has open. SoftHSM's configuration and the vault file hold full paths;
 * they are rewritten.
 */
export function copyOf(root: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'conclave-app-'));
  cpSync(root, copy, { recursive: true });
  for (const file of ['softhsm/softhsm2.conf', 'vault/vault.json']) {
    writeFileSync(join(copy, file), readFileSync(join(root, file), 'utf8').replaceAll(root, copy), { mode: 0o600 });
  }
  return copy;
}

export class Bench {
  /** PIN of the rehearsal vault's token, as shown once. */
  userPin: string;
  app!: ConclaveApplication;
  folder!: DataFolder;
  /** The newest HSM client, for tests that end its host. */
  hsm: Hsm | null = null;

  private constructor(
    readonly root: string,
    private readonly options: BenchOptions,
  ) {
    this.userPin = options.userPin ?? '';
  }

  static async start(options: BenchOptions = {}): Promise<Bench> {
    const bench = new Bench(options.root ?? mkdtempSync(join(tmpdir(), 'conclave-app-')), options);
    await bench.open();
    return bench;
  }

  /** A bench on a copy of a prepared folder. */
  static over(prepared: Prepared, options: BenchOptions = {}): Promise<Bench> {
    return Bench.start({ ...options, root: copyOf(prepared.root), userPin: prepared.userPin });
  }

  /** The same, not opened yet. */
  static of(prepared: Prepared, options: BenchOptions = {}): Bench {
    return new Bench(copyOf(prepared.root), { ...options, userPin: prepared.userPin });
  }

  async open(): Promise<void> {
    this.folder = must(openDataFolder(this.root));
    const env = { ...hostEnvironment(process.env), ...this.options.hsmEnv };
    const ports: ApplicationPorts = {
      folder: this.folder,
      software: { name: 'Conclave', version: '0.0.0-test', manifest: '0'.repeat(64), testBuild: true, mayArm: false },
      crypto: nodeCrypto,
      clock: this.options.clock ?? systemClock(),
      random: (n) => new Uint8Array(randomBytes(n)),
      startHsm: () => (this.hsm = this.#through(createHsm(nodeHost(out('hsm-host.js'), env)))),
      credentials: createCredentials({
        spawn: nodeHost(out('credential-host.js')),
        startHsm: () => createHsm(nodeHost(out('hsm-host.js'), env)),
        workFactor: LOW,
      }),
      ledgerHost: nodeHost(out('ledger-host.js')),
      sqliteWasm: out('sql-wasm.wasm'),
      log: openLog(this.folder.log),
      crash: this.options.crash ?? (() => undefined),
      chooseFile: () => Promise.resolve(this.options.chooseFile?.() ?? null),
      // The sheets' HTML; that it prints is shown in the real application.
      printToPdf: (html) => Promise.resolve(ok(utf8(html))),
      changed: this.options.changed ?? (() => undefined),
    };
    this.app = new ConclaveApplication(ports);
    await this.app.begin();
  }

  #through(hsm: Hsm): Hsm {
    const { through } = this.options;
    return through === undefined ? hsm : { ...hsm, open: (request) => hsm.open({ ...request, library: through }) };
  }

  get view(): AppView {
    return this.app.snapshot();
  }

  /** Every key in full. The snapshot has none of them. */
  get keys(): readonly KeyView[] {
    const { vault } = this;
    return [...vault.state.keys.keys.values()].map((record) => keyView(nodeCrypto, vault, record));
  }

  get h() {
    return this.app.handlers;
  }

  get vault(): Vault {
    return must(this.app.needVault()).vault;
  }

  get engine() {
    return must(this.app.needVault()).engine;
  }

  /** Ends the application in order and starts it again on the same folder. */
  async reopen(): Promise<void> {
    await this.app.shutdown();
    await this.open();
  }

  async close(): Promise<void> {
    await this.app.shutdown();
    rmSync(this.root, { recursive: true, force: true });
  }

  async enrolAll(): Promise<void> {
    for (const [role, name] of [
      ['administrator', 'Ada Admin'],
      ['custodian', 'Carl One'],
      ['custodian', 'Cleo Two'],
      ['custodian', 'Cyd Three'],
      ['witness', 'Will Witness'],
    ] as const) {
      must(await this.h['setup.enrol']({ role, name, passphrase: passphrase() }));
    }
  }

  async setUp(cosign = false, profile: ProfileId = 'nist-sp800-57@r5', preset: PresetId = 'general'): Promise<void> {
    must(await this.h['setup.chooseRehearsal']({}));
    must(await this.h['setup.goTo']({ step: 'people' }));
    await this.enrolAll();
    must(await this.h['setup.setLedger']({ vaultName: 'Test vault', required: 2, cosign, profile, preset }));
    must(await this.h['setup.goTo']({ step: 'seal' }));
    const { pins } = must(await this.h['setup.seal']({}));
    this.userPin = new TextDecoder().decode(pins!.userPin);
  }

  freeze(input: Partial<Input<'plan.freeze'>> = {}) {
    return this.h['plan.freeze']({
      label: 'TEST-KEY-1',
      mechanism: 'ec-p384',
      initialState: 'active',
      recoveryReason: 'This key is made anew if it is lost.',
      ...input,
    });
  }

  get step(): string {
    const { ceremony } = this.view;
    return ceremony?.steps[ceremony.current]?.id ?? '';
  }

  /** The right two groups for a challenge. */
  typed(planSha256: string, ask: readonly { row: string; column: number }[]): string[] {
    const groups = planSha256.match(/.{4}/g)!;
    return ask.map(({ row, column }) => groups['ABCD'.indexOf(row) * 4 + column - 1]!);
  }

  async approve(custodian: string, step: string, change: Partial<Input<'ceremony.approve'>> = {}) {
    const challenge = must(await this.h['ceremony.challenge']({ step, custodian }));
    return this.h['ceremony.approve']({
      step,
      custodian,
      rows: ['A', 'B', 'C', 'D'],
      typed: this.typed(challenge.planSha256, challenge.ask),
      passphrase: passphrase(),
      ...change,
    });
  }

  login(pin = this.userPin) {
    return this.h['ceremony.login']({ step: this.step, pin: utf8(pin) });
  }

  recover(pin = this.userPin) {
    return this.h['ceremony.recover']({ pin: utf8(pin) });
  }

  act(label?: string) {
    return this.h['ceremony.act']({ step: this.step, ...(label === undefined ? {} : { label }) });
  }

  /** The label that is typed before a step. */
  labelOf({ of }: { readonly of?: string | undefined }): string {
    const { plan, predecessor } = this.view.ceremony!;
    return of === 'predecessor' ? predecessor!.label : plan.label;
  }

  /** Does the current step as the script wants it, logging in again where an interruption ended the session. */
  async doStep(): Promise<void> {
    const { ceremony, status } = this.view;
    const step = ceremony!.steps[ceremony!.current]!;
    if ((step.kind === 'act' || step.kind === 'export') && status.hsm.state !== 'logged-in') must(await this.login());
    switch (step.kind) {
      case 'confirm':
      case 'read-back':
        must(await this.h['ceremony.confirm']({ step: step.id, confirmed: ['administrator-1', 'witness-1'] }));
        return;
      case 'approve':
        must(await this.approve('custodian-1', step.for!));
        must(await this.approve('custodian-3', step.for!));
        return;
      case 'login':
        must(await this.login());
        return;
      case 'act':
        must(await this.act(step.typed === undefined ? undefined : this.labelOf(step)));
        return;
      case 'logout':
        await this.cosignAsDue();
        must(await this.h['ceremony.logout']({ step: step.id }));
        return;
      case 'export':
        must(await this.h['ceremony.export']({ step: step.id }));
    }
  }

  /** Has the newest head cosigned by one person. */
  cosign(person: string, change: Partial<Input<'cosign.sign'>> = {}) {
    return this.h['cosign.sign']({ person, ...this.view.cosign!.head!, passphrase: passphrase(), ...change });
  }

  /** What the end of the ceremony still needs. */
  async cosignAsDue(): Promise<void> {
    const { due } = this.view.cosign!;
    if (!due || this.step !== 'close' || this.view.ceremony!.ready.every(({ ok }) => ok)) return;
    for (const person of ['custodian-1', 'custodian-2', 'witness-1']) must(await this.cosign(person));
  }

  /** Runs the ceremony up to a step, or to its end. */
  async runTo(stop?: string): Promise<void> {
    while (this.view.ceremony?.outcome === 'open' && this.step !== stop) await this.doStep();
    if (stop !== undefined && this.step !== stop) throw new Error(`the ceremony has no step ${stop}`);
  }

  /** The report on the ceremony's bundle by the verifier and the genesis sheet alone. */
  async report(): Promise<Report> {
    const { path } = this.view.ceremony!.bundle!;
    return must(
      await verifyBundle(nodeCrypto, new Uint8Array(readFileSync(path)), {
        trust: new Uint8Array(readFileSync(this.folder.genesis)),
        expect: 'rehearsal',
        now: new Date().toISOString(),
      }),
    );
  }

  /** Entries from the file on disk, in order. */
  entries(type?: string): LeafEntry[] {
    const text = readFileSync(join(this.folder.ledger, 'journal.jsonl'), 'utf8');
    const all = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line.slice(65)) as LeafEntry);
    return type === undefined ? all : all.filter((entry) => entry.type === type);
  }

  /** Policy ids of the refusals in the ledger, oldest first. */
  refusals(): string[] {
    return this.entries('command.refused').map(({ data }) => data.policy ?? '');
  }

  /** What every intent of an act came to, in order: the entry that closed it and its outcome, or `open`. */
  outcomes(act: string): string[] {
    const hashes = readFileSync(join(this.folder.ledger, 'journal.jsonl'), 'utf8').split('\n');
    const entries = this.entries();
    return entries
      .filter(({ type, data }) => type === 'act.intent' && data.act === act)
      .map(({ seq }) => {
        const closing = entries.filter(({ data }) => data.intent === hashes[seq]!.slice(0, 64));
        return closing.map(({ type, data }) => `${type} ${data.outcome}`).join(' and ') || 'open';
      });
  }

  /** Every file under the data folder with one of these folders or files as its beginning. */
  files(...under: string[]): string[] {
    const names = readdirSync(this.root, { recursive: true, withFileTypes: true });
    return names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => under.some((name) => path.startsWith(join(this.root, name))));
  }
}

/** A closed data folder to make copies of. */
export interface Prepared {
  readonly root: string;
  readonly userPin: string;
}

/** Makes a vault once, does what a test file needs with it, and closes it. */
export async function prepare(then: (bench: Bench) => Promise<void> = () => Promise.resolve()): Promise<Prepared> {
  const bench = await Bench.start();
  await bench.setUp();
  await then(bench);
  await bench.app.shutdown();
  return { root: bench.root, userPin: bench.userPin };
}
