/**
 * A whole small vault whose keys live in Node, and the ceremonies held in it. Everything is made by the same code that the
 * application uses; only the token is stood in for.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { base64, hex, utf8 } from '../../core/bytes.ts';
import { buildBundle, sealStatement } from '../../core/evidence/bundle.ts';
import { draftStatement, type BundleInput, type Draft } from '../../core/evidence/draft.ts';
import { envelopeBytes, pae } from '../../core/evidence/dsse.ts';
import { genesisBytes } from '../../core/evidence/genesis-file.ts';
import type { Genesis } from '../../core/evidence/genesis.ts';
import { keyKind } from '../../core/evidence/spki.ts';
import { attestationFields, certificate, certificateToSign, rootFields } from '../../core/evidence/x509.ts';
import { jcsBytes } from '../../core/json/jcs.ts';
import type { EventOf } from '../../core/ledger/event.ts';
import type { Recorded } from '../../core/lifecycle/replay.ts';
import { checkpointText, formatNote, formatVkey, notesOf, signatureLine, verifierKey } from '../../core/ledger/note.ts';
import { parseEntry } from '../../core/ledger/entry.ts';
import type { Person } from '../../core/people/person.ts';
import { planBytes, scriptSha256 } from '../../core/plan/freeze.ts';
import { templateOf, type Plan, type Script } from '../../core/plan/plan.ts';
import { APPROVAL_TYPE, type Approval } from '../../core/quorum/approval.ts';
import { initialPolicy } from '../../core/quorum/policy.ts';
import { replayKeys } from '../../core/lifecycle/replay.ts';
import type { Result } from '../../core/result.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { makeKey, type Kind, type StandIn } from './keys.ts';
import type { FactoryOptions } from './spoil.ts';
import { Vault } from './vault.ts';

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

export const sha256 = (bytes: Uint8Array): string => hex(crypto.sha256(bytes));

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

type Act = Omit<EventOf<'act.intent'>['data'], 'token' | 'plan'>;
type Outcome = Omit<EventOf<'act.result'>['data'], 'act' | 'intent'>;

/** What a ceremony has besides the ledger: the request and the test signature that its bundle carries. */
export type Made = Pick<BundleInput, 'request' | 'testSignature'>;

export class House {
  readonly vault: Vault;
  readonly genesis: Genesis;
  readonly options: FactoryOptions;
  readonly #everyone;
  readonly #attestation: StandIn;
  readonly #attestationCertificate: Uint8Array;
  readonly #log: StandIn;
  readonly #logKey;
  readonly #module: BundleInput['module'];
  /** The plan of the ceremony under way. */
  plan!: Plan;
  #planSha256 = '';
  #first = 0;
  #approved = 0;
  #envelopes: Uint8Array[] = [];
  #ceremonies = 13;

  constructor(options: FactoryOptions) {
    this.options = options;
    const { environment = 'rehearsal' } = options;
    const token = options.token ?? { manufacturer: 'SoftHSM project', model: 'SoftHSM v2' };
    const vault = new Vault(environment, options.begin ?? Date.parse('2026-03-18T09:00:00.000Z'));
    this.vault = vault;
    const vaultId = randomUUID();
    const origin = `conclave.example/${vaultId}`;
    this.#everyone = people(options.people ?? 'ed25519');
    this.#attestation = makeKey(options.attestation ?? 'ec-p256');
    this.#log = makeKey(options.log ?? 'ec-p256');
    const root = makeKey(options.root ?? 'ec-p384');

    // Set-up: the operator root's certificate, the attestation key's, the genesis sheet.
    const created = new Date(vault.clock).toISOString();
    const notBefore = created.replace('.000Z', 'Z');
    const validity = { vault: vaultId, notBefore, notAfter: notBefore.replace(/^\d{4}/, (y) => String(Number(y) + 5)) };
    const rootCertificateFields = rootFields(crypto, { ...validity, rootSpki: root.spki });
    const rootCertificate = certificate(rootCertificateFields, root.sign(certificateToSign(rootCertificateFields)));
    const leafFields = attestationFields(crypto, { ...validity, rootSpki: root.spki, spki: this.#attestation.spki });
    this.#attestationCertificate = certificate(leafFields, root.sign(certificateToSign(leafFields)));
    const policy = initialPolicy(['custodian-1', 'custodian-2', 'custodian-3'], 2);
    const policySha256 = sha256(jcsBytes(policy));
    this.#logKey = verifierKey(crypto, origin, notesOf(keyKind(this.#log.spki)!).type, this.#log.spki);
    this.#module = {
      cryptoki: '2.40',
      manufacturer: token.manufacturer,
      description: 'Implementation of PKCS11',
      version: '2.6',
      fileSha256: sha256(utf8('library')),
    };
    this.genesis = {
      v: 1,
      type: 'conclave-genesis',
      vault: { id: vaultId, name: 'Aldermoor' },
      environment,
      created,
      origin,
      profile: 'nist-sp800-57@r5',
      custody: 'operator-pin',
      hsm: {
        label: 'ALDERMOOR-CS-A',
        serial: '7a204471',
        ...token,
        firmware: '2.6',
        librarySha256: this.#module.fileSha256,
      },
      operatorRoot: { certificate: base64(rootCertificate), sha256: sha256(rootCertificate), tokenSerial: '5b10aa02' },
      attestationKey: {
        certificateSha256: sha256(this.#attestationCertificate),
        spkiSha256: sha256(this.#attestation.spki),
      },
      logKey: { vkey: formatVkey(this.#logKey), spki: base64(this.#log.spki) },
      anchor: options.anchor ?? 'private',
      policy,
      policySha256,
      people: this.#everyone.people,
    };
    for (const person of this.#everyone.people)
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
  }

  /** Freezes the plan of a script and opens its ceremony. */
  freeze(script: Script, subject?: Plan['subject']): Plan {
    const { vault, genesis, options } = this;
    vault.ceremony = `CER-2026-0${++this.#ceremonies}`;
    const plan: Plan = {
      v: 1,
      ceremony: vault.ceremony,
      environment: genesis.environment,
      vault: genesis.vault.id,
      hsm: { label: genesis.hsm.label, serial: genesis.hsm.serial, model: genesis.hsm.model },
      policySha256: genesis.policySha256,
      people: this.#everyone.people,
      ...(subject === undefined ? {} : { subject }),
      script,
      scriptSha256: scriptSha256(crypto, script),
      created: vault.now,
      expires: new Date(vault.clock + 86_400_000).toISOString(),
    };
    this.plan = (subject && options.spoil?.plan?.(plan)) ?? plan;
    this.#planSha256 = planBytes(crypto, this.plan).sha256;
    this.#first = vault.leaves.length;
    this.#envelopes = [];
    vault.append(
      { type: 'plan.frozen', data: { recipe: script.recipe, plan: this.#planSha256, script: this.plan.scriptSha256 } },
      ADMINISTRATOR,
    );
    return this.plan;
  }

  done(step: string): void {
    this.vault.append(
      { type: 'step.done', data: { step, confirmed: ['administrator-1', 'witness-1'] } },
      ADMINISTRATOR,
    );
  }

  note(step: string, note: string): void {
    this.vault.append({ type: 'exception.recorded', data: { step } }, ADMINISTRATOR, { note });
  }

  /** Approvals of a step, as the ledger names them. */
  approve(step: string): string[] {
    const { vault, plan, genesis, options } = this;
    const { spoil = {} } = options;
    return (spoil.approvers ?? [1, 2]).map((who) => {
      const person = this.#everyone.people[who]!;
      const approval: Approval = {
        environment: genesis.environment,
        ceremony: plan.ceremony,
        scriptSha256: plan.scriptSha256,
        planSha256: this.#planSha256,
        step,
        decision: 'approve',
        hsm: { serial: genesis.hsm.serial },
        templateSha256: templateOf(plan, step)!.sha256,
        ledgerHead: vault.head(),
        custodian: person.person,
        nonce: base64(randomBytes(16)),
        expires: new Date(vault.clock + 4 * 3_600_000).toISOString(),
        time: vault.now,
        signedOn: 'ceremony-workstation',
      };
      const payload = jcsBytes(spoil.approval?.(approval, this.#approved++) ?? approval);
      const signature = this.#everyone.keys[who]!.sign(pae(APPROVAL_TYPE, payload));
      const envelope = envelopeBytes({ payloadType: APPROVAL_TYPE, payload, keyid: person.key, signature });
      this.#envelopes.push(envelope);
      vault.append(
        {
          type: 'approval.given',
          data: {
            step,
            person: person.person,
            key: person.key,
            plan: this.#planSha256,
            envelope: sha256(envelope),
            expires: approval.expires,
          },
        },
        { role: 'custodian', person: person.person },
      );
      return sha256(envelope);
    });
  }

  decline(step: string): void {
    const person = this.#everyone.people[3]!;
    const data = { step, person: person.person, key: person.key, plan: this.#planSha256, envelope: '0'.repeat(64) };
    this.vault.append({ type: 'approval.declined', data }, { role: 'custodian', person: person.person });
  }

  login(): void {
    this.vault.append({ type: 'session.opened', data: { token: 'vault', mode: 'operator-pin' } }, ADMINISTRATOR);
    for (const event of this.options.spoil?.between ?? []) this.vault.append(event, WORKSTATION);
  }

  logout(): void {
    this.vault.append({ type: 'session.closed', data: { reason: 'logout' } }, ADMINISTRATOR);
  }

  /** Announces an act; gives the hash of its entry. */
  intent(act: Act): string {
    const data = { ...act, plan: this.#planSha256, token: 'vault' } as const;
    return this.vault.append({ type: 'act.intent', data }, ADMINISTRATOR);
  }

  result(act: Act['act'], intent: string, outcome: Outcome): void {
    this.vault.append({ type: 'act.result', data: { ...outcome, act, intent } }, WORKSTATION);
  }

  refusal(): void {
    this.vault.append(
      { type: 'command.refused', data: { policy: 'STEP-1', command: 'ceremony.act', count: 1 } },
      WORKSTATION,
    );
  }

  close(): void {
    this.logout();
    this.vault.append({ type: 'ceremony.closed', data: { outcome: 'completed' } }, ADMINISTRATOR);
  }

  /** The bundle of the ceremony under way, about one key. */
  async bundle(key: string, made: Made): Promise<MadeBundle> {
    const { vault, genesis, plan, options } = this;
    const { spoil = {} } = options;
    const { hsm } = genesis;
    const entries: Recorded[] = vault.leaves.map((leaf, i) => ({
      entry: must(parseEntry(leaf)),
      leafHash: hex(vault.hashes[i]!),
    }));
    const all = replayKeys(entries).keys.get(key)?.entries ?? [];
    const before = all.filter((seq) => seq < this.#first);
    const earlier = spoil.earlier?.(before) ?? before;
    const part = () => ({
      first: this.#first,
      leaves: vault.leaves.slice(this.#first),
      earlier: earlier.map((seq) => vault.leaves[seq]!),
      tree: vault.tree,
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
        key,
        module: this.#module,
        token: {
          label: hsm.label,
          manufacturer: hsm.manufacturer,
          model: hsm.model,
          serial: hsm.serial,
          hardwareVersion: '2.6',
          firmwareVersion: '2.6',
          flags: ['CKF_RNG', 'CKF_LOGIN_REQUIRED'],
        },
        attestationCertificate: this.#attestationCertificate,
        ...made,
        approvals: this.#envelopes,
        ledger: part(),
      }),
    );
    const draft = spoil.statement?.(honest) ?? honest;
    const signing = this.intent({ act: 'statement.sign', step: 'export', digest: draft.paeSha256 });
    const sealed = must(await sealStatement(crypto, draft, this.#attestation.sign(draft.pae)));
    this.result('statement.sign', signing, { outcome: 'committed', blobs: [sealed.envelopeSha256] });
    const { size, root } = vault.head();
    const text = checkpointText({ origin: genesis.origin, size, root: new Uint8Array(Buffer.from(root, 'hex')) });
    const signature = signatureLine(genesis.origin, this.#logKey.id, this.#log.sign(utf8(text), 'note'));
    const checkpoint = formatNote(text, [signature]);
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
}
