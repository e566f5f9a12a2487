/** A key for each purpose, made, tried and blocked on a real token, and read back by tools of others. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Input } from '../../contract/schema.ts';
import { planSheet } from '../../electron/evidence/sheets.ts';
import { Bench, must, mustFail, prepare, type Prepared } from './bench.ts';
import { attributesIn, objectFiles } from './token.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let prepared: Prepared;
beforeAll(async () => {
  prepared = await prepare();
});
afterAll(() => {
  rmSync(prepared.root, { recursive: true });
});

/** Usage attributes that are true in each object when the key is active: PKCS#11 v2.40, sections 4.7 to 4.10. */
const KINDS = [
  ['sign', 'ed25519', { CKO_PRIVATE_KEY: ['CKA_SIGN'], CKO_PUBLIC_KEY: ['CKA_VERIFY'] }],
  ['decrypt', 'rsa-3072', { CKO_PRIVATE_KEY: ['CKA_DECRYPT'], CKO_PUBLIC_KEY: ['CKA_ENCRYPT'] }],
  ['wrap', 'rsa-3072', { CKO_PRIVATE_KEY: ['CKA_UNWRAP'], CKO_PUBLIC_KEY: ['CKA_WRAP'] }],
  ['wrap', 'aes-256', { CKO_SECRET_KEY: ['CKA_UNWRAP', 'CKA_WRAP'] }],
  ['derive', 'ec-p521', { CKO_PRIVATE_KEY: ['CKA_DERIVE'], CKO_PUBLIC_KEY: [] }],
  ['encrypt', 'aes-128', { CKO_SECRET_KEY: ['CKA_DECRYPT', 'CKA_ENCRYPT'] }],
  ['mac', 'hmac-sha384', { CKO_SECRET_KEY: ['CKA_SIGN', 'CKA_VERIFY'] }],
] as const satisfies readonly (readonly [
  Input<'plan.freeze'>['purpose'],
  Input<'plan.freeze'>['mechanism'],
  Readonly<Record<string, readonly string[]>>,
])[];

const USAGE = /^CKA_(SIGN|VERIFY|ENCRYPT|DECRYPT|WRAP|UNWRAP|DERIVE)$/;

/** The usage attributes that are true in each object among these files, by its class. */
const usageIn = (files: readonly string[]): Record<string, string[]> =>
  Object.fromEntries(
    files
      .map(attributesIn)
      .filter((one) => one['CKA_CLASS'] !== 'CKO_DATA')
      .map((one) => [
        one['CKA_CLASS']!,
        Object.keys(one)
          .filter((name) => USAGE.test(name) && one[name] === 'TRUE')
          .sort(),
      ]),
  );

describe.each(KINDS)('a key to %s, %s', (purpose, mechanism, rights) => {
  let bench: Bench;
  let made: string[];
  beforeAll(async () => {
    bench = await Bench.over(prepared);
    const before = objectFiles(bench);
    must(
      await bench.freeze({ mechanism, purpose, recovery: 'vendor-clone', recoveryReason: 'On token CS-B, safe 2.' }),
    );
    await bench.runTo();
    made = objectFiles(bench).filter((path) => !before.includes(path));
  }, 180_000);
  afterAll(() => bench.close());

  test('has on the token the rights of its purpose and no other, and cannot leave it', () => {
    expect(usageIn(made)).toEqual(rights);
    for (const one of made.map(attributesIn).filter(({ CKA_CLASS }) => CKA_CLASS !== 'CKO_DATA')) {
      expect(one).toMatchObject({ CKA_PRIVATE: 'TRUE', CKA_COPYABLE: 'FALSE', CKA_LOCAL: 'TRUE' });
      if (one['CKA_CLASS'] !== 'CKO_PUBLIC_KEY')
        expect(one).toMatchObject({ CKA_SENSITIVE: 'TRUE', CKA_EXTRACTABLE: 'FALSE', CKA_NEVER_EXTRACTABLE: 'TRUE' });
    }
  });

  test('did once what it is for, before the ceremony ended', () => {
    const tried = purpose === 'sign' ? 'key.test-signature' : 'key.test-use';
    expect(bench.outcomes(tried)).toEqual(['act.result committed']);
    expect(bench.view.ceremony!.outcome).toBe('completed');
    expect(bench.keys).toMatchObject([{ purpose, mechanism, privateState: 'active', recovery: 'vendor-clone' }]);
    // Every call on the token has its entry, and every entry its calls.
    expect(bench.view.ceremonies.at(-1)!.calls!.findings).toBe(0);
  });

  test('has its recovery in the plan on paper, in the script and in the ledger', () => {
    const { plan } = bench.vault.state.ceremonies.get(bench.view.ceremony!.ceremony)!;
    expect(planSheet(plan, 'a'.repeat(64))).toContain('a clone made with the maker’s own tool. On token CS-B, safe 2.');
    expect(bench.view.ceremony!.steps.find(({ id }) => id === 'clone')).toMatchObject({ state: 'done' });
  });

  test('has a bundle where it signs; where it does not, there is no step for one, and the room hears why', async () => {
    const last = bench.view.ceremony!.steps.at(-1)!;
    if (purpose === 'sign') {
      const report = await bench.report();
      expect(
        report.checks.filter(({ result, required }) => result === 'FAIL' || (required && result !== 'PASS')),
      ).toEqual([]);
      return;
    }
    expect(bench.view.ceremony!.bundle).toBeNull();
    expect(bench.view.ceremony!.steps.some(({ kind }) => kind === 'export')).toBe(false);
    expect(last.say).toContain('No bundle is made of a key that does not sign');
  });

  test('loses every right when it is suspended', async () => {
    const { key } = bench.keys[0]!;
    must(await bench.h['plan.change']({ recipe: 'suspend-key@1', key, reason: 'The drill.' }));
    await bench.runTo();
    expect(bench.keys).toMatchObject([{ privateState: 'suspended', enforced: 'device', may: [] }]);
    expect(Object.values(usageIn(made)).flat()).toEqual([]);
  });
});

describe('what can be made here', () => {
  test('is asked of the token, without a login: SoftHSM makes every kind, and the policy forbids RSA 2048', async () => {
    const bench = await Bench.over(prepared);
    const { kinds, unasked } = must(await bench.h['plan.options']({}));
    expect(unasked).toBeNull();
    expect(kinds.filter(({ refused }) => refused?.by === 'token')).toEqual([]);
    for (const { mechanism, refused } of kinds)
      expect(refused?.by).toBe(mechanism === 'rsa-2048' ? 'policy' : undefined);
    expect(mustFail(await bench.freeze({ mechanism: 'rsa-2048', purpose: 'decrypt' })).policy).toBe('PLAN-2');
    // A combination that is made for nobody.
    expect(mustFail(await bench.freeze({ mechanism: 'aes-256', purpose: 'sign' })).policy).toBe('PLAN-2');
    await bench.close();
  });

  test('in a vault for double key encryption is one kind, and its states are those of that profile', async () => {
    const bench = await Bench.start();
    await bench.setUp(false, 'securosys-dke', 'dke');
    const { kinds } = must(await bench.h['plan.options']({}));
    expect(kinds.filter(({ refused }) => refused === null)).toEqual([
      { purpose: 'decrypt', mechanism: 'rsa-2048', refused: null },
    ]);
    must(await bench.freeze({ mechanism: 'rsa-2048', purpose: 'decrypt' }));
    await bench.runTo();
    const [key] = bench.keys;
    expect(key!.changes.map(({ change }) => change)).toEqual(['deactivate', 'compromise']);
    must(
      await bench.h['plan.change']({
        recipe: 'deactivate-key@1',
        key: key!.key,
        reason: 'Its documents are re-encrypted.',
      }),
    );
    await bench.runTo();
    expect(bench.keys).toMatchObject([
      { privateState: 'deactivated', publicState: 'deactivated', may: [], changes: [] },
    ]);
    expect(
      mustFail(await bench.h['plan.change']({ recipe: 'resume-key@1', key: key!.key, reason: 'Back.' })).policy,
    ).toBe('LIFECYCLE-1');
    await bench.close();
    rmSync(bench.root, { recursive: true, force: true });
  });
});
