/** Starts `crash-child.ts` and waits for its end. */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { rolldown } from 'rolldown';

import { CRASH_AT, type CrashPoint } from '../../electron/workstation/crash-points.ts';
import { copyOf, type Prepared } from './bench.ts';

/** As deep below the project as this file, so that the bundle finds the built hosts where the source does. */
const CACHE = resolve(import.meta.dirname, '../../.cache/test');

/** Bundles the child; Node.js of this project's version does not read TypeScript. */
export async function crashChild(): Promise<{ readonly entry: string; remove(): void }> {
  mkdirSync(CACHE, { recursive: true });
  const entry = join(CACHE, `crash-child-${process.pid}.mjs`);
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'crash-child.ts'),
    platform: 'node',
    external: /^[^./]/,
  });
  await bundle.write({ file: entry, format: 'esm' });
  await bundle.close();
  return { entry, remove: () => rmSync(entry, { force: true }) };
}

export interface Crashed {
  readonly root: string;
  /** Size and root of the ledger as it was last acknowledged. */
  readonly acknowledged: { readonly size: number; readonly root: string };
}

/** Does the next step of a copy and kills it at the point. Throws where the child ended in another way. */
export function crashAt(entry: string, prepared: Prepared, point: CrashPoint | `${CrashPoint}#${number}`) {
  const root = copyOf(prepared.root);
  return new Promise<Crashed>((settle, reject) => {
    const child = spawn(process.execPath, [entry, root, prepared.userPin], {
      env: { ...process.env, [CRASH_AT]: point },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let told = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.on('close', (code, signal) => {
      const [size, head] = told.trimEnd().split('\n').at(-1)?.split(' ') ?? [];
      if (signal === 'SIGKILL' && head !== undefined) {
        settle({ root, acknowledged: { size: Number(size), root: head } });
      } else reject(new Error(`the child was not killed at ${point}: ${code ?? signal} ${complaints}`));
    });
  });
}
