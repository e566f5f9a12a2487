/** Drives the fault module from a test: sets its rules and reads its call log. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Bench, bench } from '../host.ts';
import { faultModule } from './build.ts';

export interface FaultBench extends Bench {
  /** Replaces all rules; none means no fault. The grammar is in fault.c. */
  rules(...lines: string[]): void;
  /** Lines of the call log so far. */
  log(): string[];
  /** Resolves once the log has this line. */
  logged(line: string): Promise<void>;
}

/** SoftHSM behind the fault module, not opened yet. */
export async function faultBench(): Promise<FaultBench> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-faults-'));
  const control = join(folder, 'control');
  const logFile = join(folder, 'log');
  const inner = await bench({ CONCLAVE_FAULTS_CONTROL: control, CONCLAVE_FAULTS_LOG: logFile }, (real) => ({
    CONCLAVE_FAULTS_MODULE: real,
  }));
  const log = (): string[] => (existsSync(logFile) ? readFileSync(logFile, 'utf8').split('\n').slice(0, -1) : []);
  return {
    ...inner,
    request: { ...inner.request, library: faultModule() },
    rules: (...lines) => writeFileSync(control, lines.map((line) => `${line}\n`).join('')),
    log,
    async logged(line) {
      while (!log().includes(line)) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    async close() {
      await inner.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
