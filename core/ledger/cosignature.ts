/**
 * C2SP tlog-cosignature, version 1: somebody other than the log says that they saw this head, and when. The time is
 * signed with the head, so what is signed is not the note's text alone.
 */
import { concat, utf8 } from '../bytes.ts';

/** An Ed25519 signature and the u64 before it. */
const TIMESTAMPED_BYTES = 8 + 64;

export interface Timestamped {
  /** Seconds since 1970, as the cosigner's clock had it. */
  readonly time: number;
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array;
}

/** What a cosigner signs: header, time, and the whole text of the note with its last newline. */
export const cosignedMessage = (time: number, text: string): Uint8Array =>
  utf8(`cosignature/v1\ntime ${time}\n${text}`);

/** The `timestamped_signature` of a note's signature line. Throws `RangeError` on what is no time or no signature. */
export function timestamped({ time, signature }: Timestamped): Uint8Array {
  if (!Number.isSafeInteger(time) || time < 0 || signature.length !== 64) throw new RangeError('not a cosignature');
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, BigInt(time));
  return concat(stamp, signature);
}

/** Takes one apart, or null. Times beyond the safe integers are refused: they could not be written back. */
export function readTimestamped(bytes: Uint8Array): Timestamped | null {
  if (bytes.length !== TIMESTAMPED_BYTES) return null;
  const time = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0));
  return Number.isSafeInteger(time) ? { time, signature: bytes.slice(8) } : null;
}
