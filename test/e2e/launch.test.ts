import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchApp, newFolder, testApplication, type LaunchedApp } from './launch.ts';

let folder: string;
let launched: LaunchedApp;

beforeAll(async () => {
  folder = newFolder('launch');
  launched = await launchApp({ dataDir: folder });
});

afterAll(async () => {
  await launched.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One field of the kernel's own record of a process (proc_pid_status(5)). */
const status = (pid: number, field: string): string =>
  new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

const pidsOf = (type: string): Promise<number[]> =>
  launched.app.evaluate(
    ({ app }, wanted) =>
      app
        .getAppMetrics()
        .filter((each) => each.type === wanted)
        .map((each) => each.pid),
    type,
  );

test('the application never runs as root and holds no capability', () => {
  expect(status(launched.pid, 'Uid')).not.toMatch(/\b0\b/);
  expect(status(launched.pid, 'CapEff')).toBe('0000000000000000');
});

test('the main process was started without a switch that weakens the sandbox', () => {
  expect(readFileSync(`/proc/${launched.pid}/cmdline`, 'utf8')).not.toMatch(/no-sandbox|disable-[a-z-]*sandbox/);
});

test('every window lives in a process namespace of its own, behind a system call filter', async () => {
  const renderers = await pidsOf('Tab');
  expect(renderers.length).toBeGreaterThan(0);
  for (const pid of renderers) {
    expect(status(pid, 'NSpid').split(/\s+/).length).toBeGreaterThan(1);
    expect(status(pid, 'Seccomp')).toBe('2');
    expect(status(pid, 'NoNewPrivs')).toBe('1');
  }
});

test('the runtime is the one that set-up says it is, under the name of the test build', async () => {
  const found = await launched.app.evaluate(({ app }) => ({
    name: app.getName(),
    electron: process.versions['electron'],
  }));
  const { test, electron } = testApplication();
  expect(found).toEqual({ name: test.name, electron });
});
