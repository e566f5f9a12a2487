/**
 * The container of a bundle: a ZIP archive (PKWARE APPNOTE 6.3, sections 4.3 and 4.4) in one exact form. Entries are
 * stored, sorted bytewise by name, dated 1980-01-01, mode 0100644, without extra fields, comments or data descriptors.
 *
 * Ordinary ZIP readers disagree about hostile archives: they skip the CRC, keep the last of two equal names, follow
 * `..`. This reader names the common tricks and at the end rebuilds the archive from what it read; a single byte that
 * the writer would have written otherwise refuses the file.
 */
import { concat, equal, fromUtf8, utf8 } from '../bytes.ts';
import { fail, ok, type Result } from '../result.ts';

export const MAX_ENTRIES = 1_000;
export const MAX_BYTES = 50 * 1024 * 1024;

/** Path to bytes. Iteration order has no meaning. */
export type Files = ReadonlyMap<string, Uint8Array>;

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** CRC-32 of APPNOTE section 4.4.7. */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC_TABLE[(c ^ byte) & 0xff]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** Little-endian fields: pairs of width in bytes and value. */
function fields(...pairs: readonly (readonly [2 | 4, number])[]): Uint8Array {
  const out: number[] = [];
  for (const [width, value] of pairs) for (let i = 0; i < width; i++) out.push(Math.floor(value / 256 ** i) % 256);
  return new Uint8Array(out);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A relative path of plain ASCII parts: no `..`, no `.`, no backslash, no drive, no empty part. */
export const isSafeName = (name: string): boolean =>
  name.length <= 200 && /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/.test(name);

/**
 * Writes an archive. The same files give the same bytes, always. Throws `RangeError` on names, numbers or sizes
 * beyond the limits: that is a defect of the caller.
 */
export function writeZip(files: Files): Uint8Array {
  const names = [...files.keys()].sort(compare);
  if (names.length > MAX_ENTRIES || !names.every(isSafeName)) throw new RangeError('not a bundle');
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let offset = 0;
  for (const name of names) {
    const body = files.get(name)!;
    const path = utf8(name);
    // Version needed 2.0, no flags, stored, 00:00:00, 1980-01-01, CRC, sizes, name length, no extra field.
    const common = fields(
      [2, 20],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0x21],
      [4, crc32(body)],
      [4, body.length],
      [4, body.length],
      [2, path.length],
      [2, 0],
    );
    locals.push(fields([4, LOCAL]), common, path, body);
    // Made by UNIX (3) with 2.0; no comment; disk 0; binary; mode 0100644.
    centrals.push(
      fields([4, CENTRAL], [2, 0x0314]),
      common,
      fields([2, 0], [2, 0], [2, 0], [4, 0o100644 * 65536], [4, offset]),
      path,
    );
    offset += LOCAL_BYTES + path.length + body.length;
  }
  const directory = concat(...centrals);
  const end = fields(
    [4, END],
    [2, 0],
    [2, 0],
    [2, names.length],
    [2, names.length],
    [4, directory.length],
    [4, offset],
    [2, 0],
  );
  const archive = concat(...locals, directory, end);
  if (archive.length > MAX_BYTES) throw new RangeError('bundle too large');
  return archive;
}

const refuse = (message: string) => fail({ code: 'evidence', message });

/** Reads an archive that must be exactly what `writeZip` makes of its files. */
export function readZip(archive: Uint8Array): Result<Files> {
  if (archive.length > MAX_BYTES) return refuse('The file is larger than 50 MB.');
  if (archive.length < END_BYTES) return refuse('The file is not a ZIP archive.');
  const u16 = (at: number): number => archive[at]! + archive[at + 1]! * 256;
  const u32 = (at: number): number => u16(at) + u16(at + 2) * 65536;
  const end = archive.length - END_BYTES;
  if (u32(end) !== END)
    return refuse('The file does not end as a ZIP archive ends: it is cut off, or something follows it.');
  const count = u16(end + 10);
  let at = u32(end + 16);
  if (count > MAX_ENTRIES) return refuse(`The archive has more than ${MAX_ENTRIES} entries.`);
  if (at + u32(end + 12) !== end) return refuse('The directory of the archive is not where it says it is.');
  const files = new Map<string, Uint8Array>();
  // Entries that overlap could unpack to far more than the file holds.
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > end || u32(at) !== CENTRAL) return refuse('The directory of the archive is damaged.');
    const nameLength = u16(at + 28);
    const name = fromUtf8(archive.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength)) ?? '';
    if (!isSafeName(name)) return refuse('The archive has an entry whose name is not a plain relative path.');
    if (files.has(name)) return refuse(`The archive has two entries named ${name}.`);
    if (u16(at + 10) !== 0) return refuse(`${name} is compressed; every entry must be stored as it is.`);
    const size = u32(at + 24);
    const local = u32(at + 42);
    const start = local + LOCAL_BYTES + nameLength;
    if (local !== next || start + size > end || u32(local) !== LOCAL)
      return refuse(`${name} is not where it must be: entries overlap, leave gaps, or are out of order.`);
    next = start + size;
    if (!equal(archive.subarray(local + LOCAL_BYTES, start), utf8(name)))
      return refuse(`${name} has another name in its own header than in the directory.`);
    const body = archive.slice(start, start + size);
    if (crc32(body) !== u32(at + 16)) return refuse(`${name} does not match its checksum: it was damaged or changed.`);
    files.set(name, body);
    at += CENTRAL_BYTES + nameLength;
  }
  if (!equal(writeZip(files), archive))
    return refuse(
      'The archive is not in its one agreed form: order, dates, modes, extra fields, comments or spare bytes differ.',
    );
  return ok(files);
}
