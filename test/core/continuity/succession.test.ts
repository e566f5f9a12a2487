/** One ledger after another: what holds by the old log key and by the old quorum, and each thing that makes it not hold. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { base64, hex, utf8 } from '../../../core/bytes.ts';
import {
  judgeSuccession,
  OldLedger,
  policyOf,
  SUCCESSION_TYPE,
  type Continued,
  type Succession,
  type VerifiedOld,
} from '../../../core/continuity/succession.ts';
import { envelopeBytes, pae } from '../../../core/evidence/dsse.ts';
import { jcsBytes } from '../../../core/json/jcs.ts';
import type { Entry } from '../../../core/ledger/entry.ts';
import { rootOf } from '../../../core/ledger/merkle.ts';
import { checkpointText, formatNote, formatVkey, signatureLine, verifierKey } from '../../../core/ledger/note.ts';
import { initialPolicy } from '../../../core/quorum/policy.ts';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';

const OLD = 'ledger.example/old';
const NEW = 'ledger.example/new';
const AT = Date.parse('2026-05-01T12:00:00Z');
const sha = (bytes: Uint8Array): string => hex(crypto.sha256(bytes));

interface Key {
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
}
function newKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { privateKey, spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })) };
}
const people = new Map(['custodian-1', 'custodian-2', 'custodian-3', 'witness-1'].map((id) => [id, newKey()]));
const logKey = newKey();
const policy = initialPolicy(['custodian-1', 'custodian-2', 'custodian-3'], 2);
const policyBytes = jcsBytes(policy);

const entry = (type: string, data: object): Entry =>
  ({ type, data, environment: 'rehearsal', seq: 0 }) as unknown as Entry;
const hashes = [0, 1, 2, 3, 4].map((n) => crypto.sha256(utf8(`leaf ${n}`)));
const rootAt = (size: number): string | null =>
  size <= hashes.length ? hex(rootOf(crypto, hashes.slice(0, size))) : null;

function oldLedger(ended: string | null): VerifiedOld {
  const vkey = formatVkey(verifierKey(crypto, OLD, 'ed25519', logKey.spki));
  const old = new OldLedger();
  old.add(entry('vault.created', { origin: OLD }));
  for (const [person, { spki }] of people)
    old.add(entry('person.enrolled', { person, key: sha(spki), spki: base64(spki) }));
  old.add(entry('policy.set', { policy: sha(policyBytes) }));
  old.add(entry('genesis.sealed', { vkey }));
  if (ended !== null) old.add(entry('ledger.ended', { kind: 'succeeded', successor: ended }));
  return { old, size: hashes.length, rootAt, policy: policyOf(crypto, old, policyBytes) };
}

function note(size: number, by: Key = logKey, root = rootOf(crypto, hashes.slice(0, size))): Uint8Array {
  const text = checkpointText({ origin: OLD, size, root });
  const { name, id } = verifierKey(crypto, OLD, 'ed25519', by.spki);
  return utf8(formatNote(text, [signatureLine(name, id, new Uint8Array(sign(null, utf8(text), by.privateKey)))]));
}

function approval(custodian: string, change: Partial<Succession> = {}, by: Key = people.get(custodian)!): Uint8Array {
  const says: Succession = {
    v: 1,
    environment: 'rehearsal',
    origin: OLD,
    size: 5,
    root: rootAt(5)!,
    missing: 0,
    successor: NEW,
    custodian,
    time: '2026-05-01T11:00:00Z',
    expires: '2026-05-01T15:00:00Z',
    ...change,
  };
  const payload = jcsBytes(says);
  const signature = new Uint8Array(sign(null, pae(SUCCESSION_TYPE, payload), by.privateKey));
  return envelopeBytes({ payloadType: SUCCESSION_TYPE, payload, keyid: sha(by.spki), signature });
}

interface Case {
  readonly by?: Continued['by'];
  readonly old?: VerifiedOld;
  readonly head?: Uint8Array;
  readonly envelopes?: readonly Uint8Array[];
  readonly change?: Partial<Continued>;
  readonly origin?: string;
  readonly at?: number;
  readonly lose?: boolean;
}
async function judged(one: Case): Promise<string> {
  const { by = 'quorum', head = note(5), envelopes = [], change = {}, origin = NEW, at = AT } = one;
  const documents = [head, ...envelopes];
  const continued: Continued = {
    origin: OLD,
    size: 5,
    root: rootAt(5)!,
    head: sha(head),
    by,
    approvals: envelopes.map(sha),
    missing: 0,
    ...change,
  };
  const kept = one.lose === true ? documents.slice(0, -1) : documents;
  const result = await judgeSuccession(crypto, one.old ?? oldLedger(by === 'log-key' ? NEW : null), {
    continued,
    origin,
    environment: 'rehearsal',
    at,
    blob: (sha256) => kept.find((bytes) => sha(bytes) === sha256) ?? null,
  });
  return result.ok ? 'holds' : result.error.policy!;
}
const two = [approval('custodian-1'), approval('custodian-3')];

describe('by the old log key', () => {
  test('holds where its head over the whole old ledger stands under an end that names the new one', async () => {
    expect(await judged({ by: 'log-key' })).toBe('holds');
  });
  test.each<[string, Case]>([
    ['the end names another ledger', { old: oldLedger('ledger.example/other') }],
    ['there is no end', { old: oldLedger(null) }],
    ['the new ledger has another origin', { origin: 'ledger.example/other' }],
    ['the head does not cover the end', { head: note(4) }],
    ['the head is signed by another key', { head: note(5, newKey()) }],
    ['the head has another root', { head: note(5, logKey, crypto.sha256(utf8('other'))) }],
    ['the first entry has another root', { change: { root: rootAt(4)! } }],
    ['the first entry names another ledger', { change: { origin: 'ledger.example/other' } }],
    ['the old ledger went on', { change: { size: 4, root: rootAt(4)! }, head: note(4) }],
    ['the head is not there', { lose: true }],
  ])('does not hold where %s: CONTINUITY-11', async (_what, change) => {
    expect(await judged({ by: 'log-key', ...change })).toBe('CONTINUITY-11');
  });
});

describe('by the old quorum', () => {
  test('holds where as many custodians as its policy asks for agree, also by an older head', async () => {
    expect(await judged({ envelopes: two })).toBe('holds');
    expect(await judged({ envelopes: two, head: note(3) })).toBe('holds');
  });
  test('holds with what is missing only where the custodians said how much', async () => {
    const said = ['custodian-1', 'custodian-2'].map((one) => approval(one, { missing: 7 }));
    expect(await judged({ envelopes: said, change: { missing: 7 } })).toBe('holds');
    expect(await judged({ envelopes: two, change: { missing: 7 } })).toBe('QUORUM-1');
    expect(await judged({ envelopes: said, change: { missing: 6 } })).toBe('QUORUM-1');
  });
  test.each<[string, Case]>([
    ['one agrees', { envelopes: two.slice(0, 1) }],
    ['one agrees twice', { envelopes: [two[0]!, approval('custodian-1', { time: '2026-05-01T11:30:00Z' })] }],
    ['one is no custodian', { envelopes: [two[0]!, approval('witness-1')] }],
    ['one signed with another key', { envelopes: [two[0]!, approval('custodian-2', {}, newKey())] }],
    ['one signed for another', { envelopes: [two[0]!, approval('custodian-2', {}, people.get('custodian-1'))] }],
    ['one agreed to another ledger', { envelopes: [two[0]!, approval('custodian-2', { successor: 'other' })] }],
    ['one agreed to another end', { envelopes: [two[0]!, approval('custodian-2', { root: rootAt(4)! })] }],
    ['one agreed in production', { envelopes: [two[0]!, approval('custodian-2', { environment: 'production' })] }],
    ['the time has passed', { envelopes: two, at: AT + 4 * 3_600_000 }],
    ['the time has not come', { envelopes: two, at: AT - 2 * 3_600_000 }],
  ])('does not hold where %s: QUORUM-1', async (_what, change) => {
    expect(await judged(change)).toBe('QUORUM-1');
  });
  test('does not hold without the policy of the old ledger, QUORUM-6, or without an approval it names, CONTINUITY-11', async () => {
    const old = oldLedger(null);
    expect(policyOf(crypto, old.old, utf8('{}'))).toBeNull();
    expect(await judged({ envelopes: two, old: { ...old, policy: null } })).toBe('QUORUM-6');
    expect(await judged({ envelopes: two, lose: true })).toBe('CONTINUITY-11');
  });
});
