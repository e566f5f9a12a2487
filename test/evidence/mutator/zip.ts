/** A small ZIP reader and writer of the mutator's own: it imports nothing of the product, and can write bad archives. */
import { crc32, deflateRawSync } from 'node:zlib';

export type Files = Map<string, Buffer>;

export function unzip(archive: Buffer): Files {
  const end = archive.lastIndexOf(Buffer.from('504b0506', 'hex'));
  const files: Files = new Map();
  let at = archive.readUInt32LE(end + 16);
  for (let n = archive.readUInt16LE(end + 10); n > 0; n--) {
    const size = archive.readUInt32LE(at + 20);
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const local = archive.readUInt32LE(at + 42);
    const body = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    files.set(archive.toString('utf8', at + 46, at + 46 + name), Buffer.from(archive.subarray(body, body + size)));
    at += 46 + name + extra + comment;
  }
  return files;
}

export interface Entry {
  readonly name: string;
  readonly body: Buffer;
  /** Faults. */
  readonly localName?: string;
  readonly deflate?: boolean;
  readonly extra?: Buffer;
  readonly date?: number;
  readonly mode?: number;
  readonly gap?: Buffer;
}

export const entriesOf = (files: Files): Entry[] =>
  [...files]
    .map(([name, body]) => ({ name, body }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));

export function zip(entries: readonly Entry[], comment = ''): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const {
    name,
    body,
    localName = name,
    deflate = false,
    extra = Buffer.alloc(0),
    date = 0x21,
    mode = 0o100644,
    gap,
  } of entries) {
    const data = deflate ? deflateRawSync(body) : body;
    const fields = (nameLength: number): Buffer => {
      const out = Buffer.alloc(26);
      out.writeUInt16LE(20, 0);
      out.writeUInt16LE(deflate ? 8 : 0, 4);
      out.writeUInt16LE(date, 8);
      out.writeUInt32LE(crc32(body), 10);
      out.writeUInt32LE(data.length, 14);
      out.writeUInt32LE(body.length, 18);
      out.writeUInt16LE(nameLength, 22);
      out.writeUInt16LE(extra.length, 24);
      return out;
    };
    if (gap) {
      locals.push(gap);
      offset += gap.length;
    }
    const local = Buffer.concat([
      Buffer.from('504b0304', 'hex'),
      fields(localName.length),
      Buffer.from(localName),
      extra,
      data,
    ]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(mode * 65536, 6);
    tail.writeUInt32LE(offset, 10);
    centrals.push(Buffer.from('504b01021403', 'hex'), fields(name.length), tail, Buffer.from(name), extra);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('504b0506', 0, 'hex');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)]);
}
