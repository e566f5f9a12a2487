/** The shipped verifier as a process of its own, in an empty folder, and verifiers with one check spoiled. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'rolldown';
import { expect } from 'vitest';

export interface Run {
  readonly status: number | null;
  readonly passed: boolean;
  readonly failed: readonly string[];
  readonly checks: readonly { id: string; result: string; required: boolean }[];
}

/** A mutation and the checks that must find it. */
interface Fault {
  readonly name: string;
  readonly archive: Buffer;
  readonly at: readonly string[];
}

export class Verifier {
  readonly folder = mkdtempSync(join(tmpdir(), 'conclave-mutations-'));
  /** The shipped file, alone in a folder of its own: no package can be found from there. */
  readonly file = join(this.folder, 'verify.mjs');
  readonly genesis = join(this.folder, 'genesis.json');

  constructor(genesis: Uint8Array) {
    copyFileSync(join(import.meta.dirname, '../../out/standalone/verify.mjs'), this.file);
    writeFileSync(this.genesis, genesis);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  run(archive: Buffer, options: readonly string[] = [], verifier = this.file, trust = true): Run {
    const file = join(this.folder, 'bundle.zip');
    writeFileSync(file, archive);
    const args = [verifier, file, ...(trust ? ['--trust', this.genesis] : []), '--json', ...options];
    // In an empty folder and environment: the verifier needs nothing beside it.
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: this.folder,
      env: {},
      encoding: 'utf8',
    });
    if (status === 2 || status === null) throw new Error(stderr);
    const report = JSON.parse(stdout) as Run;
    return { ...report, status, failed: report.checks.filter(({ result }) => result === 'FAIL').map(({ id }) => id) };
  }

  rehearsal(archive: Buffer, verifier = this.file): Run {
    return this.run(archive, ['--expect', 'rehearsal'], verifier);
  }

  /** Whether the fault is found at every check that is about it. */
  finds({ archive, at }: Fault, verifier = this.file): boolean {
    const { status, failed } = this.rehearsal(archive, verifier);
    return status === 1 && at.every((id) => failed.includes(id));
  }

  /** Builds the verifier with one check replaced by one that always passes. */
  async planted(file: string, before: RegExp, after: string): Promise<string> {
    let hits = 0;
    const plant: Plugin = {
      name: 'planted-bug',
      transform(code, id) {
        if (!id.endsWith(file)) return null;
        const changed = code.replace(before, after);
        if (changed !== code) hits++;
        return changed;
      },
    };
    const target = join(this.folder, `planted-${file.replace(/\W/g, '-')}-${after.replace(/\W/g, '')}.mjs`);
    await build({
      input: join(import.meta.dirname, '../../standalone/verify/main.ts'),
      platform: 'node',
      plugins: [plant],
      tsconfig: false,
      logLevel: 'silent',
      output: { file: target, format: 'esm', codeSplitting: false },
    });
    expect(hits).toBe(1);
    return target;
  }
}
