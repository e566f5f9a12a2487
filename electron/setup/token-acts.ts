/**
 * The acts on tokens that a set-up is made of, each with its intent in the ledger before and its result after. They are
 * apart from the acts of a ceremony because no plan and no quorum exist yet: the genesis sheet, signed by everyone on
 * paper, is what stands for them.
 */
import { base64, fromHex, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { certificate, certificateToSign, type CertificateFields } from '../../core/evidence/x509.ts';
import type { Act, Event } from '../../core/ledger/event.ts';
import type { PairMechanism } from '../../core/ledger/fields.ts';
import { keyIdOf } from '../../core/lifecycle/replay.ts';
import { madeInside, differences, serviceKeyTemplate } from '../../core/lifecycle/template.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';
import { forToken } from '../ceremony/acts/generate.ts';
import { readPair } from '../ceremony/acts/read-key.ts';
import { signAndVerify } from '../ceremony/acts/sign-and-verify.ts';
import type { HsmSession } from '../ceremony/hsm-session.ts';
import { workstation, type Vault } from '../ceremony/vault.ts';
import type { Hsm, RehearsalToken, TokenInfo, TokenRef } from '../hsm/port.ts';

export type Owner = 'vault' | 'operator-root';

/** A key that signs for the vault: where it is and its public half. */
export interface ServiceKey {
  readonly ckaId: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
}

export class TokenActs {
  /** Signs and keeps the head of the ledger, from the moment on at which there is a log key. */
  seal: () => Promise<Result<null>> = () => Promise.resolve(ok(null));

  constructor(
    private readonly vault: Vault,
    private readonly crypto: Crypto,
    private readonly session: HsmSession,
    /** Another one after a probe ended the first. */
    public hsm: Hsm,
  ) {}

  async append(event: Event, disclose?: Record<string, string>): Promise<Result<string>> {
    const appended = await this.vault.append([workstation(event, null, disclose)]);
    return appended.ok ? ok(hex(appended.value[0]!.hash)) : appended;
  }

  /** An act with its intent before and its result after. A failure is recorded and ends the set-up. */
  async act<T>(
    intent: { act: Act; token: Owner; digest?: string; label?: string; mechanism?: PairMechanism },
    run: (
      intentHash: string,
    ) => Promise<Result<{ value: T; data?: { key?: string; spki?: string; blobs?: string[] } }>>,
  ): Promise<Result<T>> {
    const opened = await this.append({ type: 'act.intent', data: intent });
    if (!opened.ok) return opened;
    const ahead = await this.seal();
    if (!ahead.ok) return ahead;
    const done = await run(opened.value);
    const outcome = done.ok ? 'committed' : done.error.code === 'hsm-lost' ? 'unknown' : 'not-committed';
    const error =
      done.ok || done.error.call === undefined ? {} : { error: { call: done.error.call, rv: done.error.rv ?? '' } };
    const closed = await this.append({
      type: 'act.result',
      data: { act: intent.act, intent: opened.value, outcome, ...(done.ok ? done.value.data : {}), ...error },
    });
    if (!closed.ok) return closed;
    const after = await this.seal();
    if (!after.ok) return after;
    return done.ok ? ok(done.value.value) : done;
  }

  /** A free slot, initialised with PINs that the HSM host makes. */
  async newToken(owner: Owner, label: string): Promise<Result<RehearsalToken>> {
    const slots = await this.hsm.slots();
    if (!slots.ok) return slots;
    const free = slots.value.find(({ token }) => token && !token.initialized);
    if (!free) return fail({ code: 'hsm', message: 'The rehearsal module has no free slot.' });
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
    const logged = await this.session.login(token, pin);
    if (!logged.ok) {
      const { call = 'C_Login', rv = '' } = logged.error;
      const refused = await this.append({ type: 'session.refused', data: { token: owner, error: { call, rv } } });
      return refused.ok ? logged : refused;
    }
    const noted = await this.append({ type: 'session.opened', data: { token: owner, mode: 'operator-pin' } });
    return noted.ok ? ok(null) : noted;
  }

  /** A key that serves the ledger or the evidence: signs, cannot leave, cannot be altered. */
  async serviceKey(act: Act, owner: Owner, token: TokenRef, label: string, mechanism: PairMechanism) {
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
      return ok({ value: { ckaId, spki: pair.value.spki }, data: { key, spki: base64(pair.value.spki) } });
    });
  }

  async issue(
    fields: CertificateFields,
    token: TokenRef,
    root: { ckaId: Uint8Array; spki: Uint8Array },
  ): Promise<Result<Uint8Array>> {
    const { crypto } = this;
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
}
