import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { PRIVATE_PROTECTION, PRIVATE_USAGE, PUBLIC_PROTECTION, PUBLIC_USAGE } from '../../electron/hsm/attribute.ts';
import type { HostProcess } from '../../electron/process/host-process.ts';
import { createServer, wipeSecrets } from '../../electron/hsm/host/serve.ts';
import { nodeHost } from '../../electron/process/node-host.ts';
import type { Failure, Result } from '../../core/result.ts';
import type { TokenRef } from '../../electron/hsm/port.ts';
import { faultBench, type FaultBench } from './faults/control.ts';
import { bench, hostEntry, idOf, makeVault, must, mustFail, privateTemplate, publicTemplate } from './host.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let b: FaultBench;
let token: TokenRef;
beforeAll(async () => {
  b = await faultBench();
  must(await b.hsm.open(b.request));
  ({ token } = await makeVault(b.hsm, 'vault'));
  must(await generate({}));
});
afterAll(() => b.close());

/** A good request for a P-256 key, with some fields replaced. Types are left behind on purpose. */
const generate = (fields: object): Promise<Result<unknown>> =>
  b.hsm.generateKeyPair({
    token,
    mechanism: 'ec-p256',
    ckaId: idOf('key'),
    label: 'key',
    privateTemplate: privateTemplate('CKA_SIGN'),
    publicTemplate: publicTemplate('CKA_VERIFY'),
    ...fields,
  } as never);

/** Runs a request that must be refused, and proves that no PKCS#11 function was called and the host is the same. */
async function refusedUntouched(request: () => Promise<Result<unknown>>): Promise<Failure> {
  const calls = b.log().length;
  const { pid } = b.hsm.status();
  const failure = mustFail(await request());
  expect(b.log()).toHaveLength(calls);
  expect(b.hsm.status()).toMatchObject({ state: 'open', pid });
  return failure;
}

test.each([...PRIVATE_USAGE, ...PRIVATE_PROTECTION])(
  'a private template without %s is refused: HSM-1',
  async (name) => {
    const privateHalf = privateTemplate('CKA_SIGN').filter((attribute) => attribute.name !== name);
    const failure = await refusedUntouched(() =>
      generate({ ckaId: idOf('other'), label: 'other', privateTemplate: privateHalf }),
    );
    expect(failure).toMatchObject({ code: 'refused', policy: 'HSM-1' });
    expect(failure.message).toContain(`${name} (private key)`);
  },
);

test.each([...PUBLIC_USAGE, ...PUBLIC_PROTECTION])('a public template without %s is refused: HSM-1', async (name) => {
  const publicHalf = publicTemplate('CKA_VERIFY').filter((attribute) => attribute.name !== name);
  const failure = await refusedUntouched(() =>
    generate({ ckaId: idOf('other'), label: 'other', publicTemplate: publicHalf }),
  );
  expect(failure).toMatchObject({ code: 'refused', policy: 'HSM-1' });
  expect(failure.message).toContain(`${name} (public key)`);
});

const set = (attributes: unknown) => () =>
  b.hsm.setAttributes({ token, ckaId: idOf('key'), class: 'private-key', attributes } as never);

test.each<[string, () => Promise<Result<unknown>>]>([
  ['a Date as a value', set([{ name: 'CKA_START_DATE', value: new Date() }])],
  ['a date that is none', set([{ name: 'CKA_START_DATE', value: '20300230' }])],
  ['a BigInt as a value', set([{ name: 'CKA_MODULUS_BITS', value: 2048n }])],
  ['a number for a boolean', set([{ name: 'CKA_SIGN', value: 1 }])],
  ['a string for a boolean', set([{ name: 'CKA_SIGN', value: 'true' }])],
  ['a number beyond 32 bits', set([{ name: 'CKA_CERTIFICATE_TYPE', value: 2 ** 32 }])],
  ['a fraction', set([{ name: 'CKA_CERTIFICATE_TYPE', value: 0.5 }])],
  ['an unknown attribute', set([{ name: 'CKA_NO_SUCH', value: true }])],
  ['a name from the prototype', set([{ name: 'constructor', value: true }])],
  ['an attribute without a value', set([{ name: 'CKA_SIGN' }])],
  [
    'an attribute named twice',
    set([
      { name: 'CKA_SIGN', value: true },
      { name: 'CKA_SIGN', value: false },
    ]),
  ],
  ['no attribute at all', set([])],
  ['an array in place of bytes', set([{ name: 'CKA_ID', value: [1, 2] }])],
  ['a lone surrogate in a label', set([{ name: 'CKA_LABEL', value: 'a\ud800' }])],
  ['a NUL in a label', set([{ name: 'CKA_LABEL', value: 'a\0b' }])],
  ['a CKA_ID of 19 bytes', () => generate({ ckaId: new Uint8Array(19) })],
  [
    'a template that contradicts the request',
    () => generate({ privateTemplate: [...privateTemplate(), { name: 'CKA_LABEL', value: 'other' }] }),
  ],
  ['an unknown key type', () => generate({ mechanism: 'rsa-1024' })],
  ['an unknown field', () => generate({ extra: true })],
  ['a PIN as a string', () => b.hsm.login({ token, pin: '1234' } as never)],
  ['an empty PIN', () => b.hsm.login({ token, pin: new Uint8Array() })],
  ['a token label of 33 bytes', () => b.hsm.initRehearsalToken({ slot: '0000000000000000', label: 'x'.repeat(33) })],
  ['a token label with a blank at its end', () => b.hsm.initRehearsalToken({ slot: '0000000000000000', label: 'x ' })],
  ['a short slot id', () => b.hsm.initRehearsalToken({ slot: '00', label: 'x' })],
  [
    'no data to sign',
    () => b.hsm.sign({ token, ckaId: idOf('key'), algorithm: 'ecdsa-sha256', data: new Uint8Array() }),
  ],
])('%s is refused before the library is touched', async (_, request) => {
  expect((await refusedUntouched(request)).code).toBe('bad-input');
});

test('a PIN that is not UTF-8 is refused before the library is touched, and zeroed', async () => {
  const pin = Uint8Array.of(0xff, 0xfe);
  const failure = await refusedUntouched(() => b.hsm.login({ token, pin }));
  expect(failure).toEqual({ code: 'bad-input', message: 'The PIN is not text in UTF-8.' });
  expect([...pin]).toEqual([0, 0]);
});

test('what cannot be sent to another process is refused, and the next call works', async () => {
  const failure = mustFail(await generate({ label: () => 'a function' }));
  expect(failure.code).toBe('bad-input');
  must(await b.hsm.findKeys({ token }));
});

test('a refused request does not repeat its values', async () => {
  const pin = new TextEncoder().encode('8421-secret');
  const failure = mustFail(await b.hsm.login({ token: { label: 'vault', serial: 1 }, pin } as never));
  expect(JSON.stringify(failure)).not.toContain('secret');
  expect(failure.message).toBe('The request is not of the agreed form at token.serial.');
});

test.each([
  ['refused for its form', { token: 1 }],
  ['refused because no module is open', { token: { label: 'a', serial: 'b' } }],
])('inside the host the PIN of a login is zeroed when it was %s', (_, fields) => {
  const answer = createServer();
  const pin = Uint8Array.of(0x31, 0x32, 0x33, 0x34);
  expect(answer({ id: 1, method: 'login', args: { ...fields, pin } }).result.ok).toBe(false);
  expect([...pin]).toEqual([0, 0, 0, 0]);
});

test('inside the host the PINs of a rehearsal token are zeroed once they were handed over', () => {
  const value = { slot: '00', soPin: Uint8Array.of(1, 2), userPin: Uint8Array.of(3, 4) };
  wipeSecrets({ ok: true, value });
  expect([...value.soPin, ...value.userPin]).toEqual([0, 0, 0, 0]);
});

/** Talks to a host without the client, which would never send most of this. */
class RawHost {
  readonly #host: HostProcess;
  readonly #replies: unknown[] = [];
  #wake: () => void = () => undefined;
  exit: string | undefined;

  constructor(host: HostProcess) {
    this.#host = host;
    host.onMessage((message) => {
      this.#replies.push(message);
      this.#wake();
    });
    host.onExit((reason) => {
      this.exit = reason;
      this.#wake();
    });
  }

  async next(): Promise<unknown> {
    while (this.#replies.length === 0) {
      if (this.exit !== undefined) throw new Error(`the host ended: ${this.exit}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#replies.shift();
  }

  ask(message: unknown): Promise<unknown> {
    this.#host.postMessage(message);
    return this.next();
  }

  kill(): void {
    this.#host.kill();
  }
}

test('no message, however malformed, ends the host or goes unanswered', async () => {
  const own = await bench();
  const host = new RawHost(nodeHost(await hostEntry())());
  expect(await host.next()).toEqual({ ready: true });
  let id = 0;
  const ask = async (method: string, args: object): Promise<Result<never>> =>
    ((await host.ask({ id: ++id, method, args })) as { result: Result<never> }).result;
  must(await ask('open', own.request));
  const slots: readonly { id: string }[] = must(await ask('slots', {}));
  const made: { token: TokenRef; userPin: Uint8Array } = must(
    await ask('initRehearsalToken', { slot: slots[0]!.id, label: 'vault' }),
  );
  must(await ask('login', { token: made.token, pin: made.userPin }));
  const good = { token: made.token, ckaId: idOf('key') };
  must(
    await ask('generateKeyPair', {
      ...good,
      mechanism: 'ec-p256',
      label: 'key',
      privateTemplate: privateTemplate('CKA_SIGN'),
      publicTemplate: publicTemplate('CKA_VERIFY'),
    }),
  );

  // Anything that the channel can carry, and in particular good requests with one part gone bad.
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withObjectString: true,
  });
  const templates = fc.array(
    fc.record({
      name: fc.constantFrom('CKA_SIGN', 'CKA_LABEL', 'CKA_ID', 'CKA_START_DATE', '__proto__'),
      value: anything,
    }),
    { maxLength: 4 },
  );
  const method = fc.constantFrom(
    'slots',
    'initToken',
    'initRehearsalToken',
    'login',
    'generateKeyPair',
    'generateKey',
    'findKeys',
    'readAttributes',
    'publicKeySpki',
    'setAttributes',
    'sign',
    'use',
    'destroyObject',
    'listObjects',
    'destroyListed',
    'probeKey',
    'toString',
    '__proto__',
  );
  const args = fc
    .record(
      {
        token: fc.oneof(fc.constant(made.token), anything),
        ckaId: fc.oneof(fc.constant(good.ckaId), fc.uint8Array({ maxLength: 300 }), anything),
        class: fc.oneof(fc.constantFrom('public-key', 'private-key', 'secret-key', 'data'), anything),
        names: fc.oneof(fc.array(fc.constantFrom('CKA_SIGN', 'CKA_EC_POINT', 'CKA_START_DATE')), anything),
        attributes: fc.oneof(templates, anything),
        privateTemplate: fc.oneof(templates, fc.constant(privateTemplate()), anything),
        publicTemplate: fc.oneof(templates, fc.constant(publicTemplate()), anything),
        mechanism: fc.oneof(fc.constantFrom('ec-p256', 'aes-128'), anything),
        template: fc.oneof(templates, anything),
        operation: fc.oneof(fc.constantFrom('sign', 'verify', 'derive', 'unwrap'), anything),
        algorithm: fc.oneof(fc.constantFrom('ecdsa-sha256', 'rsa-pss-sha256', 'ecdh', 'aes-gcm'), anything),
        signature: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 80 }), anything),
        data: fc.oneof(fc.uint8Array({ maxLength: 64 }), anything),
        label: fc.oneof(fc.string(), anything),
        slot: fc.oneof(fc.constant('0000000000000000'), anything),
        pin: fc.oneof(fc.uint8Array({ maxLength: 16 }), anything),
      },
      { requiredKeys: [] },
    )
    .map((record) => ({ ...record }));
  const message = fc.oneof(
    { weight: 1, arbitrary: anything.filter((value) => value !== undefined && typeof value !== 'function') },
    {
      weight: 6,
      arbitrary: fc.record({ id: fc.oneof(fc.integer(), anything), method, args: fc.oneof(args, anything) }),
    },
  );

  await fc.assert(
    fc.asyncProperty(message, async (value) => {
      try {
        structuredClone(value);
      } catch {
        return; // The channel could not carry it.
      }
      const reply = (await host.ask({ wrapped: value })) as { id: null; result: Result<unknown> };
      expect(reply.result.ok).toBe(false);
      if (typeof value === 'object' && value !== null) {
        const answer = (await host.ask(value)) as { result: Result<unknown> };
        expect(typeof answer.result.ok).toBe('boolean');
      }
    }),
    { numRuns: 1500 },
  );
  expect(host.exit).toBeUndefined();
  expect(must(await ask('findKeys', { ...good, class: 'private-key' }))).toHaveLength(1);
  host.kill();
  await own.close();
});
