/**
 * Ledger entry, version 1: the leaf of the tree. Its JCS bytes are what is hashed, chained and sealed.
 *
 * Names of people, serials of devices and free text are never in the leaf. They are salted disclosures
 * (disclosure.ts), so that a public copy can withhold them and still verify.
 */
import * as v from 'valibot';
import { concat, hex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { jcsBytes, parseCanonical, type Json } from '../json/jcs.ts';
import { parsePlain } from '../json/plain.ts';
import { fail, ok, type Result } from '../result.ts';
import { isEvent, type Event } from './event.ts';
import { Hash, Milliseconds, PersonId, Timestamp } from './fields.ts';
import { matcher } from './match.ts';

/** Leaves are at most this long, the limit of a C2SP tlog-tiles entry. Larger things are blobs referred to by hash. */
export const MAX_LEAF_BYTES = 65_535;

/** `prev` of the first entry. */
export const NO_PREVIOUS = '0'.repeat(64);

/** Who acted. `workstation` is the software itself. */
export const actorSchema = v.strictObject({
  role: v.picklist(['administrator', 'custodian', 'witness', 'auditor', 'workstation']),
  person: v.optional(PersonId),
});

/**
 * What the clocks said. `wall` is UTC with milliseconds as the workstation believed it, `mono` the monotonic clock
 * in microseconds, `boot` the boot id under which `mono` counts. `reading` is a witnessed clock reading and `bound`
 * the seconds by which the wall clock may have been off.
 */
export const clockSchema = v.strictObject({
  wall: Milliseconds,
  mono: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  boot: v.pipe(v.string(), v.regex(/^[0-9a-f-]{8,64}$/)),
  reading: v.optional(Timestamp),
  bound: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});

export const environmentSchema = v.picklist(['production', 'rehearsal']);

const base = {
  v: v.literal(1),
  seq: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  prev: Hash,
  ceremony: v.nullable(v.pipe(v.string(), v.regex(/^CER-\d{4}-\d{3,6}$/))),
  environment: environmentSchema,
  actor: actorSchema,
  clock: clockSchema,
  /** Base64url SHA-256 digests of the disclosures, sorted and each once, so that their order says nothing. */
  disclosures: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/))),
    v.maxLength(64),
    v.check((digests) => digests.every((digest, i) => i === 0 || digests[i - 1]! < digest), 'not sorted'),
  ),
};

const entrySchema = v.pipe(
  v.strictObject({ ...base, type: v.string(), data: v.record(v.string(), v.unknown()) }),
  v.check(({ type, data }) => isEvent(type, data), 'unknown event'),
);

const isEntry = matcher(entrySchema);

export type Actor = v.InferOutput<typeof actorSchema>;
export type Clock = v.InferOutput<typeof clockSchema>;
export type Environment = v.InferOutput<typeof environmentSchema>;
export type Entry = v.InferOutput<v.StrictObjectSchema<typeof base, undefined>> & Event;

/** Room for a leaf and the byte before it, used anew each time: large arrays are dear to make and to collect. */
const prefixed = new Uint8Array(1 + MAX_LEAF_BYTES);

/** RFC 6962 section 2.1 leaf hash: SHA-256(0x00 || leaf). */
export function leafHash(crypto: Crypto, leaf: Uint8Array): Uint8Array {
  if (leaf.length > MAX_LEAF_BYTES) return crypto.sha256(concat(new Uint8Array([0]), leaf));
  prefixed.set(leaf, 1);
  return crypto.sha256(prefixed.subarray(0, 1 + leaf.length));
}

/** The exact leaf bytes of an entry. */
export const leafBytes = (entry: Entry): Uint8Array => jcsBytes(entry);

/** The ledger's own profile on top of JCS: no fractions, no minus zero, plain keys. */
function withinProfile(value: Json): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0);
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(withinProfile);
  return Object.entries(value as Record<string, Json>).every(
    ([key, item]) => /^[a-z][A-Za-z0-9_]{0,63}$/.test(key) && withinProfile(item),
  );
}

/** Reads canonical JSON within the profile. Plain bytes, which are nearly all there are, are read in one pass. */
export function parseProfile(leaf: Uint8Array): Result<Json> {
  const plain = parsePlain(leaf);
  if (plain !== undefined) return ok(plain);
  const json = parseCanonical(leaf);
  return json.ok && !withinProfile(json.value)
    ? fail({ code: 'bad-input', message: 'The entry uses numbers or keys outside the ledger profile.' })
    : json;
}

/** Reads leaf bytes. Anything but an entry of this version in its one canonical form is refused. */
export function parseEntry(leaf: Uint8Array): Result<Entry> {
  if (leaf.length > MAX_LEAF_BYTES)
    return fail({ code: 'bad-input', message: 'The entry is longer than 65,535 bytes.' });
  const json = parseProfile(leaf);
  if (!json.ok) return json;
  if (isEntry(json.value)) return ok(json.value as unknown as Entry);
  const { issues } = v.safeParse(entrySchema, json.value);
  const where = (issues && v.getDotPath(issues[0])) ?? 'entry';
  return fail({ code: 'bad-input', message: `The entry is not of a known kind (at ${where}).` });
}

/** A journal line without its newline: leaf hash in hex, one space, leaf bytes. */
export const journalLine = (crypto: Crypto, leaf: Uint8Array): Uint8Array =>
  concat(utf8(`${hex(leafHash(crypto, leaf))} `), leaf);
