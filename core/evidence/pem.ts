/** PEM (RFC 7468 section 3, strict): 64 characters a line, one block, no text around it. */
import { base64, fromBase64, utf8, fromUtf8 } from '../bytes.ts';

export type PemLabel = 'PUBLIC KEY' | 'CERTIFICATE' | 'CERTIFICATE REQUEST';

export function pem(label: PemLabel, der: Uint8Array): Uint8Array {
  const lines = base64(der).match(/.{1,64}/g) ?? [];
  return utf8(`-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`);
}

/** Keys, certificates and requests are a few kilobytes; anything over this is none of them. */
const MAX_PEM_BYTES = 65_536;

/** The DER inside, or null where the text is not exactly what `pem` makes of it. */
export function fromPem(label: PemLabel, bytes: Uint8Array): Uint8Array | null {
  const text = bytes.length > MAX_PEM_BYTES ? null : fromUtf8(bytes);
  const head = `-----BEGIN ${label}-----\n`;
  const tail = `\n-----END ${label}-----\n`;
  if (text === null || !text.startsWith(head) || !text.endsWith(tail)) return null;
  const lines = text.slice(head.length, -tail.length).split('\n');
  const whole = lines.every((line, i) =>
    i < lines.length - 1 ? line.length === 64 : line.length > 0 && line.length <= 64,
  );
  return whole ? fromBase64(lines.join('')) : null;
}
