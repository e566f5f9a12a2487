/** The window's process ends in the midst of a ceremony, as a defect of the browser engine would end it. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Crew } from './crew.ts';
import { PATIENCE, Pointer } from './hands.ts';
import { launchApp, type LaunchedApp } from './launch.ts';
import { journalOf, prepareVault, type Prepared } from './prepared.ts';

let prepared: Prepared;
let launched: LaunchedApp;

beforeAll(async () => {
  prepared = await prepareVault('renderer', { until: 'workstation' });
  launched = await launchApp({ dataDir: prepared.dataDir });
});
afterAll(async () => {
  await launched?.close();
  rmSync(prepared.dataDir, { recursive: true, force: true });
});

/** What a script in the page says; null while there is no page. The driver's own view of it ended with its process. */
const inPage = (script: string): Promise<unknown> =>
  launched.app.evaluate(
    ({ BrowserWindow }, code) =>
      Promise.race([
        BrowserWindow.getAllWindows()[0]!
          .webContents.executeJavaScript(code)
          .catch(() => null) as Promise<unknown>,
        new Promise<null>((late) => setTimeout(() => late(null), 1000)),
      ]),
    script,
  );
const titled = (title: string): Promise<void> =>
  expect
    .poll(() => inPage("document.querySelector('main h1')?.textContent ?? null"), { timeout: PATIENCE, interval: 200 })
    .toBe(title);
const processOfWindow = (): Promise<number> =>
  launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.getOSProcessId());

test('the window is loaded again at the step where it was, and the ceremony goes on', async () => {
  await new Crew({ page: launched.page, hands: new Pointer(launched.page) }).at(
    'Check the workstation and the air gap',
  );
  const before = await processOfWindow();
  const entries = journalOf(prepared.dataDir).length;
  process.kill(before, 'SIGKILL');
  await expect.poll(processOfWindow, { timeout: PATIENCE }).not.toBe(before);
  await titled('Check the workstation and the air gap');
  // The ceremony is in the main process: no entry was written for what happened to its window.
  expect(journalOf(prepared.dataDir)).toHaveLength(entries);

  await inPage("for (const box of document.querySelectorAll('.confirmers input')) box.click()");
  await inPage(
    "[...document.querySelectorAll('button')].find(({ textContent }) => textContent.trim() === 'Confirm this step').click()",
  );
  await titled('Read the ledger root aloud');
  expect(journalOf(prepared.dataDir)).toHaveLength(entries + 1);
}, 120_000);
