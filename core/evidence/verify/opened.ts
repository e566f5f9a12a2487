/** A bundle taken apart for checking. Parts that cannot be read are null, and the checks that need them say so. */
import * as v from 'valibot';
import { equal, fromBase64, hex } from '../../bytes.ts';
import type { Crypto } from '../../crypto.ts';
import { parseCanonical } from '../../json/jcs.ts';
import { leafHash, parseEntry, type Environment } from '../../ledger/entry.ts';
import { parseCheckpoint, parseNote, verifyCheckpoint, type Checkpoint } from '../../ledger/note.ts';
import { replayKeys, type KeyRecord, type KeyReplay } from '../../lifecycle/replay.ts';
import { planSchema, type KeyPlan } from '../../plan/plan.ts';
import { isAgreement } from '../../plan/recipes.ts';
import type { Approval } from '../../quorum/approval.ts';
import type { Result } from '../../result.ts';
import { readApproval } from '../approval-file.ts';
import { issuing, type Issued } from '../bundle.ts';
import { pae, parseEnvelope, type Envelope } from '../dsse.ts';
import type { Trust } from '../genesis-file.ts';
import { entryFile, FILE } from '../names.ts';
import { fromPem } from '../pem.ts';
import {
  parseDisclosures,
  parseLeaves,
  parseRangeFile,
  type Disclosures,
  type Leaf,
  type RangeFile,
} from '../range-file.ts';
import { isLowS } from '../signature.ts';
import { keyKind } from '../spki.ts';
import { parseStatement, STATEMENT_TYPE, type Statement } from '../statement.ts';
import { parseCertificate, type Certificate } from '../x509.ts';
import type { Files } from '../zip.ts';

export interface OpenedApproval {
  readonly name: string;
  /** SHA-256 of the file: how the ledger refers to it. */
  readonly sha256: string;
  readonly envelope: Envelope;
  readonly approval: Approval;
}

export interface Opened {
  readonly crypto: Crypto;
  readonly files: Files;
  readonly expect: Environment;
  readonly now: string;
  readonly trust: Trust | null;
  readonly rootFingerprint: string | null;
  readonly statement: Result<Statement>;
  readonly envelope: Result<Envelope> | null;
  readonly certificate: Certificate | null;
  /** Operator root in the bundle. Believed only when something from outside confirms it. */
  readonly bundledRoot: Uint8Array | null;
  readonly spki: Uint8Array | null;
  readonly plan: KeyPlan | null;
  readonly leaves: Result<Leaf[]> | null;
  readonly range: Result<RangeFile> | null;
  /** Entries before the range that the statement names, oldest first; null where one of them cannot be read. */
  readonly earlier: readonly Leaf[] | null;
  readonly disclosures: Disclosures | null;
  /** The head as the range proof carries it; `checkpointProblem` says whether its signature was verified. */
  readonly checkpoint: Checkpoint | null;
  /** Null: signed by the log key of the genesis sheet. */
  readonly checkpointProblem: string | null;
  readonly replay: KeyReplay | null;
  readonly record: KeyRecord | null;
  readonly issued: Issued | null;
  /** Files under approvals/ that could be read, and the names of those that could not. */
  readonly approvals: readonly OpenedApproval[];
  readonly unreadableApprovals: readonly string[];
}

export interface OpenOptions {
  readonly trust: Trust | null;
  readonly rootFingerprint: string | null;
  readonly expect: Environment;
  readonly now: string;
}

const valueOf = <T>(result: Result<T> | null): T | null => (result?.ok === true ? result.value : null);

/** A plan about no single key has no bundle of one, so it is none here. */
function readPlan(file: Uint8Array | undefined): KeyPlan | null {
  const json = file && parseCanonical(file);
  const parsed = json?.ok ? v.safeParse(planSchema, json.value) : null;
  if (!parsed?.success) return null;
  const { script, ...plan } = parsed.output;
  return isAgreement(script) ? null : { ...plan, script };
}

/** The entries before the range, from files of their own. Their proofs are checked as those of all named entries. */
function readEarlier(crypto: Crypto, files: Files, { predicate }: Statement, range: readonly Leaf[]): Leaf[] | null {
  const first = range[0]?.entry.seq ?? 0;
  const out: Leaf[] = [];
  for (const { seq } of predicate.log.events) {
    if (seq >= first) continue;
    const bytes = files.get(entryFile(seq));
    const entry = bytes && parseEntry(bytes);
    if (!bytes || !entry?.ok || entry.value.seq !== seq || seq <= (out.at(-1)?.entry.seq ?? -1)) return null;
    out.push({ entry: entry.value, bytes, hash: leafHash(crypto, bytes) });
  }
  return out;
}

async function checkpointProblem(crypto: Crypto, note: string, trust: Trust | null): Promise<string | null> {
  if (!trust) return 'No genesis sheet was given, so the log key is not known.';
  const verified = await verifyCheckpoint(crypto, note, trust.logKey);
  if (!verified.ok) return verified.error.message;
  const parsed = parseNote(note);
  const only = parsed.ok && parsed.value.signatures.length === 1 ? parsed.value.signatures[0] : null;
  if (!only) return 'The checkpoint carries a signature line that nobody here can check.';
  const kind = keyKind(trust.logKey.spki);
  if (kind?.kind === 'ec' && !isLowS(kind.curve, only.signature))
    return 'The signature of the checkpoint is not in its one agreed encoding.';
  // No extension lines: nothing here could check what they say.
  if (parsed.ok && parsed.value.text.split('\n').length !== 4)
    return 'The checkpoint has lines that nobody here can check.';
  return null;
}

export async function openBundle(crypto: Crypto, files: Files, options: OpenOptions): Promise<Opened> {
  const { trust } = options;
  const sha256 = (bytes: Uint8Array): string => hex(crypto.sha256(bytes));
  const der = (name: string, label: Parameters<typeof fromPem>[0]): Uint8Array | null =>
    files.has(name) ? fromPem(label, files.get(name)!) : null;
  const file = <T>(name: string, read: (bytes: Uint8Array) => T): T | null =>
    files.has(name) ? read(files.get(name)!) : null;

  const statement = parseStatement(files.get(FILE.statement) ?? new Uint8Array(0));
  const envelope = file(FILE.envelope, parseEnvelope);
  const certificateDer = der(FILE.certificate, 'CERTIFICATE');
  const leaves = file(FILE.range, (bytes) => parseLeaves(crypto, bytes));
  const range = file(FILE.rangeProof, parseRangeFile);
  const disclosures = file(FILE.disclosures, parseDisclosures);
  const entries = valueOf(leaves);
  const claimed = valueOf(statement);
  const earlier = claimed && entries ? readEarlier(crypto, files, claimed, entries) : null;
  // The entry that names the profile is not among them. What the statement says of it is compared with the plan.
  const replay =
    entries &&
    replayKeys(
      [...(earlier ?? []), ...entries].map(({ entry, hash }) => ({ entry, leafHash: hex(hash) })),
      claimed?.predicate.lifecycle.profile,
    );
  const note = valueOf(range)?.checkpoint ?? null;
  const noteText = note === null ? null : valueOf(parseNote(note));

  const approvals: OpenedApproval[] = [];
  const unreadableApprovals: string[] = [];
  for (const [name, bytes] of files) {
    if (!name.startsWith('approvals/')) continue;
    const read = valueOf(parseEnvelope(bytes));
    const approval = read && valueOf(readApproval(read.payload));
    if (read && approval) approvals.push({ name, sha256: sha256(bytes), envelope: read, approval });
    else unreadableApprovals.push(name);
  }

  return {
    crypto,
    files,
    ...options,
    statement,
    envelope,
    certificate: certificateDer && parseCertificate(certificateDer),
    bundledRoot: der(FILE.root, 'CERTIFICATE'),
    spki: der(FILE.publicKey, 'PUBLIC KEY'),
    plan: readPlan(files.get(FILE.plan)),
    leaves,
    range,
    earlier,
    disclosures: valueOf(disclosures),
    checkpoint: noteText && valueOf(parseCheckpoint(noteText.text)),
    checkpointProblem: note === null ? 'There is no checkpoint.' : await checkpointProblem(crypto, note, trust),
    replay,
    record: (claimed && replay?.keys.get(claimed.predicate.key.ckaId)) ?? null,
    issued:
      claimed && entries && files.has(FILE.envelope)
        ? issuing(entries, sha256(pae(STATEMENT_TYPE, files.get(FILE.statement)!)), sha256(files.get(FILE.envelope)!))
        : null,
    approvals,
    unreadableApprovals,
  };
}

/** Whether base64 text stands for these bytes. */
export const same64 = (text: string, bytes: Uint8Array): boolean => {
  const decoded = fromBase64(text);
  return decoded !== null && equal(decoded, bytes);
};
