/** With a vault: refused calls are in the ledger, and sheets are printed by a window that nobody can reach. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { MAX_CALL_BYTES, type Bridge } from '../../contract/schema.ts';
import { launchApp, type LaunchedApp } from '../e2e/launch.ts';
import { journalOf, prepareVault } from '../e2e/prepared.ts';

type Loose = Record<string, (input: unknown) => Promise<{ ok: boolean; value?: unknown; error?: { policy?: string } }>>;

let dataDir: string;
let launched: LaunchedApp;

beforeAll(async () => {
  ({ dataDir } = await prepareVault('recorded'));
  launched = await launchApp({ dataDir });
  // While the ledger is still checked a refusal is kept back, and recorded later.
  await vi.waitFor(async () => expect(await call('app.snapshot', {})).toMatchObject({ value: { phase: 'ready' } }), {
    timeout: 60_000,
  });
});

afterAll(async () => {
  await launched?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Calls a method of the bridge with anything. */
const call = (method: keyof Bridge, input: unknown) =>
  launched.page.evaluate(
    ([name, given]) => (globalThis as unknown as { conclave: Loose }).conclave[name as string]!(given),
    [method, input] as const,
  );

const refusals = () => journalOf(dataDir).filter(({ type }) => type === 'command.refused');

test('a malformed and an oversize call are refused and are in the ledger by the name of their method', async () => {
  expect(refusals()).toEqual([]);
  await expect(call('ceremony.act', { step: 'generate', more: true })).resolves.toMatchObject({
    ok: false,
    error: { policy: 'IPC-1', code: 'bad-input' },
  });
  await expect(call('ledger.page', { limit: 10, text: 'x'.repeat(MAX_CALL_BYTES) })).resolves.toMatchObject({
    ok: false,
    error: { policy: 'IPC-1', code: 'bad-input' },
  });
  expect(refusals().map(({ data }) => [data['policy'], data['command']])).toEqual([
    ['IPC-1', 'ceremony.act'],
    ['IPC-1', 'ledger.page'],
  ]);
});

test('a buffer whose visible part is small is measured whole', async () => {
  const answered = await launched.page.evaluate(
    (size) =>
      (globalThis as unknown as { conclave: Loose }).conclave['ceremony.recover']!({
        pin: new Uint8Array(new ArrayBuffer(size), 0, 4),
      }),
    MAX_CALL_BYTES + 1,
  );
  expect(answered).toMatchObject({ ok: false, error: { policy: 'IPC-1' } });
});

test('a call from a window with our preload script that is not the main window is refused and recorded', async () => {
  const before = refusals().length;
  const answered = await launched.app.evaluate(async ({ app, BrowserWindow }) => {
    const preload = `${app.getAppPath()}/electron/preload.cjs`;
    const window = new BrowserWindow({
      show: false,
      webPreferences: { partition: 'application', preload, sandbox: true, contextIsolation: true },
    });
    await window.loadURL('conclave://app/');
    const answer = (await window.webContents.executeJavaScript(`window.conclave['hsm.abort']({})`)) as unknown;
    window.destroy();
    return answer;
  });
  expect(answered).toMatchObject({ ok: false, error: { code: 'refused', policy: 'IPC-1' } });
  expect(
    refusals()
      .slice(before)
      .map(({ data }) => data['command']),
  ).toContain('hsm.abort');
});

test('a call from a frame inside the page is refused, even where that frame has the preload script', async () => {
  const answered = await launched.app.evaluate(async ({ ipcMain, webContents }) => {
    // The handler as the application registered it, called with the event that Electron would make for a frame.
    const handlers = (ipcMain as unknown as { _invokeHandlers: Map<string, (...all: unknown[]) => Promise<unknown>> })
      ._invokeHandlers;
    const [sender] = webContents.getAllWebContents();
    const main = sender!.mainFrame;
    const senderFrame = { url: 'conclave://app/', origin: 'conclave://app', parent: main, frameTreeNodeId: 0 };
    return await handlers.get('conclave:app.snapshot')!({ sender, senderFrame }, {});
  });
  expect(answered).toMatchObject({ ok: false, error: { code: 'refused', policy: 'IPC-1' } });
});

test('a channel that is no method has no handler', async () => {
  const channels = await launched.app.evaluate(({ ipcMain }) => ({
    invoked: [...(ipcMain as unknown as { _invokeHandlers: Map<string, unknown> })._invokeHandlers.keys()],
    sent: ipcMain.eventNames().map(String),
  }));
  const ours = channels.invoked.filter((name) => name.startsWith('conclave'));
  expect(channels.invoked).toEqual(ours);
  // Electron's own, which keeps an error from ending the process.
  expect(channels.sent.filter((name) => name !== 'error')).toEqual([]);
});

const print = async () => {
  const printed = await call('print.genesis', {});
  expect(printed).toMatchObject({ ok: true, value: { path: expect.stringMatching(/\.pdf$/) } });
  return (printed.value as { path: string }).path;
};

test('the genesis sheet is a tagged PDF in the bundled fonts, and a second print is the same file', async () => {
  const [first, second] = [await print(), await print()];
  expect(first).not.toBe(second);
  expect(first.startsWith(join(dataDir, 'exports'))).toBe(true);
  expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
  const info = execFileSync('pdfinfo', [first], { encoding: 'utf8' });
  expect(info).toMatch(/^Tagged:\s+yes$/m);
  expect(info).toMatch(/^JavaScript:\s+no$/m);
  expect(info).toMatch(/^Page size:.*A4/m);
  const fonts = execFileSync('pdffonts', [first], { encoding: 'utf8' });
  expect(fonts).toMatch(/IBMPlexMono/);
  // The two variable fonts are drawn as Type 3, which has no names; a font of the system would be named.
  expect(fonts).not.toMatch(/DejaVu|Liberation|Noto|Nimbus/);
  // Its fingerprint is read from it by people.
  const text = execFileSync('pdftotext', ['-layout', first, '-'], { encoding: 'utf8' });
  expect(text).toContain('TEST ONLY');
});

test('no printing window is left', async () => {
  await print();
  expect(await launched.app.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1);
});
