/**
 * C2SP signed-note and tlog-checkpoint: the text that seals the ledger, and who signed it.
 *
 * A note is text that ends in a newline, an empty line, and signature lines `— <key name> base64(key id || signature)`.
 * Which keys are trusted always comes from the caller. Nothing in a note says what to believe.
 */
import { base64, concat, equal, fromBase64, fromHex, fromUtf8, hex, utf8 } from '../bytes.ts';
import type { Crypto, SignatureAlgorithm } from '../crypto.ts';
import { fail, ok, type Result } from '../result.ts';
import type { KeyKind, SignName } from '../evidence/spki.ts';
import { cosignedMessage, readTimestamped } from './cosignature.ts';
import { HASH_BYTES, type Hash } from './merkle.ts';

/**
 * Signature types of signed-note: 0x01, 0x02, 0x04 of people and witnesses who cosign (cosignature.ts), and 0xff with a
 * longer identifier for RSA.
 */
export type NoteKeyType = 'ed25519' | 'ecdsa' | 'cosignature' | 'rsa';

/** A key that may have signed a note. `id` is its four-byte key id, `spki` its DER SubjectPublicKeyInfo. */
export interface VerifierKey {
  readonly name: string;
  readonly id: Uint8Array;
  readonly type: NoteKeyType;
  readonly spki: Uint8Array;
}

/** signed-note asks verifiers to accept at least 16 signatures and to have a limit. */
export const MAX_SIGNATURES = 64;

/** Longer notes are refused unread. */
export const MAX_NOTE_BYTES = 1_000_000;

/** DER SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 section 4). */
const ED25519_SPKI = fromHex('302a300506032b6570032100')!;

/** Identifier after 0xff of PKCS #1 v1.5 with SHA-256, as the rekor-tiles log server uses it. */
const RSA_IDENTIFIER = utf8('PKIX-RSA-PKCS#1v1.5');

const ALGORITHM: Readonly<Record<NoteKeyType, SignatureAlgorithm>> = {
  ed25519: { kind: 'ed25519' },
  // signed-note names no hash; its reference verifier takes SHA-256 with every curve.
  ecdsa: { kind: 'ecdsa', hash: 'sha256' },
  cosignature: { kind: 'ed25519' },
  rsa: { kind: 'rsa-pkcs1', hash: 'sha256' },
};

/** The type of notes that a key of this kind signs, and the name under which the HSM port knows that signature. */
export function notesOf(kind: KeyKind): { readonly type: NoteKeyType; readonly signWith: SignName } {
  if (kind.kind === 'ed25519') return { type: 'ed25519', signWith: 'ed25519' };
  return kind.kind === 'ec'
    ? { type: 'ecdsa', signWith: 'ecdsa-sha256' }
    : { type: 'rsa', signWith: 'rsa-pkcs1-sha256' };
}

const refuse = (message: string) => fail({ code: 'evidence', message });

/** signed-note: not empty, no Unicode space, no plus, and no control character because notes have none. */
export const isKeyName = (name: string): boolean =>
  name.length > 0 && name.isWellFormed() && !/[\s\u0085+\u0000-\u001f\u007f]/u.test(name);

/** The bytes after the name in a vkey, and in the key id of Ed25519 and RSA: type byte, identifier, public key. */
function keyMaterial(type: NoteKeyType, spki: Uint8Array): Uint8Array {
  if (type === 'ed25519' || type === 'cosignature')
    return concat(new Uint8Array([type === 'ed25519' ? 0x01 : 0x04]), spki.subarray(ED25519_SPKI.length));
  if (type === 'ecdsa') return concat(new Uint8Array([2]), spki);
  return concat(new Uint8Array([0xff]), RSA_IDENTIFIER, spki);
}

/**
 * Makes a verifier key. The key id is the start of SHA-256(name || 0x0A || material), and for ECDSA of SHA-256(SPKI).
 * Throws `TypeError` on a name that is not a key name, or an Ed25519 SPKI that is not one.
 */
export function verifierKey(crypto: Crypto, name: string, type: NoteKeyType, spki: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw new TypeError('not a key name');
  const isEd25519 = type === 'ed25519' || type === 'cosignature';
  if (isEd25519 && !(spki.length === 44 && equal(spki.subarray(0, 12), ED25519_SPKI)))
    throw new TypeError('not an Ed25519 SubjectPublicKeyInfo');
  const hashed = type === 'ecdsa' ? spki : concat(utf8(`${name}\n`), keyMaterial(type, spki));
  return { name, type, spki, id: crypto.sha256(hashed).slice(0, 4) };
}

/** `name+hex(key id)+base64(type || public key)`. */
export const formatVkey = (key: VerifierKey): string =>
  `${key.name}+${hex(key.id)}+${base64(keyMaterial(key.type, key.spki))}`;

/** Reads a vkey. A key id that does not belong to the key is refused. */
export function parseVkey(crypto: Crypto, text: string): Result<VerifierKey> {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  const material = encoded === undefined ? null : fromBase64(encoded);
  if (name === undefined || !isKeyName(name) || material === null) return refuse('The text is not a verifier key.');
  const parts = readMaterial(material);
  if (parts === null) return refuse('The verifier key is of a type that is not supported.');
  const key = verifierKey(crypto, name, parts.type, parts.spki);
  return hex(key.id) === id ? ok(key) : refuse('The key id of the verifier key does not belong to its key.');
}

function readMaterial(material: Uint8Array): { type: NoteKeyType; spki: Uint8Array } | null {
  const rest = material.subarray(1);
  switch (material[0]) {
    case 0x01:
      return rest.length === 32 ? { type: 'ed25519', spki: concat(ED25519_SPKI, rest) } : null;
    case 0x04:
      return rest.length === 32 ? { type: 'cosignature', spki: concat(ED25519_SPKI, rest) } : null;
    case 0x02:
      return rest.length > 0 ? { type: 'ecdsa', spki: rest } : null;
    case 0xff: {
      const spki = rest.subarray(RSA_IDENTIFIER.length);
      return spki.length > 0 && equal(rest.subarray(0, RSA_IDENTIFIER.length), RSA_IDENTIFIER)
        ? { type: 'rsa', spki }
        : null;
    }
    default:
      return null;
  }
}

/** One signature line with its newline. The signature is made by whoever holds the key, over the note's text. */
export const signatureLine = (name: string, keyId: Uint8Array, signature: Uint8Array): string =>
  `\u2014 ${name} ${base64(concat(keyId, signature))}\n`;

/** The whole note. `text` ends in a newline; `signatures` are lines of `signatureLine`. */
export const formatNote = (text: string, signatures: readonly string[]): string => `${text}\n${signatures.join('')}`;

export interface NoteSignature {
  readonly name: string;
  readonly id: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Note {
  /** What was signed: UTF-8 of this text, its last newline included. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Reads the form of a note without believing it. */
export function parseNote(note: Uint8Array | string): Result<Note> {
  const whole = typeof note === 'string' ? (note.isWellFormed() ? note : null) : fromUtf8(note);
  if (whole === null || whole.length > MAX_NOTE_BYTES) return refuse('The note is not well-formed UTF-8, or too long.');

  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) return refuse('The note has control characters.');
  const at = whole.lastIndexOf('\n\n');
  if (at < 0 || !whole.endsWith('\n')) return refuse('The note has no signatures.');
  const lines = whole.slice(at + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return refuse('The note has too many signatures.');
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name, encoded] = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
    const bytes = encoded === undefined ? null : fromBase64(encoded);
    if (name === undefined || !isKeyName(name) || bytes === null || bytes.length < 5)
      return refuse('The note has a line among its signatures that is not one.');
    signatures.push({ name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) });
  }
  return ok({ text: whole.slice(0, at + 1), signatures });
}

/** Whether `key` made the signature over the note's text, in the way of its type. */
export async function isSignedBy(
  crypto: Crypto,
  { type, spki }: VerifierKey,
  text: string,
  signature: Uint8Array,
): Promise<boolean> {
  if (type !== 'cosignature') return crypto.verify(ALGORITHM[type], spki, utf8(text), signature);
  const stamped = readTimestamped(signature);
  if (stamped === null) return false;
  return crypto.verify(ALGORITHM[type], spki, cosignedMessage(stamped.time, text), stamped.signature);
}

export interface VerifiedNote {
  readonly text: string;
  /** The known keys whose signatures are valid, each once. */
  readonly signedBy: readonly VerifierKey[];
}

/**
 * Checks a note against known keys. Signatures of other keys are ignored. One bad signature of a known key refuses the
 * whole note, and so does a note that no known key has signed.
 */
export async function verifyNote(
  crypto: Crypto,
  note: Uint8Array | string,
  known: readonly VerifierKey[],
): Promise<Result<VerifiedNote>> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const { text } = parsed.value;
  const signedBy = new Set<VerifierKey>();
  for (const { name, id, signature } of parsed.value.signatures) {
    for (const key of known.filter((candidate) => candidate.name === name && equal(candidate.id, id))) {
      if (!(await isSignedBy(crypto, key, text, signature)))
        return refuse(`The signature of ${name} does not belong to this note.`);
      signedBy.add(key);
    }
  }
  if (signedBy.size === 0) return refuse('The note is not signed by any known key.');
  return ok({ text, signedBy: [...signedBy] });
}

/** The head of a log: tlog-checkpoint without extension lines. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** The note text of a checkpoint. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${base64(root)}\n`;

/** A count or index as C2SP formats write it: decimal, no leading zero, within the safe integers. Null otherwise. */
export function parseDecimal(text: string): number | null {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** A hash as C2SP formats write it: standard base64 of 32 bytes. Null otherwise. */
export function parseHash(text: string): Hash | null {
  const bytes = fromBase64(text);
  return bytes?.length === HASH_BYTES ? bytes : null;
}

/**
 * Reads the note text of a checkpoint. Extension lines are allowed by tlog-checkpoint and ignored here: they say nothing
 * about the tree, and Conclave writes none.
 */
export function parseCheckpoint(text: string): Result<Checkpoint> {
  const lines = text.split('\n');
  const [origin, size, root] = [lines[0] ?? '', parseDecimal(lines[1] ?? ''), parseHash(lines[2] ?? '')];
  if (lines.length < 4 || lines.pop() !== '' || lines.includes('') || size === null || root === null)
    return refuse('The note is not a checkpoint.');
  return ok({ origin, size, root });
}

export interface VerifiedCheckpoint extends Checkpoint {
  readonly signedBy: readonly VerifierKey[];
}

/**
 * A checkpoint signed by the log itself: `logKey` must have signed, and its name must be the checkpoint's origin, so
 * that a checkpoint of one log is never taken for one of another. `others` are witnesses and custodians.
 */
export async function verifyCheckpoint(
  crypto: Crypto,
  note: Uint8Array | string,
  logKey: VerifierKey,
  others: readonly VerifierKey[] = [],
): Promise<Result<VerifiedCheckpoint>> {
  const verified = await verifyNote(crypto, note, [logKey, ...others]);
  if (!verified.ok) return verified;
  const checkpoint = parseCheckpoint(verified.value.text);
  if (!checkpoint.ok) return checkpoint;
  if (!verified.value.signedBy.includes(logKey)) return refuse('The checkpoint is not signed by the key of the log.');
  if (checkpoint.value.origin !== logKey.name) return refuse('The checkpoint is of another log.');
  return ok({ ...checkpoint.value, signedBy: verified.value.signedBy });
}
