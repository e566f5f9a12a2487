/** Lines of a file that is read in pieces, so that memory does not grow with it. */

export interface FileLine {
  /** Without its newline, and only the beginning of a line that is too long to be one. Valid until the next is asked for. */
  readonly bytes: Uint8Array;
  /** Where it begins in the file. */
  readonly start: number;
  /** False for a last line without its newline. */
  readonly whole: boolean;
}

const CHUNK = 1 << 20;

/** Longer than any line of a journal or sidecar may be. */
const LONGEST = 70_000 + 65_535;

/** `fill` puts the next bytes of the file into what it is given and answers how many; 0 at the end. */
export function* linesOf(fill: (into: Uint8Array) => number): Generator<FileLine, void, undefined> {
  const buffer = new Uint8Array(CHUNK + LONGEST);
  // Where in the file the buffer begins, and how much of it holds the beginning of a line.
  let from = 0;
  let held = 0;
  for (;;) {
    const read = fill(buffer.subarray(held, held + CHUNK));
    const end = held + read;
    let start = 0;
    for (let at = buffer.indexOf(0x0a, held); at >= 0 && at < end; at = buffer.indexOf(0x0a, start)) {
      yield { bytes: buffer.subarray(start, at), start: from + start, whole: true };
      start = at + 1;
    }
    held = end - start;
    if (read === 0) {
      if (held > 0) yield { bytes: buffer.subarray(start, end), start: from + start, whole: false };
      return;
    }
    buffer.copyWithin(0, start, end);
    from += start;
    if (held > LONGEST) {
      const skipped = skipLine(fill, buffer.subarray(LONGEST));
      yield { bytes: buffer.subarray(0, LONGEST), start: from, whole: skipped };
      // No line of the ledger is so long: what comes after it is of no use to anybody.
      return;
    }
  }
}

/** Reads on to the end of a line, and says whether there is one. */
function skipLine(fill: (into: Uint8Array) => number, scratch: Uint8Array): boolean {
  for (let read; (read = fill(scratch)) > 0;) if (scratch.subarray(0, read).includes(0x0a)) return true;
  return false;
}
