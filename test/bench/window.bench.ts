/** Time from starting the packed application to a window that a person can use, by the size of the ledger behind it. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { prepareTestApplication } from '../../scripts/lib/test-application.mjs';
import { PATIENCE } from '../e2e/hands.ts';
import { launchApp } from '../e2e/launch.ts';
import { prepareVault, type Prepared } from '../e2e/prepared.ts';

const SIZE = 100_000;
const ROUNDS = 5;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

let teardown: (() => unknown) | undefined;
let small: Prepared;
let large: Prepared;
beforeAll(async () => {
  teardown = await prepareTestApplication({ release: false });
  small = await prepareVault('bench-small');
  large = await prepareVault('bench-large', { entries: SIZE });
}, 900_000);
afterAll(async () => {
  for (const one of [small, large]) if (one) rmSync(one.dataDir, { recursive: true, force: true });
  await teardown?.();
});

/** Seconds until a title stands there and a key was answered by a dialog, and until the ledger is open. */
async function start({ dataDir }: Prepared): Promise<{ usable: number; open: number }> {
  const begin = performance.now();
  const since = (): number => (performance.now() - begin) / 1000;
  const { page, close } = await launchApp({ dataDir });
  await page.getByRole('heading', { level: 1 }).first().waitFor({ timeout: PATIENCE });
  await page.keyboard.press('F1');
  await page.getByRole('dialog', { name: 'Keys of the keyboard' }).waitFor({ timeout: PATIENCE });
  const usable = since();
  await page.keyboard.press('Escape');
  await page.getByRole('navigation', { name: 'Main' }).waitFor({ timeout: 300_000 });
  const open = since();
  await close();
  return { usable, open };
}

it('first usable window with a large ledger over one with a fresh vault', async () => {
  const runs: { small: { usable: number; open: number }; large: { usable: number; open: number } }[] = [];
  for (let round = 0; round < ROUNDS; round++) runs.push({ small: await start(small), large: await start(large) });
  const of = (size: 'small' | 'large', what: 'usable' | 'open'): number => median(runs.map((run) => run[size][what]));
  const ratio = median(runs.map((run) => run.large.usable / run.small.usable));
  process.stdout.write(
    `first usable window: ${of('large', 'usable').toFixed(2)} s with ${SIZE} entries, ` +
      `${of('small', 'usable').toFixed(2)} s with a fresh vault, ratio ${ratio.toFixed(2)} (aim 1.5); ` +
      `ledger checked and open after ${of('large', 'open').toFixed(1)} s and ${of('small', 'open').toFixed(1)} s\n`,
  );
  expect(runs).toHaveLength(ROUNDS);
});
