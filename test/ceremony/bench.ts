/** The whole application on Node: real hosts, a real SoftHSM, a real ledger on disk. Only the shell is another. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { AppView } from '../../contract/views.ts';
import type { Input } from '../../contract/schema.ts';
import { utf8 } from '../../core/bytes.ts';
import { ok } from '../../core/result.ts';
import { startApplication } from '../../electron/application.ts';
import type { Application, ApplicationPorts } from '../../electron/application-ports.ts';
import { nodeCrypto } from '../../electron/crypto.ts';
import { createCredentials } from '../../electron/custody/client.ts';
import { createHsm } from '../../electron/hsm/client.ts';
import { hostEnvironment } from '../../electron/hsm/environment.ts';
import { systemClock, type LedgerClock } from '../../electron/ledger/clock.ts';
import { nodeHost } from '../../electron/process/node-host.ts';
import type { CrashPoint } from '../../electron/workstation/crash-points.ts';
import { openDataFolder } from '../../electron/workstation/data-folder.ts';
import { openLog } from '../../electron/workstation/log.ts';
import { must } from '../hsm/host.ts';

/** As the build bundles them; the test run builds them first. */
const out = (file: string): string => resolve(import.meta.dirname, '../../out/electron', file);

/** scrypt cost of key files in these tests. The product's own is asserted in test/custody. */
const LOW = 4;

export const PASSPHRASE = 'correct horse battery staple';

export interface BenchOptions {
  readonly root?: string;
  readonly clock?: LedgerClock;
  readonly crash?: (point: CrashPoint) => void;
  /** Environment of the HSM host, for the fault module. */
  readonly hsmEnv?: Readonly<Record<string, string>>;
}

export class Bench {
  /** PINs of the rehearsal tokens, as shown once. */
  userPin = '';
  app!: Application;

  private constructor(
    readonly root: string,
    private readonly options: BenchOptions,
  ) {}

  static async start(options: BenchOptions = {}): Promise<Bench> {
    const bench = new Bench(options.root ?? mkdtempSync(join(tmpdir(), 'conclave-app-')), options);
    await bench.open();
    return bench;
  }

  async open(): Promise<void> {
    const folder = must(openDataFolder(this.root));
    const env = { ...hostEnvironment(process.env), ...this.options.hsmEnv };
    const ports: ApplicationPorts = {
      folder,
      software: { name: 'Conclave', version: '0.0.0-test', manifest: '0'.repeat(64), testBuild: true, mayArm: false },
      crypto: nodeCrypto,
      clock: this.options.clock ?? systemClock(),
      random: (n) => new Uint8Array(randomBytes(n)),
      startHsm: () => createHsm(nodeHost(out('hsm-host.js'), env)),
      credentials: createCredentials({ spawn: nodeHost(out('credential-host.js')), workFactor: LOW }),
      sqliteWasm: out('sql-wasm.wasm'),
      log: openLog(folder.log),
      crash: this.options.crash ?? (() => undefined),
      chooseFile: async () => null,
      // The sheets' HTML; that it prints is shown in the real application.
      printToPdf: async (html) => ok(utf8(html)),
      changed: () => undefined,
    };
    this.app = await startApplication(ports);
  }

  get view(): AppView {
    return this.app.snapshot();
  }

  get h() {
    return this.app.handlers;
  }

  /** Ends the application as it is, like a power cut: the process stays, its state is dropped. */
  async reopen(): Promise<void> {
    await this.app.shutdown();
    await this.open();
  }

  async close(): Promise<void> {
    await this.app.shutdown();
    rmSync(this.root, { recursive: true, force: true });
  }

  async setUp(): Promise<void> {
    must(await this.h['setup.chooseRehearsal']({}));
    must(await this.h['setup.goTo']({ step: 'people' }));
    for (const [role, name] of [
      ['administrator', 'Ada Admin'],
      ['custodian', 'Carl One'],
      ['custodian', 'Cleo Two'],
      ['custodian', 'Cyd Three'],
      ['witness', 'Will Witness'],
    ] as const) {
      must(await this.h['setup.enrol']({ role, name, passphrase: utf8(PASSPHRASE) }));
    }
    must(await this.h['setup.setLedger']({ vaultName: 'Test vault', required: 2 }));
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

  async approve(custodian: string, step: string) {
    const challenge = must(await this.h['ceremony.challenge']({ step, custodian }));
    return this.h['ceremony.approve']({
      step,
      custodian,
      rows: ['A', 'B', 'C', 'D'],
      typed: this.typed(challenge.planSha256, challenge.ask),
      passphrase: utf8(PASSPHRASE),
    });
  }

  /** Does the current step as the script wants it. */
  async doStep(): Promise<void> {
    const { ceremony } = this.view;
    const step = ceremony!.steps[ceremony!.current]!;
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
        must(await this.h['ceremony.login']({ step: step.id, pin: utf8(this.userPin) }));
        return;
      case 'act':
        must(await this.h['ceremony.act']({ step: step.id }));
        return;
      case 'logout':
        must(await this.h['ceremony.logout']({ step: step.id }));
        return;
      case 'export':
        must(await this.h['ceremony.export']({ step: step.id }));
    }
  }

  /** Runs the ceremony up to a step, or to its end. */
  async runTo(stop?: string): Promise<void> {
    while (this.view.ceremony?.outcome === 'open' && this.step !== stop) await this.doStep();
  }

  /** Policy ids of the refusals in the ledger, oldest first. */
  async refusals(): Promise<string[]> {
    const page = must(await this.h['ledger.page']({ limit: 200, type: 'command.refused' }));
    return page.entries.map(({ leaf }) => (JSON.parse(leaf) as { data: { policy: string } }).data.policy).reverse();
  }
}
