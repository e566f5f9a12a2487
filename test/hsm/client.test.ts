import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { createHsm } from '../../electron/hsm/client.ts';
import { nodeHost } from '../../electron/process/node-host.ts';
import { faultBench } from './faults/control.ts';
import { hostEntry, makeVault, must, mustFail } from './host.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-client-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A client of a process that runs `code` in place of the HSM host. */
function clientOf(name: string, code: string) {
  const entry = join(folder, `${name}.mjs`);
  writeFileSync(entry, code);
  return createHsm(nodeHost(entry));
}

test('a host that cannot be started is lost, and every call says so', async () => {
  const hsm = createHsm(nodeHost(join(folder, 'missing.mjs')));
  const failure = mustFail(await hsm.slots());
  expect(failure).toMatchObject({ code: 'hsm-lost' });
  expect(failure.message).toContain('before this call was begun');
  expect(mustFail(await hsm.slots()).code).toBe('hsm-lost');
});

test('a starter that throws is a lost host, not an exception', async () => {
  const hsm = createHsm(() => {
    throw new Error('no processes left');
  });
  expect(mustFail(await hsm.slots()).message).toContain('it could not be started');
  expect(hsm.status().state).toBe('lost');
});

const READY = `process.send({ ready: true }); process.on('message', (message) => process.send(`;

test.each([
  ['an answer to another request', `{ id: message.id + 1, result: { ok: true, value: [] }, loggedIn: [] }`],
  ['an answer without a result', `{ id: message.id, loggedIn: [] }`],
  [
    'a failure with an unknown code',
    `{ id: message.id, result: { ok: false, error: { code: 'x', message: '' } }, loggedIn: [] }`,
  ],
  ['a text', `'hello'`],
])('a host that sends %s is stopped and not believed', async (name, reply) => {
  const heard: string[] = [];
  const hsm = clientOf(name.replaceAll(' ', '-'), `${READY}${reply}));`);
  hsm.onLost((lost) => heard.push(lost.reason));
  expect(mustFail(await hsm.slots()).message).toContain('it broke the protocol');
  expect(heard).toEqual(['it broke the protocol']);
});

test('a host that speaks before it is ready is stopped', async () => {
  const hsm = clientOf(
    'early',
    `process.send({ id: 1, result: { ok: true, value: [] }, loggedIn: [] }); setInterval(() => {}, 1e6);`,
  );
  expect(mustFail(await hsm.slots()).code).toBe('hsm-lost');
});

test('PINs are zeroed also where they never reach a host', async () => {
  const pin = Uint8Array.of(1, 2, 3, 4);
  const hsm = createHsm(nodeHost(join(folder, 'missing.mjs')));
  expect(mustFail(await hsm.login({ token: { label: 'a', serial: 'b' }, pin })).code).toBe('hsm-lost');
  expect([...pin]).toEqual([0, 0, 0, 0]);
  const late = Uint8Array.of(5, 6, 7, 8);
  expect(mustFail(await hsm.login({ token: { label: 'a', serial: 'b' }, pin: late })).code).toBe('hsm-lost');
  expect([...late]).toEqual([0, 0, 0, 0]);
});

test('two ends and two restarts at once are one end and one restart', async () => {
  const b = await faultBench();
  must(await b.hsm.open(b.request));
  b.rules('C_Finalize 0 delay=200');
  const [first, second] = await Promise.all([b.hsm.end(), b.hsm.end()]);
  must(first);
  must(second);
  expect(b.log()).toContain('< C_Finalize 0x0');
  b.rules();
  await Promise.all([b.hsm.restart(), b.hsm.restart()]);
  must(await b.hsm.open(b.request));
  expect(b.log().filter((line) => line === '> C_Initialize')).toHaveLength(2);
  await b.close();
});

test('a host whose owner goes away logs out and closes the module by itself', async () => {
  const b = await faultBench();
  must(await b.hsm.open(b.request));
  const { token, userPin } = await makeVault(b.hsm, 'vault');
  must(await b.hsm.end());
  const before = b.log().length;

  const child = fork(await hostEntry(), [], { serialization: 'advanced', execArgv: [], env: b.env });
  const replies: unknown[] = [];
  const exit = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  await new Promise<void>((resolve) => {
    child.on('message', (message: object) => {
      replies.push(message);
      if (replies.length === 3) resolve();
    });
    child.send({ id: 1, method: 'open', args: b.request });
    child.send({ id: 2, method: 'login', args: { token, pin: userPin } });
  });
  expect(replies[2]).toMatchObject({ id: 2, result: { ok: true }, loggedIn: [token] });
  child.disconnect();
  expect(await exit).toBe(0);
  expect(b.log().slice(before)).toEqual(expect.arrayContaining(['< C_Logout 0x0', '< C_Finalize 0x0']));
  await b.close();
});
