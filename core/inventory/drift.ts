/**
 * Differences between what the token shows and what the ledger says. Each is a finding with the id of its rule. A finding
 * changes nothing by itself: people resolve it by a ceremony, `sync-hsm@1` or `record-hsm@1`.
 */
import * as v from 'valibot';
import { hex } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { jcs, jcsBytes } from '../json/jcs.ts';
import { Attribute, Hash, KeyId } from '../ledger/fields.ts';
import { ListedClass, ListedId } from './object.ts';

export const DRIFT_KIND = {
  'DRIFT-1': 'flag-changed',
  'DRIFT-2': 'object-missing',
  'DRIFT-3': 'unknown-object',
  'DRIFT-4': 'attribute-differs',
  'DRIFT-5': 'copy-exists',
} as const;
export type DriftId = keyof typeof DRIFT_KIND;
export type DriftKind = (typeof DRIFT_KIND)[DriftId];

export const Drift = v.strictObject({
  id: v.picklist(['DRIFT-1', 'DRIFT-2', 'DRIFT-3', 'DRIFT-4', 'DRIFT-5']),
  class: ListedClass,
  /** CKA_ID of the object. */
  object: ListedId,
  /** The key of the ledger that it is about: the object is one of its own, or a copy of one. */
  key: v.optional(KeyId),
  /** DRIFT-1 and DRIFT-4: which attribute, and what the ledger expects. `found` is absent where the token tells nothing. */
  name: v.optional(Attribute.entries.name),
  expected: v.optional(Attribute.entries.value),
  found: v.optional(Attribute.entries.value),
  /** DRIFT-3 and DRIFT-5: SHA-256 of all that the token tells of the object, by which a plan names it. */
  sha256: v.optional(Hash),
});
export type Drift = v.InferOutput<typeof Drift>;

/** More of one inventory are counted and not listed; the document of the inventory has all objects. */
export const MAX_DRIFT = 100;

/** What names one finding on a screen and in a plan. */
export const driftSha256 = (crypto: Crypto, drift: Drift): string => hex(crypto.sha256(jcsBytes(drift)));

export const sameDrift = (a: Drift, b: Drift): boolean => jcs(a) === jcs(b);

/** Attributes that PKCS#11 lets be set on an object that exists, as far as Conclave ever sets them (v2.40, table 10). */
const RIGHT = /^CKA_(SIGN|SIGN_RECOVER|VERIFY|VERIFY_RECOVER|ENCRYPT|DECRYPT|WRAP|UNWRAP|DERIVE)$/;
const isSettable = (name: string): boolean => name === 'CKA_LABEL' || isRight(name);

/** Whether an attribute says what a key may be used for. */
export const isRight = (name: string): boolean => RIGHT.test(name);

/**
 * What would bring the token to what the ledger says: an attribute set, an object destroyed, or nothing that anyone can
 * do, as with an object that is gone.
 */
export function cureOf({ id, class: of, name, sha256 }: Drift): 'set' | 'destroy' | null {
  if (id === 'DRIFT-3' || id === 'DRIFT-5') return sha256 === undefined || of === 'other' ? null : 'destroy';
  return name !== undefined && isSettable(name) ? 'set' : null;
}
