/**
 * Making a bundle, in two phases around the HSM's signature:
 *
 *   draftStatement(input)            everything that exists before signing, and the bytes to sign
 *   [ledger: intent of statement.sign with `digest` = draft.paeSha256; the HSM signs draft.pae; ]
 *   sealStatement(draft, signature)  the envelope, after the signature was checked
 *   [ledger: result of statement.sign with `blobs` = [sealed.envelopeSha256]; checkpoint signed]
 *   buildBundle(draft, sealed, ...)  the archive; the same parts give the same bytes
 *
 * So the statement commits to the earlier entries, and the ledger commits to the statement.
 */
import { equal, fromBase64, hex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { jcsBytes } from '../json/jcs.ts';
import { consistencyProof, inclusionProof, rangeProof, rootOf, type Hash } from '../ledger/merkle.ts';
import { parseCheckpoint, parseNote } from '../ledger/note.ts';
import { formatConsistencyFile, formatInclusionFile } from '../ledger/proof.ts';
import { replayKeys } from '../lifecycle/replay.ts';
import { stepOf, type Plan } from '../plan/plan.ts';
import { APPROVAL_TYPE } from '../quorum/approval.ts';
import { ruleFor } from '../quorum/policy.ts';
import { fail, ok, type Result } from '../result.ts';
import { doneActs, namedLeaves } from './acts.ts';
import { envelopeBytes, pae, parseEnvelope } from './dsse.ts';
import type { Genesis } from './genesis.ts';
import { minutes } from './minutes.ts';
import { approvalFile, entryFile, FILE, headFile, mediaType, proofFile } from './names.ts';
import { readApproval } from './approval-file.ts';
import { pem } from './pem.ts';
import {
  formatDisclosures,
  formatLeaves,
  formatRangeFile,
  parseLeaves,
  type Disclosures,
  type Leaf,
} from './range-file.ts';
import { verifySignature } from './signature.ts';
import { keyKind, signNameOf, type SignName } from './spki.ts';
import {
  IN_TOTO_STATEMENT,
  notProvenWith,
  PREDICATE_TYPE,
  STATEMENT_TYPE,
  statementBytes,
  type Predicate,
  type Statement,
} from './statement.ts';
import { sha256Sums, guide, readme } from './texts.ts';
import { parseCertificate } from './x509.ts';
import { writeZip } from './zip.ts';

/** The ledger as the producer holds it. */
export interface LedgerPart {
  /** Sequence number of the ceremony's first entry (`plan.frozen`). */
  readonly first: number;
  /** Exact leaf bytes of every entry from `first` to the newest. */
  readonly leaves: readonly Uint8Array[];
  /** Leaf hashes of the whole ledger, from entry 0 to the newest. */
  readonly leafHashes: readonly Hash[];
  /** Encoded disclosures of those entries. */
  readonly disclosures: Disclosures;
}

export interface BundleInput {
  /** A random UUID. */
  readonly bundleId: string;
  /** UTC, from the workstation's clock. */
  readonly issuedAt: string;
  /** Base64, supplied by an auditor, or null. */
  readonly nonce: string | null;
  readonly producer: Predicate['producer'];
  readonly genesis: Genesis;
  readonly plan: Plan;
  /** CKA_ID of the subject, hex. State, attributes and public key come from the ledger. */
  readonly key: string;
  readonly module: Predicate['module'];
  readonly token: Predicate['token'];
  /** Certificate of the attestation key, DER. */
  readonly attestationCertificate: Uint8Array;
  /** PKCS#10 request, DER; null for a key that cannot or did not sign one. */
  readonly request: Uint8Array | null;
  /** The recorded test signature over its challenge; null where none was made. */
  readonly testSignature: { readonly challenge: Uint8Array; readonly signature: Uint8Array } | null;
  /** DSSE envelopes of approvals on hand. Those that the committed acts name are taken into the bundle. */
  readonly approvals: readonly Uint8Array[];
  /** Up to now: the statement names these entries, and its head is the ledger of this moment. */
  readonly ledger: LedgerPart;
}

/** What is fixed before signing. Plain data: it can be kept and taken up again after a crash. */
export interface Draft {
  readonly statement: Statement;
  readonly bytes: Uint8Array;
  /** What the attestation key signs, and how. */
  readonly pae: Uint8Array;
  readonly paeSha256: string;
  readonly signWith: SignName;
  /** SubjectPublicKeyInfo of the attestation key, DER. */
  readonly signerSpki: Uint8Array;
  /** The files made so far, by their paths. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface Sealed {
  readonly signature: Uint8Array;
  readonly envelope: Uint8Array;
  readonly envelopeSha256: string;
}

const refuse = (message: string) => fail({ code: 'evidence', message });

/** Collects what exists before signing and says what is to be signed. Refuses where the ledger does not bear it out. */
export function draftStatement(crypto: Crypto, input: BundleInput): Result<Draft> {
  const { plan, genesis, ledger } = input;
  const sha256 = (bytes: Uint8Array): string => hex(crypto.sha256(bytes));
  if (ledger.first + ledger.leaves.length !== ledger.leafHashes.length)
    return refuse('The entries given do not reach the head of the ledger.');
  const parsed = parseLeaves(crypto, formatLeaves(ledger.leaves));
  if (!parsed.ok) return parsed;
  const leaves = parsed.value;
  const record = replayKeys(
    leaves.map(({ entry, hash }) => ({ entry, leafHash: hex(hash) })),
    genesis.profile,
  ).keys.get(input.key);
  const spki = record && fromBase64(record.spki);
  if (!record || !spki) return refuse('The ledger does not record, in this ceremony, that the key was made.');
  const certificate = parseCertificate(input.attestationCertificate);
  const signer = certificate && keyKind(certificate.spki);
  if (!certificate || !signer) return refuse('The certificate of the attestation key is not one that Conclave makes.');
  const root = fromBase64(genesis.operatorRoot.certificate);
  if (!root) return refuse('The genesis sheet has no operator root.');

  const acts = doneActs(leaves, input.key);
  const wanted = new Set(acts.flatMap(({ intent }) => intent.entry.data.approvals ?? []));
  const approvals: Predicate['ceremony']['approvals'] = [];
  const files = new Map<string, Uint8Array>();
  for (const bytes of input.approvals) {
    if (!wanted.delete(sha256(bytes))) continue;
    const envelope = parseEnvelope(bytes);
    const approval = envelope.ok ? readApproval(envelope.value.payload) : envelope;
    if (!envelope.ok || !approval.ok || envelope.value.payloadType !== APPROVAL_TYPE)
      return refuse('An approval that the ledger names is not an approval envelope.');
    const { step, custodian } = approval.value;
    const name = approvalFile(custodian, step);
    if (files.has(name)) return refuse(`${custodian} approved ${step} twice.`);
    files.set(name, bytes);
    approvals.push({ step, custodian, keySha256: envelope.value.keyid, method: 'signature', evidence: name });
  }
  if (wanted.size > 0) return refuse('An approval that the ledger names is missing.');
  approvals.sort((a, b) => (a.evidence < b.evidence ? -1 : 1));

  files.set(FILE.publicKey, pem('PUBLIC KEY', spki));
  if (input.request) files.set(FILE.request, pem('CERTIFICATE REQUEST', input.request));
  if (input.testSignature) {
    files.set(FILE.challenge, input.testSignature.challenge);
    files.set(FILE.testSignature, input.testSignature.signature);
  }
  files.set(FILE.certificate, pem('CERTIFICATE', input.attestationCertificate));
  files.set(FILE.root, pem('CERTIFICATE', root));
  const planFile = jcsBytes(plan);
  files.set(FILE.plan, planFile);
  files.set(FILE.minutes, minutes(crypto, plan, leaves, ledger.disclosures));

  const quorum = acts.flatMap(({ intent }): Predicate['ceremony']['quorum'] => {
    const step = intent.entry.data.step === undefined ? null : stepOf(plan, intent.entry.data.step);
    const rule = step?.action === undefined ? null : ruleFor(genesis.policy, step.action);
    if (!step?.action || !rule) return [];
    const members = (of: string): number => genesis.policy.groups.find(({ id }) => id === of)?.people.length ?? 0;
    const groups = rule.all.map(({ of, required }) => ({ group: of, required, of: members(of) }));
    return [{ step: step.id, action: step.action, groups }];
  });
  const named = namedLeaves(leaves, acts, plan.ceremony);
  const since = record.history.findLast(({ half }) => half === 'private')!.time;

  const statement: Statement = {
    _type: IN_TOTO_STATEMENT,
    subject: [{ name: 'key/public.spki', digest: { sha256: sha256(spki) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      bundleId: input.bundleId,
      environment: plan.environment,
      issuedAt: { value: input.issuedAt, source: 'workstation-clock' },
      nonce: input.nonce,
      producer: input.producer,
      claimedAssurance: 'software-asserted',
      vault: plan.vault,
      module: input.module,
      token: input.token,
      custody: genesis.custody,
      key: {
        ckaId: record.key,
        label: record.label,
        mechanism: record.mechanism,
        spkiSha256: sha256(spki),
        attributes: { private: [...record.attributes.private], public: [...record.attributes.public] },
        readAt: record.readAt,
      },
      lifecycle: { profile: genesis.profile, state: record.private, publicState: record.public, since },
      ceremony: {
        id: plan.ceremony,
        planSha256: sha256(planFile),
        scriptSha256: plan.scriptSha256,
        policySha256: plan.policySha256,
        quorum,
        approvals,
      },
      log: {
        origin: genesis.origin,
        events: named.map(({ entry, hash }) => ({ seq: entry.seq, type: entry.type, leafHash: hex(hash) })),
        checkpointAtIssue: { size: ledger.leafHashes.length, root: hex(rootOf(crypto, ledger.leafHashes)) },
        ...(genesis.anchor === undefined ? {} : { anchor: genesis.anchor }),
      },
      signer: {
        spkiSha256: sha256(certificate.spki),
        certSha256: sha256(input.attestationCertificate),
        sameTokenAsSubject: input.token.serial === genesis.hsm.serial,
        purpose: 'bundle-signing only',
      },
      operatorRoot: {
        sha256: genesis.operatorRoot.sha256,
        tokenSerial: genesis.operatorRoot.tokenSerial,
        sharesTokenWithSubject: genesis.operatorRoot.tokenSerial === input.token.serial,
      },
      vendorEvidence: [],
      evidence: [...files.keys()].sort().map((name) => ({
        name,
        digest: { sha256: sha256(files.get(name)!) },
        mediaType: mediaType(name),
      })),
      notProven: [...notProvenWith(genesis.anchor)],
    },
  };
  const bytes = statementBytes(statement);
  const toSign = pae(STATEMENT_TYPE, bytes);
  return ok({
    statement,
    bytes,
    pae: toSign,
    paeSha256: sha256(toSign),
    signWith: signNameOf(signer),
    signerSpki: certificate.spki,
    files,
  });
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
  /** The signed checkpoint note over exactly these leaf hashes. */
  readonly checkpoint: string;
}

/** The finished archive. Deterministic: exporting again gives the same bytes. */
export function buildBundle(crypto: Crypto, draft: Draft, sealed: Sealed, ledger: SealedLedger): Result<Uint8Array> {
  const { leafHashes, checkpoint, first } = ledger;
  const size = leafHashes.length;
  const note = parseNote(checkpoint);
  const head = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!head.ok) return head;
  if (head.value.size !== size || !equal(head.value.root, rootOf(crypto, leafHashes)))
    return refuse('The checkpoint does not seal the entries given.');
  if (first + ledger.leaves.length !== size) return refuse('The entries given do not reach the checkpoint.');
  const parsed = parseLeaves(crypto, formatLeaves(ledger.leaves));
  if (!parsed.ok) return parsed;
  const leaves = parsed.value;
  if (!leaves.every(({ hash }, i) => equal(hash, leafHashes[first + i]!)))
    return refuse('The entries given are not those of the ledger.');
  const issued = issuing(leaves, draft.paeSha256, sealed.envelopeSha256);
  if (!issued) return refuse('The ledger does not record that this statement was signed.');

  const files = new Map(draft.files);
  files.set(FILE.statement, draft.bytes);
  files.set(FILE.signature, sealed.signature);
  files.set(FILE.envelope, sealed.envelope);
  const { log, ceremony } = draft.statement.predicate;
  for (const seq of [...log.events.map((event) => event.seq), issued.intent, issued.result]) {
    const leaf = leaves[seq - first];
    if (!leaf) return refuse(`Entry ${seq} lies outside the entries given.`);
    files.set(entryFile(seq), leaf.bytes);
    files.set(
      proofFile(seq),
      utf8(formatInclusionFile({ index: seq, proof: inclusionProof(crypto, leafHashes, seq), checkpoint })),
    );
  }
  files.set(FILE.range, formatLeaves(ledger.leaves));
  files.set(
    FILE.rangeProof,
    utf8(formatRangeFile({ first, end: size, proof: rangeProof(crypto, leafHashes, first, size), checkpoint })),
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
      utf8(formatConsistencyFile({ oldSize, proof: consistencyProof(crypto, leafHashes, oldSize), checkpoint })),
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
