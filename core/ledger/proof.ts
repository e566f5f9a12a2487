/**
 * Proofs as files that stand on their own: C2SP tlog-proof, and the body of a C2SP tlog-witness request, which is a
 * consistency proof with its checkpoint. Parsers accept one spelling and believe nothing; verifiers check signatures
 * and hashes.
 */
import { base64, fromBase64, fromUtf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { fail, ok, type Result } from '../result.ts';
import { verifyConsistency, verifyInclusion, type Hash } from './merkle.ts';
import {
  parseDecimal,
  parseHash,
  parseNote,
  verifyCheckpoint,
  type VerifiedCheckpoint,
  type VerifierKey,
} from './note.ts';

const PROOF_HEADER = 'c2sp.org/tlog-proof@v1';

/** tlog-witness: at most 63 hashes. No tree within the safe integers needs more. */
const MAX_HASHES = 63;

export interface InclusionFile {
  /** Sequence number of the entry. */
  readonly index: number;
  readonly proof: readonly Hash[];
  /** The signed checkpoint note, verbatim. */
  readonly checkpoint: string;
  /** Opaque bytes that nothing authenticates. */
  readonly extra?: Uint8Array;
}

export interface ConsistencyFile {
  /** Size of the older tree. */
  readonly oldSize: number;
  readonly proof: readonly Hash[];
  /** The signed checkpoint note of the newer tree, verbatim. */
  readonly checkpoint: string;
}

const refuse = (message: string) => fail({ code: 'evidence', message });

const hashLines = (proof: readonly Hash[]): string => proof.map((hash) => `${base64(hash)}\n`).join('');

/** The text of a `.tlog-proof` file. */
export function formatInclusionFile({ index, proof, checkpoint, extra }: InclusionFile): string {
  const extraLine = extra === undefined ? '' : `extra ${base64(extra)}\n`;
  return `${PROOF_HEADER}\n${extraLine}index ${index}\n${hashLines(proof)}\n${checkpoint}`;
}

/** The text of a consistency proof from a tree of `oldSize` leaves to the checkpoint: a tlog-witness request body. */
export const formatConsistencyFile = ({ oldSize, proof, checkpoint }: ConsistencyFile): string =>
  `old ${oldSize}\n${hashLines(proof)}\n${checkpoint}`;

/** Lines before the first empty line, and everything after it. */
function parts(file: Uint8Array | string): { lines: string[]; checkpoint: string } | null {
  const text = typeof file === 'string' ? file : fromUtf8(file);
  const at = text?.indexOf('\n\n') ?? -1;
  if (text === null || at < 0) return null;
  const checkpoint = text.slice(at + 2);
  return parseNote(checkpoint).ok ? { lines: text.slice(0, at).split('\n'), checkpoint } : null;
}

function hashes(lines: readonly string[]): Hash[] | null {
  if (lines.length > MAX_HASHES) return null;
  const found = lines.map(parseHash);
  return found.every((hash) => hash !== null) ? found : null;
}

const after = (line: string | undefined, word: string): string | null =>
  line?.startsWith(`${word} `) === true ? line.slice(word.length + 1) : null;

/** Reads a `.tlog-proof` file. */
export function parseInclusionFile(file: Uint8Array | string): Result<InclusionFile> {
  const found = parts(file);
  if (!found || found.lines.shift() !== PROOF_HEADER) return refuse('The file is not a tlog-proof.');
  const extraText = after(found.lines[0], 'extra');
  if (extraText !== null) found.lines.shift();
  const extra = extraText === null ? undefined : fromBase64(extraText);
  const index = parseDecimal(after(found.lines.shift(), 'index') ?? '');
  const proof = hashes(found.lines);
  if (extra === null || index === null || proof === null) return refuse('The tlog-proof is malformed.');
  return ok({ index, proof, checkpoint: found.checkpoint, ...(extra === undefined ? {} : { extra }) });
}

/** Reads a consistency file. */
export function parseConsistencyFile(file: Uint8Array | string): Result<ConsistencyFile> {
  const found = parts(file);
  const oldSize = parseDecimal(after(found?.lines.shift(), 'old') ?? '');
  const proof = found && hashes(found.lines);
  if (!found || oldSize === null || !proof) return refuse('The file is not a consistency proof.');
  return ok({ oldSize, proof, checkpoint: found.checkpoint });
}

/** The leaf is at `index` of the tree that the log signed. `logKey` and `others` come from outside the file. */
export async function verifyInclusionFile(
  crypto: Crypto,
  file: InclusionFile,
  leafHash: Hash,
  logKey: VerifierKey,
  others: readonly VerifierKey[] = [],
): Promise<Result<VerifiedCheckpoint>> {
  const checkpoint = await verifyCheckpoint(crypto, file.checkpoint, logKey, others);
  if (!checkpoint.ok) return checkpoint;
  const { size, root } = checkpoint.value;
  return verifyInclusion(crypto, { leafHash, index: file.index, size, proof: file.proof, root })
    ? checkpoint
    : refuse(`The entry is not at position ${file.index} of the sealed tree.`);
}

/** The tree that the log signed begins with the older tree, whose root the caller knows from elsewhere. */
export async function verifyConsistencyFile(
  crypto: Crypto,
  file: ConsistencyFile,
  oldRoot: Hash,
  logKey: VerifierKey,
  others: readonly VerifierKey[] = [],
): Promise<Result<VerifiedCheckpoint>> {
  const checkpoint = await verifyCheckpoint(crypto, file.checkpoint, logKey, others);
  if (!checkpoint.ok) return checkpoint;
  const { size, root } = checkpoint.value;
  return verifyConsistency(crypto, { oldSize: file.oldSize, oldRoot, size, root, proof: file.proof })
    ? checkpoint
    : refuse(`The sealed tree does not begin with the older tree of ${file.oldSize} entries.`);
}
