/** Compiles the Go verifier with Debian's packages, offline, and runs it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';

const cache = resolve('.cache/go');

/** What Go needs to use the packages that Debian installs and nothing else. */
const environment = {
  ...process.env,
  GO111MODULE: 'off',
  GOPATH: '/usr/share/gocode',
  GOCACHE: join(cache, 'build'),
  GOFLAGS: '',
};

/** The path of the compiled verifier. Compiled again only where its sources changed. */
export function buildGoVerifier(): string {
  mkdirSync(cache, { recursive: true });
  const binary = join(cache, 'verify-ledger');
  const folder = resolve('test/ledger/go');
  execFileSync('go', ['build', '-o', binary, './verify'], { cwd: folder, env: environment, stdio: 'pipe' });
  return binary;
}

/** What it imports, standard library included, as import paths. */
export const goImports = (): string[] =>
  execFileSync('go', ['list', '-f', '{{join .Imports "\\n"}}', './verify'], {
    cwd: resolve('test/ledger/go'),
    env: environment,
    encoding: 'utf8',
  })
    .trim()
    .split('\n');

/** Its answer: `OK size root` or `WRONG reason`. `plant` names a check that is left out. */
export function goVerifier(binary: string, args: readonly string[], plant = ''): string {
  const run = spawnSync(binary, args, { encoding: 'utf8', env: { ...process.env, PLANT: plant } });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(run.stdout.startsWith('OK ') ? 0 : 1);
  return run.stdout.trim();
}
