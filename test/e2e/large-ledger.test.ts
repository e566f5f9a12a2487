/** The packed application in front of a ledger of 100,000 entries: the window is there at once and answers meanwhile. */
import { rmSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PATIENCE } from './hands.ts';
import { launchApp, type LaunchedApp } from './launch.ts';
import { prepareVault, type Prepared } from './prepared.ts';

const SIZE = 100_000;

let prepared: Prepared;
let launched: LaunchedApp;
let page: Page;

beforeAll(async () => {
  prepared = await prepareVault('large', { entries: SIZE });
  launched = await launchApp({ dataDir: prepared.dataDir });
  page = launched.page;
}, 240_000);
afterAll(async () => {
  await launched?.close();
  rmSync(prepared.dataDir, { recursive: true, force: true });
});

/** Process id of the ledger host, as Electron lists it. */
const hostOf = (): Promise<number | undefined> =>
  launched.app.evaluate(({ app }) => app.getAppMetrics().find(({ name }) => name === 'Conclave ledger host')?.pid);

const place = (name: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name });

const checked = async (): Promise<number[]> => {
  const said = await page.getByText(/^[\d,]+ of [\d,]+ entries checked\.$/).textContent({ timeout: PATIENCE });
  return (said ?? '').match(/[\d,]+(?= of|(?= entries))/g)!.map((n) => Number(n.replaceAll(',', '')));
};

test('the window reads and answers during the check: what is begun during it is done before it ends', async () => {
  await page.getByRole('heading', { level: 1, name: 'Checking the ledger' }).waitFor({ timeout: PATIENCE });
  // These rows were asked for, searched and drawn while the check went on.
  await page.getByRole('row').nth(3).waitFor({ timeout: PATIENCE });
  const host = await hostOf();
  if (host === undefined) throw new Error('There is no ledger host.');
  // A check may be quick. It is held in its midst until the window has answered.
  process.kill(host, 'SIGSTOP');
  try {
    const [done = 0, total = 0] = await checked();
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(total);
    expect(total).toBeGreaterThanOrEqual(SIZE);
    await page.keyboard.press('F1');
    const dialog = page.getByRole('dialog', { name: 'Keys of the keyboard' });
    await dialog.waitFor({ timeout: PATIENCE });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden', timeout: PATIENCE });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Checking the ledger');
  } finally {
    process.kill(host, 'SIGCONT');
  }
});

test('the check is stopped, the ledger stays closed, and it is checked from the beginning to its end', async () => {
  await page.getByRole('button', { name: 'Stop the check', exact: true }).click({ timeout: PATIENCE });
  await page
    .getByText(/^The check was stopped after [\d,]+ of [\d,]+ entries\. The ledger stays closed\./)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Check from the beginning', exact: true }).click({ timeout: PATIENCE });
  await place('Ledger').waitFor({ timeout: 120_000 });
});

test('an entry is found by its number, and the whole ledger is verified in a run that can be stopped', async () => {
  await place('Ledger').click();
  await page.getByRole('heading', { level: 1, name: 'Ledger', exact: true }).waitFor({ timeout: PATIENCE });
  await page.getByRole('searchbox').fill('77777');
  await page.getByRole('row', { name: /^77777 / }).waitFor({ timeout: PATIENCE });
  await page.getByRole('button', { name: 'Verify the whole ledger now', exact: true }).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).click({ timeout: PATIENCE });
  await page
    .getByText(/^The verification was stopped after [\d,]+ of [\d,]+ entries\.$/)
    .waitFor({ timeout: PATIENCE });
  await page.getByRole('button', { name: 'Verify the whole ledger now', exact: true }).click();
  const report = page.getByRole('table', { name: 'Checks of the ledger' });
  await report.waitFor({ timeout: 120_000 });
  const said = await report.innerText();
  expect(said).toContain('The entries on the disk are the ones that this application opened and wrote.');
  expect(said).not.toMatch(/\bFAIL\b/);
});
