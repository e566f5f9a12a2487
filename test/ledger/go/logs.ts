/** A log key of each type that a ledger may be sealed with, and small ledgers sealed by them. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8 } from '../../../core/bytes.ts';
import { cosigning } from '../../../core/ledger/cosigner.ts';
import { rootOf } from '../../../core/ledger/merkle.ts';
import {
  checkpointText,
  formatNote,
  formatVkey,
  signatureLine,
  verifierKey,
  type NoteKeyType,
  type VerifierKey,
} from '../../../core/ledger/note.ts';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';
import { grow, journalBytes, journalPath, open, scratch, value } from '../scratch.ts';

export interface Signer {
  readonly key: VerifierKey;
  readonly vkey: string;
  line(text: string): string;
}

export function signer(type: NoteKeyType, pair: { privateKey: KeyObject; publicKey: KeyObject }, name: string): Signer {
  const spki = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }));
  const key = verifierKey(crypto, name, type, spki);
  const hash = type === 'ed25519' ? null : 'sha256';
  const line = (text: string) => signatureLine(name, key.id, sign(hash, utf8(text), pair.privateKey));
  return { key, vkey: formatVkey(key), line };
}

/** Somebody who cosigns by cosignature/v1, at the time given. */
export function cosigner(name: string, time = 1_800_000_000): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = verifierKey(
    crypto,
    name,
    'cosignature',
    new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
  );
  const line = (text: string) => {
    const work = cosigning(key, text, time);
    return work.line(new Uint8Array(sign(null, work.payload, privateKey)));
  };
  return { key, vkey: formatVkey(key), line };
}

export const ORIGIN = 'ledger.example/go';

export const SIGNERS: Readonly<Record<string, Signer>> = {
  'Ed25519 (0x01)': signer('ed25519', generateKeyPairSync('ed25519'), ORIGIN),
  'ECDSA P-256 (0x02)': signer('ecdsa', generateKeyPairSync('ec', { namedCurve: 'P-256' }), ORIGIN),
  'ECDSA P-384 (0x02)': signer('ecdsa', generateKeyPairSync('ec', { namedCurve: 'P-384' }), ORIGIN),
  'RSA 3072 (0xff)': signer('rsa', generateKeyPairSync('rsa', { modulusLength: 3072 }), ORIGIN),
};

/** The head of `size` entries with that root, signed by each of the signers. */
export function head(size: number, root: Uint8Array, signers: readonly Signer[], origin = ORIGIN): string {
  const text = checkpointText({ origin, size, root });
  return formatNote(
    text,
    signers.map((one) => one.line(text)),
  );
}

/** A ledger of twelve entries, sealed at 1, 6 and 12, and its leaf hashes. */
export interface Sealed {
  readonly dir: string;
  readonly hashes: readonly Uint8Array[];
}

/** The entries are the same for every key: only the heads differ. */
let template: { journal: Buffer; disclosures: Buffer; hashes: readonly Uint8Array[] } | null = null;

export async function sealedLedger(by: Signer): Promise<Sealed> {
  const dir = scratch();
  if (template === null) {
    const journal = value(await open(dir));
    await grow(journal, 12);
    value(await journal.close());
    const [entries, disclosures] = [journalBytes(dir), readFileSync(join(dir, 'disclosures.jsonl'))];
    template = { journal: entries, disclosures, hashes: journal.leafHashes() };
  }
  const { journal, disclosures, hashes } = template;
  writeFileSync(journalPath(dir), journal);
  writeFileSync(join(dir, 'disclosures.jsonl'), disclosures);
  mkdirSync(join(dir, 'checkpoints'), { recursive: true });
  for (const size of [1, 6, 12])
    writeFileSync(join(dir, `checkpoints/${size}.note`), head(size, rootOf(crypto, hashes.slice(0, size)), [by]));
  return { dir, hashes };
}
