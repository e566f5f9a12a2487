/**
 * The product's renderer in a browser, in front of the real application on Node: real SoftHSM, real ledger, real key
 * files. Only preload and the window are another; those are tested in the packed application.
 */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import type { Method } from '../../../contract/methods.ts';
import { METHODS } from '../../../contract/schema.ts';
import type { AppView } from '../../../contract/views.ts';
import type { Handlers } from '../../../electron/application-ports.ts';
import type { Bench } from '../../ceremony/bench.ts';
import { build, serve, startBrowser, watchedPage } from './gallery.ts';

const BUILT = fileURLToPath(new URL('../../../.cache/live', import.meta.url));

/** Bytes cross the browser's debugging protocol as lists of numbers. */
interface Packed {
  readonly $bytes: readonly number[];
}

const isPacked = (value: unknown): value is Packed => typeof value === 'object' && value !== null && '$bytes' in value;

const unpack = (input: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, isPacked(value) ? Uint8Array.from(value.$bytes) : value]),
  );

/** Hands what the application has to say to the windows that are open: `new Bench({ changed: changes.changed })`. */
export class Changes {
  readonly #listeners = new Set<(app: AppView) => void>();

  readonly changed = (app: AppView): void => this.#listeners.forEach((listener) => listener(app));

  follow(listener: (app: AppView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export interface Live {
  /** A new window on the application as it is now. */
  open(
    bench: Bench,
    changes: Changes,
    options?: { readonly theme?: string; readonly width?: number; readonly height?: number },
  ): Promise<{ readonly page: Page; readonly violations: string[] }>;
  close(): Promise<void>;
}

export async function startLive(): Promise<Live> {
  build('renderer/vite.config.ts', BUILT);
  const { origin, server } = await serve(BUILT);
  const browser = await startBrowser();
  return {
    async open(bench, changes, { theme = 'light', width = 1440, height = 900 } = {}) {
      const opened = await watchedPage(browser, { width, height });
      const { page } = opened;
      await page.exposeFunction('conclaveCall', (method: Method, input: Record<string, unknown>) => {
        const handlers: Handlers = bench.h;
        return (handlers[method] as (given: unknown) => Promise<unknown>)(unpack(input));
      });
      await page.addInitScript(
        ({ methods }) => {
          type Call = (method: string, input: unknown) => Promise<unknown>;
          const call = (window as unknown as { conclaveCall: Call }).conclaveCall;
          const listeners = new Set<(app: unknown) => void>();
          const pack = (input: Record<string, unknown>): unknown =>
            Object.fromEntries(
              Object.entries(input).map(([name, value]) => [
                name,
                value instanceof Uint8Array ? { $bytes: [...value] } : value,
              ]),
            );
          Object.assign(window, {
            conclave: {
              ...Object.fromEntries(
                methods.map((method) => [method, (input: Record<string, unknown>) => call(method, pack(input))]),
              ),
              onChanged: (listener: (app: unknown) => void) => {
                listeners.add(listener);
                return () => listeners.delete(listener);
              },
            },
            conclaveChanged: (app: unknown) => listeners.forEach((listener) => listener(app)),
          });
        },
        { methods: [...METHODS] },
      );
      const stop = changes.follow((app) => {
        // A window that is closing needs no news.
        page
          .evaluate(
            (news) => (window as unknown as { conclaveChanged: (app: unknown) => void }).conclaveChanged(news),
            app,
          )
          .catch(() => undefined);
      });
      page.on('close', stop);
      await page.goto(`${origin}/`);
      await page.locator('footer.status .mono').first().waitFor();
      if (theme === 'dark') {
        await page.keyboard.press('F1');
        await page.getByRole('button', { name: 'Dark' }).click();
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      return opened;
    },
    async close() {
      await browser.close();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
