import { program } from './lib/run.mjs';
import { conclude, runVitest } from './lib/vitest.mjs';
import { groups, setup } from './setup.mjs';

await program(import.meta.url, async (args) => {
  setup({ groups: groups.test });
  return conclude(await runVitest(['--config', 'vitest.long.config.ts', '--project', 'bench', ...args]));
});
