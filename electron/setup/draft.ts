/**
 * The set-up as people fill it in. It lives in memory; the only thing written before the seal is each person's key
 * file on their own medium.
 */
import { base64, hex } from '../../core/bytes.ts';
import { envelopeBytes, pae, verifyEnvelope, parseEnvelope } from '../../core/evidence/dsse.ts';
import type { Crypto } from '../../core/crypto.ts';
import { jcsBytes } from '../../core/json/jcs.ts';
import { profileOf } from '../../core/lifecycle/profiles/index.ts';
import { FIRST_PROFILE, type ProfileId } from '../../core/lifecycle/states.ts';
import { initials, nameKey, type Role } from '../../core/people/person.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';
import { presetsFor, type PresetId } from '../../core/quorum/preset.ts';
import type { Input } from '../../contract/schema.ts';
import type { ModuleView, SetupView } from '../../contract/views.ts';
import { writeCardFile } from '../custody/card-file.ts';
import type { Credential, Credentials } from '../custody/credential.ts';
import { mediumFolder } from '../custody/media.ts';
import { basename } from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { EnrolledInSetup } from './create-vault.ts';
import { originOf, type Predecessor } from './predecessor.ts';

export const ENROLMENT_TYPE = 'application/vnd.conclave.enrolment+json';

/** The people a vault cannot begin without. */
const NEEDED: Readonly<Record<Exclude<Role, 'auditor'>, number>> = { administrator: 1, custodian: 2, witness: 1 };

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  administrator: 'an administrator',
  custodian: 'a custodian',
  witness: 'a witness',
  auditor: 'an auditor',
};

/** A key that a person is to be enrolled with. */
interface MadeKey {
  readonly credential: Credential;
  /** SubjectPublicKeyInfo, DER, and its SHA-256 in hex. */
  readonly spki: Uint8Array;
  readonly keyId: string;
}

export interface DraftPorts {
  readonly crypto: Crypto;
  readonly credentials: Credentials;
  /** The folder under which media folders are made. */
  readonly mediaRoot: string;
  readonly now: () => string;
}

export class SetupDraft {
  #vaultId: string = globalThis.crypto.randomUUID();
  /** The ledger that the new one goes on from, or null. */
  predecessor: Predecessor | null = null;
  step: SetupView['step'] = 'hsm';
  choice: SetupView['choice'] = null;
  required = 2;
  cosign = false;
  profile: ProfileId = FIRST_PROFILE;
  preset: PresetId = 'general';
  vaultName = '';
  unfinished = false;
  readonly #modules = new Map<string, ModuleView>();
  readonly #people: EnrolledInSetup[] = [];

  constructor(private readonly ports: DraftPorts) {}

  get vaultId(): string {
    return this.#vaultId;
  }

  get origin(): string {
    return originOf(this.#vaultId);
  }

  /** Before anyone is enrolled: each enrolment names the vault. */
  succeeds(predecessor: Predecessor, vaultId: string): Result<null> {
    if (this.#people.length > 0) return refuse('SETUP-2', 'People are enrolled already.');
    this.predecessor = predecessor;
    this.#vaultId = vaultId;
    return ok(null);
  }

  get people(): readonly EnrolledInSetup[] {
    return this.#people;
  }

  get view(): SetupView {
    return {
      step: this.step,
      modules: [...this.#modules.values()],
      choice: this.choice,
      people: this.#people.map(({ person, role, name, key, medium, credential }) => ({
        person,
        role,
        name,
        key,
        medium,
        credential,
        initials: initials(name),
      })),
      required: this.required,
      cosign: this.cosign,
      profile: this.profile,
      preset: this.preset,
      vaultName: this.vaultName,
      mediaFolder: this.ports.mediaRoot,
      missing: this.#missing(),
      unfinished: this.unfinished,
      predecessor: this.predecessor?.view ?? null,
    };
  }

  looked(module: ModuleView): void {
    this.#modules.set(module.library, module);
  }

  moduleAt(library: string): ModuleView | undefined {
    return this.#modules.get(library);
  }

  #missing(): string[] {
    if (this.step === 'hsm') return this.choice ? [] : ['Choose where the keys will live.'];
    const people = Object.entries(NEEDED).flatMap(([role, count]) => {
      const short = count - this.#people.filter((person) => person.role === role).length;
      return short > 0 ? [`Enrol ${short === 1 ? ROLE_WORDS[role as Role] : `${short} more ${role}s`}.`] : [];
    });
    if (this.step === 'people') return people;
    return [
      ...people,
      ...(this.vaultName === '' ? ['Name the vault.'] : []),
      ...(this.required > this.#custodians() ? ['The threshold is larger than the number of custodians.'] : []),
    ];
  }

  /** What is chosen on the page of the ledger. A policy under which the profile has no key would make none. */
  setLedger(input: Input<'setup.setLedger'>): Result<null> {
    if (!presetsFor(profileOf(input.profile)).includes(input.preset)) {
      return refuse('SETUP-2', 'The policy lets no key be made that the lifecycle profile is for.');
    }
    Object.assign(this, input);
    return ok(null);
  }

  #custodians(): number {
    return this.#people.filter(({ role }) => role === 'custodian').length;
  }

  get complete(): boolean {
    return this.choice !== null && this.step === 'seal' && this.#missing().length === 0;
  }

  /**
   * Makes the person's key on their medium, or takes the one on their card, has it sign its own enrolment, and keeps the
   * public half. A card is asked for its key a second time there, in another process.
   */
  async enrol({ role, name, passphrase, card }: Input<'setup.enrol'>): Promise<Result<null>> {
    if (this.#people.some((person) => nameKey(person.name) === nameKey(name))) {
      passphrase.fill(0);
      return refuse('ROLE-1', `${name} is already enrolled.`);
    }
    const person = this.#nextId(role);
    const folder = mediumFolder(this.ports.mediaRoot, person, name);
    const again = passphrase.slice();
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const who = `${person} ${name}`;
      const made = card
        ? await this.#card(card, who, passphrase)
        : await this.#keyFile(folder, person, who, passphrase);
      if (!made.ok) return made;
      const { spki, keyId, credential } = made.value;
      if (this.#people.some(({ key }) => key === keyId))
        return refuse('ROLE-1', 'This key is enrolled for another person.');
      const proof = await this.#proof(person, role, keyId, spki, credential, again);
      if (!proof.ok) return proof;
      const kept = credential.kind === 'card' ? await writeCardFile(folder, credential) : ok(null);
      if (!kept.ok) return kept;
      this.#people.push({
        person,
        role,
        name,
        credential: credential.kind,
        key: keyId,
        spki: base64(spki),
        medium: basename(folder),
        proof: proof.value,
      });
      return ok(null);
    } catch {
      return fail({
        code: 'io',
        message: `The medium ${folder} cannot be written.`,
        hint: 'Check its permissions and free space.',
      });
    } finally {
      passphrase.fill(0);
      again.fill(0);
    }
  }

  #keyFile(folder: string, person: string, who: string, passphrase: Uint8Array): Promise<Result<MadeKey>> {
    const fileName = `${person}-${this.vaultId.slice(0, 8)}.age`;
    return this.ports.credentials.create({ folder, fileName, person: who, passphrase });
  }

  async #card(
    { library, token }: NonNullable<Input<'setup.enrol'>['card']>,
    who: string,
    pin: Uint8Array,
  ): Promise<Result<MadeKey>> {
    const adopted = await this.ports.credentials.adoptCard({ library, token, person: who, pin });
    if (!adopted.ok) return adopted;
    const { ckaId, spki } = adopted.value;
    const keyId = hex(this.ports.crypto.sha256(spki));
    return ok({ credential: { kind: 'card', library, token, ckaId }, spki, keyId });
  }

  /** The key signs who it is for. A key that cannot do that is not enrolled. */
  async #proof(
    person: string,
    role: Role,
    keyId: string,
    spki: Uint8Array,
    credential: Credential,
    passphrase: Uint8Array,
  ): Promise<Result<Uint8Array>> {
    const { crypto, credentials, now } = this.ports;
    const payload = jcsBytes({ key: keyId, person, role, time: now(), vault: this.vaultId });
    const signed = await credentials.sign({
      credential,
      passphrase,
      payloads: [pae(ENROLMENT_TYPE, payload)],
      expectedKeyId: keyId,
    });
    if (!signed.ok) return signed;
    const bytes = envelopeBytes({ payloadType: ENROLMENT_TYPE, payload, keyid: keyId, signature: signed.value[0]! });
    const envelope = parseEnvelope(bytes);
    const good = envelope.ok && (await verifyEnvelope(crypto, spki, ENROLMENT_TYPE, envelope.value));
    return good ? ok(bytes) : refuse('APPROVAL-8', 'The new key did not prove that it can sign.');
  }

  #nextId(role: Role): string {
    for (let n = 1; ; n++) if (!this.#people.some(({ person }) => person === `${role}-${n}`)) return `${role}-${n}`;
  }

  remove(person: string): void {
    const at = this.#people.findIndex((one) => one.person === person);
    if (at >= 0) this.#people.splice(at, 1);
  }
}
