import { describe, expect, test } from 'vitest';
import type { Attribute } from '../../../core/ledger/fields.ts';
import {
  ACTIVATION,
  differences,
  madeInside,
  preActiveTemplate,
  serviceKeyTemplate,
  templateSha256,
  withChanges,
} from '../../../core/lifecycle/template.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';

/** Usage attributes by class, PKCS#11 v2.40 base, sections 4.7 to 4.9, written down here a second time. */
const USAGE = {
  private: ['CKA_DECRYPT', 'CKA_DERIVE', 'CKA_SIGN', 'CKA_SIGN_RECOVER', 'CKA_UNWRAP'],
  public: ['CKA_DERIVE', 'CKA_ENCRYPT', 'CKA_VERIFY', 'CKA_VERIFY_RECOVER', 'CKA_WRAP'],
} as const;
const HALVES = ['private', 'public'] as const;
const value = (list: readonly Attribute[], name: string) => list.find((a) => a.name === name)?.value;
const template = preActiveTemplate('root-2026');
const digest = (of = template, mechanism: Parameters<typeof templateSha256>[1] = 'ec-p384') =>
  templateSha256(crypto, mechanism, of);

describe('a pre-active key', () => {
  test.each(HALVES)('names every usage attribute of its %s half once, and each is false', (half) => {
    for (const name of USAGE[half]) {
      expect(template[half].filter((a) => a.name === name)).toEqual([{ name, value: false }]);
    }
  });

  test('names no attribute twice and never CKA_ID', () => {
    for (const half of HALVES) {
      const names = template[half].map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names).not.toContain('CKA_ID');
    }
  });

  test('stays in the token, is seen after login only, cannot leave and cannot be copied', () => {
    for (const half of HALVES) {
      expect(value(template[half], 'CKA_TOKEN')).toBe(true);
      expect(value(template[half], 'CKA_PRIVATE')).toBe(true);
      expect(value(template[half], 'CKA_COPYABLE')).toBe(false);
    }
    expect(value(template.private, 'CKA_SENSITIVE')).toBe(true);
    expect(value(template.private, 'CKA_EXTRACTABLE')).toBe(false);
  });
});

test('activation changes exactly CKA_SIGN of the private and CKA_VERIFY of the public half', () => {
  const active = withChanges(template, ACTIVATION);
  const changed = differences(template, active).map(({ half, name, found }) => [half, name, found]);
  expect(changed).toEqual([
    ['private', 'CKA_SIGN', true],
    ['public', 'CKA_VERIFY', true],
  ]);
  expect(ACTIVATION.private.length + ACTIVATION.public.length).toBe(2);
});

test('a service key may sign from its first day, nothing else, and cannot be altered afterwards', () => {
  const service = serviceKeyTemplate('root-2026');
  expect(differences(template, service).map(({ half, name }) => `${half} ${name}`)).toEqual([
    'private CKA_MODIFIABLE',
    'private CKA_SIGN',
    'public CKA_MODIFIABLE',
    'public CKA_VERIFY',
  ]);
});

describe('the digest of a template', () => {
  test('changes with the value of any attribute, its absence, the label and the mechanism', () => {
    const seen = new Set([digest()]);
    let count = 1;
    const take = (other: string) => {
      seen.add(other);
      count++;
    };
    for (const half of HALVES) {
      template[half].forEach((attribute, i) => {
        const changed = typeof attribute.value === 'boolean' ? !attribute.value : `${attribute.value}x`;
        const other = template[half].map((a, j) => (i === j ? { ...a, value: changed } : a));
        take(digest({ ...template, [half]: other }));
        take(digest({ ...template, [half]: template[half].filter((_, j) => i !== j) }));
      });
    }
    for (const mechanism of ['ec-p256', 'rsa-3072', 'rsa-4096'] as const) take(digest(template, mechanism));
    expect(seen.size).toBe(count);
  });

  test('is the same for the same template, whoever computes it and in whatever ceremony', () => {
    expect(digest(preActiveTemplate('root-2026'))).toBe(digest());
  });
});

describe('a reading back', () => {
  const expected = {
    private: [...template.private, ...madeInside('ec-p384').private],
    public: [...template.public, ...madeInside('ec-p384').public],
  };

  test('that is the same has no differences, and more attributes than asked for are none', () => {
    const more = { ...expected, private: [...expected.private, { name: 'CKA_WRAP_WITH_TRUSTED', value: false }] };
    expect(differences(expected, more)).toEqual([]);
  });

  test('differs where any attribute has another value, another type, or could not be read', () => {
    for (const half of HALVES) {
      expected[half].forEach(({ name, value: right }, i) => {
        for (const wrong of [!right, Number(right) + 1, String(right) + ' ']) {
          const found = { ...expected, [half]: expected[half].map((a, j) => (i === j ? { name, value: wrong } : a)) };
          expect(differences(expected, found)).toMatchObject([{ half, name, found: wrong }]);
        }
        const unread = { ...expected, [half]: expected[half].filter((_, j) => i !== j) };
        expect(differences(expected, unread)).toMatchObject([{ half, name, found: null }]);
      });
    }
  });

  test('does not take a key for one made inside that was imported', () => {
    const names = madeInside('rsa-3072').private.map(({ name }) => name);
    expect(names).toEqual(['CKA_LOCAL', 'CKA_ALWAYS_SENSITIVE', 'CKA_NEVER_EXTRACTABLE', 'CKA_KEY_GEN_MECHANISM']);
    // CKM_RSA_PKCS_KEY_PAIR_GEN and CKM_EC_KEY_PAIR_GEN, PKCS#11 v2.40 current mechanisms.
    expect(value(madeInside('rsa-3072').public, 'CKA_KEY_GEN_MECHANISM')).toBe(0x0000);
    expect(value(madeInside('ec-p256').public, 'CKA_KEY_GEN_MECHANISM')).toBe(0x1040);
  });
});
