/** The Keys screen over the real application with ten thousand keys in its ledger. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dayOf } from '../../core/lifecycle/cryptoperiod.ts';
import { Bench } from '../ceremony/bench.ts';
import { makeKeys } from '../ceremony/many-keys.ts';
import { Changes, startLive, type Live } from './harness/live.ts';
import { tooWide } from './harness/too-wide.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const KEYS = 10_000;
const PICTURES = process.env['CONCLAVE_PICTURES'];

const day = (fromToday: number): string => dayOf(Date.now() + fromToday * 86_400_000);

let bench: Bench;
let live: Live;
const changes = new Changes();

beforeAll(async () => {
  bench = await Bench.start({ changed: changes.changed });
  await bench.setUp();
  await makeKeys(bench, KEYS, (n) => {
    if (n === 4_321) return { originatorEnd: day(0), recipientEnd: day(900) };
    return n % 3 === 0 ? { originatorEnd: day(400 + (n % 700)), recipientEnd: day(1_500 + (n % 900)) } : undefined;
  });
  live = await startLive();
}, 240_000);
afterAll(async () => {
  await live?.close();
  await bench?.close();
});

async function keysScreen(options: { theme?: string; width?: number; height?: number } = {}) {
  const opened = await live.open(bench, changes, options);
  await opened.page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Keys' }).click();
  await opened.page.locator('[data-key]').first().waitFor();
  return opened;
}

const rows = (page: Page): Promise<number> => page.locator('[role=row][data-index]').count();
const focusedRow = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.querySelector('.lb')?.textContent ?? '');
const focusedPlace = (page: Page): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-rowindex') ?? null);
const inSight = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const body = document.querySelector('.kbody')!.getBoundingClientRect();
    const row = document.activeElement!.getBoundingClientRect();
    return row.top >= body.top - 1 && row.bottom <= body.bottom + 1;
  });

async function clean(page: Page): Promise<void> {
  const found = await page.evaluate<readonly { id: string; nodes: readonly { target: readonly string[] }[] }[]>(
    `${AXE}; axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)`,
  );
  expect(found.flatMap((one) => one.nodes.map((node) => `${one.id} ${node.target.join(' ')}`))).toEqual([]);
  expect(await tooWide(page)).toEqual([]);
}

const picture = async (page: Page, name: string): Promise<void> => {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` });
};

describe('ten thousand keys', () => {
  test('are not in the snapshot, which says how many there are', () => {
    expect(bench.view.keys).toMatchObject({ count: KEYS, dueCount: 1 });
    expect(bench.vault.state.keys.impossible).toEqual([]);
    expect(JSON.stringify(bench.view).length).toBeLessThan(100_000);
  });

  test('are one list of which few rows are in the page, and which says its length and each row its place', async () => {
    const { page, violations } = await keysScreen();
    const grid = page.getByRole('grid', { name: 'Keys of this vault' });
    expect(await grid.getAttribute('aria-rowcount')).toBe(String(KEYS + 1));
    expect(await rows(page)).toBeLessThan(60);
    // The newest first, among those of one state.
    expect(await page.locator('[data-index="0"] .lb').textContent()).toBe('KEY-09999');
    expect(await page.locator('[data-index="0"]').getAttribute('aria-rowindex')).toBe('2');
    expect(await page.locator('.kbody [tabindex="0"]').count()).toBe(1);
    expect(violations).toEqual([]);
    await page.close();
  });

  test('are reached to the last one by the keyboard alone, page by page and from end to end', async () => {
    const { page } = await keysScreen();
    await page.locator('[data-index="0"]').focus();
    await page.keyboard.press('End');
    await expect.poll(() => focusedRow(page)).toBe('KEY-00010');
    expect(await focusedPlace(page)).toBe(String(KEYS + 1));
    expect(await inSight(page)).toBe(true);
    expect(await rows(page)).toBeLessThan(60);
    await page.keyboard.press('ArrowDown');
    expect(await focusedPlace(page)).toBe(String(KEYS + 1));
    await page.keyboard.press('PageUp');
    const place = Number(await focusedPlace(page));
    expect(place).toBeLessThan(KEYS);
    expect(place).toBeGreaterThan(KEYS - 40);
    expect(await inSight(page)).toBe(true);
    await page.keyboard.press('Home');
    await expect.poll(() => focusedRow(page)).toBe('KEY-09999');
    await page.keyboard.press('PageDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    expect(Number(await focusedPlace(page))).toBeGreaterThan(5);
    // The row with the focus stays in the page wherever the list is scrolled to.
    const before = await focusedPlace(page);
    await page.locator('.kbody').evaluate((body) => (body.scrollTop = body.scrollHeight / 2));
    await expect.poll(() => page.locator('[aria-rowindex="5001"]').count()).toBe(1);
    expect(await focusedPlace(page)).toBe(before);
    expect(await rows(page)).toBeLessThan(60);
    await page.close();
  });

  test('are filtered by state and searched by words; the list says how many fit', async () => {
    const { page, violations } = await keysScreen();
    await page.getByRole('button', { name: /^Suspended 1000$/ }).click();
    await page.getByText('1000 fit the filter.').waitFor();
    await page.getByRole('button', { name: /^All 10000$/ }).click();
    await page.getByPlaceholder('Label, CKA_ID, ceremony, kind').fill('key-043');
    await page.getByText('100 fit the filter.').waitFor();
    await page.getByPlaceholder('Label, CKA_ID, ceremony, kind').fill('KEY-04321');
    await page.getByText('1 fits the filter.').waitFor();
    await page.locator('[data-index="0"] .nt.ending').getByText('Use ends today').waitFor();
    await page.getByPlaceholder('Label, CKA_ID, ceremony, kind').fill('nobody has this label');
    await page.getByText('No key fits the filter.').waitFor();
    await clean(page);
    expect(violations).toEqual([]);
    await page.close();
  });

  test('have each their detail: Enter opens it, Escape closes it and gives the focus back to its row', async () => {
    const { page, violations } = await keysScreen();
    await page.locator('[data-index="0"]').focus();
    await page.keyboard.press('End');
    await expect.poll(() => focusedRow(page)).toBe('KEY-00010');
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('complementary', { name: 'Key detail' });
    await drawer.getByRole('heading', { level: 2, name: 'KEY-00010' }).waitFor();
    const uses = drawer.getByRole('table', { name: 'What this key may do now' });
    expect(await uses.getByRole('row').allTextContents()).toEqual([
      'OperationNowKept by',
      'SignPrivate keyNothe device, as last read',
      'VerifyPublic keyOnly under conditions that people checkby procedure, not by the device',
    ]);
    await clean(page);
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await expect.poll(() => focusedRow(page)).toBe('KEY-00010');
    expect(violations).toEqual([]);
    await page.close();
  });

  test('stay where they are when a key changes, and the one that changed is another row', async () => {
    const { page } = await keysScreen();
    const before = bench.view.keys.changed;
    await page.locator('[data-index="0"]').focus();
    await page.keyboard.press('End');
    await expect.poll(() => focusedRow(page)).toBe('KEY-00010');
    await makeKeys(bench, 1);
    expect(bench.view.keys.changed).toBeGreaterThan(before);
    await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount')).toBe(String(KEYS + 2));
    expect(await inSight(page)).toBe(true);
    await page.close();
  });
});

describe('what is due', () => {
  test('is told with the day and a plan that is ready: its form is filled in, and nothing has happened', async () => {
    const { page, violations } = await live.open(bench, changes);
    const due = page.getByRole('region', { name: 'What is due' });
    await due.getByText('Today.').waitFor();
    expect(await due.textContent()).toContain('by the workstation’s clock, and only as right as it is');
    const size = bench.vault.journal.size;
    await due.getByRole('button', { name: 'Plan: rotate this key KEY-04321' }).click();
    await page.getByRole('heading', { level: 1, name: 'Rotate this key' }).waitFor();
    await expect.poll(() => page.getByLabel('Label of the new key').inputValue()).toBe('KEY-04322');
    expect(await page.getByLabel('Reason').inputValue()).toBe(`Originator use of KEY-04321 ends on ${day(0)}.`);
    expect(bench.vault.journal.size).toBe(size);
    expect(violations).toEqual([]);
    await page.close();
  });

  test('goes into a calendar file in the exports folder', async () => {
    const { page } = await keysScreen();
    await page.getByRole('button', { name: 'Write a calendar file' }).click();
    const said = await page
      .getByText(/^The ends of all cryptoperiods were written to /)
      .first()
      .textContent();
    const [, path = ''] = /written to (\S+\.ics)\./.exec(said ?? '') ?? [];
    expect(path.startsWith(bench.folder.exports)).toBe(true);
    const file = readFileSync(path, 'utf8');
    expect(file.match(/^BEGIN:VEVENT\r$/gm)!.length).toBeGreaterThan(KEYS);
    await page.close();
  });
});

describe.each([
  ['light', 1440, 900],
  ['dark', 1366, 768],
] as const)('in the %s theme at %i x %i', (theme, width, height) => {
  test('list and drawer fit, and axe finds no violation', async () => {
    const { page, violations } = await keysScreen({ theme, width, height });
    await clean(page);
    await picture(page, `keys-${theme}`);
    await page.locator('[data-index="0"]').click();
    await page.getByRole('complementary', { name: 'Key detail' }).waitFor();
    await clean(page);
    await picture(page, `keys-detail-${theme}`);
    await page.locator('.drawer .scroll').evaluate((scroll) => (scroll.scrollTop = scroll.scrollHeight));
    await picture(page, `keys-detail-end-${theme}`);
    expect(violations).toEqual([]);
    await page.close();
  });
});
