/**
 * `statement.sign` and the writing of a bundle. The statement commits to the earlier entries, the ledger then commits
 * to the statement, and only after that the archive is written.
 */
import { randomUUID } from 'node:crypto';
import { hex } from '../../core/bytes.ts';
import type { CeremonyState } from '../../core/ceremony/state.ts';
import { administratorOf } from '../../core/ceremony/decide.ts';
import type { Crypto } from '../../core/crypto.ts';
import { buildBundle, sealStatement } from '../../core/evidence/bundle.ts';
import { draftStatement, type BundleInput, type LedgerPart } from '../../core/evidence/draft.ts';
import { readGenesis } from '../../core/evidence/genesis-file.ts';
import type { NewEntry, Event } from '../../core/ledger/event.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { TokenRef } from '../hsm/port.ts';
import type { CrashPoint } from '../workstation/crash-points.ts';
import { plannedKey } from '../../core/plan/plan.ts';
import type { HsmSession } from './hsm-session.ts';
import { serviceKeyId } from './seal-head.ts';
import type { Vault } from './vault.ts';

export interface ExportPorts {
  /** Where a test ends the process. Does nothing in a release build. */
  readonly crash: (point: CrashPoint) => void;
  readonly crypto: Crypto;
  readonly session: HsmSession;
  readonly software: { readonly version: string; readonly manifest: string };
  /** Writes a new file in the exports folder, whole or not at all; gives its path. Never overwrites. */
  readonly writeExport: (name: string, bytes: Uint8Array) => Promise<Result<string>>;
}

export interface Exported {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
}

/** @param seal Signs and stores the head of the ledger. */
export async function exportBundle(
  vault: Vault,
  ceremony: CeremonyState,
  ports: ExportPorts,
  seal: () => Promise<Result<null>>,
): Promise<Result<Exported>> {
  const { crypto, session } = ports;
  const input = await collect(vault, ceremony, ports);
  if (!input.ok) return input;
  const draft = draftStatement(crypto, input.value);
  if (!draft.ok) return draft;
  const hsm = session.use();
  if (!hsm.ok) return hsm;
  const ckaId = serviceKeyId(vault, 'attestation-key.generate');
  if (!ckaId) return fail({ code: 'evidence', message: 'The ledger has no attestation key.' });

  const by = (event: Event): NewEntry => ({
    event,
    ceremony: ceremony.id,
    actor: { role: 'administrator', person: administratorOf(ceremony) },
  });
  const clean = vault.effectUnsealed ? await seal() : ok(null);
  if (!clean.ok) return clean;
  const intent = await vault.append([
    by({
      type: 'act.intent',
      data: {
        act: 'statement.sign',
        step: 'export',
        plan: ceremony.planSha256,
        key: input.value.key,
        digest: draft.value.paeSha256,
        token: 'vault',
      },
    }),
  ]);
  if (!intent.ok) return intent;
  const of = hex(intent.value[0]!.hash);
  ports.crash('intent-after-append');
  const ahead = await seal();
  if (!ahead.ok) return ahead;
  ports.crash('intent-after-checkpoint');
  const { label, serial } = vault.state.hsm!;
  const token: TokenRef = { label, serial };
  const algorithm = draft.value.signWith;
  const signature = await hsm.value.sign({ token, ckaId, algorithm, data: draft.value.pae });
  ports.crash('hsm-after-call');
  if (!signature.ok && signature.error.code === 'hsm-lost') return signature;
  const sealed = signature.ok ? await sealStatement(crypto, draft.value, signature.value) : signature;
  const conclude = (data: Extract<Event, { type: 'act.result' }>['data']) =>
    vault.append([by({ type: 'act.result', data })]);
  if (!sealed.ok) {
    const { call, rv } = sealed.error;
    const noted = await conclude({
      act: 'statement.sign',
      intent: of,
      outcome: 'unknown',
      ...(call === undefined ? {} : { error: { call, rv: rv ?? '' } }),
    });
    if (!noted.ok) return noted;
    await seal();
    return sealed;
  }
  const kept = await vault.journal.putBlob(sealed.value.envelope);
  if (!kept.ok) return kept;
  const recorded = await conclude({
    act: 'statement.sign',
    intent: of,
    outcome: 'committed',
    key: input.value.key,
    blobs: [kept.value],
  });
  if (!recorded.ok) return recorded;
  const head = await seal();
  if (!head.ok) return head;

  const checkpoint = vault.journal.latestCheckpoint()!.note;
  const bundle = buildBundle(crypto, draft.value, sealed.value, { ...part(vault, ceremony), checkpoint });
  if (!bundle.ok) return bundle;
  const name = `${ceremony.id}-${plannedKey(ceremony.plan).label}.zip`;
  const written = await ports.writeExport(name, bundle.value);
  if (!written.ok) return written;
  const sha256 = hex(crypto.sha256(bundle.value));
  const noted = await vault.append([
    by({
      type: 'evidence.exported',
      data: { bundle: sha256, statement: sealed.value.envelopeSha256, key: input.value.key },
    }),
  ]);
  if (!noted.ok) return noted;
  const end = await seal();
  return end.ok ? ok({ name, path: written.value, sha256 }) : end;
}

/** The entries of the ceremony, and those before it that the state of its key follows from. */
function part({ journal, state }: Vault, ceremony: CeremonyState): LedgerPart {
  const lines = journal.entries(ceremony.from);
  const record = state.keys.keys.get(ceremony.key ?? '');
  const earlier = (record?.entries ?? []).filter((seq) => seq < ceremony.from);
  return {
    first: ceremony.from,
    leaves: lines.map(({ leaf }) => leaf),
    earlier: earlier.map((seq) => journal.entries(seq, seq + 1)[0]!.leaf),
    tree: journal.tree,
    disclosures: new Map(lines.map(({ entry }) => [entry.seq, journal.disclosuresOf(entry.seq)])),
  };
}

async function collect(vault: Vault, ceremony: CeremonyState, ports: ExportPorts): Promise<Result<BundleInput>> {
  const { crypto, session, software } = ports;
  const { journal, state } = vault;
  const missing = (what: string) => fail({ code: 'evidence' as const, message: `The ledger has no ${what}.` });
  if (!state.genesis || ceremony.key === null) return missing('key of this ceremony');
  const sheet = await journal.getBlob(state.genesis.genesis);
  if (!sheet.ok) return sheet;
  const trust = readGenesis(crypto, sheet.value);
  if (!trust.ok) return trust;
  const certificate = await journal.getBlob(state.genesis.attestationKey);
  if (!certificate.ok) return certificate;

  const blobsOf = async (act: string): Promise<Result<Uint8Array[] | null>> => {
    const line = journal
      .entries(ceremony.from)
      .findLast(
        ({ entry }) =>
          (entry.type === 'act.result' || entry.type === 'act.recovered') &&
          entry.data.act === act &&
          entry.data.outcome === 'committed' &&
          entry.data.key === ceremony.key,
      );
    const hashes = line?.entry.type === 'act.result' ? line.entry.data.blobs : undefined;
    if (!hashes) return ok(null);
    const out: Uint8Array[] = [];
    for (const sha256 of hashes) {
      const blob = await journal.getBlob(sha256);
      if (!blob.ok) return blob;
      out.push(blob.value);
    }
    return ok(out);
  };
  const request = await blobsOf('key.certify-request');
  if (!request.ok) return request;
  const test = await blobsOf('key.test-signature');
  if (!test.ok) return test;
  const approvals: Uint8Array[] = [];
  for (const { envelope, decision } of ceremony.decisions) {
    if (decision !== 'approve') continue;
    const blob = await journal.getBlob(envelope);
    if (!blob.ok) return blob;
    approvals.push(blob.value);
  }

  const module = await session.moduleInfo();
  if (!module.ok) return module;
  const slots = await session.slots();
  if (!slots.ok) return slots;
  const token = slots.value.find((slot) => slot.token?.serial === state.hsm?.serial)?.token;
  if (!token) return missing('token in any slot');
  return ok({
    bundleId: randomUUID(),
    issuedAt: new Date(vault.facts([]).now).toISOString(),
    nonce: null,
    producer: { name: 'conclave', version: software.version, manifestSha256: software.manifest },
    genesis: trust.value.genesis,
    plan: ceremony.plan,
    key: ceremony.key,
    module: {
      cryptoki: module.value.cryptokiVersion,
      manufacturer: module.value.manufacturer,
      description: module.value.description,
      version: module.value.version,
      fileSha256: module.value.fileSha256,
    },
    token: {
      label: token.label,
      manufacturer: token.manufacturer,
      model: token.model,
      serial: token.serial,
      hardwareVersion: token.hardwareVersion,
      firmwareVersion: token.firmwareVersion,
      flags: [...token.flags],
    },
    attestationCertificate: certificate.value,
    request: request.value?.[0] ?? null,
    testSignature: test.value?.length === 2 ? { challenge: test.value[0]!, signature: test.value[1]! } : null,
    approvals,
    ledger: part(vault, ceremony),
  });
}
