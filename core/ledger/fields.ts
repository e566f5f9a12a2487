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

/** Whether the text is how JavaScript writes an instant that exists: the 31st of February is none. */
function isInstant(text: string): boolean {
  const at = Date.parse(text);
  // Every month has a 28th, and the hour 24 is the one other spelling that is not its own.
  if (!Number.isNaN(at) && text.slice(8, 10) <= '28' && !text.startsWith('24', 11)) return true;
  return !Number.isNaN(at) && new Date(at).toISOString() === (text.length === 20 ? text.replace('Z', '.000Z') : text);
}

/** UTC, whole seconds or milliseconds. */
export const Timestamp = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/),
  v.check(isInstant, 'not an instant'),
);

/** UTC with milliseconds, always. */
export const Milliseconds = v.pipe(Timestamp, v.length(24));

export const PolicyRuleId = v.pipe(v.string(), v.regex(/^[A-Z]{2,12}-\d{1,3}$/));

/** The step of a script. */
export const StepId = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/));

/** Key generation by its curve or modulus size, as the person chooses it. */
export const Mechanism = v.picklist(['ec-p256', 'ec-p384', 'ec-p521', 'rsa-2048', 'rsa-3072', 'rsa-4096']);
export type Mechanism = v.InferOutput<typeof Mechanism>;

/** The same for keys that serve the ledger and the evidence. People cannot choose Ed25519 for a key of their own. */
export const ServiceMechanism = v.picklist([...Mechanism.options, 'ed25519']);
export type ServiceMechanism = v.InferOutput<typeof ServiceMechanism>;

/** How the token keeps the signed head: seen after a login only, seen by anyone, or not at all. */
export const AnchorKind = v.picklist(['private', 'public', 'unavailable']);
export type AnchorKind = v.InferOutput<typeof AnchorKind>;

/** One PKCS#11 attribute. Entries carry lists of these because ledger keys are lower case. Bytes are hex. */
export const Attribute = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^CKA_[A-Z0-9_]{2,40}$/)),
  value: v.union([v.boolean(), v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.maxLength(8192))]),
});
export type Attribute = v.InferOutput<typeof Attribute>;
