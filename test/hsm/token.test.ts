import { statSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { hostEnvironment } from '../../electron/hsm/environment.ts';
import { findSoftHsm, prepareRehearsal } from '../../electron/hsm/rehearsal.ts';
import { type Bench, bench, makeVault, must, mustFail } from './host.ts';

vi.setConfig({ testTimeout: 60_000 });

let b: Bench;
beforeEach(async () => {
  b = await bench();
});
afterEach(() => b.close());

const wrong = (): Uint8Array => new TextEncoder().encode('not the pin');

test('opening SoftHSM names the module, its version and the hash of its file', async () => {
  const info = must(await b.hsm.open(b.request));
  expect(info).toMatchObject({
    path: b.request.library,
    manufacturer: 'SoftHSM',
    cryptokiVersion: '2.40',
    warnings: [],
  });
  expect(info.fileSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(b.hsm.status()).toMatchObject({ state: 'open', waiting: 0, loggedIn: [], module: info });
});

test('opening the same module again answers with the same module; another one is refused', async () => {
  const info = must(await b.hsm.open(b.request));
  expect(must(await b.hsm.open(b.request))).toEqual(info);
  expect(mustFail(await b.hsm.open({ library: '/usr/lib/other.so' }))).toMatchObject({ code: 'refused' });
});

test('a call before a module is open is refused in words', async () => {
  expect(mustFail(await b.hsm.slots())).toMatchObject({ code: 'refused', message: 'No PKCS#11 module is open.' });
});

test('an uninitialised token is listed, with its state in words and with the library named', async () => {
  must(await b.hsm.open(b.request));
  const [slot] = must(await b.hsm.slots());
  expect(slot?.id).toMatch(/^[0-9a-f]{16}$/);
  expect(slot?.token).toMatchObject({ initialized: false, model: 'SoftHSM v2' });
  expect(slot?.problem).toBe(`The token in this slot is not initialised (C_GetTokenInfo of ${b.request.library}).`);
});

test('a slot lists its mechanisms with names, sizes and flags', async () => {
  must(await b.hsm.open(b.request));
  const [slot] = must(await b.hsm.slots());
  const mechanism = slot?.token?.mechanisms.find((m) => m.name === 'CKM_EC_KEY_PAIR_GEN');
  expect(mechanism).toMatchObject({ type: 0x1040, minKeySize: 112, maxKeySize: 521 });
  expect(mechanism?.flags).toContain('CKF_GENERATE_KEY_PAIR');
  expect(slot?.token?.mechanisms.find((m) => m.type === 0x1055)?.name).toBe('CKM_EC_EDWARDS_KEY_PAIR_GEN');
});

test('a rehearsal token gets random PINs, is found by label and serial, and lets its user in', async () => {
  must(await b.hsm.open(b.request));
  const { token, userPin } = await makeVault(b.hsm, 'vault');
  expect(token.label).toBe('vault');
  expect(token.serial).toMatch(/^[0-9a-f]{16}$/);
  expect(new TextDecoder().decode(userPin)).toMatch(/^\d{12}$/);
  expect(b.hsm.status().loggedIn).toEqual([token]);
  const slots = must(await b.hsm.slots());
  const slot = slots.find((s) => s.token?.serial === token.serial);
  expect(slot?.token?.flags).toEqual(expect.arrayContaining(['CKF_TOKEN_INITIALIZED', 'CKF_USER_PIN_INITIALIZED']));
  expect(slot?.problem).toBeUndefined();
});

test('given PINs initialise a token whose label counts bytes, and the PIN buffers are zeroed', async () => {
  must(await b.hsm.open(b.request));
  const [slot] = must(await b.hsm.slots());
  const soPin = new TextEncoder().encode('officer-1');
  const userPin = new TextEncoder().encode('user-12');
  const label = 'Schlüssel für Zürich'; // 23 bytes in 20 characters
  const made = must(await b.hsm.initToken({ slot: slot!.id, label, soPin, userPin }));
  expect(made.token.label).toBe(label);
  expect([...soPin, ...userPin].every((byte) => byte === 0)).toBe(true);
  const pin = new TextEncoder().encode('user-12');
  must(await b.hsm.login({ token: made.token, pin }));
  expect(pin.every((byte) => byte === 0)).toBe(true);
});

test('an initialised token is not initialised again: HSM-5, and its user PIN still works', async () => {
  must(await b.hsm.open(b.request));
  const { token, userPin } = await makeVault(b.hsm, 'vault');
  const slot = must(await b.hsm.slots()).find((s) => s.token?.serial === token.serial);
  const failure = mustFail(await b.hsm.initRehearsalToken({ slot: slot!.id, label: 'again' }));
  expect(failure).toMatchObject({ code: 'refused', policy: 'HSM-5', call: 'C_InitToken' });
  must(await b.hsm.login({ token, pin: userPin.slice() }));
});

test('a wrong PIN is refused in words with call, value and library, and is zeroed', async () => {
  must(await b.hsm.open(b.request));
  const { token } = await makeVault(b.hsm, 'vault');
  must(await b.hsm.logout());
  const pin = wrong();
  const failure = mustFail(await b.hsm.login({ token, pin }));
  expect(failure).toMatchObject({
    code: 'hsm',
    call: 'C_Login',
    rv: 'CKR_PIN_INCORRECT',
    library: b.request.library,
    message: 'The PIN is not correct.',
  });
  expect(failure.hint).toContain('Wrong PINs were entered');
  expect(JSON.stringify(failure)).not.toContain('not the pin');
  expect(pin.every((byte) => byte === 0)).toBe(true);
  expect(b.hsm.status().loggedIn).toEqual([]);
});

test('a wrong PIN does not pass because the user was logged in before', async () => {
  must(await b.hsm.open(b.request));
  const { token } = await makeVault(b.hsm, 'vault');
  expect(mustFail(await b.hsm.login({ token, pin: wrong() })).rv).toBe('CKR_PIN_INCORRECT');
  expect(mustFail(await b.hsm.findKeys({ token })).rv).toBe('CKR_USER_NOT_LOGGED_IN');
});

test('two tokens of one module are logged in to at once, and one can leave without the other', async () => {
  must(await b.hsm.open(b.request));
  const vault = await makeVault(b.hsm, 'vault');
  const root = await makeVault(b.hsm, 'operator root');
  expect(b.hsm.status().loggedIn).toEqual([vault.token, root.token]);
  must(await b.hsm.logout({ token: vault.token }));
  expect(mustFail(await b.hsm.findKeys({ token: vault.token })).rv).toBe('CKR_USER_NOT_LOGGED_IN');
  expect(must(await b.hsm.findKeys({ token: root.token }))).toEqual([]);
});

test('logging in to a token that is not there says which one was meant', async () => {
  must(await b.hsm.open(b.request));
  const failure = mustFail(await b.hsm.login({ token: { label: 'nobody', serial: '0' }, pin: wrong() }));
  expect(failure).toMatchObject({ code: 'not-found', call: 'C_GetTokenInfo', library: b.request.library });
  expect(failure.message).toContain('“nobody”');
});

test('logging in to an uninitialised token says that it is not initialised', async () => {
  must(await b.hsm.open(b.request));
  const [slot] = must(await b.hsm.slots());
  const { label, serial } = slot!.token!;
  const failure = mustFail(await b.hsm.login({ token: { label, serial }, pin: wrong() }));
  expect(failure).toMatchObject({ code: 'hsm', call: 'C_GetTokenInfo', message: 'The token is not initialised.' });
});

test('after the end every call says so, and a restart begins anew with nobody logged in', async () => {
  must(await b.hsm.open(b.request));
  const { token, userPin } = await makeVault(b.hsm, 'vault');
  must(await b.hsm.end());
  expect(b.hsm.status()).toEqual({ state: 'ended', waiting: 0, loggedIn: [] });
  expect(mustFail(await b.hsm.slots())).toMatchObject({ code: 'hsm-lost', message: 'The HSM host was ended.' });
  must(await b.hsm.restart());
  must(await b.hsm.open(b.request));
  expect(mustFail(await b.hsm.findKeys({ token })).rv).toBe('CKR_USER_NOT_LOGGED_IN');
  must(await b.hsm.login({ token, pin: userPin }));
});

test('a restart of a running host is refused, so that no two hosts work on one token', async () => {
  must(await b.hsm.open(b.request));
  expect(mustFail(await b.hsm.restart()).code).toBe('busy');
});

test('the rehearsal folder is closed to other users, and an open one is refused', () => {
  expect(statSync(b.folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(b.folder, 'tokens')).mode & 0o777).toBe(0o700);
  expect(statSync(join(b.folder, 'softhsm2.conf')).mode & 0o777).toBe(0o600);
  expect(mustFail(prepareRehearsal('/tmp')).message).toContain('open to other users');
  expect(mustFail(prepareRehearsal('relative')).code).toBe('bad-input');
});

test('a computer without SoftHSM is told what to install', () => {
  const failure = mustFail(findSoftHsm(['/nowhere/libsofthsm2.so']));
  expect(failure.code).toBe('not-found');
  expect(failure.hint).toContain('softhsm2');
});

test('the host inherits a vendor’s configuration, but nothing that loads or traces code in it', () => {
  const from = { ChrystokiConfigurationPath: '/etc', HOME: '/h', LD_LIBRARY_PATH: '/opt/vendor', GONE: undefined };
  const refused = { LD_PRELOAD: 'x', NODE_OPTIONS: 'x', ELECTRON_RUN_AS_NODE: '1', PKCS11SPY: 'x', SOFTHSM2_CONF: 'x' };
  expect(hostEnvironment({ ...from, ...refused })).toEqual({
    ChrystokiConfigurationPath: '/etc',
    HOME: '/h',
    LD_LIBRARY_PATH: '/opt/vendor',
  });
});
