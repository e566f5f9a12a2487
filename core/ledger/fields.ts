/** Field shapes that several ledger and plan schemas share. */
import * as v from 'valibot';

/** A SHA-256 digest in lower-case hex. */
export const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** CKA_ID of a key, derived: the first 20 bytes of the leaf hash of the intent that made it, in hex. */
export const KeyId = v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/));

/** A person within one vault. It says the role and a number and never a name. */
export const PersonId = v.pipe(v.string(), v.regex(/^(administrator|custodian|witness|auditor)-[1-9]\d{0,2}$/));

/** CKA_LABEL as Conclave makes it. It is printed, spoken and compared, so its alphabet is small. */
export const KeyLabel = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/));

/** Standard base64 with padding. */
export const Base64 = v.pipe(
  v.string(),
  v.regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  v.maxLength(60_000),
);

/** The digits [from, to) of a text as a number. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + text.charCodeAt(at) - 0x30;
  return value;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** The Gregorian calendar begins anew after so many milliseconds, which are 400 years. */
const CYCLE_MS = 146_097 * 86_400_000;

/**
 * Milliseconds since 1970 of a text in the form of `Timestamp`, which is how JavaScript writes an instant; NaN where there
 * is no such instant, as on the 31st of February. It says what `Date.parse` says of these texts, in a fraction of the time.
 */
export function instantOf(text: string): number {
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)];
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)];
  const ms = text.length === 24 ? digits(text, 20, 23) : 0;
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return NaN;
  if (day < 1 || day > MONTH_DAYS[month - 1]! + (month === 2 && isLeap(year) ? 1 : 0)) return NaN;
  // Date.UTC takes the years 0 to 99 for others, so it is asked about a year of the next cycle.
  return Date.UTC(year + 400, month - 1, day, hour, minute, second, ms) - CYCLE_MS;
}

/** UTC, whole seconds or milliseconds. */
export const Timestamp = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/),
  v.check((text) => !Number.isNaN(instantOf(text)), 'not an instant'),
);

/** A day, UTC. */
export const Day = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\d$/),
  v.check((text) => !Number.isNaN(instantOf(`${text}T00:00:00Z`)), 'not a day'),
);

/**
 * How long a key may be used, by the last day of each of its two periods (SP 800-57 Part 1 Rev. 5, section 5.3): while
 * its originator may protect with it, and while recipients may process what it protected.
 */
export const Cryptoperiod = v.strictObject({ originatorEnd: Day, recipientEnd: v.optional(Day) });
export type Cryptoperiod = v.InferOutput<typeof Cryptoperiod>;

/** How long a destruction waits, in days: what the key stores behind UKO let one choose from. */
export const HoldDays = v.pipe(v.number(), v.safeInteger(), v.minValue(7), v.maxValue(90));

/** UTC with milliseconds, always. */
export const Milliseconds = v.pipe(Timestamp, v.length(24));

export const PolicyRuleId = v.pipe(v.string(), v.regex(/^[A-Z]{2,12}-\d{1,3}$/));

/** The step of a script. */
export const StepId = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/));

/** Generation of a key pair by its curve or modulus size, as the person chooses it. */
export const PairMechanism = v.picklist([
  'ec-p256',
  'ec-p384',
  'ec-p521',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ed25519',
]);
export type PairMechanism = v.InferOutput<typeof PairMechanism>;

/** Generation of a secret key: of AES by its size, of HMAC by the hash whose length it has (RFC 2104, section 3). */
export const SecretMechanism = v.picklist([
  'aes-128',
  'aes-192',
  'aes-256',
  'hmac-sha256',
  'hmac-sha384',
  'hmac-sha512',
]);
export type SecretMechanism = v.InferOutput<typeof SecretMechanism>;

export const Mechanism = v.picklist([...PairMechanism.options, ...SecretMechanism.options]);
export type Mechanism = v.InferOutput<typeof Mechanism>;

/** What a key is made for (lifecycle/purpose.ts says with which mechanisms, and what each of its objects may do). */
export const Purpose = v.picklist(['sign', 'decrypt', 'wrap', 'derive', 'encrypt', 'mac']);
export type Purpose = v.InferOutput<typeof Purpose>;

/** How the token keeps the signed head: seen after a login only, seen by anyone, or not at all. */
export const AnchorKind = v.picklist(['private', 'public', 'unavailable']);
export type AnchorKind = v.InferOutput<typeof AnchorKind>;

/** One PKCS#11 attribute. Entries carry lists of these because ledger keys are lower case. Bytes are hex. */
export const Attribute = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^CKA_[A-Z0-9_]{2,40}$/)),
  value: v.union([v.boolean(), v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.maxLength(8192))]),
});
export type Attribute = v.InferOutput<typeof Attribute>;
