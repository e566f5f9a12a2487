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
import { fail, ok, type Result } from '../result.ts';
import { isEvent, type Event } from './event.ts';
import { Hash, Milliseconds, PersonId, Timestamp } from './fields.ts';

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

export type Actor = v.InferOutput<typeof actorSchema>;
export type Clock = v.InferOutput<typeof clockSchema>;
export type Environment = v.InferOutput<typeof environmentSchema>;
export type Entry = v.InferOutput<v.StrictObjectSchema<typeof base, undefined>> & Event;

/** RFC 6962 section 2.1 leaf hash: SHA-256(0x00 || leaf). */
export const leafHash = (crypto: Crypto, leaf: Uint8Array): Uint8Array =>
  crypto.sha256(concat(new Uint8Array([0]), leaf));

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

/** Reads leaf bytes. Anything but an entry of this version in its one canonical form is refused. */
export function parseEntry(leaf: Uint8Array): Result<Entry> {
  if (leaf.length > MAX_LEAF_BYTES)
    return fail({ code: 'bad-input', message: 'The entry is longer than 65,535 bytes.' });
  const json = parseCanonical(leaf);
  if (!json.ok) return json;
  if (!withinProfile(json.value))
    return fail({ code: 'bad-input', message: 'The entry uses numbers or keys outside the ledger profile.' });
  const entry = v.safeParse(entrySchema, json.value);
  if (!entry.success) {
    const where = v.getDotPath(entry.issues[0]) ?? 'entry';
    return fail({ code: 'bad-input', message: `The entry is not of a known kind (at ${where}).` });
  }
  return ok(entry.output as unknown as Entry);
}

/** A journal line without its newline: leaf hash in hex, one space, leaf bytes. */
export const journalLine = (crypto: Crypto, leaf: Uint8Array): Uint8Array =>
  concat(utf8(`${hex(leafHash(crypto, leaf))} `), leaf);
