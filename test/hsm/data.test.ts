/** Data objects on a real token: made, found, told apart by their value, and destroyed one by one. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createHsm } from '../../electron/hsm/client.ts';
import { nodeHost } from '../../electron/process/node-host.ts';
import type { DataRef, Hsm } from '../../electron/hsm/port.ts';
import { bench, hostEntry, makeVault, must, mustFail, type Bench } from './host.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let it: Bench;
let other: Hsm;
let ref: DataRef;

beforeAll(async () => {
  it = await bench();
  must(await it.hsm.open(it.request));
  const { token, userPin } = await makeVault(it.hsm, 'data');
  ref = { token, label: 'head', application: 'ledger.example' };
  // Another program with the same token and PIN.
  other = createHsm(nodeHost(await hostEntry(), it.env));
  must(await other.open(it.request));
  must(await other.login({ token, pin: userPin }));
});
afterAll(async () => {
  await other.end();
  await it.close();
});

const value = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const seen = async (): Promise<string[]> =>
  must(await it.hsm.readData(ref))
    .map((bytes) => new TextDecoder().decode(bytes))
    .sort();
const create = (hsm: Hsm, text: string) => hsm.createData({ ...ref, value: value(text), private: true });
const destroy = (hsm: Hsm, text: string) => hsm.destroyData({ ...ref, sha256: sha256(text) });

test('a new one is made beside the old, and the old one alone goes', async () => {
  must(await create(it.hsm, 'one'));
  must(await create(it.hsm, 'two'));
  expect(await seen()).toEqual(['one', 'two']);
  must(await create(it.hsm, 'three'));
  must(await destroy(it.hsm, 'one'));
  must(await destroy(it.hsm, 'two'));
  expect(await seen()).toEqual(['three']);
  must(await destroy(it.hsm, 'three'));
  expect(mustFail(await destroy(it.hsm, 'three')).code).toBe('not-found');
});

test('what another program does between two requests is found out: no handle is believed that was seen before', async () => {
  must(await create(it.hsm, 'mine'));
  must(await destroy(other, 'mine'));
  expect(mustFail(await destroy(it.hsm, 'mine')).code).toBe('not-found');

  must(await create(it.hsm, 'again'));
  must(await destroy(other, 'again'));
  must(await create(other, 'again'));
  must(await destroy(it.hsm, 'again'));
  expect(await seen()).toEqual([]);
});

test('HSM-2: two with one value are not told apart, and neither is destroyed', async () => {
  must(await create(it.hsm, 'twice'));
  must(await create(other, 'twice'));
  expect(await seen()).toEqual(['twice', 'twice']);
  expect(mustFail(await destroy(it.hsm, 'twice')).policy).toBe('HSM-2');
  expect(await seen()).toEqual(['twice', 'twice']);
});
