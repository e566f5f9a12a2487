/** A slice of the kill run with fixed points; the whole of it is in test/faults/ledger-kill.long.ts. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chain, noCounts, prepareScenes, said } from './kill/run.ts';

let scenes: Awaited<ReturnType<typeof prepareScenes>>;
beforeAll(async () => {
  scenes = await prepareScenes();
}, 240_000);
afterAll(() => {
  for (const { dataDir } of scenes.values()) rmSync(dataDir, { recursive: true, force: true });
});

test('the application killed at numbered points, and again while it recovers, keeps every entry that it acknowledged and gives each intent one outcome', async () => {
  const counts = noCounts();
  const [generate, , last] = [...scenes].map(([scene, prepared]) => ({ scene, prepared }));
  await chain(generate!, [11, 4], counts);
  await chain(last!, [9, 6], counts);
  process.stdout.write(said(counts));
  expect(counts.violations).toEqual([]);
  expect(counts.kills).toBe(4);
}, 240_000);
