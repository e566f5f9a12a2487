/**
 * The beginning of a vault: tokens bound, service keys made, people and policy recorded, genesis sealed. Every act on a
 * token has its intent and result from the first entry on. A set-up that does not reach `genesis.sealed` is never used:
 * it is set aside and begun anew.
 */
import { fromHex } from '../../core/bytes.ts';
import type { Continued } from '../../core/continuity/succession.ts';
import type { Crypto } from '../../core/crypto.ts';
import { genesisBytes } from '../../core/evidence/genesis-file.ts';
import type { Genesis } from '../../core/evidence/genesis.ts';
import { keyKind } from '../../core/evidence/spki.ts';
import { attestationFields, rootFields } from '../../core/evidence/x509.ts';
import { jcsBytes } from '../../core/json/jcs.ts';
import type { Environment } from '../../core/ledger/entry.ts';
import type { PairMechanism } from '../../core/ledger/fields.ts';
import { notesOf, verifierKey } from '../../core/ledger/note.ts';
import { keyIdOf } from '../../core/lifecycle/replay.ts';
import type { Person } from '../../core/people/person.ts';
import type { ProfileId } from '../../core/lifecycle/states.ts';
import { initialPolicy, type Policy } from '../../core/quorum/policy.ts';
import { presetOf, type PresetId } from '../../core/quorum/preset.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';
import type { HsmSession } from '../ceremony/hsm-session.ts';
import { PROBE } from '../ceremony/run-act.ts';
import { Sealer } from '../ceremony/seal-head.ts';
import { workstation, type Vault } from '../ceremony/vault.ts';
import type { Hsm, ModuleInfo, TokenRef } from '../hsm/port.ts';
import type { CrashPoint } from '../workstation/crash-points.ts';
import { probeToken } from './probe-token.ts';
import { TokenActs } from './token-acts.ts';
import { genesisOf, type Made } from './genesis-of.ts';

/** How long the operator root and the attestation key's certificate are valid: to the end of the tenth year. */
const CERTIFICATE_YEARS = 10;

export interface EnrolledInSetup extends Person {
  readonly medium: string;
  /** DSSE envelope in which the new key signs its own enrolment. */
  readonly proof: Uint8Array;
}

export interface CreateVault {
  readonly vaultId: string;
  readonly origin: string;
  readonly vaultName: string;
  /** The first entry of a ledger that goes on from another one, and the documents that it names. */
  readonly continues?: { readonly data: Continued; readonly documents: readonly Uint8Array[] };
  readonly environment: Environment;
  readonly people: readonly EnrolledInSetup[];
  /** How many custodians must approve. */
  readonly required: number;
  /** The lifecycle profile that its keys keep to. */
  readonly profile: ProfileId;
  /** Which keys the policy lets be made. */
  readonly preset: PresetId;
  /** Whether every ceremony ends with cosignatures. */
  readonly cosign: boolean;
  readonly software: { readonly version: string; readonly manifest: string };
  /** `new`: two rehearsal tokens are initialised. Otherwise the tokens exist and their user PINs are given. */
  readonly tokens:
    | { readonly kind: 'new' }
    | {
        readonly kind: 'existing';
        readonly vault: TokenRef;
        readonly root: TokenRef;
        readonly userPin: Uint8Array;
        readonly rootUserPin: Uint8Array;
      };
}

export interface CreatedVault {
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  /** Of new tokens, to be shown once and zeroed. */
  readonly pins: {
    readonly userPin: Uint8Array;
    readonly soPin: Uint8Array;
    readonly rootUserPin: Uint8Array;
    readonly rootSoPin: Uint8Array;
  } | null;
}

export interface CreatePorts {
  readonly crypto: Crypto;
  readonly session: HsmSession;
  readonly crash: (point: CrashPoint) => void;
  readonly progress: (done: number, total: number, detail: string) => void;
}

interface Tokens {
  readonly vault: TokenRef;
  readonly root: TokenRef;
  readonly userPin: Uint8Array;
  readonly rootUserPin: Uint8Array;
  readonly pins: CreatedVault['pins'];
}

/** Makes the vault in an empty ledger. The session is closed and noted so, whatever happened. */
export async function createVault(vault: Vault, plan: CreateVault, ports: CreatePorts): Promise<Result<CreatedVault>> {
  try {
    return await create(vault, plan, ports);
  } finally {
    await ports.session.close();
    if (plan.tokens.kind === 'existing') {
      plan.tokens.userPin.fill(0);
      plan.tokens.rootUserPin.fill(0);
    }
  }
}

async function create(vault: Vault, plan: CreateVault, ports: CreatePorts): Promise<Result<CreatedVault>> {
  const hsm = await ports.session.ready();
  if (!hsm.ok) return hsm;
  const module = await ports.session.moduleInfo();
  if (!module.ok) return module;
  const acts = new TokenActs(vault, ports.crypto, ports.session, hsm.value);
  const made = await new Creation(vault, plan, ports, acts, module.value).run();
  if (!made.ok) return made;
  await ports.session.close();
  const compared = vault.compareCalls(ports.session.takeCalls());
  const left = workstation({ type: 'session.closed', data: { reason: 'logout' } });
  const closed = await vault.append([...compared, left]);
  return closed.ok ? made : closed;
}

/** One set-up, step by step. */
class Creation {
  #done = 0;

  constructor(
    private readonly vault: Vault,
    private readonly plan: CreateVault,
    private readonly ports: CreatePorts,
    private readonly acts: TokenActs,
    private readonly module: ModuleInfo,
  ) {}

  #step(detail: string): void {
    this.ports.progress(this.#done++, 10, detail);
  }

  async run(): Promise<Result<CreatedVault>> {
    this.#step('Beginning the ledger');
    const begun = await this.#begin();
    if (!begun.ok) return begun;
    this.#step('Preparing the tokens');
    const tokens = await this.#tokens();
    if (!tokens.ok) return tokens;
    const made = await this.#make(tokens.value);
    if (!made.ok) return made;
    this.#step('Recording people and policy');
    const policy = await this.#peopleAndPolicy();
    if (!policy.ok) return policy;
    this.#step('Sealing');
    const genesis = genesisOf(this.ports.crypto, this.plan, made.value, policy.value, {
      module: this.module,
      anchor: this.vault.state.anchor,
    });
    const sealed = await this.#seal(genesis);
    // PINs that nobody will be shown open tokens that nobody will use.
    if (!sealed.ok) for (const pin of Object.values(tokens.value.pins ?? {})) pin.fill(0);
    return sealed.ok ? ok({ genesis, genesisBytes: sealed.value, pins: tokens.value.pins }) : sealed;
  }

  async #begin(): Promise<Result<string>> {
    const { plan, module } = this;
    if (plan.continues) {
      for (const bytes of plan.continues.documents) {
        const kept = await this.vault.journal.putBlob(bytes);
        if (!kept.ok) return kept;
      }
      const noted = await this.acts.append({ type: 'ledger.continued', data: plan.continues.data });
      if (!noted.ok) return noted;
    }
    return this.acts.append(
      {
        type: 'vault.created',
        data: {
          vault: plan.vaultId,
          origin: plan.origin,
          profile: plan.profile,
          custody: 'operator-pin',
          module: {
            sha256: module.fileSha256,
            cryptoki: module.cryptokiVersion,
            manufacturer: module.manufacturer,
            description: module.description,
            version: module.version,
          },
          software: plan.software,
        },
      },
      { vault_name: plan.vaultName },
    );
  }

  async #tokens(): Promise<Result<Tokens>> {
    const { tokens } = this.plan;
    if (tokens.kind === 'existing') {
      return tokens.vault.serial === tokens.root.serial ? refuse('SETUP-3') : ok({ ...tokens, pins: null });
    }
    const vault = await this.acts.newToken('vault', 'conclave-rehearsal');
    if (!vault.ok) return vault;
    const root = await this.acts.newToken('operator-root', 'conclave-root');
    if (!root.ok) return root;
    const { userPin, soPin } = vault.value;
    const { userPin: rootUserPin, soPin: rootSoPin } = root.value;
    const pins = { userPin, soPin, rootUserPin, rootSoPin };
    return ok({ vault: vault.value.token, root: root.value.token, userPin, rootUserPin, pins });
  }

  /** Binds and opens the tokens, makes the three service keys and issues the two certificates. */
  async #make(tokens: Tokens): Promise<Result<Made>> {
    const { acts, ports, plan, vault } = this;
    const vaultToken = await acts.bind('vault', tokens.vault);
    if (!vaultToken.ok) return vaultToken;
    const rootToken = await acts.bind('operator-root', tokens.root);
    if (!rootToken.ok) return rootToken;

    this.#step('Logging in to the tokens');
    const inVault = await acts.login('vault', tokens.vault, tokens.userPin.slice());
    if (!inVault.ok) return inVault;
    const inRoot = await acts.login('operator-root', tokens.root, tokens.rootUserPin.slice());
    if (!inRoot.ok) return inRoot;

    this.#step('Finding out what the token can do');
    const mechanism = await this.#probe(tokens);
    if (!mechanism.ok) return mechanism;
    this.#step('Making the log key');
    // A token that served the ledger before still has the keys of that one.
    const suffix = plan.continues ? `-${plan.vaultId.slice(0, 8)}` : '';
    const logName = `conclave-log-key${suffix}`;
    const log = await acts.serviceKey('log-key.generate', 'vault', tokens.vault, logName, mechanism.value);
    if (!log.ok) return log;
    const logKey = verifierKey(ports.crypto, plan.origin, notesOf(keyKind(log.value.spki)!).type, log.value.spki);
    // From here on every act has its head on the token before the call and after it.
    vault.beginSealing(logKey);
    const sealer = new Sealer(vault, ports);
    acts.seal = () => sealer.seal();
    const begun = await acts.seal();
    if (!begun.ok) return begun;
    this.#step('Making the attestation key');
    const name = `conclave-attestation${suffix === '' ? '-key' : suffix}`;
    const attestation = await acts.serviceKey('attestation-key.generate', 'vault', tokens.vault, name, 'ec-p256');
    if (!attestation.ok) return attestation;
    const enforced = await this.#enforcement(tokens);
    if (!enforced.ok) return enforced;
    this.#step('Making the operator root');
    const rootName = `conclave-operator-root${suffix}`;
    const root = await acts.serviceKey('operator-root.generate', 'operator-root', tokens.root, rootName, 'ec-p384');
    if (!root.ok) return root;

    this.#step('Issuing the certificates');
    const created = vault.facts([]).now;
    const validity = {
      vault: plan.vaultId,
      notBefore: `${new Date(created).toISOString().slice(0, 19)}Z`,
      notAfter: `${new Date(created).getUTCFullYear() + CERTIFICATE_YEARS}-12-31T23:59:59Z`,
      rootSpki: root.value.spki,
    };
    const rootCertificate = await acts.issue(rootFields(ports.crypto, validity), tokens.root, root.value);
    if (!rootCertificate.ok) return rootCertificate;
    const fields = attestationFields(ports.crypto, { ...validity, spki: attestation.value.spki });
    const certificate = await acts.issue(fields, tokens.root, root.value);
    if (!certificate.ok) return certificate;
    return ok({
      vaultToken: vaultToken.value,
      rootToken: rootToken.value,
      logKey,
      attestation: attestation.value,
      rootCertificate: rootCertificate.value,
      certificate: certificate.value,
      created,
    });
  }

  /** What the token offers, tried on it and recorded. Gives the kind of the log key. */
  async #probe(tokens: Tokens): Promise<Result<PairMechanism>> {
    const { acts, ports } = this;
    const probed = await acts.act({ act: 'token.probe', token: 'vault' }, async () => {
      const found = await probeToken(acts.hsm, tokens.vault, ports.crypto, () => this.#again(tokens));
      return found.ok ? ok({ value: found.value }) : found;
    });
    if (!probed.ok) return probed;
    const noted = await acts.append({ type: 'token.probed', data: probed.value });
    if (!noted.ok) return noted;
    const works = probed.value.signing.find((one) => one.works);
    return works
      ? ok(works.mechanism)
      : fail({
          code: 'hsm',
          message: 'The token makes no signature that a ledger can be sealed with.',
          hint: 'It needs Ed25519, ECDSA with P-256 or P-384, or RSA with 3072 bits.',
        });
  }

  /** What the token enforces of a key's state, shown by a throw-away key. A token that shows nothing can hold a vault. */
  async #enforcement(tokens: Tokens): Promise<Result<null>> {
    const { acts } = this;
    const { vault } = tokens;
    const { act, mechanism } = PROBE;
    let ckaId: Uint8Array = new Uint8Array();
    const shown = await acts.act({ act, mechanism, token: 'vault' }, async (intent) => {
      ckaId = fromHex(keyIdOf(intent))!;
      const tried = await acts.hsm.probeKey({ token: vault, mechanism, algorithm: 'ecdsa-sha256', ckaId });
      return tried.ok ? ok({ value: tried.value }) : tried;
    });
    if (shown.ok) {
      const data = { token: 'vault', mechanism, ...shown.value } as const;
      const noted = await acts.append({ type: 'token.enforcement', data });
      return noted.ok ? ok(null) : noted;
    }
    if (shown.error.code !== 'hsm-lost') return shown.error.code === 'ledger' ? shown : ok(null);
    const back = await this.#again(tokens);
    if (!back.ok) return back;
    const sealed = await acts.seal();
    if (!sealed.ok) return sealed;
    // What may be left of the throw-away key goes; nothing else has its CKA_ID.
    const removed = await back.value.removeProbeKey({ token: vault, ckaId });
    return removed.ok ? ok(null) : removed;
  }

  /** A probe ended the HSM host: another one, logged in to both tokens. */
  async #again({ vault, root, userPin, rootUserPin }: Tokens): Promise<Result<Hsm>> {
    const { acts, ports } = this;
    const lost = await acts.append({ type: 'hsm.lost', data: { during: null } });
    if (!lost.ok) return lost;
    const hsm = await ports.session.ready();
    if (!hsm.ok) return hsm;
    acts.hsm = hsm.value;
    for (const [owner, ref, pin] of [
      ['vault', vault, userPin],
      ['operator-root', root, rootUserPin],
    ] as const) {
      const logged = await acts.login(owner, ref, pin.slice());
      if (!logged.ok) return logged;
    }
    return hsm;
  }

  async #peopleAndPolicy(): Promise<Result<{ policy: Policy; sha256: string }>> {
    const { vault, acts, plan } = this;
    for (const { person, name, key, spki, credential, medium, proof } of plan.people) {
      const kept = await vault.journal.putBlob(proof);
      if (!kept.ok) return kept;
      const data = { person, credential, key, spki, proof: kept.value };
      const noted = await acts.append({ type: 'person.enrolled', data }, { name, medium });
      if (!noted.ok) return noted;
    }
    const custodians = plan.people.filter(({ role }) => role === 'custodian').map(({ person }) => person);
    const policy = initialPolicy(custodians, plan.required, plan.cosign, presetOf(plan.preset).keys);
    const kept = await vault.journal.putBlob(jcsBytes(policy));
    if (!kept.ok) return kept;
    const set = await acts.append({ type: 'policy.set', data: { policy: kept.value } });
    return set.ok ? ok({ policy, sha256: kept.value }) : set;
  }

  /** The last entry of a set-up. From it on, the vault is one. */
  async #seal(genesis: Genesis): Promise<Result<Uint8Array>> {
    // So that genesis.sealed is the one entry that a power cut can leave without its head.
    const before = await this.acts.seal();
    if (!before.ok) return before;
    const bytes = genesisBytes(genesis);
    const kept = await this.vault.journal.putBlob(bytes);
    if (!kept.ok) return kept;
    const sealed = await this.acts.append({
      type: 'genesis.sealed',
      data: {
        genesis: kept.value,
        vkey: genesis.logKey.vkey,
        operatorRoot: genesis.operatorRoot.sha256,
        attestationKey: genesis.attestationKey.certificateSha256,
      },
    });
    if (!sealed.ok) return sealed;
    const head = await this.acts.seal();
    return head.ok ? ok(bytes) : head;
  }
}
