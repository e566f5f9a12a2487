/**
 * Whole ceremonies under pkcs11-spy of OpenSC, which writes down every PKCS#11 call: each that can change the token or use
 * a key has its entry, each entry its calls.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { findSoftHsm } from '../../../electron/hsm/rehearsal.ts';
import type { CrashPoint } from '../../../electron/workstation/crash-points.ts';
import { Bench, must, mustFail } from '../bench.ts';
import { LOOKS, mismatches, readLedger, type Ledger } from './match.ts';
import { readTrace, type Call } from './trace.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 240_000 });

/** Where Debian and its descendants put it. */
const SPY = ['x86_64', 'aarch64']
  .flatMap((arch) => [`/usr/lib/${arch}-linux-gnu/pkcs11-spy.so`, `/usr/lib/${arch}-linux-gnu/pkcs11/pkcs11-spy.so`])
  .find((path) => existsSync(path));

let bench: Bench;
let trace: Call[];
let ledger: Ledger;
/** What the application itself counted, by function. */
let counted: Map<string, number>;
let findings: unknown[];

beforeAll(async () => {
  if (SPY === undefined) throw new Error('pkcs11-spy is not installed (Debian package opensc-pkcs11)');
  let loseAt: CrashPoint | null = null;
  const hsmEnv: Record<string, string> = { PKCS11SPY: must(findSoftHsm()), TZ: 'UTC' };
  bench = await Bench.start({
    through: SPY,
    hsmEnv,
    crash: (point) => {
      if (point !== loseAt) return;
      loseAt = null;
      bench.hsm!.abort();
    },
  });
  // The spy writes PINs in the clear. The file lies in the folder of this test, is read once, and is removed at once.
  const file = join(bench.root, 'spy.trace');
  try {
    // The host's environment is copied when the application starts, so it is started again with the file named.
    hsmEnv['PKCS11SPY_OUTPUT'] = file;
    await bench.reopen();
    await bench.setUp();

    must(await bench.freeze());
    await bench.runTo('login-generate');
    expect(mustFail(await bench.login('not the PIN')).rv).toBe('CKR_PIN_INCORRECT');
    await bench.runTo('generate');
    const loses = async (point: CrashPoint): Promise<void> => {
      loseAt = point;
      expect(mustFail(await bench.act()).code).toBe('hsm-lost');
      await vi.waitFor(() => expect(bench.view.status.hsm.state).toBe('lost'));
      // The loss is still being written down for a moment after it shows.
      await vi.waitFor(async () => must(await bench.recover()), { timeout: 20_000, interval: 50 });
    };
    await loses('intent-after-checkpoint');
    await bench.runTo('activate');
    await loses('head-after-sign');
    await bench.runTo();
    expect(bench.view.ceremony?.outcome).toBe('completed');

    must(await bench.freeze({ label: 'TEST-KEY-2', mechanism: 'rsa-3072', initialState: 'pre-active' }));
    await bench.runTo();
    await bench.app.shutdown();
    trace = readTrace(readFileSync(file, 'utf8'));
  } finally {
    rmSync(file, { force: true });
  }
  ledger = readLedger(bench.folder.ledger);
  const compared = bench.entries('calls.reconciled').map(({ data }) => data as unknown as Compared);
  counted = new Map();
  for (const { call, count } of compared.flatMap(({ calls }) => calls))
    counted.set(call, (counted.get(call) ?? 0) + count);
  findings = compared.flatMap((one) => one.findings);
});
afterAll(() => bench.close());

interface Compared {
  readonly calls: readonly { readonly call: string; readonly count: number }[];
  readonly findings: readonly unknown[];
}

describe('two ceremonies with a refused PIN and two losses of the HSM host', () => {
  test('make no call that can change the token or use a key without an entry, and no entry without its calls', () => {
    expect(mismatches(trace, ledger)).toEqual([]);
  });

  test('are counted by the application as the spy saw them, and compared by it without a finding', () => {
    const seen = new Map<string, number>();
    // One signature is two functions of PKCS#11, and is counted once.
    const uses = trace.filter(({ name }) => !LOOKS.has(name) && name !== 'C_SignInit');
    for (const { name } of uses) seen.set(name, (seen.get(name) ?? 0) + 1);
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(counted));
    expect(findings).toEqual([]);
  });

  test('exercise every act of a set-up and of a ceremony', () => {
    const acts = new Set(ledger.entries.flatMap(({ data }) => data.act ?? []));
    expect([...acts].sort()).toEqual([
      'attestation-key.generate',
      'key.activate',
      'key.certify-request',
      'key.generate',
      'key.test-signature',
      'log-key.generate',
      'operator-root.generate',
      'operator-root.sign',
      'statement.sign',
      'token.initialize',
      'token.probe',
    ]);
  });
});

describe('the matcher finds', () => {
  const last = (name: string, fits: (call: Call) => boolean = () => true): Call =>
    trace.findLast((call) => call.name === name && fits(call))!;
  const without = (call: Call): Call[] => trace.filter((one) => one !== call);
  const unentered = (seq: number): Ledger => ({
    ...ledger,
    entries: ledger.entries.filter((entry) => entry.seq !== seq),
  });
  const seqOf = (type: string, act?: string): number =>
    ledger.entries.findLast((entry) => entry.type === type && (act === undefined || entry.data.act === act))!.seq;

  test('a signature that was made once more', () => {
    const again = last('C_Sign');
    expect(mismatches([...trace, again], ledger)).toEqual([`C_Sign, call ${again.at} of the trace, has no entry`]);
  });

  test.each(['C_WrapKey', 'C_SetPIN', 'C_CopyObject', 'C_DecryptInit', 'C_SetAttributeValue', 'C_Login'])(
    'a call of %s that no entry announces',
    (name) => {
      const planted: Call = { at: trace.length, name, time: trace.at(-1)!.time, rv: 'CKR_OK' };
      expect(mismatches([...trace, planted], ledger)).toEqual([
        `${name}, call ${trace.length} of the trace, has no entry`,
      ]);
    },
  );

  test.each([
    ['session.opened', undefined],
    ['session.refused', undefined],
    ['act.intent', 'key.generate'],
    ['act.intent', 'key.certify-request'],
    ['act.intent', 'statement.sign'],
    ['act.intent', 'token.probe'],
  ])('an entry that was removed: %s %s', (type, act) => {
    expect(mismatches(trace, unentered(seqOf(type, act))).some((text) => text.endsWith('has no entry'))).toBe(true);
  });

  test.each(['C_Login', 'C_GenerateKeyPair', 'C_SetAttributeValue', 'C_Sign', 'C_CreateObject', 'C_DestroyObject'])(
    'an entry or a head whose call %s is missing',
    (name) => {
      expect(mismatches(without(last(name)), ledger)).not.toEqual([]);
    },
  );

  test('a call that was made before its intent', () => {
    const made = last('C_GenerateKeyPair');
    const early = { ...made, time: made.time - 60_000 };
    const found = mismatches([...without(made), early], ledger);
    expect(found).toContain(`C_GenerateKeyPair, call ${made.at} of the trace, has no entry`);
  });

  test('a head that was put on the token and is no checkpoint', () => {
    const made = last('C_CreateObject');
    const other = { ...made, object: { ...made.object, CKA_VALUE: Buffer.from('another head') } };
    expect(mismatches([...trace, other], ledger)).toEqual([
      `C_CreateObject, call ${made.at} of the trace, has no entry`,
    ]);
  });

  test('a checkpoint that was removed', () => {
    expect(mismatches(trace, { ...ledger, heads: ledger.heads.slice(0, -1) })).not.toEqual([]);
  });
});
