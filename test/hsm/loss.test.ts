import { createPublicKey, verify } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { KeyMechanism, Lost } from '../../electron/hsm/port.ts';
import { type FaultBench, faultBench } from './faults/control.ts';
import { idOf, makeVault, must, mustFail, privateTemplate, publicTemplate, type Vault } from './host.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let b: FaultBench;
let vault: Vault;
beforeEach(async () => {
  b = await faultBench();
  must(await b.hsm.open(b.request));
  vault = await makeVault(b.hsm, 'vault');
});
afterEach(() => b.close());

const make = (name: string, mechanism: KeyMechanism) =>
  b.hsm.generateKeyPair({
    token: vault.token,
    mechanism,
    ckaId: idOf(name),
    label: name,
    privateTemplate: privateTemplate('CKA_SIGN'),
    publicTemplate: publicTemplate('CKA_VERIFY'),
  });

const sign = (name: string) =>
  b.hsm.sign({ token: vault.token, ckaId: idOf(name), algorithm: 'ecdsa-sha256', data: Uint8Array.of(1) });

const classes = async (name: string): Promise<string[]> =>
  must(await b.hsm.findKeys({ token: vault.token, ckaId: idOf(name) }))
    .map((key) => key.class)
    .sort();

const BOTH = ['private-key', 'public-key'];

/** Opens the module in a new host and logs in again. */
async function startAgain(): Promise<void> {
  must(await b.hsm.restart());
  must(await b.hsm.open(b.request));
  must(await b.hsm.login({ token: vault.token, pin: vault.userPin.slice() }));
}

describe('when the host process ends', () => {
  test('a kill in the middle of an RSA 4096 generation is reported as lost with the outcome unknown', async () => {
    const heard: Lost[] = [];
    b.hsm.onLost((lost) => heard.push(lost));
    b.rules('C_GenerateKeyPair 0 delay=60000');
    const generation = make('victim', 'rsa-4096');
    const behind = b.hsm.slots();
    await b.logged('> C_GenerateKeyPair');
    expect(b.hsm.status()).toMatchObject({ state: 'busy', running: 'generateKeyPair', waiting: 1 });
    process.kill(b.hsm.status().pid!, 'SIGKILL');

    const failure = mustFail(await generation);
    expect(failure.code).toBe('hsm-lost');
    expect(failure.message).toBe(
      'The HSM host process ended (signal SIGKILL) during generateKeyPair. Whether it took effect is not known.',
    );
    expect(mustFail(await behind).message).toContain('before this call was begun');
    expect(heard).toEqual([{ reason: 'signal SIGKILL', running: 'generateKeyPair' }]);
    expect(b.hsm.status()).toEqual({ state: 'lost', waiting: 0, loggedIn: [] });
    expect(mustFail(await b.hsm.slots()).code).toBe('hsm-lost');

    b.rules();
    await startAgain();
    // It was killed while it waited, before the token began: nothing may be there, and the key can be made.
    expect(await classes('victim')).toEqual([]);
    must(await make('victim', 'ec-p256'));
    expect(await classes('victim')).toEqual(BOTH);
  });

  test('a kill while SoftHSM really generates leaves a state that is found by CKA_ID and can be cleared', async () => {
    const generation = make('torn', 'rsa-4096');
    await b.logged('> C_GenerateKeyPair');
    b.hsm.abort();
    const result = await generation;
    expect(mustFail(result).code).toBe('hsm-lost');
    await startAgain();
    // Nothing, a whole pair, or one half of it: what is there is what the token says, and all of it can be destroyed.
    const found = await classes('torn');
    expect([[], BOTH, ['public-key'], ['private-key']]).toContainEqual(found);
    for (const objectClass of found as ('private-key' | 'public-key')[]) {
      must(await b.hsm.destroyObject({ token: vault.token, ckaId: idOf('torn'), class: objectClass }));
    }
    expect(await classes('torn')).toEqual([]);
  });

  test('abort ends a call that hangs', async () => {
    const heard: Lost[] = [];
    b.hsm.onLost((lost) => heard.push(lost));
    b.rules('C_GetSlotList 0 delay=3600000');
    const hanging = b.hsm.slots();
    await b.logged('> C_GetSlotList');
    b.hsm.abort();
    expect(mustFail(await hanging).message).toBe(
      'The HSM host process ended (it was stopped on request) during slots.',
    );
    expect(heard).toEqual([{ reason: 'it was stopped on request', running: 'slots' }]);
  });

  test('an abort inside the library leaves this process alive, and a new host finds the token unharmed', async () => {
    must(await make('kept', 'ec-p256'));
    b.rules('C_Sign abort');
    expect(mustFail(await sign('kept')).message).toContain('(signal SIGABRT) during sign');
    expect(b.hsm.status().state).toBe('lost');
    b.rules();
    await startAgain();
    expect(await classes('kept')).toEqual(BOTH);
    must(await sign('kept'));
  });

  test('a listener that unsubscribed hears nothing, and a wanted end is no loss', async () => {
    const heard: Lost[] = [];
    const listener = (lost: Lost) => heard.push(lost);
    b.hsm.onLost(listener)();
    b.hsm.abort();
    must(await b.hsm.restart());
    b.hsm.onLost(listener);
    must(await b.hsm.end());
    expect(heard).toEqual([]);
  });

  test('a library that crashes while it is finalised still ends in order', async () => {
    b.rules('C_Finalize abort');
    must(await b.hsm.end());
    expect(b.log()).toContain('> C_Finalize');
    expect(b.hsm.status().state).toBe('ended');
  });
});

describe('when the library reports an error', () => {
  test('a removed device is named, the login is forgotten, and a new login works', async () => {
    must(await make('kept', 'ec-p256'));
    b.rules('C_Sign 0x32 times=1');
    const failure = mustFail(await sign('kept'));
    expect(failure).toMatchObject({
      code: 'hsm',
      call: 'C_Sign',
      rv: 'CKR_DEVICE_REMOVED',
      library: b.request.library,
    });
    expect(failure.message).toBe('The device was removed during the call.');
    expect(b.hsm.status().loggedIn).toEqual([]);
    expect(mustFail(await sign('kept')).rv).toBe('CKR_USER_NOT_LOGGED_IN');
    must(await b.hsm.login({ token: vault.token, pin: vault.userPin.slice() }));
    must(await sign('kept'));
  });

  test('a generation that happened but was reported as failed is found by its CKA_ID, and is not made twice', async () => {
    b.rules('C_GenerateKeyPair 0x30 call=1 times=1');
    const failure = mustFail(await make('hidden', 'ec-p384'));
    expect(failure).toMatchObject({ call: 'C_GenerateKeyPair', rv: 'CKR_DEVICE_ERROR' });
    expect(failure.hint).toContain('Find out on the token');
    expect(await classes('hidden')).toEqual(BOTH);
    expect(mustFail(await make('hidden', 'ec-p384'))).toMatchObject({ code: 'refused', policy: 'HSM-3' });
    expect(b.log().filter((line) => line === '> C_GenerateKeyPair')).toHaveLength(1);
  });

  test('a destruction that happened but was reported as failed is seen in the inventory', async () => {
    must(await make('gone', 'ec-p256'));
    b.rules('C_DestroyObject 5 call=1 times=1');
    const request = { token: vault.token, ckaId: idOf('gone'), class: 'private-key' } as const;
    expect(mustFail(await b.hsm.destroyObject(request)).rv).toBe('CKR_GENERAL_ERROR');
    expect(await classes('gone')).toEqual(['public-key']);
  });

  test.each([
    ['C_GenerateKeyPair', 'does not find exactly one key pair'],
    ['C_SetAttributeValue', 'reads otherwise in a fresh session'],
    ['C_DestroyObject', 'still found in a fresh session'],
  ])('%s that reports success and did nothing is not believed', async (name, words) => {
    const key = { token: vault.token, ckaId: idOf('key'), class: 'private-key' } as const;
    if (name !== 'C_GenerateKeyPair') must(await make('key', 'ec-p256'));
    b.rules(`${name} 0 call=0`);
    const result =
      name === 'C_GenerateKeyPair'
        ? await make('key', 'ec-p256')
        : name === 'C_SetAttributeValue'
          ? await b.hsm.setAttributes({ ...key, attributes: [{ name: 'CKA_SIGN', value: false }] })
          : await b.hsm.destroyObject(key);
    const failure = mustFail<unknown>(result);
    expect(failure).toMatchObject({ code: 'hsm', call: name, rv: 'CKR_OK' });
    expect(failure.message).toContain(words);
  });

  test.each([
    ['0xa4', 'CKR_PIN_LOCKED', 'locked after too many wrong tries'],
    ['0xa3', 'CKR_PIN_EXPIRED', 'expired'],
    ['0x102', 'CKR_USER_PIN_NOT_INITIALIZED', 'no user PIN yet'],
    ['0x203', 'CKR_KEY_EXHAUSTED', 'CKR_KEY_EXHAUSTED'],
    ['0x80000123', 'CKR_VENDOR_DEFINED(0x80000123)', '0x80000123'],
    ['0x299', 'CKR_0x00000299', 'CKR_0x00000299'],
  ])('return value %s of C_Login is named %s, by its number', async (rv, name, words) => {
    must(await b.hsm.logout());
    b.rules(`C_Login ${rv}`);
    const failure = mustFail(await b.hsm.login({ token: vault.token, pin: vault.userPin.slice() }));
    expect(failure).toMatchObject({ code: 'hsm', call: 'C_Login', rv: name });
    expect(failure.message).toContain(words);
  });

  test('an attribute change that fails keeps the number of its error, which the binding hides in a text', async () => {
    must(await make('key', 'ec-p256'));
    b.rules('C_SetAttributeValue 0x203');
    const request = { token: vault.token, ckaId: idOf('key'), class: 'private-key' } as const;
    const failure = mustFail(
      await b.hsm.setAttributes({ ...request, attributes: [{ name: 'CKA_SIGN', value: false }] }),
    );
    expect(failure).toMatchObject({ call: 'C_SetAttributeValue', rv: 'CKR_KEY_EXHAUSTED' });
  });

  test('a device that is gone while attributes are read fails the whole reading, not one attribute of it', async () => {
    must(await make('key', 'ec-p256'));
    b.rules('C_GetAttributeValue 0x32 after=2');
    const request = { token: vault.token, ckaId: idOf('key'), class: 'private-key' } as const;
    const names = ['CKA_LABEL', 'CKA_SIGN', 'CKA_DECRYPT'] as const;
    expect(mustFail(await b.hsm.readAttributes({ ...request, names })).rv).toBe('CKR_DEVICE_REMOVED');
  });

  test('a slot whose token cannot be read is listed with the problem, and the others stay usable', async () => {
    b.rules('C_GetTokenInfo 0xe1 times=1');
    const slots = must(await b.hsm.slots());
    expect(slots).toHaveLength(2);
    expect(slots[0]?.token).toBeUndefined();
    expect(slots[0]?.problem).toContain('does not recognise the token');
    expect(slots[0]?.problem).toContain('C_GetTokenInfo: CKR_TOKEN_NOT_RECOGNIZED');
    expect(slots[1]?.token).toBeDefined();
  });

  test('a login whose sessions could not be closed does not let a wrong PIN pass later', async () => {
    must(await make('kept', 'ec-p256'));
    b.rules('C_Sign 0xb3 times=1', 'C_CloseSession 0xb3');
    expect(mustFail(await sign('kept')).rv).toBe('CKR_SESSION_HANDLE_INVALID');
    b.rules();
    const wrong = new TextEncoder().encode('not the pin');
    expect(mustFail(await b.hsm.login({ token: vault.token, pin: wrong })).rv).toBe('CKR_PIN_INCORRECT');
    must(await b.hsm.login({ token: vault.token, pin: vault.userPin.slice() }));
    must(await sign('kept'));
  });

  test('two tokens that cannot be told apart by label and serial are refused: HSM-6', async () => {
    await makeVault(b.hsm, 'vault');
    const token = { label: 'vault', serial: '0000' };
    b.rules('C_GetTokenInfo 0 serial=0000');
    const logins = b.log().filter((line) => line === '> C_Login').length;
    const failure = mustFail(await b.hsm.login({ token, pin: vault.userPin.slice() }));
    expect(failure).toMatchObject({ code: 'refused', policy: 'HSM-6' });
    expect(b.log().filter((line) => line === '> C_Login')).toHaveLength(logins);
  });

  test('a token exchanged behind the login’s back is noticed before anything is done with it', async () => {
    const root = await makeVault(b.hsm, 'operator root');
    must(await make('key', 'ec-p256'));
    // The first question, which is who is in the slot, is answered by nobody: the login must not be used.
    b.rules('C_GetTokenInfo 0 call=0 times=1');
    expect(mustFail(await sign('key')).code).toBe('not-found');
    expect(b.hsm.status().loggedIn).toEqual([root.token]);
    expect(b.log().filter((line) => line === '> C_SignInit')).toHaveLength(0);
  });
});

test('while a call takes long this process stays responsive, and what waits is answered in order', async () => {
  must(await make('key', 'ec-p256'));
  b.rules('C_Sign 0 delay=1500 times=1');
  const order: string[] = [];
  const slow = sign('key').then((result) => (order.push('sign'), must(result)));
  const next = b.hsm.slots().then((result) => (order.push('slots'), must(result)));
  await b.logged('> C_Sign');
  let turns = 0;
  while (!b.log().includes('< C_Sign 0x0')) {
    turns++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  // The event loop went round many times between the call's begin and end; a blocked one would have seen only the end.
  expect(turns).toBeGreaterThan(10);
  const signature = await slow;
  await next;
  expect(order).toEqual(['sign', 'slots']);
  const spki = must(await b.hsm.publicKeySpki({ token: vault.token, ckaId: idOf('key') }));
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  expect(verify('sha256', Uint8Array.of(1), key, signature)).toBe(true);
});
