/** Calls against entries, both ways: what fits, and everything that does not. */
import { describe, expect, test } from 'vitest';
import { hex, utf8 } from '../../../core/bytes.ts';
import { reconcileCalls, type CallMatter, type SealedHead } from '../../../core/ledger/calls.ts';
import type { Entry } from '../../../core/ledger/entry.ts';
import type { Act, Event } from '../../../core/ledger/event.ts';
import { isWrite, type TokenCall } from '../../../core/ledger/token-call.ts';
import type { Recorded } from '../../../core/lifecycle/replay.ts';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';

const sha = (text: string): string => hex(crypto.sha256(utf8(text)));
const KEY = 'ab'.repeat(20);
const DIGEST = sha('challenge');

const entry = (seq: number, event: Event): Recorded => ({
  leafHash: sha(`leaf ${seq}`),
  entry: { seq, ...event } as unknown as Entry,
});
const login = (seq: number): Recorded =>
  entry(seq, { type: 'session.opened', data: { token: 'vault', mode: 'operator-pin' } });
const intent = (seq: number, act: Act): Recorded =>
  entry(seq, { type: 'act.intent', data: { act, token: 'vault', key: KEY, digest: DIGEST } });
const result = (seq: number, act: Act, of: number, outcome: 'committed' | 'not-committed' = 'committed'): Recorded =>
  entry(seq, { type: 'act.result', data: { act, intent: sha(`leaf ${of}`), outcome } });
const lost = (seq: number): Recorded => entry(seq, { type: 'hsm.lost', data: { during: null } });

const head = (size: number, stored = true): SealedHead => ({
  size,
  text: `head ${size}\n`,
  note: `head ${size}\n\nsigned\n`,
  stored,
});
const OK = { rv: 'CKR_OK' };
const loginCall: TokenCall = { call: 'C_Login', user: 'user', ...OK };
const set: TokenCall = { call: 'C_SetAttributeValue', key: KEY, ...OK };
const sign = (message = 'challenge'): TokenCall => ({ call: 'C_Sign', key: KEY, sha256: sha(message), ...OK });
const signHead = (size: number): TokenCall => ({ call: 'C_Sign', key: KEY, sha256: sha(head(size).text), ...OK });
const keep = (size: number): TokenCall => ({
  call: 'C_CreateObject',
  label: 'conclave-head',
  sha256: sha(head(size).note),
  ...OK,
});
const drop = (size: number): TokenCall => ({ ...keep(size), call: 'C_DestroyObject' });

const compare = (matter: Partial<CallMatter>) =>
  reconcileCalls(crypto, {
    calls: [],
    entries: [],
    from: 0,
    heads: [],
    anchored: true,
    replaceable: new Set(),
    ...matter,
  });
const found = (matter: Partial<CallMatter>): string[] =>
  compare(matter).findings.map(({ id, call, seq }) => `${id} ${call}${seq === undefined ? '' : ` ${seq}`}`);

const session = {
  entries: [login(0), intent(1, 'key.activate'), result(2, 'key.activate', 1)],
  heads: [head(2), head(3)],
  replaceable: new Set([sha('an earlier head')]),
};
const calls = [
  loginCall,
  signHead(2),
  keep(2),
  { ...drop(0), sha256: sha('an earlier head') },
  set,
  set,
  signHead(3),
  keep(3),
  drop(2),
];

describe('calls and entries', () => {
  test('that say the same have no finding, and are counted', () => {
    expect(compare({ ...session, calls })).toEqual({
      calls: [
        { call: 'C_Login', count: 1 },
        { call: 'C_SetAttributeValue', count: 2 },
        { call: 'C_Sign', count: 2 },
        { call: 'C_CreateObject', count: 2 },
        { call: 'C_DestroyObject', count: 2 },
      ],
      writes: 6,
      seals: 6,
      findings: [],
    });
  });

  test('each call that is left out is missed by the entry or head that needs it: CALL-2', () => {
    // An earlier run's head may be gone already: nothing of this while says that it was there.
    const needed = calls.filter((call) => call.sha256 !== sha('an earlier head'));
    for (const call of needed) {
      const findings = found({ ...session, calls: calls.filter((one) => one !== call) });
      expect(findings).toHaveLength(1);
      expect(findings[0]).toMatch(`CALL-2 ${call.call}`);
    }
  });

  test('each call that is made once more is one without an entry: CALL-1; but a head may be signed and kept again', () => {
    for (const call of [loginCall, set, drop(2)]) {
      expect(found({ ...session, calls: [...calls, call] })).toEqual([`CALL-1 ${call.call}`]);
    }
    expect(found({ ...session, calls: [...calls, signHead(3), keep(3)] })).toEqual([]);
  });

  test.each<[string, TokenCall]>([
    ['a signature over something that no entry names', sign('something else')],
    ['another data object under the name of the head', { ...keep(3), sha256: sha('a forgery') }],
    ['a head removed that was never kept', drop(9)],
    ['a change of another key', { ...set, key: 'cd'.repeat(20) }],
    ['a key that no intent announces', { call: 'C_GenerateKeyPair', key: 'cd'.repeat(20), ...OK }],
    ['a key of a session outside of a probe', { call: 'C_GenerateKeyPair', session: true, ...OK }],
    ['a login as security officer', { call: 'C_Login', user: 'security-officer', ...OK }],
  ])('%s is a call without an entry: CALL-1', (_what, call) => {
    expect(found({ ...session, calls: [...calls, call] })).toEqual([`CALL-1 ${call.call}`]);
  });

  test('a removed entry leaves its calls alone', () => {
    const entries = session.entries.filter(({ entry: { type } }) => type !== 'act.intent');
    expect(found({ ...session, entries, calls })).toEqual(['CALL-1 C_SetAttributeValue', 'CALL-1 C_SetAttributeValue']);
  });
});

describe('an act that did not go as it should', () => {
  const acts: Act[] = ['key.test-signature', 'key.certify-request', 'key.activate', 'key.discard-half'];

  test.each(acts)('%s demands nothing when it was not committed', (act) => {
    expect(found({ entries: [intent(0, act), result(1, act, 0, 'not-committed')] })).toEqual([]);
    expect(found({ entries: [intent(0, act)] })).toEqual([]);
  });
  test.each(acts)('%s demands its calls when it was committed', (act) => {
    expect(found({ entries: [intent(0, act), result(1, act, 0)] })).not.toEqual([]);
  });
  test('demands nothing of a host that was lost before it answered', () => {
    expect(found({ entries: [intent(0, 'key.activate'), lost(1), result(2, 'key.activate', 0)] })).toEqual([]);
  });
  test('begun in an earlier session may be finished in this one', () => {
    const entries = [intent(0, 'key.activate'), login(1), result(2, 'key.activate', 0)];
    expect(found({ entries, from: 1, calls: [loginCall, set] })).toEqual([]);
    expect(found({ entries, from: 3, calls: [set] })).toEqual(['CALL-1 C_SetAttributeValue']);
  });
});

describe('a login', () => {
  const refused = (rv: string): Recorded =>
    entry(0, { type: 'session.refused', data: { token: 'vault', error: { call: 'C_Login', rv } } });

  test('that the token refused has its entry with the same value', () => {
    const wrong = { ...loginCall, rv: 'CKR_PIN_INCORRECT' };
    expect(found({ entries: [refused('CKR_PIN_INCORRECT')], calls: [wrong] })).toEqual([]);
    expect(found({ entries: [refused('CKR_PIN_LOCKED')], calls: [wrong] })).toEqual([
      'CALL-1 C_Login',
      'CALL-2 C_Login 0',
    ]);
  });
  test('that never reached the token demands no call', () => {
    expect(found({ entries: [refused('')] })).toEqual([]);
  });
});

test('heads that were not stored allow their calls and demand none', () => {
  const heads = [head(1, false)];
  expect(found({ heads, calls: [signHead(1), keep(1)] })).toEqual([]);
  expect(found({ heads })).toEqual([]);
  expect(found({ calls: [signHead(1)] })).toEqual(['CALL-1 C_Sign']);
});

test('a session key, a signature and a login write nothing to the token', () => {
  expect(isWrite({ call: 'C_GenerateKeyPair', session: true, ...OK })).toBe(false);
  expect([sign(), loginCall, set, keep(1), drop(1)].map(isWrite)).toEqual([false, false, true, true, true]);
});
