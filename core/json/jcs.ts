/**
 * JSON Canonicalization Scheme, RFC 8785. Everything that is hashed or signed is these bytes, and a reader accepts
 * a document only if it is exactly the canonical form of what it says.
 */
import { fromUtf8, utf8 } from '../bytes.ts';
import { fail, ok, type Result } from '../result.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Nesting beyond this is refused, so that a hostile document cannot exhaust the stack. */
export const MAX_DEPTH = 64;

/**
 * The canonical text of a value. Properties that are undefined are left out.
 * Throws `TypeError` on what JSON cannot say (NaN, infinities, lone surrogates) or on nesting beyond MAX_DEPTH:
 * such a value is a defect of the caller, never input.
 */
export function jcs(value: Json, depth = 0): string {
  if (depth > MAX_DEPTH) throw new TypeError('nested too deeply');
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('not a JSON number');
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('lone surrogate');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map((item) => jcs(item, depth + 1)).join(',')}]`;
  const members = value as Record<string, Json | undefined>;
  let text = '';
  // Section 3.2.3: by UTF-16 code units, which is how JavaScript sorts strings.
  for (const name of Object.keys(members).sort()) {
    const item = members[name];
    if (item !== undefined) text += `${text === '' ? '' : ','}${jcs(name)}:${jcs(item, depth + 1)}`;
  }
  return `{${text}}`;
}

export const jcsBytes = (value: Json): Uint8Array => utf8(jcs(value));

/**
 * Reads a document that must be in canonical form. Duplicate keys, other spellings of a number or string, white
 * space and a byte order mark all change the bytes and are refused by the one comparison at the end.
 */
export function parseCanonical(bytes: Uint8Array): Result<Json> {
  const refuse = (message: string) => fail({ code: 'bad-input', message });
  const text = fromUtf8(bytes);
  if (text === null) return refuse('The text is not well-formed UTF-8.');
  try {
    const value = JSON.parse(text) as Json;
    return jcs(value) === text ? ok(value) : refuse('The JSON is not in canonical form (RFC 8785).');
  } catch {
    return refuse('The text is not JSON, or is nested too deeply.');
  }
}
