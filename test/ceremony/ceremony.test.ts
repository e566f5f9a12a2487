import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyBundle } from '../../core/evidence/verify/verify-bundle.ts';
import { nodeCrypto } from '../../electron/crypto.ts';
import { must } from '../hsm/host.ts';
import { Bench } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
  await bench.setUp();
}, 120_000);
afterAll(() => bench.close());

describe('a 2-of-3 ceremony on a rehearsal vault', () => {
  test('generates, activates, tests and exports a P-384 key, and the bundle verifies with the genesis sheet alone', async () => {
    must(await bench.freeze());
    await bench.runTo();
    const { ceremony, keys } = bench.view;
    expect(ceremony?.outcome).toBe('completed');
    expect(keys).toMatchObject([{ label: 'TEST-KEY-1', privateState: 'active', publicState: 'active' }]);
    const report = must(
      await verifyBundle(nodeCrypto, new Uint8Array(readFileSync(ceremony!.bundle!.path)), {
        trust: new Uint8Array(readFileSync(bench.view.vault!.folders.genesis)),
        expect: 'rehearsal',
        now: new Date().toISOString(),
      }),
    );
    expect(
      report.checks.filter(({ result, required }) => result === 'FAIL' || (required && result !== 'PASS')),
    ).toEqual([]);
    expect(report.passed).toBe(true);
  }, 120_000);
});
