import { defineConfig } from 'vitest/config';

/** What takes too long for every run: `npm run faults` and `npm run bench`, each a project of its own. */
export default defineConfig({
  test: {
    pool: 'forks',
    globalSetup: 'scripts/vitest/hosts.mjs',
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 180_000,
    projects: [
      { extends: true, test: { name: 'faults', include: ['test/faults/**/*.long.ts'] } },
      { extends: true, test: { name: 'bench', include: ['test/bench/**/*.bench.ts'] } },
    ],
  },
});
