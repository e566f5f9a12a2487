/**
 * People as cosigners of the ledger's head: under which key name and in which way the key that a person enrolled signs
 * a checkpoint, and how a signature line of theirs is made and read.
 */
import { equal, fromBase64, fromHex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { keyKind } from '../evidence/spki.ts';
import { fail, ok, type Result } from '../result.ts';
import { cosignedMessage, readTimestamped, timestamped } from './cosignature.ts';
import {
  checkpointText,
  formatNote,
  isSignedBy,
  parseNote,
  signatureLine,
  verifierKey,
  type VerifierKey,
} from './note.ts';

/** Which roles look at the ledger from outside of the acts. An administrator signs for nobody but themselves. */
export const COSIGNING_ROLES = ['custodian', 'witness', 'auditor'] as const;

/** C2SP asks for a name that tells one cosigner from all others: the ledger's origin and the person in it. */
export const cosignerName = (origin: string, person: string): string => `${origin}/${person}`;

/**
 * The verifier key of an enrolled person: cosignature/v1 (0x04) for an Ed25519 key, ECDSA (0x02) for a card on P-256 or
 * P-384, since C2SP has no timestamped cosignature for those. Null for any other key.
 *
 * @param spki DER SubjectPublicKeyInfo, base64.
 */
export function cosignerKey(
  crypto: Crypto,
  origin: string,
  { person, spki }: { readonly person: string; readonly spki: string },
): VerifierKey | null {
  const der = fromBase64(spki);
  const kind = der && keyKind(der);
  if (!der || !kind) return null;
  const name = cosignerName(origin, person);
  if (kind.kind === 'ed25519') return verifierKey(crypto, name, 'cosignature', der);
  return kind.kind === 'ec' && kind.curve !== 'P-521' ? verifierKey(crypto, name, 'ecdsa', der) : null;
}

/** What a cosigner's key is to sign, and the line that its signature makes. */
export interface Cosigning {
  readonly payload: Uint8Array;
  readonly line: (signature: Uint8Array) => string;
}

/**
 * @param text Of the checkpoint, which the caller has verified.
 * @param time Seconds since 1970. ECDSA has no place for it: the ledger's own entry then tells when.
 */
export function cosigning(key: VerifierKey, text: string, time: number): Cosigning {
  if (key.type !== 'cosignature')
    return { payload: utf8(text), line: (signature) => signatureLine(key.name, key.id, signature) };
  return {
    payload: cosignedMessage(time, text),
    line: (signature) => signatureLine(key.name, key.id, timestamped({ time, signature })),
  };
}

/** A line of a known key over a known text. */
export interface KnownLine {
  readonly key: VerifierKey;
  /** The line with its newline, in its one spelling. */
  readonly line: string;
  /** Seconds since 1970 by the cosigner's clock; null where the signature carries no time. */
  readonly time: number | null;
}

/**
 * Reads the signature lines of an answer (tlog-witness) and keeps those that one of `known` made over `text`. Lines of
 * other keys are passed over; a bad signature of a known key refuses the whole answer, as in a note.
 */
export async function readAnswer(
  crypto: Crypto,
  answer: string,
  text: string,
  known: readonly VerifierKey[],
): Promise<Result<KnownLine[]>> {
  const note = parseNote(formatNote(text, [answer]));
  if (!note.ok || note.value.text !== text)
    return fail({ code: 'evidence', message: 'The answer is not made of signature lines.' });
  const found: KnownLine[] = [];
  for (const { name, id, signature } of note.value.signatures) {
    const key = known.find((candidate) => candidate.name === name && equal(candidate.id, id));
    if (key === undefined) continue;
    if (!(await isSignedBy(crypto, key, text, signature)))
      return fail({ code: 'evidence', message: `The signature of ${name} does not belong to this head.` });
    const time = key.type === 'cosignature' ? (readTimestamped(signature)?.time ?? null) : null;
    found.push({ key, line: signatureLine(name, id, signature), time });
  }
  return ok(found);
}

/** The note with the lines added that it does not have yet. */
export function withLines(note: string, lines: readonly string[]): string {
  const fresh = lines.filter((line) => !note.includes(`\n${line}`));
  return note + [...new Set(fresh)].join('');
}

/** Whether a recorded cosignature is one of the person's key over the head that the record names. */
export async function isCosigned(
  crypto: Crypto,
  origin: string,
  person: { readonly person: string; readonly spki: string },
  record: { readonly name: string; readonly signature: string; readonly size: number; readonly root: string },
): Promise<boolean> {
  const key = cosignerKey(crypto, origin, person);
  const root = fromHex(record.root);
  if (!key || !root || key.name !== record.name) return false;
  const text = checkpointText({ origin, size: record.size, root });
  const read = await readAnswer(crypto, `\u2014 ${record.name} ${record.signature}\n`, text, [key]);
  return read.ok && read.value.length === 1;
}
