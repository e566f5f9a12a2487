import { describe, expect, test } from 'vitest';
import { Mechanism, Purpose, type Attribute } from '../../../core/ledger/fields.ts';
import { KEY_TYPES, USAGE } from '../../../core/lifecycle/key-type.ts';
import { MECHANISMS } from '../../../core/lifecycle/mechanism.ts';
import { NIST_R5 } from '../../../core/lifecycle/profiles/nist-sp800-57.ts';
import {
  isPair,
  mechanismsFor,
  objectsOf,
  operationsFor,
  PAIR,
  PURPOSES,
  wordsOf,
} from '../../../core/lifecycle/purpose.ts';
import { HALVES, type Half } from '../../../core/lifecycle/states.ts';
import {
  ACTIVATION,
  activationOf,
  differences,
  expectedOf,
  madeInside,
  meaningOf,
  meaningOfChange,
  preActiveTemplate,
  templateSha256,
  usageTemplate,
  withChanges,
} from '../../../core/lifecycle/template.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';

/** What each kind of key may do when it is active, written down a second time, by object. */
const ACTIVE: Readonly<Record<string, Partial<Record<Half, readonly string[]>>>> = {
  'sign rsa': { private: ['CKA_SIGN'], public: ['CKA_VERIFY'] },
  'sign ec': { private: ['CKA_SIGN'], public: ['CKA_VERIFY'] },
  'sign edwards': { private: ['CKA_SIGN'], public: ['CKA_VERIFY'] },
  'decrypt rsa': { private: ['CKA_DECRYPT'], public: ['CKA_ENCRYPT'] },
  'wrap rsa': { private: ['CKA_UNWRAP'], public: ['CKA_WRAP'] },
  'wrap aes': { secret: ['CKA_UNWRAP', 'CKA_WRAP'] },
  'derive ec': { private: ['CKA_DERIVE'], public: [] },
  'encrypt aes': { secret: ['CKA_DECRYPT', 'CKA_ENCRYPT'] },
  'mac hmac': { secret: ['CKA_SIGN', 'CKA_VERIFY'] },
};

const KINDS = Purpose.options.flatMap((purpose) => mechanismsFor(purpose).map((mechanism) => ({ purpose, mechanism })));
const names = (list: readonly Attribute[] | undefined): string[] => (list ?? []).map(({ name }) => name);
const halves = (record: object): string[] => Object.keys(record).sort();

test('every mechanism is made for some purpose, and each kind is in one row only', () => {
  const rows = PURPOSES.flatMap(({ purpose, mechanisms }) => mechanisms.map((one) => `${purpose} ${one}`));
  expect(new Set(rows).size).toBe(rows.length);
  expect(new Set(KINDS.map(({ mechanism }) => mechanism)).size).toBe(Mechanism.options.length);
});

test('a purpose that the algorithm is not meant for has no key', () => {
  expect(objectsOf('derive', 'rsa-2048')).toBeNull();
  expect(objectsOf('decrypt', 'ec-p256')).toBeNull();
  expect(objectsOf('sign', 'aes-256')).toBeNull();
  expect(objectsOf('mac', 'aes-256')).toBeNull();
  expect(objectsOf('encrypt', 'rsa-2048')).toBeNull();
  expect(objectsOf('derive', 'ed25519')).toBeNull();
});

describe.each(KINDS)('a $mechanism key to $purpose', ({ purpose, mechanism }) => {
  const objects = objectsOf(purpose, mechanism)!;
  const born = preActiveTemplate('root-2026', mechanism);
  const active = ACTIVE[`${purpose} ${MECHANISMS[mechanism].family}`]!;

  test('is a pair or one secret key, and each object is of the class of its type', () => {
    expect(halves(objects)).toEqual(isPair(mechanism) ? ['private', 'public'] : ['secret']);
    for (const half of HALVES) if (objects[half]) expect(KEY_TYPES[objects[half]].object).toBe(half);
    expect(halves(born)).toEqual(halves(objects));
    expect(halves(madeInside(mechanism))).toEqual(halves(objects));
  });

  test('is born with every usage attribute of its class named once and false', () => {
    for (const half of HALVES) {
      if (!objects[half]) continue;
      for (const [usage] of USAGE[half]) {
        expect(born[half]!.filter(({ name }) => name === usage)).toEqual([{ name: usage, value: false }]);
      }
      expect(new Set(names(born[half])).size).toBe(born[half]!.length);
      for (const name of ['CKA_TOKEN', 'CKA_PRIVATE', 'CKA_MODIFIABLE', 'CKA_DESTROYABLE']) {
        expect(born[half]).toContainEqual({ name, value: true });
      }
      expect(born[half]).toContainEqual({ name: 'CKA_COPYABLE', value: false });
      if (half === 'public') continue;
      expect(born[half]).toContainEqual({ name: 'CKA_SENSITIVE', value: true });
      expect(born[half]).toContainEqual({ name: 'CKA_EXTRACTABLE', value: false });
    }
  });

  test('gets by activation the rights of its purpose and no other, as the state active demands', () => {
    const changes = activationOf(objects);
    expect(
      Object.fromEntries(HALVES.filter((half) => changes[half]).map((h) => [h, names(changes[h]).sort()])),
    ).toEqual(active);
    const states = Object.fromEntries(Object.keys(objects).map((half) => [half, 'active']));
    const expected = expectedOf(NIST_R5, 'root-2026', mechanism, states, objects);
    expect(differences(withChanges(born, changes), expected)).toEqual([]);
    const given = usageTemplate(NIST_R5, states, objects);
    for (const half of HALVES) {
      const on = (given[half] ?? []).filter(({ value }) => value === true);
      expect(names(on).sort()).toEqual(active[half] ?? []);
    }
    expect(operationsFor(objects)).toHaveLength(Object.values(active).flat().length);
  });

  test('has nothing that is asked of an object that is gone', () => {
    const states = Object.fromEntries(Object.keys(objects).map((half) => [half, 'destroyed']));
    for (const list of Object.values(expectedOf(NIST_R5, 'root-2026', mechanism, states, objects))) {
      expect(list).toEqual([]);
    }
  });

  test('says in words that its rights come later, and of every other attribute what it means', () => {
    for (const half of HALVES) {
      const type = objects[half];
      if (!type) continue;
      for (const name of names(born[half])) {
        const said = meaningOf(name, type);
        expect(said).not.toBe('');
        expect([name, said.includes('before')]).toEqual([name, active[half]?.includes(name) ?? false]);
        expect(meaningOfChange(name, true, type)).not.toBe('');
      }
    }
    expect(wordsOf(purpose, mechanism)).toMatch(/^(RSA|ECDSA|ECDH|EdDSA|AES|HMAC)/);
  });
});

test('the length of a secret key is in its template, in bytes', () => {
  const length = (mechanism: Mechanism) =>
    preActiveTemplate('k', mechanism).secret?.find(({ name }) => name === 'CKA_VALUE_LEN')?.value;
  expect((['aes-128', 'aes-192', 'aes-256', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const).map(length)).toEqual(
    [16, 24, 32, 32, 48, 64],
  );
  expect(length('rsa-2048')).toBeUndefined();
});

test('a signature key pair is what it always was, to the digest that approvals bind', () => {
  expect(activationOf(PAIR)).toEqual(ACTIVATION);
  expect(preActiveTemplate('root-2026', 'rsa-3072')).toEqual(preActiveTemplate('root-2026'));
  // Taken before keys of other kinds existed.
  expect(templateSha256(crypto, 'ec-p384', preActiveTemplate('root-2026'))).toBe(
    '0f14cf087c3ed6a47eeb69f226adaff7ba2cc5f8590ae2c57c1f2d49fb1c72d3',
  );
  expect(templateSha256(crypto, 'rsa-3072', ACTIVATION)).toBe(
    '43585530c6d90323faf9e8966d04a411ab542d2821341969df6ac2eac13b37e8',
  );
});
