/** What the page can reach of the bridge, and what of Node.js and Electron: nothing. In the packed test build. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { METHODS } from '../../contract/methods.ts';
import type { Bridge } from '../../contract/schema.ts';
import { launchApp, newFolder, type LaunchedApp } from '../e2e/launch.ts';
import { attemptIn, type PageGlobals } from './attempt.ts';

let folder: string;
let launched: LaunchedApp;

beforeAll(async () => {
  folder = newFolder('isolation');
  launched = await launchApp({ dataDir: folder });
  await launched.page.waitForSelector('#app > *');
});

afterAll(async () => {
  await launched?.close();
  rmSync(folder, { recursive: true, force: true });
});

const attempt = (source: string) => attemptIn(launched.page, source);

describe('context isolation and Node.js', () => {
  test('the page has no name of Node.js or Electron', async () => {
    const names = [
      'process',
      'require',
      'module',
      'exports',
      'Buffer',
      'global',
      'setImmediate',
      'electron',
      'ipcRenderer',
    ];
    const found = await launched.page.evaluate((all) => all.filter((name) => name in globalThis), names);
    expect(found).toEqual([]);
  });

  test('the bridge has one function a method and onChanged, and nothing else', async () => {
    const found = await launched.page.evaluate(() => {
      const { conclave } = globalThis as unknown as PageGlobals;
      return Reflect.ownKeys(conclave).map((key) => [String(key), typeof conclave[key as keyof Bridge]]);
    });
    const expected = [...METHODS, 'onChanged'].map((name) => [name, 'function']);
    expect(found.sort()).toEqual(expected.sort());
  });

  test('the page can neither replace the bridge nor change a function of it', async () => {
    const { outcome } = await attempt(`
      const before = window.conclave['app.snapshot'];
      try { window.conclave['app.snapshot'] = () => 'mine'; } catch {}
      try { window.conclave = {}; } catch {}
      try { Object.defineProperty(window, 'conclave', { value: {} }); } catch {}
      return window.conclave['app.snapshot'] === before;
    `);
    expect(outcome).toBe('true');
  });

  test('what the page does to built-in prototypes does not reach the preload script', async () => {
    const { outcome } = await attempt(`
      const stolen = [];
      const { then } = Promise.prototype;
      const { push } = Array.prototype;
      Array.prototype.push = function (...given) { stolen.push = push; return push.apply(this, given); };
      Object.defineProperty(Object.prototype, 'sender', { configurable: true, set(value) { stolen[0] = value; } });
      const reply = await window.conclave['app.snapshot']({});
      Array.prototype.push = push;
      delete Object.prototype.sender;
      return reply.ok && stolen.length === 0 && then === Promise.prototype.then;
    `);
    expect(outcome).toBe('true');
  });

  test('a listener is handed a snapshot and no event', async () => {
    const given = await launched.page.evaluate(async () => {
      const { conclave } = globalThis as unknown as PageGlobals;
      const heard = new Promise<unknown[]>((resolve) => {
        const end = conclave.onChanged((...all) => {
          end();
          resolve(all);
        });
      });
      await conclave['setup.chooseRehearsal']({});
      const all = await heard;
      return all.map((each) => Object.keys(each as object).sort());
    });
    expect(given).toHaveLength(1);
    expect(given[0]).toContain('software');
    expect(given[0]).not.toContain('sender');
  });
});
