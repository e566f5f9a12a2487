/**
 * The desk at which one custodian after the other decides. The application chooses two groups of the plan's digest
 * that must be typed from the paper sheet; ticks alone never suffice. The key is opened in the credential host, and
 * the finished envelope is judged like one that came from elsewhere.
 */
import { base64, equal, fromBase64, groups, hex } from '../../core/bytes.ts';
import { decide } from '../../core/ceremony/decide.ts';
import { bindingOf } from '../../core/ceremony/decide-approval.ts';
import type { CeremonyState } from '../../core/ceremony/state.ts';
import type { Crypto } from '../../core/crypto.ts';
import { readApproval } from '../../core/evidence/approval-file.ts';
import { envelopeBytes, pae, parseEnvelope, verifyEnvelope } from '../../core/evidence/dsse.ts';
import { jcsBytes } from '../../core/json/jcs.ts';
import { APPROVAL_TYPE, type Approval } from '../../core/quorum/approval.ts';
import { ruleFor } from '../../core/quorum/policy.ts';
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import { refusal, refuse } from '../../core/rules.ts';
import type { Input } from '../../contract/schema.ts';
import type { ApprovalChallengeView } from '../../contract/views.ts';
import type { Credentials } from '../custody/credential.ts';
import { signOnMedium } from '../custody/sign-on-medium.ts';
import type { Vault } from './vault.ts';

const ROWS = ['A', 'B', 'C', 'D'] as const;

export interface DeskPorts {
  readonly crypto: Crypto;
  readonly credentials: Credentials;
  readonly random: (bytes: number) => Uint8Array;
  readonly mediumOf: (medium: string) => string;
  readonly interfacesUp: () => Promise<readonly string[]>;
}

interface Challenge extends ApprovalChallengeView {
  /** The ledger as the custodian sees it when the desk is theirs. */
  readonly head: { readonly size: number; readonly root: string };
}

export class ApprovalDesk {
  #challenge: Challenge | null = null;

  constructor(
    private readonly vault: Vault,
    private readonly ports: DeskPorts,
  ) {}

  /** Gives the desk to a custodian and chooses the two groups. */
  challenge({ step, custodian }: Input<'ceremony.challenge'>): Result<ApprovalChallengeView> {
    const ceremony = this.vault.state.open;
    if (!ceremony) return refuse('STEP-5');
    const life = this.#life(ceremony, step);
    if (life === null || !bindingOf(ceremony, step)) return refuse('APPROVAL-2');
    const ask = this.#twoGroups().map((index) => ({ row: ROWS[Math.floor(index / 4)]!, column: (index % 4) + 1 }));
    const { journal } = this.vault;
    this.#challenge = {
      step,
      custodian,
      planSha256: ceremony.planSha256,
      ask,
      expires: stamp(this.#now() + life * 1000),
      head: { size: journal.size, root: hex(journal.root()) },
    };
    const { head: _, ...view } = this.#challenge;
    return ok(view);
  }

  #life(ceremony: CeremonyState, step: string): number | null {
    const asking = ceremony.plan.script.steps.find((one) => one.kind === 'approve' && one.for === step);
    const { policy } = this.vault.state;
    return (asking?.action && policy && ruleFor(policy, asking.action)?.expiresAfter) || null;
  }

  /** Two different groups out of sixteen. */
  #twoGroups(): [number, number] {
    const first = this.ports.random(1)[0]! % 16;
    const second = (first + 1 + (this.ports.random(1)[0]! % 15)) % 16;
    return [Math.min(first, second), Math.max(first, second)];
  }

  #now(): number {
    return this.vault.facts([]).now;
  }

  async approve(input: Input<'ceremony.approve'>): Promise<Result<null>> {
    const { step, custodian, rows, typed, passphrase } = input;
    const about = { step, person: custodian };
    const challenge = this.#challenge;
    const refused = async (result: Result<never>): Promise<Result<never>> => {
      passphrase.fill(0);
      if (!result.ok) await this.vault.refused(result.error, 'ceremony.approve', about);
      return result;
    };
    const { open } = this.vault.state;
    if (!open) return refused(refuse('STEP-5'));
    // Groups that were asked for another person, step or plan prove no reading of this one.
    const asks = challenge?.step === step && challenge.custodian === custodian;
    if (!challenge || !asks || challenge.planSha256 !== open.planSha256) return refused(refuse('APPROVAL-9'));
    if (!ROWS.every((row) => rows.includes(row))) return refused(refuse('APPROVAL-11'));
    const digest = groups(challenge.planSha256);
    const asked = challenge.ask.map(({ row, column }) => digest[ROWS.indexOf(row as 'A') * 4 + column - 1]);
    if (!asked.every((group, i) => group === typed[i]!.trim().toLowerCase())) return refused(refuse('APPROVAL-9'));
    const done = await this.#sign(challenge, passphrase, { decision: 'approve' });
    if (done.ok) this.#challenge = null;
    return done;
  }

  /** Declining asks for a reason and a signature, and never for a comparison. */
  async decline({ step, custodian, reason, passphrase }: Input<'ceremony.decline'>): Promise<Result<null>> {
    const view = this.challenge({ step, custodian });
    if (!view.ok) {
      passphrase.fill(0);
      await this.vault.refused(view.error, 'ceremony.decline', { step, person: custodian });
      return view;
    }
    const done = await this.#sign(this.#challenge!, passphrase, { decision: 'decline', reason });
    if (done.ok) this.#challenge = null;
    return done;
  }

  async #sign(
    challenge: Challenge,
    passphrase: Uint8Array,
    decision: { decision: 'approve' } | { decision: 'decline'; reason: string },
  ): Promise<Result<null>> {
    const { custodian, step } = challenge;
    const person = this.vault.state.people.get(custodian);
    const binding = bindingOf(this.vault.state.open!, step);
    const about = { step, person: custodian };
    const refused = async (error: Failure): Promise<Result<never>> => {
      passphrase.fill(0);
      await this.vault.refused(error, 'ceremony.approve', about);
      return fail(error);
    };
    if (!person || !binding) return refused(refusal('APPROVAL-8'));
    const approval: Approval = {
      environment: binding.environment,
      ceremony: binding.ceremony,
      scriptSha256: binding.scriptSha256,
      planSha256: binding.planSha256,
      step,
      ...decision,
      hsm: { serial: binding.hsmSerial },
      templateSha256: binding.templateSha256,
      ledgerHead: challenge.head,
      custodian,
      nonce: base64(this.ports.random(16)),
      expires: challenge.expires,
      time: stamp(this.#now()),
      signedOn: 'ceremony-workstation',
    };
    const payload = jcsBytes(approval);
    const { credentials, mediumOf } = this.ports;
    const message = pae(APPROVAL_TYPE, payload);
    const signature = await signOnMedium(credentials, mediumOf(person.medium), person, passphrase, message);
    if (!signature.ok) return refused(signature.error);
    return this.submit(
      envelopeBytes({ payloadType: APPROVAL_TYPE, payload, keyid: person.key, signature: signature.value }),
    );
  }

  /** Judges an envelope: its signature by the enrolled key, then everything it is bound to. */
  async submit(bytes: Uint8Array): Promise<Result<null>> {
    const { state } = this.vault;
    const judged = await this.#judge(bytes);
    if (!judged.ok) {
      await this.vault.refused(judged.error, 'ceremony.approve', {
        step: state.open?.plan.script.steps.find((s) => !state.open!.done.has(s.id))?.id,
      });
      return judged;
    }
    const { approval, signedBy } = judged.value;
    const envelope = hex(this.ports.crypto.sha256(bytes));
    const decision = decide(
      state,
      { kind: 'ceremony.decide', approval, envelope, signedBy },
      this.vault.facts(await this.ports.interfacesUp()),
    );
    if (!decision.ok) {
      await this.vault.refused(decision.error, 'ceremony.approve', { step: approval.step, person: approval.custodian });
      return decision;
    }
    const kept = await this.vault.journal.putBlob(bytes);
    if (!kept.ok) return kept;
    const appended = await this.vault.append(decision.value);
    return appended.ok ? ok(null) : appended;
  }

  async #judge(bytes: Uint8Array): Promise<Result<{ approval: Approval; signedBy: string | null }>> {
    const envelope = parseEnvelope(bytes);
    if (!envelope.ok || envelope.value.payloadType !== APPROVAL_TYPE) return refuse('APPROVAL-10');
    if (!equal(envelopeBytes(envelope.value), bytes)) return refuse('APPROVAL-10');
    const approval = readApproval(envelope.value.payload);
    if (!approval.ok) return refuse('APPROVAL-10');
    const person = this.vault.state.people.get(approval.value.custodian);
    const spki = person ? fromBase64(person.spki) : null;
    const good = spki !== null && (await verifyEnvelope(this.ports.crypto, spki, APPROVAL_TYPE, envelope.value));
    return ok({ approval: approval.value, signedBy: good ? person!.key : null });
  }
}

const stamp = (ms: number): string => new Date(ms).toISOString();
