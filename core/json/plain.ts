/**
 * A quick reader for the plain kind of canonical JSON that the ledger writes all the time: no escapes in strings,
 * integers only, short member names of letters, digits and underscores. RFC 8785 has one spelling for such a value, and
 * one pass over the bytes tells whether this is it, where writing the value anew and comparing takes several.
 *
 * It only ever says yes. What is not plain may still be canonical: jcs.ts has the definition and the last word.
 */
import { fromUtf8 } from '../bytes.ts';
import { MAX_DEPTH, type Json } from './jcs.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;

/** Kinds of bytes, as bits. */
const TEXT = 1;
const NAME = 2;
const FIRST = 4;

/**
 * TEXT stands for itself in a string: everything but control characters, the quotation mark and the backslash (RFC 8785
 * section 3.2.2.2). NAME and FIRST are the bytes of member names of the ledger's profile, and those they may begin with.
 */
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  const text = byte >= 0x20 && byte !== QUOTE && byte !== 0x5c;
  return (text ? TEXT : 0) | (/[A-Za-z0-9_]/.test(char) ? NAME : 0) | (/[a-z]/.test(char) ? FIRST : 0);
});

const MAX_NAME = 64;

/** Every integer of so many digits is a safe one. One digit more and the definition decides. */
const MAX_DIGITS = 15;

const LITERALS = ['null', 'true', 'false'].map((word) => Uint8Array.from(word, (char) => char.charCodeAt(0)));

/** What did not end as a plain value ends nowhere. All functions here answer the index after what they read, or this. */
const NOWHERE = -1;

/** From after the opening quotation mark. */
function stringEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if ((KINDS[byte]! & TEXT) === 0) return byte === QUOTE ? at + 1 : NOWHERE;
  }
  return NOWHERE;
}

/** From after the opening quotation mark. */
function nameEnd(bytes: Uint8Array, from: number): number {
  if (from >= bytes.length || (KINDS[bytes[from]!]! & FIRST) === 0) return NOWHERE;
  let at = from + 1;
  while (at < bytes.length && (KINDS[bytes[at]!]! & NAME) !== 0) at++;
  return at < bytes.length && bytes[at] === QUOTE && at - from <= MAX_NAME ? at + 1 : NOWHERE;
}

function numberEnd(bytes: Uint8Array, from: number): number {
  const negative = bytes[from] === 0x2d;
  const first = negative ? from + 1 : from;
  let at = first;
  while (at < bytes.length && bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  const digits = at - first;
  if (digits === 0 || digits > MAX_DIGITS) return NOWHERE;
  // No zero before other digits, and no minus zero.
  return bytes[first] === ZERO && (digits > 1 || negative) ? NOWHERE : at;
}

function literalEnd(bytes: Uint8Array, from: number): number {
  const word = LITERALS.find((one) => one[0] === bytes[from]);
  return word?.every((byte, i) => byte === bytes[from + i]) === true ? from + word.length : NOWHERE;
}

/** Whether the name at `a` comes before that at `b`. Both end at a quotation mark, which no name holds and all exceed. */
function before(bytes: Uint8Array, a: number, b: number): boolean {
  while (bytes[a] === bytes[b] && bytes[a] !== QUOTE) {
    a++;
    b++;
  }
  return bytes[a]! < bytes[b]!;
}

function objectEnd(bytes: Uint8Array, from: number, depth: number): number {
  if (bytes[from] === 0x7d) return from + 1;
  let previous = 0;
  for (let at = from; ; at++) {
    if (bytes[at] !== QUOTE) return NOWHERE;
    const name = at + 1;
    at = nameEnd(bytes, name);
    if (at === NOWHERE || bytes[at] !== 0x3a) return NOWHERE;
    // Strictly ascending: sorted, and each name once. Names are ASCII, so bytes sort as UTF-16 code units do.
    if (previous !== 0 && !before(bytes, previous, name)) return NOWHERE;
    previous = name;
    at = valueEnd(bytes, at + 1, depth);
    if (at === NOWHERE) return NOWHERE;
    if (bytes[at] === 0x7d) return at + 1;
    if (bytes[at] !== COMMA) return NOWHERE;
  }
}

function arrayEnd(bytes: Uint8Array, from: number, depth: number): number {
  if (bytes[from] === 0x5d) return from + 1;
  for (let at = from; ; at++) {
    at = valueEnd(bytes, at, depth);
    if (at === NOWHERE) return NOWHERE;
    if (bytes[at] === 0x5d) return at + 1;
    if (bytes[at] !== COMMA) return NOWHERE;
  }
}

function valueEnd(bytes: Uint8Array, from: number, depth: number): number {
  if (depth > MAX_DEPTH) return NOWHERE;
  switch (bytes[from]) {
    case QUOTE:
      return stringEnd(bytes, from + 1);
    case 0x7b:
      return objectEnd(bytes, from + 1, depth + 1);
    case 0x5b:
      return arrayEnd(bytes, from + 1, depth + 1);
    case 0x66:
    case 0x6e:
    case 0x74:
      return literalEnd(bytes, from);
    default:
      return numberEnd(bytes, from);
  }
}

/**
 * The value of bytes that are plain JSON in canonical form, and undefined for all others. Every such value is within the
 * ledger's profile: safe integers, member names of at most 64 plain characters that begin with a small letter.
 */
export function parsePlain(bytes: Uint8Array): Json | undefined {
  if (valueEnd(bytes, 0, 0) !== bytes.length) return undefined;
  const text = fromUtf8(bytes);
  return text === null ? undefined : (JSON.parse(text) as Json);
}
