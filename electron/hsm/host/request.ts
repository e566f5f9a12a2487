/**
 * What the host accepts. Every request is parsed here before anything touches the binding, because a value of the
 * wrong type kills the process there.
 */

import * as v from 'valibot';

import {
  type AttributeName,
  ATTRIBUTES,
  isAttributeName,
  PRIVATE_PROTECTION,
  PRIVATE_USAGE,
  PUBLIC_PROTECTION,
  PUBLIC_USAGE,
  SECRET_USAGE,
} from '../attribute.ts';
import type { AttributeValue } from '../port.ts';

const bytes = (max: number) =>
  v.pipe(
    v.instance(Uint8Array),
    v.minLength(1),
    v.maxLength(max),
    // A view on memory that another thread may change while it is read is not data.
    v.check((value) => !(value.buffer instanceof SharedArrayBuffer)),
  );

const utf8Length = (text: string): number => new TextEncoder().encode(text).length;

// Well-formed (no lone surrogate, which would change on its way to UTF-8) and without control characters.
const text = (maxBytes: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maxBytes),
    v.check((value) => utf8Length(value) <= maxBytes),
    v.check((value) => !/[\p{Cc}\p{Cs}]/u.test(value)),
  );

const label = v.pipe(text(255), v.minLength(1));
const slotId = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
// Only compared with what the token says of itself, so whatever a vendor puts there must be allowed.
const tokenText = v.pipe(v.string(), v.maxLength(128));
const token = v.strictObject({ label: tokenText, serial: tokenText });
const pin = bytes(255);
const ckaId = v.pipe(v.instance(Uint8Array), v.length(20));
const objectClass = v.picklist(['private-key', 'public-key', 'secret-key', 'certificate', 'data']);
const name = v.custom<AttributeName>(isAttributeName);
const path = v.pipe(
  v.string(),
  v.maxLength(4096),
  v.startsWith('/'),
  v.check((value) => !/[\p{Cc}\p{Cs}]/u.test(value)),
);

/** The value has exactly the type of its attribute. */
function fits(attribute: AttributeName, value: unknown): boolean {
  switch (ATTRIBUTES[attribute].kind) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
    case 'text':
      return v.is(label, value);
    case 'date':
      return typeof value === 'string' && isDate(value);
    case 'bytes':
      return v.is(bytes(8192), value);
  }
}

function isDate(value: string): boolean {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(value);
  if (!match) return false;
  const iso = `${match[1]}-${match[2]}-${match[3]}`;
  const date = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso);
}

const attribute = v.pipe(
  v.strictObject({ name, value: v.custom<AttributeValue>((value) => value !== undefined) }),
  v.check(
    ({ name: attributeName, value }) => fits(attributeName, value),
    'The value does not have the attribute’s type.',
  ),
);

const attributes = v.pipe(
  v.array(attribute),
  v.minLength(1),
  v.maxLength(64),
  v.check((list) => new Set(list.map((a) => a.name)).size === list.length, 'An attribute is named twice.'),
);

/** These follow from the request's own fields; a template that names them could contradict those. */
const DERIVED: ReadonlySet<AttributeName> = new Set([
  'CKA_CLASS',
  'CKA_KEY_TYPE',
  'CKA_ID',
  'CKA_LABEL',
  'CKA_EC_PARAMS',
  'CKA_EC_POINT',
  'CKA_MODULUS',
  'CKA_MODULUS_BITS',
  'CKA_PUBLIC_EXPONENT',
  'CKA_VALUE_LEN',
]);

const template = v.pipe(
  attributes,
  v.check(
    (list) => !list.some((a) => DERIVED.has(a.name)),
    'The template names an attribute that follows from the request itself.',
  ),
);

const mechanism = v.picklist(['ed25519', 'ec-p256', 'ec-p384', 'ec-p521', 'rsa-2048', 'rsa-3072', 'rsa-4096']);
const secretMechanism = v.picklist(['aes-128', 'aes-192', 'aes-256', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512']);
const algorithm = v.picklist([
  'ed25519',
  'ecdsa-sha256',
  'ecdsa-sha384',
  'ecdsa-sha512',
  'rsa-pss-sha256',
  'rsa-pss-sha384',
  'rsa-pkcs1-sha256',
]);
const useAlgorithm = v.picklist([
  ...algorithm.options,
  'rsa-oaep-sha1',
  'aes-gcm',
  'aes-cbc-pad',
  'aes-cmac',
  'aes-kw',
  'aes-cbc-derive',
  'ecdh',
  'hmac-sha256',
  'hmac-sha384',
  'hmac-sha512',
]);
const nothing = v.strictObject({});

export const REQUESTS = {
  open: v.strictObject({
    library: path,
    env: v.exactOptional(v.strictObject({ SOFTHSM2_CONF: v.exactOptional(path) })),
  }),
  slots: nothing,
  // C_InitToken's field is 32 bytes; blanks at the end would be lost in the padding.
  initToken: v.strictObject({ slot: slotId, label: tokenLabel(), soPin: pin, userPin: pin }),
  initRehearsalToken: v.strictObject({ slot: slotId, label: tokenLabel() }),
  login: v.strictObject({ token, pin }),
  logout: v.strictObject({ token: v.exactOptional(token) }),
  generateKeyPair: v.strictObject({
    token,
    mechanism,
    ckaId,
    label,
    privateTemplate: template,
    publicTemplate: template,
  }),
  generateKey: v.strictObject({ token, mechanism: secretMechanism, ckaId, label, template }),
  findKeys: v.strictObject({
    token,
    ckaId: v.exactOptional(bytes(255)),
    label: v.exactOptional(label),
    class: v.exactOptional(objectClass),
  }),
  readAttributes: v.strictObject({
    token,
    ckaId: bytes(255),
    class: objectClass,
    names: v.pipe(v.array(name), v.minLength(1), v.maxLength(64)),
  }),
  publicKeySpki: v.strictObject({ token, ckaId: bytes(255) }),
  setAttributes: v.strictObject({ token, ckaId: bytes(255), class: objectClass, attributes }),
  sign: v.strictObject({ token, ckaId: bytes(255), algorithm, data: bytes(16 * 1024 * 1024) }),
  use: v.strictObject({
    token,
    ckaId: bytes(255),
    class: v.picklist(['private-key', 'public-key', 'secret-key']),
    operation: v.picklist(['sign', 'verify', 'encrypt', 'decrypt', 'wrap', 'unwrap', 'derive']),
    algorithm: useAlgorithm,
    // Fits every block, key and point of these algorithms; long messages are signed by `sign`.
    data: bytes(4096),
    signature: v.exactOptional(bytes(1024)),
  }),
  destroyObject: v.strictObject({ token, ckaId: bytes(255), class: objectClass }),
  probeSigning: v.strictObject({ token, mechanism, algorithm, data: bytes(1024) }),
  readData: v.strictObject({ token, label, application: label }),
  createData: v.strictObject({ token, label, application: label, value: bytes(16_384), private: v.boolean() }),
  destroyData: v.strictObject({
    token,
    label,
    application: label,
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  }),
  listObjects: v.strictObject({
    token,
    from: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    limit: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1_000)),
  }),
  destroyListed: v.strictObject({
    token,
    class: objectClass,
    ckaId: v.pipe(v.instance(Uint8Array), v.maxLength(255)),
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  }),
  probeKey: v.strictObject({ token, mechanism, algorithm, ckaId }),
  removeProbeKey: v.strictObject({ token, ckaId }),
  end: nothing,
} as const;

function tokenLabel() {
  return v.pipe(
    text(32),
    v.minLength(1),
    v.check((value) => value === value.trim()),
  );
}

export type Method = keyof typeof REQUESTS;
export type RequestOf<M extends Method> = v.InferOutput<(typeof REQUESTS)[M]>;

export const isMethod = (value: unknown): value is Method =>
  typeof value === 'string' && Object.hasOwn(REQUESTS, value);

/** Where a request is wrong, without repeating any value of it: it may hold a PIN. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  const at = issues.map((issue) => v.getDotPath(issue) ?? 'the request').slice(0, 3);
  return `The request is not of the agreed form at ${[...new Set(at)].join(', ')}.`;
}

const missing = (
  list: readonly { name: AttributeName }[],
  wanted: readonly AttributeName[],
  kind: 'private' | 'public' | 'secret',
): string[] => wanted.filter((name) => !list.some((a) => a.name === name)).map((name) => `${name} (${kind} key)`);

/** The usage and protection attributes the templates leave to the module's default, which is often "true". */
export const omitted = ({ privateTemplate, publicTemplate }: RequestOf<'generateKeyPair'>): string[] => [
  ...missing(privateTemplate, [...PRIVATE_USAGE, ...PRIVATE_PROTECTION], 'private'),
  ...missing(publicTemplate, [...PUBLIC_USAGE, ...PUBLIC_PROTECTION], 'public'),
];

export const omittedOfSecret = ({ template: list }: RequestOf<'generateKey'>): string[] =>
  missing(list, [...SECRET_USAGE, ...PRIVATE_PROTECTION], 'secret');
