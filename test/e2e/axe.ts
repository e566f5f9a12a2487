/** axe-core in the real window: the rules for accessible pages that a program can check. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { switchTheme } from './pictures.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
}

/** Every violation on the screen as it is now, one line for each element. */
export async function violations(page: Page, screen: string): Promise<string[]> {
  const found = await page.evaluate<readonly Violation[]>(
    `${AXE}; axe.run(document, { resultTypes: ['violations'] }).then((report) => report.violations)`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) =>
      [screen, id, target.join(' '), failureSummary.replaceAll(/\s+/g, ' ')].join(' | '),
    ),
  );
}

/** The same in the light and the dark theme; the screen is left in the theme in which it was. */
export async function violationsInBothThemes(page: Page, screen: string): Promise<string[]> {
  const before = await violations(page, `${screen}, as it is`);
  await switchTheme(page);
  const after = await violations(page, `${screen}, other theme`);
  await switchTheme(page);
  return [...before, ...after];
}
