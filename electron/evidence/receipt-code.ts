import { renderSVG } from 'uqr';
import { utf8 } from '../../core/bytes.ts';

/** What a QR code of version 40 holds in bytes at error correction M and L (ISO/IEC 18004). */
const MOST = { M: 2_331, L: 2_953 } as const;

/** A receipt's note as a QR code in SVG, byte for byte. Null where it is too long for any. */
export function receiptCode(note: string): string | null {
  const bytes = [...utf8(note)];
  const ecc = bytes.length <= MOST.M ? 'M' : 'L';
  return bytes.length <= MOST.L ? renderSVG(bytes, { ecc, border: 4 }) : null;
}
