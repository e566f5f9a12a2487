/**
 * What the token shows, compared with what the ledger says it must show. A pure function: the same objects and the same
 * ledger give the same findings, in whatever order the token listed them.
 *
 * What it cannot see: a copy of a private EC key or a secret key under another CKA_ID tells nothing by which it could be
 * known as a copy. It is found all the same, as an object that the ledger does not have.
 */
import { hex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import type { Attribute } from '../ledger/fields.ts';
import type { Drift } from './drift.ts';
import { attributeIn, objectSha256, type ListedClass, type ListedObject } from './object.ts';
import { valueOfObject } from './public-value.ts';

/** One object that the ledger knows. */
export interface KnownObject {
  /** CKA_ID. */
  readonly key: string;
  readonly class: ListedClass;
  /** What the token must report of it; null where the object must not be there. */
  readonly expected: readonly Attribute[] | null;
  /** The attributes by which its state is enforced. */
  readonly usage: ReadonlySet<string>;
  /** The token did not take its rights away, and the ledger says so: its usage attributes are no news. */
  readonly byProcedure: boolean;
  /** The public value of its key (public-value.ts), or null where the ledger has none. */
  readonly value: string | null;
}

/** What people decided to live with, by ceremonies before this. */
export interface Accepted {
  readonly key: string;
  readonly class: ListedClass;
  readonly name: string;
  readonly value: Attribute['value'] | null;
}

export interface Expectation {
  readonly objects: readonly KnownObject[];
  /** Whether a data object is a head of this ledger, by the SHA-256 of its value. */
  readonly isHead: (object: ListedObject) => boolean;
  /** Objects without a place in the ledger that were acknowledged, by their digest. */
  readonly acknowledged: ReadonlySet<string>;
  readonly accepted: readonly Accepted[];
}

interface Digested {
  readonly object: ListedObject;
  readonly sha256: string;
}

const place = (key: string, objectClass: ListedClass): string => `${objectClass} ${key}`;

export function compareInventory(crypto: Crypto, expectation: Expectation, objects: readonly ListedObject[]): Drift[] {
  const known = new Map(expectation.objects.map((one) => [place(one.key, one.class), one]));
  const keyOfValue = new Map(expectation.objects.flatMap(({ value, key }) => (value === null ? [] : [[value, key]])));
  const there = new Map<string, Digested[]>();
  const findings: Drift[] = [];
  const isNews = (drift: Drift): boolean => !isAccepted(expectation.accepted, drift);
  const stranger = (id: 'DRIFT-3' | 'DRIFT-5', { object, sha256 }: Digested, key?: string): void => {
    if (expectation.acknowledged.has(sha256)) return;
    findings.push({ id, class: object.class, object: object.id, ...(key === undefined ? {} : { key }), sha256 });
  };

  for (const object of objects) {
    if (expectation.isHead(object)) continue;
    const listed = { object, sha256: objectSha256(crypto, object) };
    const at = place(object.id, object.class);
    if (known.has(at)) {
      there.set(at, [...(there.get(at) ?? []), listed]);
      continue;
    }
    const key = keyOfValue.get(valueOfObject(object)?.value ?? '');
    stranger(key === undefined ? 'DRIFT-3' : 'DRIFT-5', listed, key);
  }

  for (const [at, one] of known) {
    const found = there.get(at) ?? [];
    if (one.expected === null) {
      for (const listed of found) stranger('DRIFT-5', listed, one.key);
      continue;
    }
    // Of several objects in one place, the one that is most like what the ledger says is taken for the ledger's own.
    const ranked = found
      .map((listed) => ({ listed, wrong: differing(one, listed.object) }))
      .sort((a, b) => a.wrong.length - b.wrong.length || (a.listed.sha256 < b.listed.sha256 ? -1 : 1));
    const [own, ...copies] = ranked;
    if (!own) findings.push({ id: 'DRIFT-2', class: one.class, object: one.key, key: one.key });
    else findings.push(...own.wrong.map((drift) => brief(crypto, drift)).filter(isNews));
    for (const { listed } of copies) stranger('DRIFT-5', listed, one.key);
  }
  const ordered = findings.map((finding) => ({ finding, order: orderOf(finding) })).sort(byOrder);
  return ordered.map(({ finding }) => finding);
}

const orderOf = ({ key, object, id, class: objectClass, name, sha256 }: Drift): string =>
  [key ?? '~', object, objectClass, id, name ?? '', sha256 ?? ''].join(' ');

const byOrder = (a: { readonly order: string }, b: { readonly order: string }): number =>
  a.order < b.order ? -1 : a.order > b.order ? 1 : 0;

function differing(one: KnownObject, object: ListedObject): Drift[] {
  const of = { class: one.class, object: one.key, key: one.key };
  const wrong = (one.expected ?? []).flatMap(({ name, value }): Drift[] => {
    const found = attributeIn(object, name);
    const usage = one.usage.has(name);
    if (found === value || (usage && one.byProcedure)) return [];
    const told = found === undefined ? {} : { found };
    return [{ id: usage ? 'DRIFT-1' : 'DRIFT-4', ...of, name, expected: value, ...told }];
  });
  const own = valueOfObject(object);
  if (one.value !== null && own && own.value !== one.value) {
    wrong.push({ id: 'DRIFT-4', ...of, name: own.name, expected: one.value, found: own.value });
  }
  return wrong;
}

/** An attribute with this value was accepted; with another value it is a finding again. */
const isAccepted = (accepted: readonly Accepted[], drift: Drift): boolean =>
  accepted.some(
    (one) =>
      one.key === drift.key &&
      one.class === drift.class &&
      one.name === drift.name &&
      one.value === (drift.found ?? null),
  );

const LONG = 160;

/** An entry of the ledger holds many findings, so long values are named by their digest. */
function brief(crypto: Crypto, drift: Drift): Drift {
  const short = (value: Attribute['value'] | undefined) =>
    typeof value === 'string' && value.length > LONG ? `sha256:${hex(crypto.sha256(utf8(value)))}` : value;
  const [expected, found] = [short(drift.expected), short(drift.found)];
  return {
    ...drift,
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
  };
}
