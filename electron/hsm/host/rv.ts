/**
 * PKCS#11 return values: number to name to words. The binding's own names stop at v2.40 and call several standard
 * values `CKR_VENDOR_DEFINED`, so the number is the truth and this table is the only place a name comes from.
 * Source: PKCS#11 v3.1, section 5.1 and pkcs11t.h.
 */

const NAMES: Readonly<Record<number, string>> = {
  0x000: 'CKR_OK',
  0x001: 'CKR_CANCEL',
  0x002: 'CKR_HOST_MEMORY',
  0x003: 'CKR_SLOT_ID_INVALID',
  0x005: 'CKR_GENERAL_ERROR',
  0x006: 'CKR_FUNCTION_FAILED',
  0x007: 'CKR_ARGUMENTS_BAD',
  0x008: 'CKR_NO_EVENT',
  0x009: 'CKR_NEED_TO_CREATE_THREADS',
  0x00a: 'CKR_CANT_LOCK',
  0x010: 'CKR_ATTRIBUTE_READ_ONLY',
  0x011: 'CKR_ATTRIBUTE_SENSITIVE',
  0x012: 'CKR_ATTRIBUTE_TYPE_INVALID',
  0x013: 'CKR_ATTRIBUTE_VALUE_INVALID',
  0x01b: 'CKR_ACTION_PROHIBITED',
  0x020: 'CKR_DATA_INVALID',
  0x021: 'CKR_DATA_LEN_RANGE',
  0x030: 'CKR_DEVICE_ERROR',
  0x031: 'CKR_DEVICE_MEMORY',
  0x032: 'CKR_DEVICE_REMOVED',
  0x040: 'CKR_ENCRYPTED_DATA_INVALID',
  0x041: 'CKR_ENCRYPTED_DATA_LEN_RANGE',
  0x042: 'CKR_AEAD_DECRYPT_FAILED',
  0x050: 'CKR_FUNCTION_CANCELED',
  0x051: 'CKR_FUNCTION_NOT_PARALLEL',
  0x054: 'CKR_FUNCTION_NOT_SUPPORTED',
  0x060: 'CKR_KEY_HANDLE_INVALID',
  0x062: 'CKR_KEY_SIZE_RANGE',
  0x063: 'CKR_KEY_TYPE_INCONSISTENT',
  0x064: 'CKR_KEY_NOT_NEEDED',
  0x065: 'CKR_KEY_CHANGED',
  0x066: 'CKR_KEY_NEEDED',
  0x067: 'CKR_KEY_INDIGESTIBLE',
  0x068: 'CKR_KEY_FUNCTION_NOT_PERMITTED',
  0x069: 'CKR_KEY_NOT_WRAPPABLE',
  0x06a: 'CKR_KEY_UNEXTRACTABLE',
  0x070: 'CKR_MECHANISM_INVALID',
  0x071: 'CKR_MECHANISM_PARAM_INVALID',
  0x082: 'CKR_OBJECT_HANDLE_INVALID',
  0x090: 'CKR_OPERATION_ACTIVE',
  0x091: 'CKR_OPERATION_NOT_INITIALIZED',
  0x0a0: 'CKR_PIN_INCORRECT',
  0x0a1: 'CKR_PIN_INVALID',
  0x0a2: 'CKR_PIN_LEN_RANGE',
  0x0a3: 'CKR_PIN_EXPIRED',
  0x0a4: 'CKR_PIN_LOCKED',
  0x0b0: 'CKR_SESSION_CLOSED',
  0x0b1: 'CKR_SESSION_COUNT',
  0x0b3: 'CKR_SESSION_HANDLE_INVALID',
  0x0b4: 'CKR_SESSION_PARALLEL_NOT_SUPPORTED',
  0x0b5: 'CKR_SESSION_READ_ONLY',
  0x0b6: 'CKR_SESSION_EXISTS',
  0x0b7: 'CKR_SESSION_READ_ONLY_EXISTS',
  0x0b8: 'CKR_SESSION_READ_WRITE_SO_EXISTS',
  0x0c0: 'CKR_SIGNATURE_INVALID',
  0x0c1: 'CKR_SIGNATURE_LEN_RANGE',
  0x0d0: 'CKR_TEMPLATE_INCOMPLETE',
  0x0d1: 'CKR_TEMPLATE_INCONSISTENT',
  0x0e0: 'CKR_TOKEN_NOT_PRESENT',
  0x0e1: 'CKR_TOKEN_NOT_RECOGNIZED',
  0x0e2: 'CKR_TOKEN_WRITE_PROTECTED',
  0x0f0: 'CKR_UNWRAPPING_KEY_HANDLE_INVALID',
  0x0f1: 'CKR_UNWRAPPING_KEY_SIZE_RANGE',
  0x0f2: 'CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT',
  0x100: 'CKR_USER_ALREADY_LOGGED_IN',
  0x101: 'CKR_USER_NOT_LOGGED_IN',
  0x102: 'CKR_USER_PIN_NOT_INITIALIZED',
  0x103: 'CKR_USER_TYPE_INVALID',
  0x104: 'CKR_USER_ANOTHER_ALREADY_LOGGED_IN',
  0x105: 'CKR_USER_TOO_MANY_TYPES',
  0x110: 'CKR_WRAPPED_KEY_INVALID',
  0x112: 'CKR_WRAPPED_KEY_LEN_RANGE',
  0x113: 'CKR_WRAPPING_KEY_HANDLE_INVALID',
  0x114: 'CKR_WRAPPING_KEY_SIZE_RANGE',
  0x115: 'CKR_WRAPPING_KEY_TYPE_INCONSISTENT',
  0x120: 'CKR_RANDOM_SEED_NOT_SUPPORTED',
  0x121: 'CKR_RANDOM_NO_RNG',
  0x130: 'CKR_DOMAIN_PARAMS_INVALID',
  0x140: 'CKR_CURVE_NOT_SUPPORTED',
  0x150: 'CKR_BUFFER_TOO_SMALL',
  0x160: 'CKR_SAVED_STATE_INVALID',
  0x170: 'CKR_INFORMATION_SENSITIVE',
  0x180: 'CKR_STATE_UNSAVEABLE',
  0x190: 'CKR_CRYPTOKI_NOT_INITIALIZED',
  0x191: 'CKR_CRYPTOKI_ALREADY_INITIALIZED',
  0x1a0: 'CKR_MUTEX_BAD',
  0x1a1: 'CKR_MUTEX_NOT_LOCKED',
  0x1b0: 'CKR_NEW_PIN_MODE',
  0x1b1: 'CKR_NEXT_OTP',
  0x1b5: 'CKR_EXCEEDED_MAX_ITERATIONS',
  0x1b6: 'CKR_FIPS_SELF_TEST_FAILED',
  0x1b7: 'CKR_LIBRARY_LOAD_FAILED',
  0x1b8: 'CKR_PIN_TOO_WEAK',
  0x1b9: 'CKR_PUBLIC_KEY_INVALID',
  0x200: 'CKR_FUNCTION_REJECTED',
  0x201: 'CKR_TOKEN_RESOURCE_EXCEEDED',
  0x202: 'CKR_OPERATION_CANCEL_FAILED',
  0x203: 'CKR_KEY_EXHAUSTED',
};

const VENDOR_DEFINED = 0x80000000;

/** The name of a return value. A vendor's own and an unknown one keep their number, which is what a vendor asks for. */
export function rvName(rv: number): string {
  const name = Object.hasOwn(NAMES, rv) ? NAMES[rv] : undefined;
  if (name !== undefined) return name;
  const digits = rv.toString(16).toUpperCase().padStart(8, '0');
  return rv >= VENDOR_DEFINED ? `CKR_VENDOR_DEFINED(0x${digits})` : `CKR_0x${digits}`;
}

export const RV = {
  GENERAL_ERROR: 0x05,
  SLOT_ID_INVALID: 0x03,
  ATTRIBUTE_SENSITIVE: 0x11,
  ATTRIBUTE_TYPE_INVALID: 0x12,
  FUNCTION_FAILED: 0x06,
  FUNCTION_NOT_SUPPORTED: 0x54,
  DEVICE_REMOVED: 0x32,
  OBJECT_HANDLE_INVALID: 0x82,
  PIN_INCORRECT: 0xa0,
  PIN_LOCKED: 0xa4,
  KEY_HANDLE_INVALID: 0x60,
  SESSION_HANDLE_INVALID: 0xb3,
  TOKEN_NOT_PRESENT: 0xe0,
  TOKEN_NOT_RECOGNIZED: 0xe1,
  USER_ALREADY_LOGGED_IN: 0x100,
  USER_NOT_LOGGED_IN: 0x101,
  CRYPTOKI_NOT_INITIALIZED: 0x190,
  CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const;

/** After one of these the login this host held is gone, whatever the module says later. */
export const ENDS_LOGIN: ReadonlySet<number> = new Set([
  RV.DEVICE_REMOVED,
  RV.TOKEN_NOT_PRESENT,
  RV.TOKEN_NOT_RECOGNIZED,
  RV.SESSION_HANDLE_INVALID,
  RV.USER_NOT_LOGGED_IN,
  RV.CRYPTOKI_NOT_INITIALIZED,
]);

interface Words {
  readonly message: string;
  readonly hint?: string;
}

const WORDS: Readonly<Record<string, Words>> = {
  CKR_HOST_MEMORY: { message: 'The library ran out of memory on this computer.' },
  CKR_SLOT_ID_INVALID: {
    message: 'The slot is no longer there.',
    hint: 'List the slots again; slot numbers change when a token is initialised or moved.',
  },
  CKR_GENERAL_ERROR: {
    message: 'The library reports a general error and says no more.',
    hint: 'Look at the device and at the library’s own log, then open the module again.',
  },
  CKR_FUNCTION_FAILED: { message: 'The device could not carry out the function and says no more.' },
  CKR_ARGUMENTS_BAD: { message: 'The library did not accept the arguments of the call.' },
  CKR_CANT_LOCK: { message: 'The library cannot use the operating system’s locks.' },
  CKR_ATTRIBUTE_READ_ONLY: { message: 'The token does not allow this attribute to be changed.' },
  CKR_ATTRIBUTE_SENSITIVE: { message: 'The token does not reveal this attribute.' },
  CKR_ATTRIBUTE_TYPE_INVALID: { message: 'The token does not know this attribute for this kind of object.' },
  CKR_ATTRIBUTE_VALUE_INVALID: { message: 'The token does not accept the value of an attribute.' },
  CKR_ACTION_PROHIBITED: { message: 'The object’s own attributes prohibit this action.' },
  CKR_DATA_INVALID: { message: 'The token does not accept the data.' },
  CKR_DATA_LEN_RANGE: { message: 'The data has a length the token does not accept.' },
  CKR_DEVICE_ERROR: {
    message: 'The device reports an error of its own.',
    hint: 'Find out on the token whether the operation took effect before it is tried again.',
  },
  CKR_DEVICE_MEMORY: { message: 'The device has no room left.', hint: 'Free space on the token, or use another.' },
  CKR_DEVICE_REMOVED: {
    message: 'The device was removed during the call.',
    hint: 'Put the device back, log in again, and find out on the token whether the operation took effect.',
  },
  CKR_FUNCTION_CANCELED: { message: 'The function was cancelled, on the device or by the library.' },
  CKR_FUNCTION_NOT_SUPPORTED: { message: 'The library does not support this function.' },
  CKR_FUNCTION_REJECTED: { message: 'The request was rejected, by a person at the device or by its policy.' },
  CKR_KEY_HANDLE_INVALID: { message: 'The key is no longer there.' },
  CKR_KEY_SIZE_RANGE: { message: 'The token does not support keys of this size.' },
  CKR_KEY_TYPE_INCONSISTENT: { message: 'The key is of another type than the mechanism needs.' },
  CKR_KEY_FUNCTION_NOT_PERMITTED: {
    message: 'The key’s usage attributes do not permit this use.',
    hint: 'Activate the key by an approved act first.',
  },
  CKR_KEY_UNEXTRACTABLE: { message: 'The key cannot be extracted.' },
  CKR_MECHANISM_INVALID: { message: 'The token does not support this mechanism.' },
  CKR_MECHANISM_PARAM_INVALID: { message: 'The token does not support these parameters of the mechanism.' },
  CKR_OBJECT_HANDLE_INVALID: { message: 'The object is no longer there.' },
  CKR_OPERATION_ACTIVE: { message: 'Another operation is still active in this session.' },
  CKR_PIN_INCORRECT: {
    message: 'The PIN is not correct.',
    hint: 'Check the PIN before the next try; a token locks after a few wrong ones.',
  },
  CKR_PIN_INVALID: { message: 'The PIN contains characters the token does not accept.' },
  CKR_PIN_LEN_RANGE: { message: 'The PIN is shorter or longer than the token accepts.' },
  CKR_PIN_EXPIRED: { message: 'The PIN has expired.', hint: 'It must be changed before the token can be used.' },
  CKR_PIN_LOCKED: {
    message: 'The PIN is locked after too many wrong tries.',
    hint: 'The security officer can set a new one, by the vendor’s procedure.',
  },
  CKR_PIN_TOO_WEAK: { message: 'The token considers the PIN too weak.' },
  CKR_SESSION_COUNT: { message: 'The token has no session left.', hint: 'Close other programs that use the token.' },
  CKR_SESSION_CLOSED: { message: 'The session was closed during the call.' },
  CKR_SESSION_HANDLE_INVALID: {
    message: 'The session to the token was lost.',
    hint: 'Log in again; the device may have been removed or restarted.',
  },
  CKR_SESSION_READ_ONLY: { message: 'The session may not change the token.' },
  CKR_SESSION_EXISTS: { message: 'Another session to this token is open.', hint: 'Close other programs that use it.' },
  CKR_SESSION_READ_ONLY_EXISTS: { message: 'A read-only session to this token is open, so the officer cannot log in.' },
  CKR_TEMPLATE_INCOMPLETE: { message: 'The token misses an attribute in the template.' },
  CKR_TEMPLATE_INCONSISTENT: { message: 'The token finds the attributes of the template contradictory.' },
  CKR_TOKEN_NOT_PRESENT: { message: 'There is no token in the slot.', hint: 'Insert the token.' },
  CKR_TOKEN_NOT_RECOGNIZED: { message: 'The library does not recognise the token in the slot.' },
  CKR_TOKEN_WRITE_PROTECTED: { message: 'The token is write-protected.' },
  CKR_TOKEN_RESOURCE_EXCEEDED: { message: 'The token has run out of a resource it needs for this.' },
  CKR_USER_ALREADY_LOGGED_IN: { message: 'The user is already logged in to this token.' },
  CKR_USER_NOT_LOGGED_IN: { message: 'Nobody is logged in to this token.', hint: 'Log in and try again.' },
  CKR_USER_PIN_NOT_INITIALIZED: {
    message: 'The token has no user PIN yet.',
    hint: 'The security officer must set one first.',
  },
  CKR_USER_ANOTHER_ALREADY_LOGGED_IN: { message: 'Another kind of user is logged in to this token.' },
  CKR_RANDOM_NO_RNG: { message: 'The token has no random number generator.' },
  CKR_CURVE_NOT_SUPPORTED: { message: 'The token does not support this elliptic curve.' },
  CKR_DOMAIN_PARAMS_INVALID: { message: 'The token does not support this elliptic curve.' },
  CKR_CRYPTOKI_NOT_INITIALIZED: { message: 'The library is not initialised.', hint: 'Open the module again.' },
  CKR_FIPS_SELF_TEST_FAILED: {
    message: 'The device failed its own self-test and refuses to work.',
    hint: 'Do not use this device; ask its vendor.',
  },
  CKR_LIBRARY_LOAD_FAILED: { message: 'The library could not load a library it depends on.' },
};

/** What a return value means, for a person. */
export function rvWords(rv: number): Words {
  const name = rvName(rv);
  const words = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  return words ?? { message: `The library answered ${name}.`, hint: 'The vendor’s documentation explains this value.' };
}

/**
 * The return value inside an error of the binding, or null where the binding itself objected.
 *
 * Most functions throw an error with a numeric `code`; C_SetAttributeValue, C_CreateObject, C_CopyObject and
 * C_FindObjects throw a plain Error whose message is `NAME:decimal`, where NAME may be wrong (0x1B is called
 * CKR_VENDOR_DEFINED). Only the number is taken from either.
 */
export function rvOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const code: unknown = (error as Error & { code?: unknown }).code;
  if (typeof code === 'number' && code !== 0) return code;
  const match = /^CKR_[A-Z0-9_]+:(\d+)/.exec(error.message);
  return match ? Number(match[1]) : null;
}
