import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lifecycles } from './gallery/samples/lifecycle.ts';
import { PLAN } from './gallery/samples/status.ts';
import { startGallery, type Gallery } from './harness/gallery.ts';

let gallery: Gallery;
beforeAll(async () => {
  gallery = await startGallery();
}, 120_000);
afterAll(() => gallery?.close());

const acts = (page: Page): Promise<string[]> => page.locator('#acts li').allTextContents();
const focused = (page: Page): Promise<string> =>
  page.evaluate(
    () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '',
  );

describe('a held button', () => {
  const open = async (): Promise<Page> => {
    const { page } = await gallery.open('components', { clock: true });
    await page.locator('#hold button').focus();
    return page;
  };

  test.each(['Space', 'Enter'])('acts once when %s is held for two seconds', async (key) => {
    const page = await open();
    await page.keyboard.down(key);
    await page.clock.runFor(1999);
    expect(await acts(page)).toEqual([]);
    await page.clock.runFor(1);
    expect(await acts(page)).toEqual(['held']);
    await page.keyboard.up(key);
    await page.clock.runFor(5000);
    expect(await acts(page)).toEqual(['held']);
    await page.close();
  });

  test('does nothing when let go early, and says so', async () => {
    const page = await open();
    await page.keyboard.down('Space');
    await page.clock.runFor(1500);
    await page.keyboard.up('Space');
    await page.clock.runFor(5000);
    expect(await acts(page)).toEqual(['released']);
    expect(await page.locator('#hold button').textContent()).toContain('Released early. Nothing happened.');
    expect(await page.locator('[data-announcer=polite]').textContent()).toContain('Released early. Nothing happened.');
    await page.close();
  });

  test('ignores key repeat: repeated presses do not restart or shorten the hold', async () => {
    const page = await open();
    await page.keyboard.down('Space');
    for (let at = 0; at < 4; at++) {
      await page.clock.runFor(400);
      await page.keyboard.down('Space');
    }
    expect(await acts(page)).toEqual([]);
    await page.clock.runFor(400);
    expect(await acts(page)).toEqual(['held']);
    await page.close();
  });

  test('is cancelled by Escape and by losing the focus', async () => {
    const page = await open();
    await page.keyboard.down('Space');
    await page.clock.runFor(1000);
    await page.keyboard.press('Escape');
    await page.clock.runFor(3000);
    expect(await acts(page)).toEqual(['released']);
    await page.keyboard.up('Space');
    await page.keyboard.down('Enter');
    await page.clock.runFor(1000);
    await page.keyboard.press('Tab');
    await page.clock.runFor(3000);
    expect(await acts(page)).toEqual(['released', 'released']);
    await page.close();
  });

  test('needs three seconds for destruction', async () => {
    const page = await open();
    await page.locator('#hold-danger button').focus();
    await page.keyboard.down('Space');
    await page.clock.runFor(2999);
    expect(await acts(page)).toEqual([]);
    await page.clock.runFor(1);
    expect(await acts(page)).toEqual(['destroyed']);
    await page.close();
  });

  test('a click by an assistive tool never acts; it opens the alternative', async () => {
    const page = await open();
    await page.locator('#hold button').evaluate((button: HTMLElement) => button.click());
    await page.clock.runFor(5000);
    expect(await acts(page)).toEqual(['alternative']);
    await page.close();
  });

  test('shows its reason and does nothing when it cannot be used', async () => {
    const page = await open();
    const button = page.locator('#hold-off button');
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    expect(await button.textContent()).toContain('Tick rows C and D to approve');
    await button.focus();
    await page.keyboard.down('Space');
    await page.clock.runFor(9000);
    await page.keyboard.up('Space');
    expect(await acts(page)).toEqual([]);
    await page.close();
  });

  test('held by the pointer, it acts; sliding off cancels', async () => {
    const page = await open();
    await page.locator('#hold button').hover();
    await page.mouse.down();
    await page.clock.runFor(1000);
    await page.mouse.move(5, 5);
    await page.clock.runFor(3000);
    await page.mouse.up();
    expect(await acts(page)).toEqual(['released']);
    await page.locator('#hold button').hover();
    await page.mouse.down();
    await page.clock.runFor(2000);
    await page.mouse.up();
    expect(await acts(page)).toEqual(['released', 'held']);
    await page.close();
  });
});

describe('an approval', () => {
  test('is unlocked by keys alone: ticks, two typed groups, a passphrase, a hold', async () => {
    const { page } = await gallery.open('approval', { clock: true });
    const decide = page.locator('.decide .hold');
    await page.locator('.cbx').first().focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Space');
    expect(await decide.textContent()).toContain('Tick rows C and D to approve');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toContain('Row D');
    await page.keyboard.press('ArrowUp');
    expect(await focused(page)).toContain('Row C');
    await page.keyboard.press('Space');
    await page.keyboard.press('Space');
    expect(await decide.textContent()).toContain('Row B, group 3');
    await page.getByLabel('Row B, group 3').fill(PLAN.slice(24, 28));
    // Whether a group is right is judged when the approval is submitted: the screen is no oracle.
    await page.getByLabel('Row D, group 1').fill('0000');
    expect(await page.locator('.approve [aria-invalid]').count()).toBe(0);
    expect(await decide.textContent()).toContain('Type your passphrase');
    await page.getByLabel('Passphrase of your key file').fill('correct horse');
    await decide.focus();
    await page.keyboard.down('Space');
    await page.clock.runFor(2000);
    await page.keyboard.up('Space');
    expect(await acts(page)).toEqual(['approve']);
    expect(await page.getByLabel('Passphrase of your key file').inputValue()).toBe('');
    await page.close();
  });

  test('cannot go on when a row differs', async () => {
    const { page } = await gallery.open('approval');
    await page.getByRole('button', { name: 'Row A differs' }).click();
    expect(await page.locator('.decide .hold').textContent()).toContain('A row differs. This plan cannot be approved.');
    expect(await page.locator('[data-announcer=urgent]').textContent()).toContain('Row A differs');
    await page.close();
  });
});

test('a passphrase is handed out once as bytes and the field is empty afterwards', async () => {
  const { page } = await gallery.open('components');
  await page.locator('#secret input').fill('pässword');
  await page.getByRole('button', { name: 'Take' }).click();
  expect(await page.locator('#taken').textContent()).toBe([...new TextEncoder().encode('pässword')].join(' '));
  expect(await page.locator('#secret input').inputValue()).toBe('');
  await page.close();
});

test.each(Object.entries(lifecycles))(
  'the %s lifecycle draws every edge of its table and no other, and its table says the same',
  async (id, { edges }) => {
    const { page } = await gallery.open('components');
    const ids = (selector: string): Promise<string[]> =>
      page.locator(`#${id} ${selector}`).evaluateAll((all) => all.map((one) => one.getAttribute('data-edge') ?? ''));
    const expected = edges.map((edge) => `${edge.from}>${edge.to}`).sort();
    expect((await ids('path[data-edge][d]')).sort()).toEqual(expected);
    expect((await ids('tr[data-edge]')).sort()).toEqual(expected);
    const drawn = await page
      .locator(`#${id} path[data-edge]`)
      .evaluateAll((all) => all.map((one) => (one as SVGPathElement).getTotalLength()));
    expect(drawn.every((length) => length > 4)).toBe(true);
    await page.close();
  },
);

describe('without holding', () => {
  test('row A typed from paper approves, and any other row does not', async () => {
    const { page } = await gallery.open('approval');
    await page.locator('.cbx').first().focus();
    for (let row = 0; row < 4; row++) await page.keyboard.press('Space');
    await page.getByLabel('Row B, group 3').fill('0000');
    await page.getByLabel('Row D, group 1').fill('0000');
    await page.getByLabel('Passphrase of your key file').fill('correct horse');
    await page.getByRole('button', { name: 'Cannot hold? Type row A instead' }).click();
    const dialog = page.getByRole('alertdialog', { name: 'Approve destruction without holding' });
    const act = dialog.getByRole('button', { name: 'Approve destruction' });
    await dialog.getByLabel('Row A, sixteen digits').fill(PLAN.slice(16, 32));
    await act.click({ force: true });
    expect(await dialog.textContent()).toContain('These are not the digits of that row.');
    expect(await acts(page)).toEqual([]);
    await dialog.getByLabel('Row A, sixteen digits').fill(PLAN.slice(0, 16).replace(/(.{4})/g, '$1 '));
    await act.click();
    expect(await acts(page)).toEqual(['approve']);
    await page.close();
  });

  test('row A typed from paper runs an irreversible step, and any other row does not', async () => {
    const { page } = await gallery.open('runner');
    await page.getByRole('button', { name: 'Cannot hold? Type row A instead' }).click();
    const dialog = page.getByRole('alertdialog', { name: 'Generate key pair without holding' });
    const act = dialog.getByRole('button', { name: 'Generate key pair' });
    await dialog.getByLabel('Row A, sixteen digits').fill(PLAN.slice(48));
    await act.click({ force: true });
    expect(await acts(page)).toEqual([]);
    await dialog.getByLabel('Row A, sixteen digits').fill(PLAN.slice(0, 16));
    await act.click();
    expect(await acts(page)).toEqual(['act']);
    await page.close();
  });
});

describe('moving about', () => {
  test('a step begins at its title, and F6 goes round script, stage, room, status and head', async () => {
    const { page } = await gallery.open('runner');
    expect(await focused(page)).toBe('Generate the signing key pair inside the HSM');
    const seen: (string | null)[] = [];
    for (let at = 0; at < 5; at++) {
      await page.keyboard.press('F6');
      seen.push(
        await page.evaluate(
          () => document.activeElement?.closest('[data-region]')?.getAttribute('data-region') ?? null,
        ),
      );
    }
    expect(seen).toEqual(['room', 'status', 'head', 'script', 'stage']);
    await page.close();
  });

  test('the current step stays in sight in the script, in a window of any height', async () => {
    const { page } = await gallery.open('runner');
    const outOfSight = (): Promise<number> =>
      page.evaluate(() => {
        const outline = document.querySelector('.script')!.getBoundingClientRect();
        const row = document.querySelector('.script [aria-current]')!.getBoundingClientRect();
        return Math.max(0, outline.top - row.top, row.bottom - outline.bottom);
      });
    expect(await page.locator('.script').evaluate((outline) => outline.scrollTop)).toBe(0);
    for (const height of [420, 900, 560, 480]) {
      await page.setViewportSize({ width: 1366, height });
      await expect.poll(outOfSight, { message: `at ${height}` }).toBe(0);
    }
    await page.close();
  });

  test('the script is one stop and opens at the current step', async () => {
    const { page } = await gallery.open('runner');
    const stops = await page.locator('.script [tabindex="0"]').count();
    expect(stops).toBe(1);
    await page.locator('.script [tabindex="0"]').focus();
    expect(await focused(page)).toContain('Generate the key pair');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toContain('Read back the key attributes');
    await page.close();
  });

  test('Enter opens a key, Escape closes it and gives the focus back', async () => {
    const { page } = await gallery.open('keys');
    await page.keyboard.press('Escape');
    expect(await page.locator('.drawer').count()).toBe(0);
    await page.locator('[data-key="ALD-TSA-2024-1"]').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('.drawer h2').textContent()).toBe('ALD-TSA-2024-1');
    await page.keyboard.press('Escape');
    expect(await page.locator('.drawer').count()).toBe(0);
    expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset['key'])).toBe('ALD-TSA-2024-1');
    await page.close();
  });

  test('F1 lists the keys; a dialog gives the focus back when Escape closes it', async () => {
    const { page } = await gallery.open('components');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByRole('alertdialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('Ask');
    await page.keyboard.press('F1');
    await page.getByRole('dialog', { name: 'Keys of the keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await acts(page)).toEqual([]);
    await page.close();
  });

  test('stopping needs a typed reason, and Escape never stops a ceremony', async () => {
    const { page } = await gallery.open('runner');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Stop ceremony' }).click();
    const stop = page.getByRole('button', { name: 'Stop the ceremony' });
    expect(await stop.getAttribute('aria-disabled')).toBe('true');
    await stop.click({ force: true });
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    expect(await acts(page)).toEqual([]);
    await page.getByRole('button', { name: 'Stop ceremony' }).click();
    await page.getByLabel('What happened').fill('The recording failed.');
    await stop.click();
    expect(await acts(page)).toEqual(['stop The recording failed.']);
    await page.close();
  });
});

describe('the act', () => {
  const SMALL = { environment: 'rehearsal', width: 1366, height: 560 };

  test('stays locked until the last parameter has been on the screen', async () => {
    const { page } = await gallery.open('runner', SMALL);
    const act = page.locator('.act .hold');
    expect(await act.textContent()).toContain('Scroll to the end first');
    await page.locator('.params tr').last().scrollIntoViewIfNeeded();
    await expect.poll(() => act.getAttribute('aria-disabled')).toBeNull();
    await page.close();
  });

  test('of the next step is locked again: what was seen of one step says nothing of another', async () => {
    const { page } = await gallery.open('runner', SMALL);
    const act = page.locator('.act .hold');
    await page.locator('.params tr').last().scrollIntoViewIfNeeded();
    await expect.poll(() => act.getAttribute('aria-disabled')).toBeNull();
    await page
      .getByRole('button', { name: 'Next step of the sample' })
      .evaluate((button: HTMLElement) => button.click());
    await page.getByRole('heading', { level: 1, name: 'Make the key active' }).waitFor();
    expect(await focused(page)).toBe('Make the key active');
    expect(await act.textContent()).toContain('Scroll to the end first');
    await page.locator('.params tr').last().scrollIntoViewIfNeeded();
    await expect.poll(() => act.getAttribute('aria-disabled')).toBeNull();
    await page.close();
  });
});
