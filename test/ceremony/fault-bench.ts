/** The application on a prepared folder whose token sits behind the fault module. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findSoftHsm } from '../../electron/hsm/rehearsal.ts';
import { faultModule } from '../hsm/faults/build.ts';
import { Bench, copyOf, must, type BenchOptions, type Prepared } from './bench.ts';

export interface FaultBench {
  readonly bench: Bench;
  /** Replaces all rules; none means no fault. The grammar is in test/hsm/faults/fault.c. */
  rules(...lines: string[]): void;
  /** Resolves once the module was called by this name. */
  called(name: string): Promise<void>;
}

export async function faultBench({ root: from, userPin }: Prepared, options: BenchOptions = {}): Promise<FaultBench> {
  const root = copyOf(from);
  const control = join(root, 'faults');
  const log = join(root, 'faults.log');
  const real = must(findSoftHsm());
  const file = join(root, 'vault', 'vault.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(real, faultModule()), { mode: 0o600 });
  const bench = await Bench.start({
    ...options,
    root,
    userPin,
    hsmEnv: { CONCLAVE_FAULTS_MODULE: real, CONCLAVE_FAULTS_CONTROL: control, CONCLAVE_FAULTS_LOG: log },
  });
  return {
    bench,
    rules: (...lines) => writeFileSync(control, lines.map((line) => `${line}\n`).join('')),
    async called(name) {
      while (!existsSync(log) || !readFileSync(log, 'utf8').split('\n').includes(`> ${name}`)) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}
