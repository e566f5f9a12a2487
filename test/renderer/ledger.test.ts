/** The ledger screen and the screen of its check at start, in front of samples: what stands on them, and by keyboard alone. */
import { mkdirSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text } from '../../renderer/messages/en.ts';
import { instantOf } from '../../renderer/screens/ledger/instant.ts';
import { startGallery, type Gallery } from './harness/gallery.ts';

let gallery: Gallery;
beforeAll(async () => {
  gallery = await startGallery();
}, 120_000);
afterAll(() => gallery?.close());

const acts = (page: Page): Promise<string[]> => page.locator('#acts li').allTextContents();

/** Where somebody wants to look at the screens. */
const pictures = process.env['CONCLAVE_PICTURES'];
async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/${name}.png` });
}

/** Presses Tab until the control with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let turn = 0; turn < 60; turn++) {
    const found = await page.evaluate(
      () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '',
    );
    if (found === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${name}.`);
}

describe('a ledger that is being checked', () => {
  test('shows how far the check has come and what was checked, and says that nothing can be entered', async () => {
    const { page } = await gallery.open('app:opening');
    await page.getByRole('heading', { level: 1, name: 'Checking the ledger' }).waitFor();
    await page.getByText('12,400 of 100,000 entries checked.').waitFor();
    await page
      .getByText(/^Every entry is checked from the first to the last, in a process of its own\. Nothing can be entered/)
      .waitFor();
    expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('12');
    await page
      .getByRole('row', { name: /Workstation started/ })
      .first()
      .waitFor();
    await picture(page, 'opening');
    await page.close();
  });

  test('is stopped with the keyboard alone, says where, and is checked from the beginning', async () => {
    const { page } = await gallery.open('app:opening');
    await page.getByRole('heading', { level: 1, name: 'Checking the ledger' }).waitFor();
    await tabTo(page, 'Stop the check');
    await page.keyboard.press('Enter');
    await page
      .getByText('The check was stopped after 12,400 of 100,000 entries. The ledger stays closed. Nothing was changed.')
      .first()
      .waitFor();
    await picture(page, 'opening-stopped');
    await tabTo(page, 'Check from the beginning');
    await page.keyboard.press('Enter');
    await page.getByText('Looking at the ledger.').waitFor();
    expect(await acts(page)).toEqual(
      expect.arrayContaining(['app.snapshot', 'ledger.page 100', 'ledger.stopCheck', 'ledger.checkAgain']),
    );
    await page.close();
  });
});

describe('the ledger screen', () => {
  test.each([
    [1366, 768],
    [1920, 1080],
  ])('fits %i x %i with its findings, and nothing in a column is wider than it', async (width, height) => {
    for (const theme of ['light', 'dark']) {
      const { page } = await gallery.open('ledger', { width, height, theme });
      await page.getByRole('heading', { level: 2, name: 'Findings: 1' }).waitFor();
      const wide = await page.evaluate(() =>
        ['.tl', '.ent', '.ent .filters', '.proof', '.findings', 'main'].filter((selector) => {
          const part = document.querySelector(selector);
          return part !== null && part.scrollWidth > part.clientWidth + 1;
        }),
      );
      expect(wide).toEqual([]);
      await picture(page, `ledger-${width}-${theme}`);
      await page.close();
    }
  });

  test('says a finding by its id: what it is, what it does not prove, what to do', async () => {
    const { page } = await gallery.open('ledger');
    const finding = page.getByRole('region', { name: 'Findings: 1' }).getByRole('listitem');
    const said = (await finding.innerText()).split('\n').map((line) => line.trim());
    expect(said.join(' ')).toMatch(/^CLOCK-3 Entry 139: .+ Does not prove: .+ What to do: .+$/);
    await page.close();
  });

  test('gives the proof in words beside its drawing, one step a line', async () => {
    const { page } = await gallery.open('ledger');
    await page.getByText('The proof in words').focus();
    await page.keyboard.press('Enter');
    const steps = page.locator('.proof-words li');
    expect(await steps.count()).toBe(8);
    expect((await steps.first().innerText()).trim()).toBe(
      'entry 185 (5124 6b5b, computed here) with entry 186 (3d58 154a, given) on its right gives 185 to 186 (bdba b049).',
    );
    expect((await steps.last().innerText()).trim()).toMatch(/gives root of 203 \(e50b f434\)\.$/);
    await page.close();
  });

  test('takes a time range in UTC and says what is none', async () => {
    const { page } = await gallery.open('ledger');
    await page.getByLabel('From', { exact: true }).fill('2026-02-31');
    await page
      .getByText('Type a date, such as 2026-04-22, or a date and time, such as 2026-04-22 09:30. UTC.')
      .waitFor();
    await page.getByLabel('From', { exact: true }).fill('2026-02-28');
    await page.getByText('UTC, by the workstation’s clock. Both ends included.').waitFor();
    await page.close();
  });
});

test('what the screen says while the ledger is checked stands in docs/ledger.md, word for word', () => {
  const written = readFileSync(new URL('../../docs/ledger.md', import.meta.url), 'utf8').replace(/\s+/g, ' ');
  const { opening, ledgerScreen } = text;
  for (const sentence of [
    opening.lead,
    opening.checked(12_400, 100_000),
    opening.stopped(12_400, 100_000),
    ledgerScreen.findings.none,
  ])
    expect(written).toContain(sentence);
});

test('a day or minute that ends a range is included in it', () => {
  expect(instantOf('', 'begin')).toBeUndefined();
  expect(instantOf('2026-04-22', 'begin')).toBe('2026-04-22T00:00:00.000Z');
  expect(instantOf('2026-04-22', 'end')).toBe('2026-04-23T00:00:00.000Z');
  expect(instantOf(' 2026-04-22 09:30 ', 'end')).toBe('2026-04-22T09:31:00.000Z');
  for (const wrong of ['yesterday', '2026-02-31', '2026-04-22 25:00', '22.04.2026']) {
    expect(instantOf(wrong, 'begin'), wrong).toBeNull();
  }
});
