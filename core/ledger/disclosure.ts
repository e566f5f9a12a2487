/**
 * Salted disclosures, in the manner of SD-JWT (RFC 9901 section 4.2): a disclosure is base64url of the JSON text
 * `[salt, name, value]`; the leaf carries the base64url SHA-256 of that ASCII text. Whoever holds the disclosure can
 * prove the value; a copy without it reveals nothing, and its leaf still verifies.
 */
import { base64url, fromBase64url, fromUtf8, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';

/** 128 bits, as RFC 9901 section 9.3 recommends. */
export const SALT_BYTES = 16;

export interface Disclosure {
  readonly name: string;
  readonly value: string;
}

export const encodeDisclosure = (salt: Uint8Array, { name, value }: Disclosure): string =>
  base64url(utf8(JSON.stringify([base64url(salt), name, value])));

export const disclosureDigest = (crypto: Crypto, encoded: string): string => base64url(crypto.sha256(utf8(encoded)));

/** The name and value, or null where the text is not a disclosure. */
export function decodeDisclosure(encoded: string): Disclosure | null {
  const bytes = fromBase64url(encoded);
  const text = bytes && fromUtf8(bytes);
  if (text === null) return null;
  try {
    const parts: unknown = JSON.parse(text);
    if (!Array.isArray(parts) || parts.length !== 3 || !parts.every((part) => typeof part === 'string')) return null;
    const [, name, value] = parts as [string, string, string];
    return { name, value };
  } catch {
    return null;
  }
}

/**
 * The disclosed values of one leaf by name. A disclosure whose digest is not in the leaf is not about that leaf and
 * is left out.
 */
export function disclosed(
  crypto: Crypto,
  digests: readonly string[],
  encoded: readonly string[],
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const text of encoded) {
    if (!digests.includes(disclosureDigest(crypto, text))) continue;
    const found = decodeDisclosure(text);
    if (found) out[found.name] = found.value;
  }
  return out;
}
