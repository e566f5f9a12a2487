import { build } from './build.mjs';
import { program } from './lib/run.mjs';
import { conclude, runVitest } from './lib/vitest.mjs';
import { groups, setup } from './setup.mjs';

// Arguments are passed to vitest: names of files or `--project rooms`. The packed test build, the user it runs as and
// the virtual display are prepared by scripts/vitest/application.mjs when a test of the application is among them.
await program(import.meta.url, async (args) => {
  setup({ groups: groups.test });
  await build();
  return conclude(await runVitest(args));
});
