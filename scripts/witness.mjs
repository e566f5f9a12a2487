import { join, resolve } from 'node:path';
import { build } from './build.mjs';
import { out } from './lib/paths.mjs';
import { foreground, program } from './lib/run.mjs';
import { setup } from './setup.mjs';

/**
 * Runs the off-host witness tool, building it first if its sources changed.
 * @param {readonly string[]} args
 * @returns {Promise<number>} Its exit code.
 */
export async function witness(args) {
  await build({ only: ['witness tool'] });
  // npm changes to the package's folder; paths are meant from where the person stands.
  const from = process.env['INIT_CWD'] ?? process.cwd();
  return await foreground(process.execPath, [join(out, 'standalone', 'witness.mjs'), ...args], { cwd: resolve(from) });
}

await program(import.meta.url, async (args) => {
  setup({ groups: [], native: false });
  return await witness(args);
});
