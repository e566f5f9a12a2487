/**
 * The beginning of a vault: tokens bound, service keys made, people and policy recorded, genesis sealed. Every act on a
 * token has its intent and result from the first entry on. A set-up that does not reach `genesis.sealed` is never used:
 * it is set aside and begun anew.
 */
import { base64, fromHex, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { genesisBytes } from '../../core/evidence/genesis-file.ts';
import type { Genesis } from '../../core/evidence/genesis.ts';
import {
  attestationFields,
  certificate,
  certificateToSign,
  rootFields,
  type CertificateFields,
} from '../../core/evidence/x509.ts';
import { jcsBytes, type Json } from '../../core/json/jcs.ts';
import type { Environment } from '../../core/ledger/entry.ts';
import type { Act, Event } from '../../core/ledger/event.ts';
import { formatVkey, verifierKey } from '../../core/ledger/note.ts';
import { keyIdOf } from '../../core/lifecycle/replay.ts';
import { madeInside, differences, serviceKeyTemplate } from '../../core/lifecycle/template.ts';
import type { Person } from '../../core/people/person.ts';
import { initialPolicy } from '../../core/quorum/policy.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';
import { forToken } from '../ceremony/acts/generate.ts';
import { readPair } from '../ceremony/acts/read-pair.ts';
import { signAndVerify } from '../ceremony/acts/sign-and-verify.ts';
import type { HsmSession } from '../ceremony/hsm-session.ts';
import { sealHead } from '../ceremony/seal-head.ts';
import { workstation, type Vault } from '../ceremony/vault.ts';
import type { Hsm, ModuleInfo, TokenInfo, TokenRef } from '../hsm/port.ts';

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
  readonly environment: Environment;
  readonly people: readonly EnrolledInSetup[];
  /** How many custodians must approve. */
  readonly required: number;
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
  readonly progress: (done: number, total: number, detail: string) => void;
}

type Owner = 'vault' | 'operator-root';

/** One set-up, step by step. A fresh object for each try. */
class Creation {
  constructor(
    private readonly vault: Vault,
    private readonly plan: CreateVault,
    private readonly ports: CreatePorts,
    private readonly hsm: Hsm,
    private readonly module: ModuleInfo,
  ) {}

  async append(event: Event, disclose?: Record<string, string>): Promise<Result<string>> {
    const appended = await this.vault.append([workstation(event, null, disclose)]);
    return appended.ok ? ok(hex(appended.value[0]!.hash)) : appended;
  }

  /** An act with its intent before and its result after. A failure is recorded and ends the set-up. */
  async act<T>(
    intent: { act: Act; token: Owner; digest?: string; label?: string; mechanism?: 'ec-p256' | 'ec-p384' },
    run: (
      intentHash: string,
    ) => Promise<Result<{ value: T; data?: { key?: string; spki?: string; blobs?: string[] } }>>,
  ): Promise<Result<T>> {
    const opened = await this.append({ type: 'act.intent', data: intent });
    if (!opened.ok) return opened;
    const done = await run(opened.value);
    const outcome = done.ok ? 'committed' : done.error.code === 'hsm-lost' ? 'unknown' : 'not-committed';
    const error =
      done.ok || done.error.call === undefined ? {} : { error: { call: done.error.call, rv: done.error.rv ?? '' } };
    const closed = await this.append({
      type: 'act.result',
      data: { act: intent.act, intent: opened.value, outcome, ...(done.ok ? done.value.data : {}), ...error },
    });
    if (!closed.ok) return closed;
    return done.ok ? ok(done.value.value) : done;
  }

  /** A free slot, initialised with PINs that the HSM host makes. */
  async newToken(owner: Owner, label: string) {
    const slots = await this.hsm.slots();
    if (!slots.ok) return slots;
    const free = slots.value.find(({ token }) => token && !token.initialized);
    if (!free)
      return fail({ code: 'hsm', message: 'The rehearsal module has no free slot.', library: this.module.path });
    return this.act({ act: 'token.initialize', token: owner }, async () => {
      const made = await this.hsm.initRehearsalToken({ slot: free.id, label });
      return made.ok ? ok({ value: made.value }) : made;
    });
  }

  async bind(owner: Owner, ref: TokenRef): Promise<Result<TokenInfo>> {
    const slots = await this.hsm.slots();
    if (!slots.ok) return slots;
    const token = slots.value.find(
      (slot) => slot.token?.serial === ref.serial && slot.token.label === ref.label,
    )?.token;
    if (!token)
      return fail({
        code: 'not-found',
        message: `The token ${ref.label} is in no slot.`,
        hint: 'Connect it and try again.',
      });
    const { manufacturer, model, firmwareVersion, serial, label } = token;
    const bound = await this.append(
      { type: 'token.bound', data: { token: owner, manufacturer, model, firmware: firmwareVersion } },
      { token_serial: serial, token_label: label },
    );
    return bound.ok ? ok(token) : bound;
  }

  async login(owner: Owner, token: TokenRef, pin: Uint8Array): Promise<Result<null>> {
    const logged = await this.ports.session.login(token, pin);
    if (!logged.ok) return logged;
    const noted = await this.append({ type: 'session.opened', data: { token: owner, mode: 'operator-pin' } });
    return noted.ok ? ok(null) : noted;
  }

  /** A key that serves the ledger or the evidence: signs, cannot leave, cannot be altered. */
  async serviceKey(act: Act, owner: Owner, token: TokenRef, label: string, mechanism: 'ec-p256' | 'ec-p384') {
    const taken = await this.hsm.findKeys({ token, label });
    if (!taken.ok) return taken;
    if (taken.value.length > 0) return refuse('LABEL-1', `It is ${label}.`);
    return this.act({ act, token: owner, label, mechanism }, async (intent) => {
      const key = keyIdOf(intent);
      const ckaId = fromHex(key)!;
      const template = serviceKeyTemplate(label);
      const made = await this.hsm.generateKeyPair({
        token,
        mechanism,
        ckaId,
        label,
        privateTemplate: forToken(template.private),
        publicTemplate: forToken(template.public),
      });
      if (!made.ok) return made;
      const pair = await readPair(this.hsm, token, ckaId);
      if (!pair.ok) return pair;
      const inside = madeInside(mechanism);
      const wrong = differences(
        { private: [...template.private, ...inside.private], public: [...template.public, ...inside.public] },
        pair.value.attributes,
      );
      if (wrong.length > 0) return refuse('READBACK-1', wrong.map(({ name }) => name).join(', '));
      return ok({ value: { ckaId, spki: pair.value.spki }, data: { key, spki: pair.value.spkiBase64 } });
    });
  }

  async issue(
    fields: CertificateFields,
    token: TokenRef,
    root: { ckaId: Uint8Array; spki: Uint8Array },
  ): Promise<Result<Uint8Array>> {
    const { crypto } = this.ports;
    const toSign = certificateToSign(fields);
    return this.act(
      { act: 'operator-root.sign', token: 'operator-root', digest: hex(crypto.sha256(toSign)) },
      async () => {
        const signed = await signAndVerify({ hsm: this.hsm, token, crypto }, root.ckaId, root.spki, toSign);
        if (!signed.ok) return signed;
        const der = certificate(fields, signed.value);
        const kept = await this.vault.journal.putBlob(der);
        return kept.ok ? ok({ value: der, data: { blobs: [kept.value] } }) : kept;
      },
    );
  }

  async people(): Promise<Result<null>> {
    for (const { person, name, key, spki, credential, medium, proof } of this.plan.people) {
      const kept = await this.vault.journal.putBlob(proof);
      if (!kept.ok) return kept;
      const noted = await this.append(
        { type: 'person.enrolled', data: { person, credential, key, spki, proof: kept.value } },
        { name, medium },
      );
      if (!noted.ok) return noted;
    }
    return ok(null);
  }

  async run(): Promise<Result<CreatedVault>> {
    const { plan, ports, module, vault } = this;
    const { crypto } = ports;
    const total = 9;
    let done = 0;
    const step = (detail: string) => ports.progress(done++, total, detail);

    step('Beginning the ledger');
    const begun = await this.append(
      {
        type: 'vault.created',
        data: {
          vault: plan.vaultId,
          origin: plan.origin,
          profile: 'nist-sp800-57@r5',
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
    if (!begun.ok) return begun;

    step('Preparing the tokens');
    const tokens = await this.#tokens();
    if (!tokens.ok) return tokens;
    const bound = await this.bind('vault', tokens.value.vault);
    if (!bound.ok) return bound;
    const boundRoot = await this.bind('operator-root', tokens.value.root);
    if (!boundRoot.ok) return boundRoot;

    step('Logging in to the tokens');
    const inVault = await this.login('vault', tokens.value.vault, tokens.value.userPin.slice());
    if (!inVault.ok) return inVault;
    const inRoot = await this.login('operator-root', tokens.value.root, tokens.value.rootUserPin.slice());
    if (!inRoot.ok) return inRoot;

    step('Making the log key');
    const log = await this.serviceKey('log-key.generate', 'vault', tokens.value.vault, 'conclave-log-key', 'ec-p256');
    if (!log.ok) return log;
    step('Making the attestation key');
    const attestation = await this.serviceKey(
      'attestation-key.generate',
      'vault',
      tokens.value.vault,
      'conclave-attestation-key',
      'ec-p256',
    );
    if (!attestation.ok) return attestation;
    step('Making the operator root');
    const root = await this.serviceKey(
      'operator-root.generate',
      'operator-root',
      tokens.value.root,
      'conclave-operator-root',
      'ec-p384',
    );
    if (!root.ok) return root;

    step('Issuing the certificates');
    const now = vault.facts([]).now;
    const validity = {
      vault: plan.vaultId,
      notBefore: `${new Date(now).toISOString().slice(0, 19)}Z`,
      notAfter: `${new Date(now).getUTCFullYear() + CERTIFICATE_YEARS}-12-31T23:59:59Z`,
      rootSpki: root.value.spki,
    };
    const rootDer = await this.issue(rootFields(crypto, validity), tokens.value.root, root.value);
    if (!rootDer.ok) return rootDer;
    const leaf = attestationFields(crypto, { ...validity, spki: attestation.value.spki });
    const leafDer = await this.issue(leaf, tokens.value.root, root.value);
    if (!leafDer.ok) return leafDer;

    step('Recording people and policy');
    const enrolled = await this.people();
    if (!enrolled.ok) return enrolled;
    const custodians = plan.people.filter(({ role }) => role === 'custodian').map(({ person }) => person);
    const policy = initialPolicy(custodians, plan.required);
    const policyKept = await vault.journal.putBlob(jcsBytes(policy as unknown as Json));
    if (!policyKept.ok) return policyKept;
    const policySet = await this.append({ type: 'policy.set', data: { policy: policyKept.value } });
    if (!policySet.ok) return policySet;

    step('Sealing');
    const sha256 = (bytes: Uint8Array) => hex(crypto.sha256(bytes));
    const genesis: Genesis = {
      v: 1,
      type: 'conclave-genesis',
      vault: { id: plan.vaultId, name: plan.vaultName },
      environment: plan.environment,
      created: new Date(now).toISOString(),
      origin: plan.origin,
      profile: 'nist-sp800-57@r5',
      custody: 'operator-pin',
      hsm: {
        label: bound.value.label,
        serial: bound.value.serial,
        model: bound.value.model,
        manufacturer: bound.value.manufacturer,
        firmware: bound.value.firmwareVersion,
        librarySha256: module.fileSha256,
      },
      operatorRoot: {
        certificate: base64(rootDer.value),
        sha256: sha256(rootDer.value),
        tokenSerial: boundRoot.value.serial,
      },
      attestationKey: { certificateSha256: sha256(leafDer.value), spkiSha256: sha256(attestation.value.spki) },
      logKey: {
        vkey: formatVkey(verifierKey(crypto, plan.origin, 'ecdsa', log.value.spki)),
        spki: base64(log.value.spki),
      },
      policy,
      policySha256: policyKept.value,
      people: plan.people.map(({ person, role, name, credential, key, spki }) => ({
        person,
        role,
        name,
        credential,
        key,
        spki,
      })),
    };
    const bytes = genesisBytes(genesis);
    const kept = await vault.journal.putBlob(bytes);
    if (!kept.ok) return kept;
    const sealed = await this.append({
      type: 'genesis.sealed',
      data: {
        genesis: kept.value,
        vkey: genesis.logKey.vkey,
        operatorRoot: genesis.operatorRoot.sha256,
        attestationKey: genesis.attestationKey.certificateSha256,
      },
    });
    if (!sealed.ok) return sealed;
    const head = await sealHead(vault, ports.session, tokens.value.vault, crypto);
    if (!head.ok) return head;
    return ok({ genesis, genesisBytes: bytes, pins: tokens.value.pins });
  }

  async #tokens(): Promise<
    Result<{
      vault: TokenRef;
      root: TokenRef;
      userPin: Uint8Array;
      rootUserPin: Uint8Array;
      pins: CreatedVault['pins'];
    }>
  > {
    const { tokens } = this.plan;
    if (tokens.kind === 'existing') {
      if (tokens.vault.serial === tokens.root.serial) return refuse('SETUP-3');
      return ok({ ...tokens, pins: null });
    }
    const vault = await this.newToken('vault', 'conclave-rehearsal');
    if (!vault.ok) return vault;
    const root = await this.newToken('operator-root', 'conclave-root');
    if (!root.ok) return root;
    const pins = {
      userPin: vault.value.userPin,
      soPin: vault.value.soPin,
      rootUserPin: root.value.userPin,
      rootSoPin: root.value.soPin,
    };
    return ok({
      vault: vault.value.token,
      root: root.value.token,
      userPin: pins.userPin,
      rootUserPin: pins.rootUserPin,
      pins,
    });
  }
}

/** Makes the vault in an empty ledger. The session is closed and noted so, whatever happened. */
export async function createVault(vault: Vault, plan: CreateVault, ports: CreatePorts): Promise<Result<CreatedVault>> {
  const hsm = await ports.session.ready();
  if (!hsm.ok) return hsm;
  const module = await ports.session.moduleInfo();
  if (!module.ok) return module;
  const made = await new Creation(vault, plan, ports, hsm.value, module.value).run();
  await ports.session.close();
  if (plan.tokens.kind === 'existing') {
    plan.tokens.userPin.fill(0);
    plan.tokens.rootUserPin.fill(0);
  }
  if (!made.ok) return made;
  const closed = await vault.append([workstation({ type: 'session.closed', data: { reason: 'logout' } })]);
  return closed.ok ? made : closed;
}
