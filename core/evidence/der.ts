/**
 * DER (X.690 section 10), as little of it as certificates, requests and ECDSA signatures need. The reader accepts
 * only minimal lengths and definite forms; documents are moreover rebuilt from what was read and compared byte for
 * byte, so that one meaning has one spelling.
 */
import { concat, utf8 } from '../bytes.ts';

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export function tlv(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concat(...content);
  const length: number[] = [];
  if (body.length < 0x80) length.push(body.length);
  else {
    for (let n = body.length; n > 0; n = Math.floor(n / 256)) length.unshift(n % 256);
    length.unshift(0x80 | length.length);
  }
  return concat(new Uint8Array([tag, ...length]), body);
}

export const sequence = (...items: readonly Uint8Array[]): Uint8Array => tlv(TAG.sequence, ...items);
export const set = (...items: readonly Uint8Array[]): Uint8Array => tlv(TAG.set, ...items);
export const octetString = (bytes: Uint8Array): Uint8Array => tlv(TAG.octetString, bytes);
export const utf8String = (text: string): Uint8Array => tlv(TAG.utf8String, utf8(text));
export const DER_NULL: Uint8Array = tlv(TAG.null);
export const DER_TRUE: Uint8Array = tlv(TAG.boolean, new Uint8Array([0xff]));
/** A context-specific, constructed element: `[n]`. */
export const context = (n: number, ...items: readonly Uint8Array[]): Uint8Array => tlv(0xa0 | n, ...items);

/** A BIT STRING; `unused` low bits of the last byte are padding and must be zero. */
export const bitString = (bytes: Uint8Array, unused = 0): Uint8Array =>
  tlv(TAG.bitString, new Uint8Array([unused]), bytes);

/** A non-negative INTEGER from big-endian bytes. */
export function unsigned(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at++;
  const body = bytes.length === 0 ? new Uint8Array(1) : bytes.subarray(at);
  return tlv(TAG.integer, body[0]! >= 0x80 ? new Uint8Array(1) : new Uint8Array(0), body);
}

/** An OBJECT IDENTIFIER from its dotted form. Arcs may be of any size: `2.25.<UUID>` needs 128 bits (X.667). */
export function oid(dotted: string): Uint8Array {
  const arcs = dotted.split('.').map(BigInt);
  const bytes: number[] = [];
  for (const arc of [arcs[0]! * 40n + arcs[1]!, ...arcs.slice(2)]) {
    const septets = [Number(arc & 0x7fn)];
    for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) septets.unshift(Number(rest & 0x7fn) | 0x80);
    bytes.push(...septets);
  }
  return tlv(TAG.oid, new Uint8Array(bytes));
}

/** One element: its tag, its content, and all its bytes. */
export interface Element {
  readonly tag: number;
  readonly body: Uint8Array;
  readonly bytes: Uint8Array;
}

/** The element that begins at `at`, or null where it is not DER or reaches beyond the end. */
function element(bytes: Uint8Array, at: number): Element | null {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null;
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3 || start + count > bytes.length || bytes[start] === 0) return null;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[start + i]!;
    if (length < 0x80) return null;
    start += count;
  }
  if (start + length > bytes.length) return null;
  return { tag, body: bytes.subarray(start, start + length), bytes: bytes.subarray(at, start + length) };
}

/** All elements of `bytes`, one after another, or null where they are not exactly a row of DER elements. */
export function elements(bytes: Uint8Array): Element[] | null {
  const out: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const next = element(bytes, at);
    if (!next) return null;
    out.push(next);
    at += next.bytes.length;
  }
  return out;
}

/** The members of a SEQUENCE (or what `tag` says) that makes up all of `bytes`, or null. */
export function members(bytes: Uint8Array, tag: number = TAG.sequence): Element[] | null {
  const outer = element(bytes, 0);
  if (!outer || outer.tag !== tag || outer.bytes.length !== bytes.length) return null;
  return elements(outer.body);
}

/** Big-endian bytes of a non-negative, minimally encoded INTEGER without its sign byte, or null. */
export function readUnsigned(item: Element | undefined): Uint8Array | null {
  if (item?.tag !== TAG.integer || item.body.length === 0 || item.body[0]! >= 0x80) return null;
  if (item.body.length > 1 && item.body[0] === 0) return item.body[1]! < 0x80 ? null : item.body.subarray(1);
  return item.body;
}

/** The bytes of a BIT STRING without unused bits, or null. */
export const readBitString = (item: Element | undefined): Uint8Array | null =>
  item?.tag === TAG.bitString && item.body.length > 0 && item.body[0] === 0 ? item.body.subarray(1) : null;
