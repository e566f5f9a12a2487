import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const GALLERY = join(ROOT, '.cache/gallery');

/** The same policy as the product's, sent as a header the way its protocol handler does. */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'none'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; " +
  "require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
};

export interface Gallery {
  readonly browser: Browser;
  /** A new page on one screen of the gallery. `violations` collects every refusal of the policy. */
  open(
    show: string,
    options?: { theme?: string; environment?: string; width?: number; height?: number; clock?: boolean },
  ): Promise<{
    page: Page;
    violations: string[];
  }>;
  close(): Promise<void>;
}

/** Builds a renderer with its own vite configuration into a folder. */
export const build = (config: string, folder: string): void =>
  void execFileSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/vite/bin/vite.js'),
      'build',
      '-c',
      join(ROOT, config),
      '--outDir',
      folder,
      '--emptyOutDir',
    ],
    { cwd: ROOT, stdio: 'pipe' },
  );

/** Serves a folder of plain files on the loopback interface, with the product's policy as a header. */
export async function serve(folder: string): Promise<{ readonly origin: string; readonly server: Server }> {
  const server: Server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1) || 'index.html';
    if (name === 'favicon.ico') {
      response.writeHead(204).end();
      return;
    }
    const path = join(folder, name);
    if (!/^[\w.-]+$/.test(name) || !existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    response.end(readFileSync(path));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });

/** A page that keeps every error and every refusal of the policy. */
export async function watchedPage(
  browser: Browser,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<{ readonly page: Page; readonly violations: string[] }> {
  const page = await browser.newPage({ viewport: { width, height }, reducedMotion: 'reduce' });
  const violations: string[] = [];
  page.on('pageerror', (error) => violations.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') violations.push(message.text());
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  return { page, violations };
}

/** Builds the gallery, serves it on the loopback interface and starts a browser. */
export async function startGallery(): Promise<Gallery> {
  build('test/renderer/gallery/vite.config.ts', GALLERY);
  const { origin, server } = await serve(GALLERY);
  const browser = await startBrowser();
  return {
    browser,
    async open(show, { theme = 'light', environment = 'production', width = 1440, height = 900, clock = false } = {}) {
      const { page, violations } = await watchedPage(browser, { width, height });
      if (clock) await page.clock.install();
      await page.goto(`${origin}/?show=${show}&theme=${theme}&environment=${environment}`);
      await page.locator('#acts').waitFor({ state: 'attached' });
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      // Time stands still from here; a test moves it.
      if (clock) await page.clock.pauseAt(await page.evaluate(() => Date.now() + 60_000));
      return { page, violations };
    },
    async close() {
      await browser.close();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
