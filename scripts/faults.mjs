import { program } from './lib/run.mjs';
import { conclude, runVitest } from './lib/vitest.mjs';
import { setup } from './setup.mjs';

await program(import.meta.url, async (args) => {
  setup();
  return conclude(await runVitest(['--config', 'vitest.long.config.ts', '--project', 'faults', ...args]));
});
