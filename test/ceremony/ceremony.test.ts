import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Bench, must } from './bench.ts';

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
    const { ceremony } = bench.view;
    expect(ceremony?.outcome).toBe('completed');
    expect(bench.keys).toMatchObject([{ label: 'TEST-KEY-1', privateState: 'active', publicState: 'active' }]);
    const { checks, passed } = await bench.report();
    expect(checks.filter(({ result, required }) => result === 'FAIL' || (required && result !== 'PASS'))).toEqual([]);
    expect(passed).toBe(true);
  }, 120_000);
});
