/**
 * A genuine bundle without an HSM: a whole small vault whose keys live in Node. Everything in it is made by the same
 * code that the application uses; only the token is stood in for.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { base64, hex, utf8 } from '../../core/bytes.ts';
import {
  buildBundle,
  draftStatement,
  sealStatement,
  type BundleInput,
  type Draft,
} from '../../core/evidence/bundle.ts';
import { certificationRequest, requestToSign } from '../../core/evidence/csr.ts';
import { envelopeBytes, pae } from '../../core/evidence/dsse.ts';
import { genesisBytes } from '../../core/evidence/genesis-file.ts';
import type { Genesis } from '../../core/evidence/genesis.ts';
import { keyKind, signNameOf } from '../../core/evidence/spki.ts';
import { attestationFields, certificate, certificateToSign, rootFields } from '../../core/evidence/x509.ts';
import { jcsBytes } from '../../core/json/jcs.ts';
import type { Event } from '../../core/ledger/event.ts';
import { rootOf } from '../../core/ledger/merkle.ts';
import { notesOf, checkpointText, formatNote, formatVkey, signatureLine, verifierKey } from '../../core/ledger/note.ts';
import { ACTIVATION, madeInside, withChanges } from '../../core/lifecycle/template.ts';
import type { Person } from '../../core/people/person.ts';
import { planBytes, scriptSha256 } from '../../core/plan/freeze.ts';
import { generateSigningKey } from '../../core/plan/generate-signing-key.ts';
import { templateOf, type Plan, type Template } from '../../core/plan/plan.ts';
import { APPROVAL_TYPE, type Approval } from '../../core/quorum/approval.ts';
import { initialPolicy } from '../../core/quorum/policy.ts';
import type { Result } from '../../core/result.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { makeKey, type Kind, type StandIn } from './keys.ts';
import type { FactoryOptions } from './spoil.ts';
import { Vault } from './vault.ts';

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const sha256 = (bytes: Uint8Array): string => hex(crypto.sha256(bytes));

export interface MadeBundle {
  readonly archive: Uint8Array;
  readonly genesis: Uint8Array;
  readonly rootFingerprint: string;
  readonly draft: Draft;
  /** Builds the archive again from the same parts. */
  readonly again: () => Uint8Array;
  readonly plan: Plan;
}

const NAMES = ['Anke de Vries', 'Miriam Okafor', 'Jonas Lind', 'Ravi Menon', 'Samuel Brandt'] as const;

function people(kind: Kind): { people: Person[]; keys: StandIn[] } {
  const ids = ['administrator-1', 'custodian-1', 'custodian-2', 'custodian-3', 'witness-1'];
  const keys = ids.map(() => makeKey(kind));
  return {
    keys,
    people: ids.map((person, i) => ({
      person,
      role: person.replace(/-\d+$/, '') as Person['role'],
      name: NAMES[i]!,
      credential: kind === 'ed25519' ? 'key-file' : 'card',
      key: sha256(keys[i]!.spki),
      spki: base64(keys[i]!.spki),
    })),
  };
}

const ADMINISTRATOR = { role: 'administrator', person: 'administrator-1' } as const;
const WORKSTATION = { role: 'workstation' } as const;

export async function makeBundle(options: FactoryOptions = {}): Promise<MadeBundle> {
  const { subject = 'ec-p384', environment = 'rehearsal', initialState = 'active', spoil = {} } = options;
  const token = options.token ?? { manufacturer: 'SoftHSM project', model: 'SoftHSM v2' };
  const vault = new Vault(environment, options.begin ?? Date.parse('2026-03-18T09:00:00.000Z'));
  const vaultId = randomUUID();
  const origin = `conclave.example/${vaultId}`;
  const serial = '7a204471';
  const everyone = people(options.people ?? 'ed25519');
  const [attestation, root, log] = [
    makeKey(options.attestation ?? 'ec-p256'),
    makeKey(options.root ?? 'ec-p384'),
    makeKey(options.log ?? 'ec-p256'),
  ];

  // Set-up: the operator root's certificate, the attestation key's, the genesis sheet.
  const created = new Date(vault.clock).toISOString();
  const notBefore = created.replace('.000Z', 'Z');
  const validity = { vault: vaultId, notBefore, notAfter: notBefore.replace(/^\d{4}/, (y) => String(Number(y) + 5)) };
  const rootCertificateFields = rootFields(crypto, { ...validity, rootSpki: root.spki });
  const rootCertificate = certificate(rootCertificateFields, root.sign(certificateToSign(rootCertificateFields)));
  const leafFields = attestationFields(crypto, { ...validity, rootSpki: root.spki, spki: attestation.spki });
  const attestationCertificate = certificate(leafFields, root.sign(certificateToSign(leafFields)));
  const policy = initialPolicy(['custodian-1', 'custodian-2', 'custodian-3'], 2);
  const policySha256 = sha256(jcsBytes(policy));
  const logKey = verifierKey(crypto, origin, notesOf(keyKind(log.spki)!).type, log.spki);
  const module = {
    cryptoki: '2.40',
    manufacturer: token.manufacturer,
    description: 'Implementation of PKCS11',
    version: '2.6',
    fileSha256: sha256(utf8('library')),
  };
  const genesis: Genesis = {
    v: 1,
    type: 'conclave-genesis',
    vault: { id: vaultId, name: 'Aldermoor' },
    environment,
    created,
    origin,
    profile: 'nist-sp800-57@r5',
    custody: 'operator-pin',
    hsm: { label: 'ALDERMOOR-CS-A', serial, ...token, firmware: '2.6', librarySha256: module.fileSha256 },
    operatorRoot: { certificate: base64(rootCertificate), sha256: sha256(rootCertificate), tokenSerial: '5b10aa02' },
    attestationKey: { certificateSha256: sha256(attestationCertificate), spkiSha256: sha256(attestation.spki) },
    logKey: { vkey: formatVkey(logKey), spki: base64(log.spki) },
    anchor: options.anchor ?? 'private',
    policy,
    policySha256,
    people: everyone.people,
  };
  for (const person of everyone.people)
    vault.append(
      {
        type: 'person.enrolled',
        data: {
          person: person.person,
          credential: 'key-file',
          key: person.key,
          spki: person.spki,
          proof: '0'.repeat(64),
        },
      },
      ADMINISTRATOR,
      { name: person.name, medium: 'USB 0042' },
    );
  vault.append({ type: 'policy.set', data: { policy: policySha256 } }, ADMINISTRATOR);

  // The plan.
  vault.ceremony = 'CER-2026-014';
  const script = generateSigningKey(crypto, {
    label: 'ALD-CS-2026-A',
    mechanism: subject,
    purpose: 'sign',
    initialState,
    recovery: { kind: 'none', reason: 'There is no backup; a new key would be made.' },
  });
  const plan: Plan = {
    v: 1,
    ceremony: vault.ceremony,
    environment,
    vault: vaultId,
    hsm: { label: genesis.hsm.label, serial, model: token.model },
    policySha256,
    people: everyone.people,
    script,
    scriptSha256: scriptSha256(crypto, script),
    created: vault.now,
    expires: new Date(vault.clock + 86_400_000).toISOString(),
  };
  const planSha256 = planBytes(crypto, plan).sha256;
  const first = vault.leaves.length;
  vault.append(
    { type: 'plan.frozen', data: { recipe: script.recipe, plan: planSha256, script: plan.scriptSha256 } },
    ADMINISTRATOR,
  );
  const done = (step: string): string =>
    vault.append({ type: 'step.done', data: { step, confirmed: ['administrator-1', 'witness-1'] } }, ADMINISTRATOR);
  ['room', 'workstation', 'ledger-root'].forEach(done);
  vault.append({ type: 'exception.recorded', data: { step: 'ledger-root' } }, ADMINISTRATOR, {
    note: 'Camera 2 was turned.',
  });

  // Approvals and acts.
  const envelopes: Uint8Array[] = [];
  let approved = 0;
  const approve = (step: string): string[] =>
    (spoil.approvers ?? [1, 2]).map((who) => {
      const person = everyone.people[who]!;
      const approval: Approval = {
        environment,
        ceremony: plan.ceremony,
        scriptSha256: plan.scriptSha256,
        planSha256,
        step,
        decision: 'approve',
        hsm: { serial },
        templateSha256: templateOf(plan, step)!.sha256,
        ledgerHead: vault.head(),
        custodian: person.person,
        nonce: base64(randomBytes(16)),
        expires: new Date(vault.clock + 4 * 3_600_000).toISOString(),
        time: vault.now,
        signedOn: 'ceremony-workstation',
      };
      const payload = jcsBytes(spoil.approval?.(approval, approved++) ?? approval);
      const signature = everyone.keys[who]!.sign(pae(APPROVAL_TYPE, payload));
      const envelope = envelopeBytes({ payloadType: APPROVAL_TYPE, payload, keyid: person.key, signature });
      envelopes.push(envelope);
      vault.append(
        {
          type: 'approval.given',
          data: {
            step,
            person: person.person,
            key: person.key,
            plan: planSha256,
            envelope: sha256(envelope),
            expires: approval.expires,
          },
        },
        { role: 'custodian', person: person.person },
      );
      return sha256(envelope);
    });
  const intent = (data: Extract<Event, { type: 'act.intent' }>['data']): string =>
    vault.append({ type: 'act.intent', data }, ADMINISTRATOR);
  const result = (data: Extract<Event, { type: 'act.result' }>['data']): string =>
    vault.append({ type: 'act.result', data }, WORKSTATION);
  const login = (): string =>
    vault.append({ type: 'session.opened', data: { token: 'vault', mode: 'operator-pin' } }, ADMINISTRATOR);
  const common = { plan: planSha256, token: 'vault' } as const;

  const key = makeKey(subject as Kind);
  const kind = signNameOf(keyKind(key.spki)!);
  const generation = templateOf(plan, 'generate')!;
  const inside = madeInside(subject);
  const full = (template: Template): Template => ({
    private: [...template.private!, ...inside.private],
    public: [...template.public!, ...inside.public],
  });
  const read = (template: Template): Template => spoil.reading?.(full(template)) ?? full(template);

  const approvals = approve('generate');
  if (spoil.decline) {
    const person = everyone.people[3]!;
    vault.append(
      {
        type: 'approval.declined',
        data: { step: 'generate', person: person.person, key: person.key, plan: planSha256, envelope: '0'.repeat(64) },
      },
      { role: 'custodian', person: person.person },
    );
  }
  done('approve-generate');
  login();
  for (const event of spoil.between ?? []) vault.append(event, WORKSTATION);
  const made = intent({
    ...common,
    act: 'key.generate',
    step: 'generate',
    template: generation.sha256,
    approvals,
    label: script.key.label,
    mechanism: subject,
  });
  const ckaId = spoil.ckaId ?? made.slice(0, 40);
  result({
    act: 'key.generate',
    intent: made,
    outcome: 'committed',
    key: ckaId,
    spki: base64(key.spki),
    attributes: read(generation.template),
  });
  done('generate');
  const info = requestToSign({ commonName: script.key.label, spki: key.spki });
  const use = options.requestUse ?? 'evidence';
  const csr = certificationRequest(
    { commonName: script.key.label, spki: key.spki },
    use === 'pkcs1' ? 'rsa-pkcs1-sha256' : kind,
    key.sign(info, use),
  );
  const requested = intent({
    ...common,
    act: 'key.certify-request',
    step: 'request',
    key: ckaId,
    digest: sha256(info),
  });
  result({ act: 'key.certify-request', intent: requested, outcome: 'committed', key: ckaId, blobs: [sha256(csr)] });
  done('request');
  let testSignature: BundleInput['testSignature'] = null;
  if (initialState === 'active') {
    vault.append({ type: 'session.closed', data: { reason: 'logout' } }, ADMINISTRATOR);
    const again = approve('activate');
    login();
    const activation = templateOf(plan, 'activate')!;
    const activated = intent({
      ...common,
      act: 'key.activate',
      step: 'activate',
      template: activation.sha256,
      approvals: again,
      key: ckaId,
    });
    result({
      act: 'key.activate',
      intent: activated,
      outcome: 'committed',
      key: ckaId,
      attributes: read(withChanges(generation.template, ACTIVATION)),
    });
    done('activate');
    if (!spoil.skipTestSignature) {
      const challenge = new Uint8Array(randomBytes(32));
      const signature = key.sign(challenge);
      testSignature = { challenge, signature };
      const tested = intent({
        ...common,
        act: 'key.test-signature',
        step: 'test-signature',
        key: ckaId,
        digest: sha256(challenge),
      });
      result({
        act: 'key.test-signature',
        intent: tested,
        outcome: 'committed',
        key: ckaId,
        blobs: [sha256(signature)],
      });
      done('test-signature');
    }
  }

  // Evidence.
  const part = () => ({
    first,
    leaves: vault.leaves.slice(first),
    leafHashes: [...vault.hashes],
    disclosures: new Map(vault.disclosures),
  });
  const honest = must(
    draftStatement(crypto, {
      bundleId: randomUUID(),
      issuedAt: vault.now,
      nonce: null,
      producer: { name: 'conclave', version: '0.1.0', manifestSha256: sha256(utf8('manifest')) },
      genesis,
      plan,
      key: ckaId,
      module,
      token: {
        label: genesis.hsm.label,
        ...token,
        serial,
        hardwareVersion: '2.6',
        firmwareVersion: '2.6',
        flags: ['CKF_RNG', 'CKF_LOGIN_REQUIRED'],
      },
      attestationCertificate,
      request: csr,
      testSignature,
      approvals: envelopes,
      ledger: part(),
    }),
  );
  const draft = spoil.statement?.(honest) ?? honest;
  const signing = intent({ ...common, act: 'statement.sign', step: 'export', digest: draft.paeSha256 });
  const sealed = must(await sealStatement(crypto, draft, attestation.sign(draft.pae)));
  result({ act: 'statement.sign', intent: signing, outcome: 'committed', blobs: [sealed.envelopeSha256] });
  const { size } = vault.head();
  const text = checkpointText({ origin, size, root: rootOf(crypto, vault.hashes) });
  const checkpoint = formatNote(text, [signatureLine(origin, logKey.id, log.sign(utf8(text), 'note'))]);
  const again = (): Uint8Array => must(buildBundle(crypto, draft, sealed, { ...part(), checkpoint }));
  return {
    archive: again(),
    genesis: genesisBytes({ ...genesis, anchor: spoil.sheetAnchor ?? genesis.anchor }),
    rootFingerprint: genesis.operatorRoot.sha256,
    draft,
    again,
    plan,
  };
}
