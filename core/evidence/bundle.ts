/**
 * Making a bundle, in two phases around the HSM's signature:
 *
 *   draftStatement(input)            everything that exists before signing, and the bytes to sign (draft.ts)
 *   [ledger: intent of statement.sign with `digest` = draft.paeSha256; the HSM signs draft.pae; ]
 *   sealStatement(draft, signature)  the envelope, after the signature was checked
 *   [ledger: result of statement.sign with `blobs` = [sealed.envelopeSha256]; checkpoint signed]
 *   buildBundle(draft, sealed, ...)  the archive; the same parts give the same bytes
 *
 * So the statement commits to the earlier entries, and the ledger commits to the statement.
 */
import { equal, hex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { parseCheckpoint, parseNote } from '../ledger/note.ts';
import { formatConsistencyFile, formatInclusionFile } from '../ledger/proof.ts';
import { ok, type Result } from '../result.ts';
import { readApproval } from './approval-file.ts';
import { refuse, type Draft, type LedgerPart } from './draft.ts';
import { envelopeBytes, parseEnvelope } from './dsse.ts';
import { entryFile, FILE, headFile, proofFile } from './names.ts';
import { formatDisclosures, formatLeaves, formatRangeFile, parseLeaves, type Leaf } from './range-file.ts';
import { verifySignature } from './signature.ts';
import { STATEMENT_TYPE } from './statement.ts';
import { sha256Sums, guide, readme } from './texts.ts';
import { writeZip } from './zip.ts';

export interface Sealed {
  readonly signature: Uint8Array;
  readonly envelope: Uint8Array;
  readonly envelopeSha256: string;
}

/** Makes the envelope. A signature that does not verify, or is not in its one encoding, is refused here. */
export async function sealStatement(crypto: Crypto, draft: Draft, signature: Uint8Array): Promise<Result<Sealed>> {
  if (!(await verifySignature(crypto, draft.signerSpki, draft.pae, signature)))
    return refuse('The signature of the statement does not verify with the attestation key.');
  const keyid = hex(crypto.sha256(draft.signerSpki));
  const envelope = envelopeBytes({ payloadType: STATEMENT_TYPE, payload: draft.bytes, keyid, signature });
  return ok({ signature, envelope, envelopeSha256: hex(crypto.sha256(envelope)) });
}

/** What the ledger has when the bundle is written: the entries up to the result of statement.sign, and their seal. */
export interface SealedLedger extends LedgerPart {
  /** The signed checkpoint note over exactly this tree. */
  readonly checkpoint: string;
}

/** The finished archive. Deterministic: exporting again gives the same bytes. */
export function buildBundle(crypto: Crypto, draft: Draft, sealed: Sealed, ledger: SealedLedger): Result<Uint8Array> {
  const { tree, checkpoint, first } = ledger;
  const { size } = tree;
  const note = parseNote(checkpoint);
  const head = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!head.ok) return head;
  if (head.value.size !== size || !equal(head.value.root, tree.root()))
    return refuse('The checkpoint does not seal the entries given.');
  if (first + ledger.leaves.length !== size) return refuse('The entries given do not reach the checkpoint.');
  const parsed = parseLeaves(crypto, formatLeaves(ledger.leaves));
  if (!parsed.ok) return parsed;
  const leaves = parsed.value;
  const before = parseLeaves(crypto, formatLeaves(ledger.earlier));
  if (!before.ok) return before;
  const all = [...before.value, ...leaves];
  if (!all.every(({ entry, hash }) => entry.seq < size && equal(hash, tree.leaf(entry.seq))))
    return refuse('The entries given are not those of the ledger.');
  const issued = issuing(leaves, draft.paeSha256, sealed.envelopeSha256);
  if (!issued) return refuse('The ledger does not record that this statement was signed.');

  const files = new Map(draft.files);
  files.set(FILE.statement, draft.bytes);
  files.set(FILE.signature, sealed.signature);
  files.set(FILE.envelope, sealed.envelope);
  const { log, ceremony } = draft.statement.predicate;
  for (const seq of [...log.events.map((event) => event.seq), issued.intent, issued.result]) {
    const leaf = all.find(({ entry }) => entry.seq === seq);
    if (!leaf) return refuse(`Entry ${seq} lies outside the entries given.`);
    files.set(entryFile(seq), leaf.bytes);
    files.set(proofFile(seq), utf8(formatInclusionFile({ index: seq, proof: tree.inclusionProof(seq), checkpoint })));
  }
  files.set(FILE.range, formatLeaves(ledger.leaves));
  files.set(
    FILE.rangeProof,
    utf8(formatRangeFile({ first, end: size, proof: tree.rangeProof(first, size), checkpoint })),
  );
  files.set(
    FILE.disclosures,
    formatDisclosures(
      crypto,
      leaves.map(({ entry }) => entry),
      ledger.disclosures,
    ),
  );
  const heads = new Set([log.checkpointAtIssue.size]);
  for (const { evidence } of ceremony.approvals) {
    const envelope = parseEnvelope(files.get(evidence)!);
    const approval = envelope.ok ? readApproval(envelope.value.payload) : envelope;
    if (!approval.ok) return approval;
    heads.add(approval.value.ledgerHead.size);
  }
  for (const oldSize of heads) {
    if (oldSize > size) return refuse('An approval is bound to a ledger longer than this one.');
    files.set(
      headFile(oldSize),
      utf8(formatConsistencyFile({ oldSize, proof: tree.consistencyProof(oldSize), checkpoint })),
    );
  }
  files.set(FILE.readme, readme(draft.statement));
  const time = leaves[leaves.length - 1]!.entry.clock.wall;
  files.set(FILE.guide, guide({ statement: draft.statement, files, first, size, time, issued }));
  files.set(FILE.sums, sha256Sums(crypto, files));
  return ok(writeZip(files));
}

/** Where the ledger records the signing of this statement. */
export interface Issued {
  readonly intent: number;
  readonly result: number;
}

/** Finds the intent that names the digest of the bytes signed, and its committed result that names the envelope. */
export function issuing(leaves: readonly Leaf[], paeSha256: string, envelopeSha256: string): Issued | null {
  for (const { entry } of leaves) {
    if (entry.type !== 'act.result' && entry.type !== 'act.recovered') continue;
    const { act, outcome, blobs, intent: of } = entry.data;
    if (act !== 'statement.sign' || outcome !== 'committed' || !blobs?.includes(envelopeSha256)) continue;
    const intent = leaves.find(({ hash }) => hex(hash) === of)?.entry;
    if (intent?.type === 'act.intent' && intent.data.act === 'statement.sign' && intent.data.digest === paeSha256)
      return { intent: intent.seq, result: entry.seq };
  }
  return null;
}
