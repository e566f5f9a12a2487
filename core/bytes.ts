/** Byte strings and their written forms. Every decoder refuses anything but the one canonical spelling. */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** The text of UTF-8 bytes, or null where they are not well-formed. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function hex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += HEX[byte]!;
  return out;
}

/** Bytes of lower-case hex, or null. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return null;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = (digit(text, 2 * i) << 4) | digit(text, 2 * i + 1);
  return out;
}

/** Of a character that is known to be one: `0` to `9` lie from 48 on, `a` to `f` from 97 on. */
const digit = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code < 97 ? code - 48 : code - 87;
};

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = STANDARD.slice(0, 62) + '-_';

function encode64(bytes: Uint8Array, alphabet: string): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const n = (bytes[i]! << 16) | ((left > 1 ? bytes[i + 1]! : 0) << 8) | (left > 2 ? bytes[i + 2]! : 0);
    out += alphabet[n >> 18]! + alphabet[(n >> 12) & 63]!;
    if (left > 1) out += alphabet[(n >> 6) & 63]!;
    if (left > 2) out += alphabet[n & 63]!;
  }
  return out;
}

/** Values of the characters of an alphabet by their code; -1 for all others below 128. */
const valuesOf = (alphabet: string): Int8Array =>
  Int8Array.from({ length: 128 }, (_, code) => alphabet.indexOf(String.fromCharCode(code)));

const STANDARD_VALUES = valuesOf(STANDARD);
const URL_SAFE_VALUES = valuesOf(URL_SAFE);

function decode64(text: string, values: Int8Array): Uint8Array | null {
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let acc = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = values[text.charCodeAt(i)];
    if (value === undefined || value < 0) return null;
    acc = ((acc << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (acc >> bits) & 0xff;
    }
  }
  // The unused low bits must be zero, or two spellings would mean the same bytes.
  if (bits >= 6 || (acc & ((1 << bits) - 1)) !== 0) return null;
  return out;
}

/** Standard base64 with padding (RFC 4648 section 4). */
export function base64(bytes: Uint8Array): string {
  const body = encode64(bytes, STANDARD);
  return body + '='.repeat((4 - (body.length % 4)) % 4);
}

/** Bytes of standard, padded base64 in its one canonical spelling, or null. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const body = text.endsWith('==') ? text.slice(0, -2) : text.endsWith('=') ? text.slice(0, -1) : text;
  if (text.length - body.length !== (4 - (body.length % 4)) % 4) return null;
  return decode64(body, STANDARD_VALUES);
}

/** Base64url without padding (RFC 4648 section 5), as SD-JWT disclosures use it. */
export const base64url = (bytes: Uint8Array): string => encode64(bytes, URL_SAFE);

export const fromBase64url = (text: string): Uint8Array | null =>
  text.length % 4 === 1 ? null : decode64(text, URL_SAFE_VALUES);

/** Splits hex into groups of four, the form in which people compare digests. */
export const groups = (hexText: string): string[] => hexText.match(/.{1,4}/g) ?? [];
