/**
 * The comparison of a token with the ledger, against an oracle that knows only what was done behind the ledger's back and
 * imports nothing that compares.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { compareInventory, type Expectation, type KnownObject } from '../../../core/inventory/compare.ts';
import { DRIFT_KIND, type Drift } from '../../../core/inventory/drift.ts';
import { inventoryBytes, objectSha256, type ListedObject } from '../../../core/inventory/object.ts';
import type { Attribute } from '../../../core/ledger/fields.ts';
import { nodeCrypto } from '../../../electron/crypto.ts';

const USAGE = { 'private-key': ['CKA_SIGN', 'CKA_DERIVE'], 'public-key': ['CKA_VERIFY'] } as const;
const CLASSES = ['private-key', 'public-key'] as const;

interface Key {
  readonly id: string;
  readonly label: string;
  readonly point: string;
  readonly rights: boolean;
}

const attributesOf = (key: Key, objectClass: (typeof CLASSES)[number]): Attribute[] => [
  { name: 'CKA_LABEL', value: key.label },
  { name: 'CKA_MODIFIABLE', value: true },
  { name: 'CKA_COPYABLE', value: false },
  { name: 'CKA_KEY_GEN_MECHANISM', value: 0x1040 },
  ...USAGE[objectClass].map((name) => ({ name, value: key.rights })),
];

const known = (keys: readonly Key[]): KnownObject[] =>
  keys.flatMap((key) =>
    CLASSES.map((objectClass) => ({
      key: key.id,
      class: objectClass,
      expected: attributesOf(key, objectClass),
      usage: new Set<string>(USAGE[objectClass]),
      byProcedure: false,
      value: key.point,
    })),
  );

const listed = (key: Key, objectClass: (typeof CLASSES)[number]): ListedObject => ({
  class: objectClass,
  id: key.id,
  label: key.label,
  attributes: [
    ...attributesOf(key, objectClass).filter(({ name }) => name !== 'CKA_LABEL'),
    ...(objectClass === 'public-key' ? [{ name: 'CKA_EC_POINT', value: `0441${key.point}` }] : []),
  ],
  unreadable: ['CKA_START_DATE'],
});

/** What somebody does to one object behind the ledger's back. */
const DEEDS = [
  'nothing',
  'flag',
  'label',
  'attribute',
  'untold',
  'remove',
  'copy',
  'copy-elsewhere',
  'replace',
] as const;
type Deed = (typeof DEEDS)[number];

/** The object, or the objects, that are there after the deed, and what the oracle says must be found. */
function done(
  key: Key,
  objectClass: (typeof CLASSES)[number],
  deed: Deed,
): { objects: ListedObject[]; found: string[] } {
  const object = listed(key, objectClass);
  const flag = USAGE[objectClass][0];
  const changed = (name: string, value: Attribute['value'] | undefined): ListedObject => ({
    ...object,
    attributes: object.attributes.flatMap((one) =>
      one.name !== name ? [one] : value === undefined ? [] : [{ name, value }],
    ),
  });
  const at = `${objectClass} ${key.id}`;
  switch (deed) {
    case 'nothing':
      return { objects: [object], found: [] };
    case 'flag':
      return { objects: [changed(flag, !key.rights)], found: [`flag-changed ${at} ${flag}`] };
    case 'label':
      return { objects: [{ ...object, label: 'renamed' }], found: [`attribute-differs ${at} CKA_LABEL`] };
    case 'attribute':
      return { objects: [changed('CKA_COPYABLE', true)], found: [`attribute-differs ${at} CKA_COPYABLE`] };
    case 'untold':
      return {
        objects: [changed('CKA_MODIFIABLE', undefined)],
        found: [`attribute-differs ${at} CKA_MODIFIABLE`],
      };
    case 'remove':
      return { objects: [], found: [`object-missing ${at}`] };
    case 'copy':
      return { objects: [object, changed(flag, !key.rights)], found: [`copy-exists ${at}`] };
    case 'copy-elsewhere': {
      const id = `ff${key.id.slice(2)}`;
      // Only what tells the public value can be known as a copy; the rest is an object of nobody.
      const kind = objectClass === 'public-key' ? 'copy-exists' : 'unknown-object';
      return { objects: [object, { ...object, id }], found: [`${kind} ${objectClass} ${id}`] };
    }
    case 'replace':
      return objectClass === 'public-key'
        ? { objects: [changed('CKA_EC_POINT', 'ee'.repeat(67))], found: [`attribute-differs ${at} CKA_EC_POINT`] }
        : { objects: [object], found: [] };
  }
}

const hexOf = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((data) => Buffer.from(data).toString('hex'));

/** CKA_IDs that begin with ff are those of copies elsewhere. */
const id = hexOf(20).map((text) => `00${text.slice(2)}`);
const key = fc.record({
  id,
  label: fc.stringMatching(/^[A-Z][A-Z0-9-]{0,12}$/),
  point: hexOf(65),
  rights: fc.boolean(),
});
const keys = fc
  .uniqueArray(key, { minLength: 1, maxLength: 5, selector: ({ id: one }) => one })
  .filter((list) => new Set(list.map(({ point }) => point)).size === list.length);
const world = keys.chain((list) =>
  fc.record({
    keys: fc.constant(list),
    deeds: fc.array(fc.constantFrom(...DEEDS), { minLength: 2 * list.length, maxLength: 2 * list.length }),
    strangers: fc.uniqueArray(hexOf(8), { maxLength: 3 }),
    seed: fc.nat(),
  }),
);

interface Case {
  readonly expectation: Expectation;
  readonly objects: readonly ListedObject[];
  readonly found: readonly string[];
}

function caseOf({ keys: list, deeds, strangers, seed }: typeof world extends fc.Arbitrary<infer T> ? T : never): Case {
  const head: ListedObject = {
    class: 'data',
    id: '',
    label: 'head',
    attributes: [],
    unreadable: [],
    value: 'a'.repeat(64),
  };
  const parts = list.flatMap((one, k) => CLASSES.map((objectClass, c) => done(one, objectClass, deeds[2 * k + c]!)));
  const alien = strangers.map((one): ListedObject => ({
    class: 'secret-key',
    id: one,
    label: 'stranger',
    attributes: [{ name: 'CKA_SENSITIVE', value: true }],
    unreadable: [],
  }));
  const objects = [...parts.flatMap((part) => part.objects), ...alien, head];
  // Any order: a token lists its objects as it likes.
  const shuffled = objects
    .map((object, i) => ({ object, at: (i * 7919 + seed) % (objects.length + 13) }))
    .sort((a, b) => a.at - b.at)
    .map(({ object }) => object);
  return {
    expectation: {
      objects: known(list),
      isHead: (object) => object.label === 'head' && object.value === 'a'.repeat(64),
      acknowledged: new Set(),
      accepted: [],
    },
    objects: shuffled,
    found: [
      ...parts.flatMap((part) => part.found),
      ...strangers.map((one) => `unknown-object secret-key ${one}`),
    ].sort(),
  };
}

const said = (drift: Drift): string =>
  [DRIFT_KIND[drift.id], drift.class, drift.object, ...(drift.name === undefined ? [] : [drift.name])].join(' ');

type Compare = (expectation: Expectation, objects: readonly ListedObject[]) => Drift[];
const ours: Compare = (expectation, objects) => compareInventory(nodeCrypto, expectation, objects);

const agrees = (compare: Compare) =>
  fc.property(world, (drawn) => {
    const { expectation, objects, found } = caseOf(drawn);
    expect(compare(expectation, objects).map(said).sort()).toEqual(found);
  });

describe('the comparison of a token with the ledger', () => {
  test('finds and names all that was done behind the ledger’s back, and nothing else', () => {
    fc.assert(agrees(ours), { numRuns: 300 });
  });

  test('gives the same findings and the same document in whatever order the token lists its objects', () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const { expectation, objects } = caseOf(drawn);
        const turned = [...objects].reverse();
        expect(ours(expectation, turned)).toEqual(ours(expectation, objects));
        expect(inventoryBytes(turned)).toEqual(inventoryBytes(objects));
      }),
      { numRuns: 100 },
    );
  });

  test('is silent about exactly what was acknowledged or accepted, and speaks again when that changes', () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const { expectation, objects } = caseOf(drawn);
        const before = ours(expectation, objects);
        const settled: Expectation = {
          ...expectation,
          acknowledged: new Set(before.flatMap(({ sha256 }) => sha256 ?? [])),
          accepted: before.flatMap(({ key: of, class: objectClass, name, found }) =>
            of === undefined || name === undefined ? [] : [{ key: of, class: objectClass, name, value: found ?? null }],
          ),
        };
        expect(ours(settled, objects).map(({ id: rule }) => rule)).toEqual(
          before.filter(({ id: rule }) => rule === 'DRIFT-2').map(() => 'DRIFT-2'),
        );
        const again = objects.map((object) => ({ ...object, unreadable: [...object.unreadable, 'CKA_END_DATE'] }));
        const strangers = (list: Drift[]) => list.filter(({ sha256 }) => sha256 !== undefined).length;
        expect(strangers(ours(settled, again))).toBe(strangers(before));
      }),
      { numRuns: 100 },
    );
  });

  test('says nothing of rights that are kept by procedure, and all that else differs', () => {
    const one: Key = { id: '00'.repeat(20), label: 'K', point: '04'.repeat(65), rights: false };
    const { objects } = done(one, 'private-key', 'flag');
    const all = [...objects, { ...listed(one, 'public-key'), label: 'other' }];
    const expectation: Expectation = {
      objects: known([one]).map((object) => ({ ...object, byProcedure: true })),
      isHead: () => false,
      acknowledged: new Set(),
      accepted: [],
    };
    expect(ours(expectation, all).map(said)).toEqual([`attribute-differs public-key ${one.id} CKA_LABEL`]);
  });

  test('takes an object of a key that is gone by the ledger for a copy', () => {
    const one: Key = { id: '00'.repeat(20), label: 'K', point: '04'.repeat(65), rights: true };
    const expectation: Expectation = {
      objects: known([one]).map((object) => ({ ...object, expected: null })),
      isHead: () => false,
      acknowledged: new Set(),
      accepted: [],
    };
    const back = listed(one, 'private-key');
    expect(ours(expectation, [back])).toEqual([
      { id: 'DRIFT-5', class: 'private-key', object: one.id, key: one.id, sha256: objectSha256(nodeCrypto, back) },
    ]);
  });
});

describe('a comparison with a planted fault is found by the same property', () => {
  const faults: Readonly<Record<string, Compare>> = {
    'that does not look at public objects': (expectation, objects) =>
      ours(expectation, objects).filter((drift) => drift.class !== 'public-key'),
    'that takes what the token does not tell for what it should tell': (expectation, objects) =>
      ours(expectation, objects).filter((drift) => drift.name === undefined || drift.found !== undefined),
    'that knows an object by its CKA_ID and class alone': (expectation, objects) =>
      ours(
        expectation,
        objects.filter(
          (object, i) => objects.findIndex((other) => other.id === object.id && other.class === object.class) === i,
        ),
      ),
    'that does not miss what is missing': (expectation, objects) =>
      ours(expectation, objects).filter(({ id: rule }) => rule !== 'DRIFT-2'),
    'that does not compare the public value': (expectation, objects) =>
      ours({ ...expectation, objects: expectation.objects.map((one) => ({ ...one, value: null })) }, objects),
  };
  test.each(Object.entries(faults))('%s', (_, compare) => {
    expect(fc.check(agrees(compare), { numRuns: 300, endOnFailure: true }).failed).toBe(true);
  });
});
