/** The PKCS#11 library is remembered by its digest. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { must } from '../hsm/host.ts';
import { Bench } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
  await bench.setUp();
  must(await bench.freeze());
  await bench.runTo('login-generate');
  // The same library under another name, with bytes behind its end that the loader does not read.
  const file = join(bench.root, 'vault', 'vault.json');
  const vault = JSON.parse(readFileSync(file, 'utf8')) as { library: string };
  const copy = join(bench.root, 'library.so');
  writeFileSync(copy, Buffer.concat([readFileSync(vault.library), Buffer.from('changed')]));
  await bench.app.shutdown();
  writeFileSync(file, JSON.stringify({ ...vault, library: copy }));
  await bench.open();
}, 120_000);
afterAll(() => bench.close());

test('a login by another library file than the vault began with says so in the ledger', async () => {
  must(await bench.h['ceremony.login']({ step: 'login-generate', pin: utf8(bench.userPin) }));
  const [entry] = must(await bench.h['ledger.page']({ limit: 1, type: 'session.opened' })).entries;
  const { data } = JSON.parse(entry!.leaf) as { data: { module?: string } };
  expect(data.module).toMatch(/^[0-9a-f]{64}$/);
  expect(entry!.detail).toContain('another module file');
});

test('in production that library is not given the PIN: MODULE-1', async () => {
  must(await bench.h['ceremony.stop']({ reason: 'The library was changed.' }));
  must(await bench.freeze({ label: 'TEST-KEY-2' }));
  await bench.runTo('login-generate');
  // The environment is a fact of the ledger; here only the decision before C_Login is looked at.
  Object.assign(bench.vault.state, { environment: 'production' });
  must(await bench.h['receipt.skip']({ reason: 'Nobody has a receipt yet.' }));
  const refused = await bench.h['ceremony.login']({ step: 'login-generate', pin: utf8(bench.userPin) });
  expect(refused).toMatchObject({ ok: false, error: { policy: 'MODULE-1' } });
  expect(bench.view.status.hsm.state).toBe('logged-out');
  expect(bench.refusals()).toContain('MODULE-1');
});
