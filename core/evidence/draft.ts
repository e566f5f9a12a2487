/**
 * What is fixed before the HSM signs: the files that exist, the statement about them, and the bytes to sign. Everything
 * that the statement says of the key is replayed from the entries given.
 */
import { fromBase64, hex } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { jcsBytes } from '../json/jcs.ts';
import type { ReadTree } from '../ledger/tree.ts';
import { replayKeys, type KeyRecord } from '../lifecycle/replay.ts';
import { stepOf, type Plan } from '../plan/plan.ts';
import { APPROVAL_TYPE } from '../quorum/approval.ts';
import { ruleFor } from '../quorum/policy.ts';
import { fail, ok, type Result } from '../result.ts';
import { doneActs, namedLeaves, type DoneAct } from './acts.ts';
import { readApproval } from './approval-file.ts';
import { changesOf } from './change.ts';
import { pae, parseEnvelope } from './dsse.ts';
import type { Genesis } from './genesis.ts';
import { minutes } from './minutes.ts';
import { approvalFile, FILE, mediaType } from './names.ts';
import { pem } from './pem.ts';
import { formatLeaves, parseLeaves, type Disclosures } from './range-file.ts';
import { keyKind, signNameOf, type SignName } from './spki.ts';
import {
  CHANGE_PREDICATE_TYPE,
  IN_TOTO_STATEMENT,
  notProvenOf,
  PREDICATE_TYPE,
  STATEMENT_TYPE,
  statementBytes,
  type ChangePredicate,
  type KeyPredicate,
  type Predicate,
  type Statement,
} from './statement.ts';
import { parseCertificate } from './x509.ts';
import { MAX_ENTRIES } from './zip.ts';

/** The ledger as the producer holds it. */
export interface LedgerPart {
  /** Sequence number of the ceremony's first entry (`plan.frozen`). */
  readonly first: number;
  /** Exact leaf bytes of every entry from `first` to the newest. */
  readonly leaves: readonly Uint8Array[];
  /** Exact leaf bytes of the entries before `first` that the state of the key follows from, oldest first. */
  readonly earlier: readonly Uint8Array[];
  /** The tree over the whole ledger, from entry 0 to the newest. */
  readonly tree: ReadTree;
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

export const refuse = (message: string) => fail({ code: 'evidence', message });

/** Collects what exists before signing and says what is to be signed. Refuses where the ledger does not bear it out. */
export function draftStatement(crypto: Crypto, input: BundleInput): Result<Draft> {
  const { plan, genesis, ledger } = input;
  const sha256 = (bytes: Uint8Array): string => hex(crypto.sha256(bytes));
  if (ledger.first + ledger.leaves.length !== ledger.tree.size)
    return refuse('The entries given do not reach the head of the ledger.');
  const parsed = parseLeaves(crypto, formatLeaves(ledger.leaves));
  if (!parsed.ok) return parsed;
  const leaves = parsed.value;
  const before = parseLeaves(crypto, formatLeaves(ledger.earlier));
  if (!before.ok) return before;
  const earlier = before.value;
  const all = [...earlier, ...leaves];
  const recorded = all.map(({ entry, hash }) => ({ entry, leafHash: hex(hash) }));
  const record = replayKeys(recorded, genesis.profile).keys.get(input.key);
  const spki = record && fromBase64(record.spki ?? '');
  if (!record || !spki || !record.private || !record.public)
    return refuse('The entries given do not record that the key was made.');
  if (earlier.some(({ entry }) => entry.seq >= ledger.first || !record.entries.includes(entry.seq)))
    return refuse('An entry was given that is not about this key.');
  const certificate = parseCertificate(input.attestationCertificate);
  const signer = certificate && keyKind(certificate.spki);
  if (!certificate || !signer) return refuse('The certificate of the attestation key is not one that Conclave makes.');
  const root = fromBase64(genesis.operatorRoot.certificate);
  if (!root) return refuse('The genesis sheet has no operator root.');

  const acts = doneActs(leaves, input.key);
  const change = changeOf(plan, record, acts);
  if (change?.acts.length === 0) return refuse('The ledger does not record that this ceremony changed the key.');
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
  const named = namedLeaves(all, doneActs(all, input.key), plan.ceremony);
  // Each named entry is two files; the rest of the archive is a few and one for each earlier head.
  if (files.size + 2 * named.length + 2 * approvals.length + 32 > MAX_ENTRIES)
    return refuse('The life of this key is too long for one bundle. The ledger has all of it.');
  const since = record.history.findLast(({ half }) => half === 'private')!.time;

  const predicate: KeyPredicate = {
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
      attributes: {
        private: [...(record.attributes.private ?? [])],
        public: [...(record.attributes.public ?? [])],
      },
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
      checkpointAtIssue: { size: ledger.tree.size, root: hex(ledger.tree.root()) },
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
    notProven: [...notProvenOf(genesis.anchor, genesis.profile, change?.acts ?? [])],
  };
  const about = {
    _type: IN_TOTO_STATEMENT,
    subject: [{ name: 'key/public.spki', digest: { sha256: sha256(spki) } }],
  } as const;
  const statement: Statement = change
    ? {
        ...about,
        subject: [...about.subject],
        predicateType: CHANGE_PREDICATE_TYPE,
        predicate: { ...predicate, change },
      }
    : { ...about, subject: [...about.subject], predicateType: PREDICATE_TYPE, predicate };
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

/** What the ceremony changed, where it is about a key that existed; null where it made the key. */
function changeOf(
  { subject, script }: Plan,
  record: KeyRecord,
  acts: readonly DoneAct[],
): ChangePredicate['change'] | null {
  if (subject?.key !== record.key || !('reason' in script)) return null;
  return { recipe: script.recipe, reason: script.reason, acts: changesOf(record, acts) };
}
