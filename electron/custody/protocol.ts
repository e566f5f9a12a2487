/** What the credential host is asked, once, and what it answers. Both sides parse what they receive. */
import * as v from 'valibot';
import { Hash } from '../../core/ledger/fields.ts';
import { MAX_WORK_FACTOR, PersonLine } from '../../core/people/key-file.ts';
import { KEY_FILE_NAME } from './media.ts';

const path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096), v.startsWith('/'), v.excludes('\0'));
const bytes = (limit: number) => v.pipe(v.instance(Uint8Array<ArrayBufferLike>), v.maxLength(limit));

export const MAX_PAYLOAD = 1_048_576;
export const MAX_PAYLOADS = 64;

const passphrase = bytes(4_096);

export const requestSchema = v.variant('call', [
  v.strictObject({
    call: v.literal('create'),
    folder: path,
    fileName: v.pipe(v.string(), v.regex(KEY_FILE_NAME)),
    person: PersonLine,
    passphrase,
    /** The owner always says it; only tests say less than PRODUCT_WORK_FACTOR. */
    workFactor: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_WORK_FACTOR)),
  }),
  v.strictObject({
    call: v.literal('sign'),
    path,
    passphrase,
    payloads: v.pipe(v.array(bytes(MAX_PAYLOAD)), v.minLength(1), v.maxLength(MAX_PAYLOADS)),
    expectedKeyId: Hash,
  }),
]);
export type Request = v.InferOutput<typeof requestSchema>;

const failureSchema = v.strictObject({
  code: v.picklist(['bad-input', 'credential', 'io', 'internal']),
  message: v.pipe(v.string(), v.maxLength(1_000)),
  hint: v.exactOptional(v.pipe(v.string(), v.maxLength(1_000))),
  policy: v.exactOptional(v.pipe(v.string(), v.regex(/^CRED-[1-9]$/))),
});

const answer = <T extends v.GenericSchema>(value: T) =>
  v.variant('ok', [
    v.strictObject({ ok: v.literal(true), value }),
    v.strictObject({ ok: v.literal(false), error: failureSchema }),
  ]);

const created = v.strictObject({ path, spki: bytes(128), keyId: Hash });
export type Created = v.InferOutput<typeof created>;

export const createAnswer = answer(created);
export const signAnswer = answer(
  v.pipe(v.array(v.pipe(bytes(64), v.length(64))), v.minLength(1), v.maxLength(MAX_PAYLOADS)),
);
