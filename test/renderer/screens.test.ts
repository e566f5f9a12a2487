import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGallery, type Gallery } from './harness/gallery.ts';

const SCREENS = ['components', 'runner', 'approval', 'keys', 'ledger', 'evidence'];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

let gallery: Gallery;
beforeAll(async () => {
  gallery = await startGallery();
}, 120_000);
afterAll(() => gallery?.close());

describe.each(['light', 'dark'])('in the %s theme', (theme) => {
  test.each(SCREENS)('axe finds no violation on %s, and the policy refuses nothing', async (show) => {
    const { page, violations } = await gallery.open(show, { theme, environment: 'rehearsal' });
    // The checker itself is evaluated by the debugger, outside the page's policy.
    const found = await page.evaluate<AxeViolation[]>(
      `${AXE}; axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)`,
    );
    const told = found.flatMap((one) =>
      one.nodes.map((node) => `${one.id} ${node.target.join(' ')}: ${node.failureSummary}`),
    );
    expect(told).toEqual([]);
    expect(violations).toEqual([]);
    await page.close();
  });
});

test.each([
  [1440, 900],
  [1366, 768],
])('no text is cut off or spilled at %i x %i', async (width, height) => {
  for (const show of SCREENS.filter((one) => one !== 'components')) {
    const { page } = await gallery.open(show, { environment: 'rehearsal', width, height });
    const spilled = await page.evaluate(() => {
      const wrong: string[] = [];
      if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page is wider than the window');
      for (const element of document.querySelectorAll<HTMLElement>('main *, header *, footer *')) {
        if (element.closest('.sr, svg, .today-line') !== null || element.children.length > 0) continue;
        const style = getComputedStyle(element);
        if (style.display === 'inline' || element.textContent?.trim() === '') continue;
        if (element.scrollWidth > element.clientWidth + 1 && style.overflow !== 'auto')
          wrong.push(`${element.className}: ${element.textContent}`);
      }
      const bar = document.querySelector('footer.status');
      if (bar !== null && bar.scrollWidth > bar.clientWidth) wrong.push('status bar');
      return wrong;
    });
    expect(spilled, show).toEqual([]);
    await page.close();
  }
});
