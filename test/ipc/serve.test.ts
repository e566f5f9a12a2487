import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_CALL_BYTES, METHODS, type Method } from '../../contract/schema.ts';
import { channelOf } from '../../electron/ipc/channels.ts';
import { serve, sizeOf } from '../../electron/ipc/serve.ts';
import { call, clone, ourPage, recorder } from './boundary.ts';
import { rightInputs } from './inputs.ts';

/** What only an attacker sends: names of the prototype, cycles, things that are no plain data. */
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;
const hostile: readonly unknown[] = [
  undefined,
  null,
  0,
  NaN,
  '',
  'app.snapshot',
  true,
  10n,
  [],
  [{}],
  new Map(),
  new Set([1]),
  new Date(0),
  /x/,
  new Uint8Array(4),
  new ArrayBuffer(4),
  new Error('x'),
  cycle,
  JSON.parse('{"__proto__": {"admin": true}}'),
  { constructor: { prototype: {} } },
  { toString: 1 },
  { '': 1 },
];

const refusal = (code: string) => ({ ok: false, error: expect.objectContaining({ code, policy: 'IPC-1' }) });

describe.each(METHODS)('%s', (method: Method) => {
  test('a call that is right reaches its handler once, with its input', async () => {
    const boundary = recorder((input) => structuredClone(input));
    const input = rightInputs[method]();
    await expect(call(boundary, method, [input])).resolves.toMatchObject({ ok: true });
    expect(boundary.handled.map((each) => each.method)).toEqual([method]);
    expect(boundary.refused).toEqual([]);
  });

  test('a hostile value never reaches the handler and is recorded', async () => {
    for (const value of hostile) {
      const boundary = recorder();
      await expect(call(boundary, method, [clone(value)])).resolves.toEqual(refusal('bad-input'));
      expect(boundary.handled).toEqual([]);
      expect(boundary.refused).toEqual([method]);
    }
  });

  test('a random value never reaches the handler', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        async (value) => {
          // The one random value that is right for methods without input.
          fc.pre(!(typeof value === 'object' && value !== null && Object.keys(value).length === 0));
          const boundary = recorder();
          const answered = await call(boundary, method, [clone(value)]);
          expect(answered).toEqual(refusal('bad-input'));
          expect(boundary.handled).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('one field more, one fewer, or one of another type is refused', async () => {
    const right = rightInputs[method]() as Record<string, unknown>;
    const optional = ['before', 'text', 'state', 'only', 'userPin', 'rootUserPin', 'purpose', 'recovery'];
    const wrong: Record<string, unknown>[] = [
      { ...right, more: 1 },
      { ...right, hasOwnProperty: 1 },
      JSON.parse(`{"__proto__": 1}`) as Record<string, unknown>,
    ];
    for (const name of Object.keys(right)) {
      const without = Object.fromEntries(Object.entries(right).filter(([each]) => each !== name));
      const leftOut = optional.includes(name) || (name === 'pin' && method.startsWith('inventory.'));
      if (!leftOut) wrong.push(without);
      for (const other of [null, {}, 1.5, -1, 'x'.repeat(2_000), [['A']], new Uint8Array(0)]) {
        wrong.push({ ...right, [name]: other });
      }
    }
    for (const input of wrong) {
      const boundary = recorder();
      await expect(call(boundary, method, [clone(input)]), JSON.stringify(input)).resolves.toEqual(
        refusal('bad-input'),
      );
      expect(boundary.handled).toEqual([]);
    }
  });

  test('no argument and two arguments are refused', async () => {
    const boundary = recorder();
    await expect(call(boundary, method, [])).resolves.toEqual(refusal('bad-input'));
    await expect(call(boundary, method, [rightInputs[method](), {}])).resolves.toEqual(refusal('bad-input'));
    expect(boundary.handled).toEqual([]);
    expect(boundary.refused).toEqual([method, method]);
  });

  test('a call larger than agreed is refused, whatever its shape', async () => {
    const boundary = recorder();
    const large = { ...rightInputs[method](), more: 'x'.repeat(MAX_CALL_BYTES) };
    const answered = await call(boundary, method, [large]);
    expect(answered).toMatchObject({ error: { code: 'bad-input', message: expect.stringContaining('larger') } });
    expect(boundary.handled).toEqual([]);
  });

  test('a sender that is not the page is refused before its input is looked at', async () => {
    const boundary = recorder();
    const refused = await call(boundary, method, [rightInputs[method]()], { ...ourPage, senderFrame: null });
    expect(refused).toEqual(refusal('refused'));
    expect(boundary.handled).toEqual([]);
    expect(boundary.refused).toEqual([method]);
  });

  test('the words of an exception do not reach the page', async () => {
    const boundary = recorder(() => {
      throw new Error('/root/secret PIN 123456');
    });
    const answered = await call(boundary, method, [rightInputs[method]()]);
    expect(answered).toEqual({ ok: false, error: expect.objectContaining({ code: 'internal', ref: 'ABCD-EFGH' }) });
    expect(JSON.stringify(answered)).not.toContain('123456');
    expect(boundary.defects).toHaveLength(1);
  });
});

test('a buffer is measured whole where only a few bytes of it are visible', async () => {
  const passphrase = new Uint8Array(new ArrayBuffer(MAX_CALL_BYTES + 1), 0, 8);
  expect(sizeOf({ passphrase })).toBeGreaterThan(MAX_CALL_BYTES);
  const boundary = recorder();
  const answered = await call(boundary, 'setup.enrol', [{ role: 'custodian', name: 'Ada', passphrase }]);
  expect(answered).toEqual(refusal('bad-input'));
});

test('secrets of a refused call are zeroed, wherever they lie', async () => {
  const bytes = () => new Uint8Array([1, 2, 3]);
  const [plain, deep, inMap, other] = [bytes(), bytes(), bytes(), bytes()];
  await call(recorder(), 'setup.enrol', [
    { passphrase: plain, more: [{ deep }], map: new Map([['pin', inMap]]) },
    other,
  ]);
  for (const each of [plain, deep, inMap, other]) expect([...each]).toEqual([0, 0, 0]);
});

test('secrets of a call from a foreign frame are zeroed', async () => {
  const pin = new Uint8Array([1, 2, 3]);
  await call(recorder(), 'ceremony.login', [{ step: 'login', pin }], { ...ourPage, senderFrame: null });
  expect([...pin]).toEqual([0, 0, 0]);
});

test('a handler gets the secret as it was sent, and it is zeroed once the handler is done', async () => {
  const seen: number[] = [];
  const boundary = recorder((input) => void seen.push(...(input as { pin: Uint8Array }).pin));
  const pin = new Uint8Array([1, 2, 3]);
  await call(boundary, 'ceremony.recover', [{ pin }]);
  expect(seen).toEqual([1, 2, 3]);
  expect([...pin]).toEqual([0, 0, 0]);
});

test('a refusal that cannot be recorded is still a refusal', async () => {
  const boundary = recorder();
  const answered = await call(
    {
      ...boundary,
      application: { ...boundary.application, refusedCall: () => Promise.reject(new Error('disk full')) },
    },
    'app.snapshot',
    [{ more: 1 }],
  );
  expect(answered.ok).toBe(false);
  expect(boundary.handled).toEqual([]);
  expect(boundary.defects).toHaveLength(1);
});

test('there is one channel a method and no other', () => {
  const channels: string[] = [];
  serve({ handle: (channel) => void channels.push(channel) }, recorder());
  expect(channels).toEqual(METHODS.map(channelOf));
  expect(new Set(channels).size).toBe(METHODS.length);
});

test.each([
  ['plan.freeze', 'recoveryReason'],
  ['ceremony.decline', 'reason'],
  ['ceremony.recordException', 'note'],
  ['ceremony.stop', 'reason'],
] as const)(
  '%s with a character in its %s that cannot be seen is refused in words that say so',
  async (method, field) => {
    const boundary = recorder();
    const answered = await call(boundary, method, [{ ...rightInputs[method](), [field]: 'right\u202eto left' }]);
    expect(answered).toMatchObject({
      error: { code: 'bad-input', policy: 'IPC-1', message: expect.stringContaining('cannot be seen') },
    });
    expect(boundary.handled).toEqual([]);
    expect(boundary.refused).toEqual([method]);
  },
);
