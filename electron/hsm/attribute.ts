/**
 * The PKCS#11 attributes this application writes or reads, with their number and their exact type
 * (PKCS#11 v2.40 base, section 4, "Objects"). A value of another type kills the process inside the binding, so
 * nothing reaches it that is not in this table and of this type.
 */

/** How an attribute's bytes are to be read: CK_BBOOL, CK_ULONG, RFC 2279 text, byte array, or CK_DATE as `YYYYMMDD`. */
export type AttributeKind = 'boolean' | 'number' | 'text' | 'bytes' | 'date';

const TABLE = {
  CKA_CLASS: { type: 0x0000, kind: 'number' },
  CKA_TOKEN: { type: 0x0001, kind: 'boolean' },
  CKA_PRIVATE: { type: 0x0002, kind: 'boolean' },
  CKA_LABEL: { type: 0x0003, kind: 'text' },
  CKA_UNIQUE_ID: { type: 0x0004, kind: 'text' },
  CKA_APPLICATION: { type: 0x0010, kind: 'text' },
  CKA_VALUE: { type: 0x0011, kind: 'bytes' },
  CKA_CERTIFICATE_TYPE: { type: 0x0080, kind: 'number' },
  CKA_TRUSTED: { type: 0x0086, kind: 'boolean' },
  CKA_CHECK_VALUE: { type: 0x0090, kind: 'bytes' },
  CKA_KEY_TYPE: { type: 0x0100, kind: 'number' },
  CKA_SUBJECT: { type: 0x0101, kind: 'bytes' },
  CKA_ID: { type: 0x0102, kind: 'bytes' },
  CKA_SENSITIVE: { type: 0x0103, kind: 'boolean' },
  CKA_ENCRYPT: { type: 0x0104, kind: 'boolean' },
  CKA_DECRYPT: { type: 0x0105, kind: 'boolean' },
  CKA_WRAP: { type: 0x0106, kind: 'boolean' },
  CKA_UNWRAP: { type: 0x0107, kind: 'boolean' },
  CKA_SIGN: { type: 0x0108, kind: 'boolean' },
  CKA_SIGN_RECOVER: { type: 0x0109, kind: 'boolean' },
  CKA_VERIFY: { type: 0x010a, kind: 'boolean' },
  CKA_VERIFY_RECOVER: { type: 0x010b, kind: 'boolean' },
  CKA_DERIVE: { type: 0x010c, kind: 'boolean' },
  CKA_START_DATE: { type: 0x0110, kind: 'date' },
  CKA_END_DATE: { type: 0x0111, kind: 'date' },
  CKA_MODULUS: { type: 0x0120, kind: 'bytes' },
  CKA_MODULUS_BITS: { type: 0x0121, kind: 'number' },
  CKA_PUBLIC_EXPONENT: { type: 0x0122, kind: 'bytes' },
  CKA_PRIVATE_EXPONENT: { type: 0x0123, kind: 'bytes' },
  CKA_PUBLIC_KEY_INFO: { type: 0x0129, kind: 'bytes' },
  CKA_VALUE_LEN: { type: 0x0161, kind: 'number' },
  CKA_EXTRACTABLE: { type: 0x0162, kind: 'boolean' },
  CKA_LOCAL: { type: 0x0163, kind: 'boolean' },
  CKA_NEVER_EXTRACTABLE: { type: 0x0164, kind: 'boolean' },
  CKA_ALWAYS_SENSITIVE: { type: 0x0165, kind: 'boolean' },
  CKA_KEY_GEN_MECHANISM: { type: 0x0166, kind: 'number' },
  CKA_MODIFIABLE: { type: 0x0170, kind: 'boolean' },
  CKA_COPYABLE: { type: 0x0171, kind: 'boolean' },
  CKA_DESTROYABLE: { type: 0x0172, kind: 'boolean' },
  CKA_EC_PARAMS: { type: 0x0180, kind: 'bytes' },
  CKA_EC_POINT: { type: 0x0181, kind: 'bytes' },
  CKA_ALWAYS_AUTHENTICATE: { type: 0x0202, kind: 'boolean' },
  CKA_WRAP_WITH_TRUSTED: { type: 0x0210, kind: 'boolean' },
} as const satisfies Record<string, { type: number; kind: AttributeKind }>;

export type AttributeName = keyof typeof TABLE;

export const ATTRIBUTES: Readonly<Record<AttributeName, { readonly type: number; readonly kind: AttributeKind }>> =
  TABLE;

export const ATTRIBUTE_NAMES = Object.keys(TABLE) as AttributeName[];

/** True only for a name of the table itself; `constructor` and its like are no attribute. */
export const isAttributeName = (name: unknown): name is AttributeName =>
  typeof name === 'string' && Object.hasOwn(TABLE, name);

/** The attributes that say what a private key may be used for. All must be explicit: an omitted one defaults to true. */
export const PRIVATE_USAGE = [
  'CKA_SIGN',
  'CKA_SIGN_RECOVER',
  'CKA_DECRYPT',
  'CKA_UNWRAP',
  'CKA_DERIVE',
] as const satisfies AttributeName[];

/** The attributes that say what a public key may be used for. */
export const PUBLIC_USAGE = [
  'CKA_VERIFY',
  'CKA_VERIFY_RECOVER',
  'CKA_ENCRYPT',
  'CKA_WRAP',
  'CKA_DERIVE',
] as const satisfies AttributeName[];

/** The attributes that say what a secret key may be used for. */
export const SECRET_USAGE = [
  'CKA_SIGN',
  'CKA_VERIFY',
  'CKA_ENCRYPT',
  'CKA_DECRYPT',
  'CKA_WRAP',
  'CKA_UNWRAP',
  'CKA_DERIVE',
] as const satisfies AttributeName[];

/** The attributes whose defaults differ between modules and decide about secrecy: explicit in every private or secret template. */
export const PRIVATE_PROTECTION = [
  'CKA_TOKEN',
  'CKA_PRIVATE',
  'CKA_SENSITIVE',
  'CKA_EXTRACTABLE',
] as const satisfies AttributeName[];

/** The same for a public template. */
export const PUBLIC_PROTECTION = ['CKA_TOKEN', 'CKA_PRIVATE'] as const satisfies AttributeName[];
