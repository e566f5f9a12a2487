/** What the ledger says the token must show: the objects of its keys, its own service keys, and its head. */
import type { Crypto } from '../crypto.ts';
import { ANCHOR_LABEL } from '../ledger/anchor.ts';
import type { Attribute } from '../ledger/fields.ts';
import { USAGE } from '../lifecycle/key-type.ts';
import type { KeyReplay } from '../lifecycle/replay.ts';
import { halvesOf } from '../lifecycle/purpose.ts';
import { PAIR_HALVES, type Half } from '../lifecycle/states.ts';
import { attributesOf, expectedOf, madeInside, serviceKeyTemplate } from '../lifecycle/template.ts';
import type { Agreement } from './agreement.ts';
import { compareInventory, type Expectation, type KnownObject } from './compare.ts';
import type { Drift } from './drift.ts';
import { attributeIn, type ListedClass, type ListedObject } from './object.ts';
import { valueOfSpki } from './public-value.ts';

export const CLASS_OF_HALF = {
  private: 'private-key',
  public: 'public-key',
  secret: 'secret-key',
} as const satisfies Record<Half, ListedClass>;

const usageOf = (half: Half): ReadonlySet<string> => new Set([...USAGE[half].map(([name]) => name), 'CKA_DERIVE']);

export interface LedgerSays {
  readonly keys: KeyReplay;
  readonly agreement: Agreement;
  /** CKA_APPLICATION of this ledger's heads. */
  readonly origin: string;
  /** SHA-256 of every signed head that this ledger kept, or found at a login, on the token. */
  readonly heads: ReadonlySet<string>;
}

/** A data object under the name of the head, with a value that this ledger signed. */
export const isHeadOf =
  ({ origin, heads }: Pick<LedgerSays, 'origin' | 'heads'>) =>
  (object: ListedObject): boolean =>
    object.class === 'data' &&
    object.label === ANCHOR_LABEL &&
    attributeIn(object, 'CKA_APPLICATION') === origin &&
    object.value !== undefined &&
    heads.has(object.value);

export function expectationOf(says: LedgerSays): Expectation {
  const { agreement, keys } = says;
  const ofKeys = [...keys.keys.values()].flatMap((record): KnownObject[] => {
    const expected = expectedOf(keys.profile, record.label, record.mechanism, record, record.objects);
    const value = record.spki === null ? null : valueOfSpki(record.spki);
    return halvesOf(record.objects).map((half) => {
      const objectClass = CLASS_OF_HALF[half];
      const gone =
        attributesOf(expected, half).length === 0 ||
        agreement.lost.some((one) => one.key === record.key && one.class === objectClass);
      return {
        key: record.key,
        class: objectClass,
        expected: gone ? null : attributesOf(expected, half),
        usage: usageOf(half),
        byProcedure: record.enforced === 'procedure',
        value,
      };
    });
  });
  const services = agreement.serviceKeys.flatMap(({ key, label, mechanism, spki }): KnownObject[] => {
    const [template, inside] = [serviceKeyTemplate(label), madeInside(mechanism)];
    return PAIR_HALVES.map((half) => ({
      key,
      class: CLASS_OF_HALF[half],
      expected: [...template[half], ...inside[half]] satisfies Attribute[],
      usage: usageOf(half),
      byProcedure: false,
      value: valueOfSpki(spki),
    }));
  });
  return {
    objects: [...services, ...ofKeys],
    isHead: isHeadOf(says),
    acknowledged: agreement.acknowledged,
    accepted: agreement.accepted,
  };
}

/** The findings of an inventory of this vault's token. */
export const driftOf = (crypto: Crypto, says: LedgerSays, objects: readonly ListedObject[]): Drift[] =>
  compareInventory(crypto, expectationOf(says), objects);
