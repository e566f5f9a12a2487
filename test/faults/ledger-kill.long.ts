/** The real application, packed and on a display, killed with SIGKILL at every numbered point of a real ceremony. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareTestApplication } from '../../scripts/lib/test-application.mjs';
import { everyPoint, noCounts, prepareScenes, said } from '../e2e/kill/run.ts';

let scenes: Awaited<ReturnType<typeof prepareScenes>> | undefined;
let end: (() => Promise<void>) | undefined;
beforeAll(async () => {
  end = await prepareTestApplication();
  scenes = await prepareScenes();
}, 900_000);
afterAll(async () => {
  for (const { dataDir } of scenes?.values() ?? []) rmSync(dataDir, { recursive: true, force: true });
  await end?.();
});

test(
  'every acknowledged entry stays, nothing is done unannounced, and each intent has one outcome',
  async () => {
    const counts = noCounts();
    await everyPoint(scenes!, 2, counts);
    process.stdout.write(said(counts));
    expect(counts.violations).toEqual([]);
    expect(counts.kills).toBeGreaterThanOrEqual(200);
  },
  4 * 3_600_000,
);
