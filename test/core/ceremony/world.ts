/**
 * A vault in memory, for tests of decisions: real entries in a real chain with a real tree over them, real Ed25519
 * signatures, the real replay. What is not here is a disk and a token; the outcomes of acts are told by the test.
 */
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import * as v from 'valibot';
import { expect } from 'vitest';
import { base64 } from '../../../core/bytes.ts';
import { bindingOf, type ApprovalCommand } from '../../../core/ceremony/decide-approval.ts';
import { decide, type Command, type Facts } from '../../../core/ceremony/decide.ts';
import { nextCeremonyId } from '../../../core/ceremony/decide-plan.ts';
import { currentStep, keyOfStep, labelOfStep } from '../../../core/ceremony/state.ts';
import { envelopeBytes, pae, parseEnvelope } from '../../../core/evidence/dsse.ts';
import { jcsBytes } from '../../../core/json/jcs.ts';
import type { Cryptoperiod } from '../../../core/ledger/fields.ts';
import type { Entry, Environment } from '../../../core/ledger/entry.ts';
import type { Compromise, EventOf, NewEntry } from '../../../core/ledger/event.ts';
import { changeOf, statesAfter, type Change } from '../../../core/lifecycle/change.ts';
import { isPresent } from '../../../core/lifecycle/profile.ts';
import { keyIdOf, type KeyRecord } from '../../../core/lifecycle/replay.ts';
import { halvesOf, isPair, objectsOf } from '../../../core/lifecycle/purpose.ts';
import type { ProfileId } from '../../../core/lifecycle/states.ts';
import { expectedOf } from '../../../core/lifecycle/template.ts';
import { planBytes, scriptSha256 } from '../../../core/plan/freeze.ts';
import { generateKey, type GenerateKeyParameters } from '../../../core/plan/generate-key.ts';
import { generateSigningKey, type GenerateParameters } from '../../../core/plan/generate-signing-key.ts';
import { plannedKey, type Plan, type Script, type SigningScript } from '../../../core/plan/plan.ts';
import type { ChangeRecipe, Fate, StepAct, Template } from '../../../core/plan/plan.ts';
import { scriptOf } from '../../../core/plan/recipes.ts';
import { APPROVAL_TYPE, approvalSchema, type Approval } from '../../../core/quorum/approval.ts';
import { presetOf, presetsFor } from '../../../core/quorum/preset.ts';
import { initialPolicy, type Policy } from '../../../core/quorum/policy.ts';
import type { Result } from '../../../core/result.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { Chain, HOUR, MINUTE, must, type Line } from './chain.ts';
import { member, sha256, type Member } from './member.ts';

export const SERIAL = '9b2f6f0f5d1c4e21';
const VAULT = '0b5a3c52-6d6e-4a43-9c39-5b8f3a1d7e10';

/** A real public key, for what the token says it made. */
const SUBJECT = base64(
  generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey.export({ format: 'der', type: 'spki' }),
);

export const KEY: GenerateParameters = {
  label: 'root-2026',
  mechanism: 'ec-p384',
  purpose: 'sign',
  initialState: 'active',
  recovery: { kind: 'none', reason: 'The key cannot be restored: it is replaced by a new one.' },
};

/** Recipe and reason of a change; for a compromise, what is reported. */
export type ChangeAsked = { readonly profile?: ProfileId | undefined } & (
  | {
      readonly recipe: Exclude<
        ChangeRecipe,
        'report-compromise@1' | 'change-label@1' | 'set-cryptoperiod@1' | 'schedule-destruction@1'
      >;
      readonly reason?: string;
    }
  | { readonly recipe: 'change-label@1'; readonly newLabel: string; readonly reason?: string }
  | { readonly recipe: 'set-cryptoperiod@1'; readonly cryptoperiod: Cryptoperiod; readonly reason?: string }
  | { readonly recipe: 'schedule-destruction@1'; readonly hold: number; readonly reason?: string }
  | { readonly recipe: 'report-compromise@1'; readonly compromise: Compromise; readonly reason?: string }
);

export interface Options {
  readonly environment?: Environment;
  readonly custodians?: number;
  readonly required?: number;
  readonly policy?: (policy: Policy) => Policy;
  readonly members?: readonly Member[];
  readonly profile?: ProfileId;
}

/** The id of the rule that refused. A result that is not a refusal fails the test. */
export const ruleOf = (result: Result<unknown>): string => {
  expect(result.ok ? result.value : result.error).toMatchObject({ code: 'refused' });
  return result.ok ? '' : (result.error.policy ?? '');
};

export class World extends Chain {
  private constructor(
    environment: Environment,
    readonly members: readonly Member[],
  ) {
    super(environment);
  }

  /** A vault that is set up: token, people, policy and genesis are in its ledger. */
  static ready(options: Options = {}): World {
    const { environment = 'rehearsal', custodians = 3, required = 2 } = options;
    const ids = Array.from({ length: custodians }, (_, i) => `custodian-${i + 1}`);
    const members = options.members ?? ['administrator-1', ...ids, 'witness-1'].map((id) => member(id));
    const world = new World(environment, members);
    world.add({
      type: 'vault.created',
      data: {
        vault: VAULT,
        origin: 'conclave.example/vault/test',
        profile: options.profile ?? 'nist-sp800-57@r5',
        custody: 'operator-pin',
        module: {
          sha256: sha256(new Uint8Array(1)),
          cryptoki: '2.40',
          manufacturer: 'SoftHSM',
          description: 'Implementation of PKCS11',
          version: '2.6',
        },
        software: { version: '0.1.0', manifest: sha256(new Uint8Array(2)) },
      },
    });
    world.bindToken('vault', SERIAL);
    for (const { person, key, spki, name } of members) {
      world.add(
        {
          type: 'person.enrolled',
          data: { person, credential: 'key-file', key, spki, proof: sha256(Buffer.from(person)) },
        },
        { disclose: { name, medium: `Stick ${person}` } },
      );
    }
    const policy = (options.policy ?? ((p) => p))(
      initialPolicy(ids, required, false, presetOf(presetsFor(world.state.keys.profile)[0]).keys),
    );
    world.setPolicy(policy);
    const hash = sha256(new Uint8Array(3));
    world.add({
      type: 'genesis.sealed',
      data: { genesis: hash, vkey: 'conclave.example+0+AA==', operatorRoot: hash, attestationKey: hash },
    });
    return world;
  }

  /** The id of the step whose turn it is, or null. */
  get step(): string | null {
    return this.state.open ? (currentStep(this.state.open)?.id ?? null) : null;
  }

  /** A second world at the same place; what happens in one is unknown to the other. */
  fork(): World {
    const twin = new World(this.environment, this.members);
    twin.copy(this);
    return twin;
  }

  bindToken(token: 'vault' | 'operator-root', serial: string): void {
    this.add(
      { type: 'token.bound', data: { token, manufacturer: 'SoftHSM project', model: 'SoftHSM v2', firmware: '2.6' } },
      { disclose: { token_serial: serial, token_label: token } },
    );
  }

  setPolicy(policy: Policy): void {
    this.add({ type: 'policy.set', data: { policy: this.keep(jcsBytes(policy)) } });
  }

  facts(change: Partial<Facts> = {}): Facts {
    return {
      crypto,
      now: this.now,
      rootAt: (size) => this.roots[size] ?? null,
      eventsSince: (size) => this.lines.slice(size).map(({ entry }) => entry),
      interfacesUp: [],
      labelInUse: false,
      genuine: new Set(this.state.open?.decisions.map(({ envelope }) => envelope)),
      ...change,
    };
  }

  ask(command: Command, facts: Partial<Facts> = {}): Result<NewEntry[]> {
    return decide(this.state, command, this.facts(facts));
  }

  /** Decides and, where nothing refuses, appends. */
  try(command: Command, facts: Partial<Facts> = {}): Result<Line[]> {
    const decision = this.ask(command, facts);
    return decision.ok ? { ok: true, value: decision.value.map((entry) => this.append(entry)) } : decision;
  }

  do(command: Command, facts: Partial<Facts> = {}): Line[] {
    return must(this.try(command, facts));
  }

  plan(key: Partial<GenerateParameters> = {}, change: Partial<Plan> = {}): Plan & { readonly script: SigningScript } {
    const script = generateSigningKey(crypto, { ...KEY, ...key }, this.state.vault?.profile);
    return { ...this.planOf(script, change), script };
  }

  /** The plan of a key for any purpose. */
  planKey(key: GenerateKeyParameters, change: Partial<Plan> = {}): Plan {
    return this.planOf(generateKey(crypto, key, this.state.vault?.profile), change);
  }

  /** The plan of a change to the one key that there is, right in everything that `change` does not name. */
  changing(parameters: ChangeAsked, change: Partial<Plan> = {}): Plan {
    const record = this.made;
    const { label, mechanism, purpose, spki } = record;
    const script = scriptOf(crypto, {
      reason: 'The room says so.',
      ...(this.state.vault ? { profile: this.state.vault.profile } : {}),
      ...parameters,
      key: { label, mechanism, purpose },
    });
    const fingerprint = spki === null ? {} : { spkiSha256: sha256(Buffer.from(spki, 'base64')) };
    return this.planOf(script, { subject: { key: record.key, ...fingerprint }, ...change });
  }

  /** The plan of a key that follows the one there is. */
  rotating(label: string, fate: Fate): Plan {
    const { profile } = this.state.vault!;
    const { made } = this;
    const predecessor = { label: made.label, mechanism: made.mechanism, fate };
    const script = scriptOf(crypto, {
      recipe: 'rotate-key@1',
      profile,
      key: { ...KEY, label, purpose: made.purpose },
      reason: 'The room says so.',
      predecessor,
    });
    const spkiSha256 = sha256(Buffer.from(made.spki!, 'base64'));
    return this.planOf(script, { subject: { key: made.key, spkiSha256 } });
  }

  /** The key that was made last. */
  get made(): KeyRecord {
    return [...this.state.keys.keys.values()].at(-1)!;
  }

  planOf(script: Script, change: Partial<Plan> = {}): Plan {
    const { state } = this;
    return {
      v: 1,
      ceremony: nextCeremonyId(state, this.now),
      environment: state.environment,
      vault: state.vault!.vault,
      hsm: { ...state.hsm! },
      policySha256: state.policySha256!,
      people: [...state.people.values()].map(({ medium: _, ...person }) => person),
      script,
      scriptSha256: scriptSha256(crypto, script),
      created: new Date(this.now).toISOString(),
      expires: new Date(this.now + 48 * HOUR).toISOString(),
      ...change,
    };
  }

  freezing(plan: Plan): Command {
    return {
      kind: 'plan.freeze',
      plan,
      planSha256: planBytes(crypto, plan).sha256,
      scriptSha256: scriptSha256(crypto, plan.script),
    };
  }

  freeze(plan: Plan = this.plan()): this {
    this.keep(planBytes(crypto, plan).bytes);
    this.do(this.freezing(plan));
    return this;
  }

  /** An approval of the open ceremony's step by one of its people, right in everything that `change` does not name. */
  approval(person: string, change: Partial<Approval> = {}, step = this.asked()): Approval {
    const binding = bindingOf(this.state.open!, step)!;
    const size = this.lines.length;
    return {
      environment: binding.environment,
      ceremony: binding.ceremony,
      scriptSha256: binding.scriptSha256,
      planSha256: binding.planSha256,
      step,
      decision: 'approve',
      hsm: { serial: binding.hsmSerial },
      templateSha256: binding.templateSha256,
      ledgerHead: { size, root: this.roots[size]! },
      custodian: person,
      nonce: base64(createHash('sha256').update(`${person} ${size}`).digest().subarray(0, 16)),
      expires: new Date(this.now + HOUR).toISOString(),
      time: new Date(this.now).toISOString(),
      signedOn: 'ceremony-workstation',
      ...change,
    };
  }

  /** The step that the current or latest approve step asks about. */
  asked(): string {
    const { plan, done } = this.state.open!;
    const asking = plan.script.steps.filter(({ kind }) => kind === 'approve');
    const last = asking.filter(({ id }) => done.has(id)).at(-1);
    return (asking.find(({ id }) => id === this.step) ?? last ?? asking[0]!).for!;
  }

  /** Signs as `signer` and takes the envelope apart again; the signature is judged by the claimed person's key. */
  submitting(approval: Approval, signer: Member = member(approval.custodian)): ApprovalCommand {
    const payload = jcsBytes(approval);
    const signature = sign(null, pae(APPROVAL_TYPE, payload), signer.privateKey);
    const bytes = envelopeBytes({ payloadType: APPROVAL_TYPE, payload, keyid: signer.key, signature });
    const envelope = must(parseEnvelope(bytes));
    const claimed = this.state.people.get(approval.custodian);
    const good =
      claimed !== undefined &&
      verify(
        null,
        pae(APPROVAL_TYPE, envelope.payload),
        createPublicKey({ key: Buffer.from(claimed.spki, 'base64'), format: 'der', type: 'spki' }),
        envelope.signature,
      );
    return {
      kind: 'ceremony.decide',
      approval: v.parse(approvalSchema, JSON.parse(Buffer.from(envelope.payload).toString())),
      envelope: this.keep(bytes),
      signedBy: good ? claimed.key : null,
    };
  }

  submit(approval: Approval, signer?: Member): Result<Line[]> {
    return this.try(this.submitting(approval, signer));
  }

  approve(...people: string[]): this {
    for (const person of people) must(this.submit(this.approval(person)));
    return this;
  }

  confirm(): this {
    const { plan } = this.state.open!;
    const step = currentStep(this.state.open!)!;
    const confirmed = step.confirmedBy.map((role) => plan.people.find((p) => p.role === role)!.person);
    this.do({ kind: 'ceremony.confirm', step: step.id, confirmed });
    return this;
  }

  login(): this {
    this.do({ kind: 'ceremony.login', step: this.step! });
    return this.opened();
  }

  opened(token: 'vault' | 'operator-root' = 'vault'): this {
    this.addHere({ type: 'session.opened', data: { token, mode: 'operator-pin' } });
    return this;
  }

  logout(): this {
    this.do({ kind: 'ceremony.logout', step: this.step! });
    this.addHere({ type: 'session.closed', data: { reason: 'logout' } });
    return this;
  }

  /** What the token reports of the ceremony's key in a state. */
  reading(state: 'pre-active' | 'active'): Template {
    const { label, mechanism, purpose } = plannedKey(this.state.open!.plan);
    const objects = objectsOf(purpose, mechanism)!;
    const states = Object.fromEntries(halvesOf(objects).map((half) => [half, state]));
    return expectedOf(this.state.keys.profile, label, mechanism, states, objects);
  }

  /** The same after a change of state, with the halves that are not there any more. */
  after(change: Change, named?: string): Pick<EventOf<'act.result'>['data'], 'attributes' | 'gone' | 'enforced'> {
    const record = this.state.keys.keys.get(keyOfStep(this.state.open!, currentStep(this.state.open!)!)!)!;
    const { profile } = this.state.keys;
    const states = statesAfter(profile, change, record);
    const gone = halvesOf(record.objects).filter((half) => !isPresent(profile, states[half]!));
    const enabled = change === 'disable' ? false : change === 'enable' ? true : record.enabled;
    const { mechanism, objects, label } = record;
    const attributes = expectedOf(profile, named ?? label, mechanism, { ...states, enabled }, objects);
    return { attributes, enforced: 'device', ...(gone.length > 0 ? { gone } : {}) };
  }

  begin(facts: Partial<Facts> = {}): Line {
    const { open } = this.state;
    const label = labelOfStep(open!.plan, currentStep(open!)!);
    return this.do({ kind: 'ceremony.act', step: this.step!, label }, facts)[0]!;
  }

  /** The result that the workstation would write where the act did what it should. */
  committed(intent: Line): EventOf<'act.result'>['data'] {
    const { data } = intent.entry as Extract<Entry, { type: 'act.intent' }>;
    const common = { act: data.act, intent: intent.leafHash, outcome: 'committed' } as const;
    const blob = sha256(intent.hash);
    switch (data.act as StepAct) {
      case 'key.generate':
        return {
          ...common,
          key: keyIdOf(intent.leafHash),
          ...(isPair(plannedKey(this.state.open!.plan).mechanism) ? { spki: SUBJECT } : {}),
          attributes: this.reading('pre-active'),
        };
      case 'key.certify-request':
        return { ...common, key: data.key!, blobs: [blob], attributes: this.after('prove-possession').attributes };
      case 'key.activate':
        return { ...common, key: data.key!, attributes: this.after('activate').attributes };
      case 'key.test-use':
        return { ...common, key: data.key!, blobs: [blob] };
      case 'key.test-signature':
        return { ...common, key: data.key!, blobs: [blob, blob] };
      default:
        return { ...common, key: data.key!, ...this.after(changeOf(data.act)!, data.label) };
    }
  }

  finish(intent: Line, change: Partial<EventOf<'act.result'>['data']> = {}): Line {
    return this.addHere({ type: 'act.result', data: { ...this.committed(intent), ...change } });
  }

  act(): this {
    this.finish(this.begin());
    return this;
  }

  exported(): this {
    this.do({ kind: 'ceremony.export', step: this.step! });
    const hash = sha256(Buffer.from('bundle'));
    this.addHere({
      type: 'evidence.exported',
      data: { bundle: hash, statement: hash, key: this.state.open!.key ?? '0'.repeat(40) },
    });
    return this;
  }

  /** Plays the script as it should go until it is the turn of `step`; to the end where none is named. */
  to(step?: string): this {
    while (this.step !== null && this.step !== step) {
      this.now += MINUTE;
      const { kind } = currentStep(this.state.open!)!;
      if (kind === 'approve') this.approve('custodian-1', 'custodian-2');
      else if (kind === 'login') this.login();
      else if (kind === 'logout') this.logout();
      else if (kind === 'act') this.act();
      else if (kind === 'export') this.exported();
      else this.confirm();
    }
    return this;
  }

  close(outcome: 'completed' | 'stopped' = 'completed'): this {
    this.addHere({ type: 'ceremony.closed', data: { outcome } });
    return this;
  }
}
