import { defineConfig } from 'vitest/config';

/** Tests that start the packed application: one file at a time, since each wants the processor for itself. */
const application = ['test/e2e/**/*.test.ts', 'test/security/**/*.test.ts'];

/** Tests of single screens in a browser, one file at a time, since they share one build of the gallery. */
const screens = ['test/renderer/**/*.test.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: [...application, ...screens],
          globalSetup: 'scripts/vitest/hosts.mjs',
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'screens',
          include: screens,
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'application',
          include: application,
          globalSetup: 'scripts/vitest/application.mjs',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
