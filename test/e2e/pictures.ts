/** Pictures of the real window, in both themes and at several sizes. */
import { join } from 'node:path';
import { PATIENCE } from './hands.ts';
import type { LaunchedApp } from './launch.ts';

export interface PictureStyle {
  readonly theme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
}

const OWN: PictureStyle = { theme: 'light', width: 1440, height: 900 };

export class Pictures {
  readonly names: string[] = [];
  #now: PictureStyle = OWN;

  constructor(
    private readonly launched: LaunchedApp,
    private readonly folder: string,
    private readonly styles: readonly PictureStyle[] = [OWN],
    private readonly wanted: (name: string) => boolean = () => true,
  ) {}

  /** Takes the screen in every style, and leaves the window as it was. */
  async take(name: string): Promise<void> {
    if (!this.wanted(name)) return;
    for (const style of this.styles) {
      await this.#show(style);
      const suffix = this.styles.length === 1 ? '' : `-${style.theme}-${style.width}x${style.height}`;
      await this.launched.page.screenshot({ path: join(this.folder, `${name}${suffix}.png`), animations: 'disabled' });
    }
    await this.#show(OWN);
    this.names.push(name);
  }

  async #show(style: PictureStyle): Promise<void> {
    const { app, page } = this.launched;
    if (style.width !== this.#now.width || style.height !== this.#now.height) {
      await app.evaluate(({ BrowserWindow }, { width, height }) => {
        BrowserWindow.getAllWindows()[0]?.setContentSize(width, height);
      }, style);
      await page.waitForFunction(
        ({ width, height }) => innerWidth === width && innerHeight === height,
        { width: style.width, height: style.height },
        { timeout: PATIENCE },
      );
    }
    if (style.theme !== this.#now.theme) await switchTheme(this.launched.page);
    this.#now = style;
  }
}

/** By the switch that people use, in the list of keys. */
export async function switchTheme(page: LaunchedApp['page']): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Keys of the keyboard' });
  const open = await dialog.isVisible();
  if (!open) await page.keyboard.press('F1');
  const dark = dialog.getByRole('button', { name: 'Dark', exact: true });
  await dark.waitFor({ timeout: PATIENCE });
  await dark.press('Space');
  if (!open) {
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden', timeout: PATIENCE });
  }
}
