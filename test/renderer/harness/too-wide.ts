import type { Page } from 'playwright-core';

/** Parts of the frame whose content is wider than they are. */
export const tooWide = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    ['html', 'header.head', 'footer.status', '.first .bar', '.page .bar', 'aside.r'].filter((selector) => {
      const part = document.querySelector(selector);
      return part !== null && part.scrollWidth > part.clientWidth + 1;
    }),
  );
