/**
 * Runs the code blocks of a bundle's own VERIFY.md, word for word, with Debian's openssl, unzip, jq and coreutils. This
 * file imports nothing from core: it is the second, independent judge of a bundle.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RecipeResult {
  readonly passed: boolean;
  readonly output: string;
}

export const codeBlocks = (markdown: string): string =>
  [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code]) => code).join('\n');

/** `guide` replaces the bundle's own VERIFY.md where a test has to run honest commands over a changed bundle. */
export function runRecipe(archive: Uint8Array, genesis: Uint8Array, guide?: string): RecipeResult {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-recipe-'));
  try {
    writeFileSync(join(folder, 'bundle.zip'), archive);
    writeFileSync(join(folder, 'genesis.json'), genesis);
    const unzipped = spawnSync('unzip', ['-q', 'bundle.zip', '-d', 'bundle'], { cwd: folder, encoding: 'utf8' });
    if (unzipped.status !== 0) return { passed: false, output: unzipped.stderr };
    const script = codeBlocks(guide ?? readFileSync(join(folder, 'bundle', 'VERIFY.md'), 'utf8'));
    const { status, stdout, stderr } = spawnSync('bash', [], {
      cwd: join(folder, 'bundle'),
      input: script,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], TMPDIR: folder, GENESIS: join(folder, 'genesis.json') },
    });
    return { passed: status === 0 && stdout.endsWith('Every command succeeded.\n'), output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
