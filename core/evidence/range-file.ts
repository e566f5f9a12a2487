/**
 * The entries of a ceremony as files: `range.jsonl` holds their exact leaves, one a line; `range.proof` the hashes that
 * place them, without a gap, under a signed checkpoint; `disclosures.jsonl` the words that belong to their digests.
 */
import * as v from 'valibot';
import { base64, concat, fromUtf8, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { jcs, parseCanonical } from '../json/jcs.ts';
import { disclosureDigest } from '../ledger/disclosure.ts';
import { leafHash, parseEntry, type Entry } from '../ledger/entry.ts';
import type { Hash } from '../ledger/merkle.ts';
import { parseDecimal, parseHash } from '../ledger/note.ts';
import { fail, ok, type Result } from '../result.ts';

const HEADER = 'conclave.example/range-proof@v1';
const NEWLINE = utf8('\n');

export interface RangeFile {
  /** Sequence number of the first entry. */
  readonly first: number;
  /** One past the last. */
  readonly end: number;
  readonly proof: readonly Hash[];
  /** The signed checkpoint note, verbatim. */
  readonly checkpoint: string;
}

/** `header`, `range FIRST END`, one base64 hash a line, an empty line, the checkpoint note. */
export const formatRangeFile = ({ first, end, proof, checkpoint }: RangeFile): string =>
  `${HEADER}\nrange ${first} ${end}\n${proof.map((hash) => `${base64(hash)}\n`).join('')}\n${checkpoint}`;

export function parseRangeFile(bytes: Uint8Array): Result<RangeFile> {
  const refuse = () => fail({ code: 'evidence', message: 'The file is not a range proof.' });
  const text = fromUtf8(bytes);
  const at = text?.indexOf('\n\n') ?? -1;
  if (text === null || at < 0) return refuse();
  const [header, range, ...lines] = text.slice(0, at).split('\n');
  const [word, from, to, ...more] = (range ?? '').split(' ');
  const [first, end] = [parseDecimal(from ?? ''), parseDecimal(to ?? '')];
  const proof = lines.map(parseHash);
  if (header !== HEADER || word !== 'range' || more.length > 0 || first === null || end === null) return refuse();
  if (lines.length > 126 || !proof.every((hash) => hash !== null)) return refuse();
  return ok({ first, end, proof, checkpoint: text.slice(at + 2) });
}

/** Leaves, each followed by a newline. JCS never contains one. */
export const formatLeaves = (leaves: readonly Uint8Array[]): Uint8Array =>
  concat(...leaves.flatMap((leaf) => [leaf, NEWLINE]));

/** An entry, its exact bytes and its leaf hash. */
export interface Leaf {
  readonly entry: Entry;
  readonly bytes: Uint8Array;
  readonly hash: Hash;
}

const split = (bytes: Uint8Array): Uint8Array[] | null => {
  if (bytes.length > 0 && bytes[bytes.length - 1] !== 0x0a) return null;
  const out: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const to = bytes.indexOf(0x0a, from);
    out.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return out;
};

export function parseLeaves(crypto: Crypto, file: Uint8Array): Result<Leaf[]> {
  const lines = split(file);
  if (!lines) return fail({ code: 'evidence', message: 'The list of entries does not end with a newline.' });
  const leaves: Leaf[] = [];
  for (const [i, bytes] of lines.entries()) {
    const entry = parseEntry(bytes);
    if (!entry.ok)
      return fail({ code: 'evidence', message: `Line ${i + 1} is no ledger entry. ${entry.error.message}` });
    leaves.push({ entry: entry.value, bytes, hash: leafHash(crypto, bytes) });
  }
  return ok(leaves);
}

/** Encoded disclosures by the sequence number of the entry that carries their digests. */
export type Disclosures = ReadonlyMap<number, readonly string[]>;

const lineSchema = v.strictObject({
  disclosures: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/), v.maxLength(8192))), v.minLength(1)),
  seq: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

/** One line an entry that has any, in order of the entries; within a line in the order of the leaf's digests. */
export function formatDisclosures(crypto: Crypto, entries: readonly Entry[], disclosures: Disclosures): Uint8Array {
  const lines = entries.flatMap(({ seq, disclosures: digests }) => {
    const known = new Map((disclosures.get(seq) ?? []).map((text) => [disclosureDigest(crypto, text), text]));
    const found = digests.flatMap((digest) => known.get(digest) ?? []);
    return found.length === 0 ? [] : [`${jcs({ disclosures: found, seq })}\n`];
  });
  return utf8(lines.join(''));
}

export function parseDisclosures(file: Uint8Array): Result<Disclosures> {
  const out = new Map<number, readonly string[]>();
  for (const line of split(file) ?? [file]) {
    const json = parseCanonical(line);
    const parsed = json.ok ? v.safeParse(lineSchema, json.value) : null;
    if (!parsed?.success || out.has(parsed.output.seq))
      return fail({ code: 'evidence', message: 'The list of disclosures is malformed.' });
    out.set(parsed.output.seq, parsed.output.disclosures);
  }
  return ok(out);
}
