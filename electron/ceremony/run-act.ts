/**
 * Runs acts on the token: intent on disk and sealed, the calls, what came of them on disk and sealed. After a crash or
 * a lost host it asks the token instead, records the outcome once, and never repeats the act.
 */
import { fromHex, hex } from '../../core/bytes.ts';
import { givesLabel, labelGiven } from '../../core/ceremony/decide-act.ts';
import { administratorOf } from '../../core/ceremony/decide.ts';
import { afterSign } from '../../core/ceremony/recovery.ts';
import { currentStep, type CeremonyState, type OpenIntent, type VaultState } from '../../core/ceremony/state.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Drift } from '../../core/inventory/drift.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import { keyIdOf } from '../../core/lifecycle/replay.ts';
import { plannedKey, type Plan, type Step } from '../../core/plan/plan.ts';
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import { isRuleId } from '../../core/rules.ts';
import type { TokenRef } from '../hsm/port.ts';
import type { CrashPoint } from '../workstation/crash-points.ts';
import type { ActContext, ActOutcome, ActRunner } from './acts/act.ts';
import { requestBody } from './acts/certify-request.ts';
import { discardHalf } from './acts/discard-half.ts';
import { ACTS } from './acts/index.ts';
import { CHALLENGE_BYTES } from './acts/test-signature.ts';
import type { HsmSession } from './hsm-session.ts';
import { workstation, type Vault } from './vault.ts';

export interface ActPorts {
  readonly crypto: Crypto;
  readonly session: HsmSession;
  readonly random: (bytes: number) => Uint8Array;
  /** Where a test ends the process. Does nothing in a release build. */
  readonly crash: (point: CrashPoint) => void;
}

export class Acts {
  /** @param seal Signs and stores the head of the ledger. */
  constructor(
    private readonly vault: Vault,
    private readonly ports: ActPorts,
    private readonly seal: () => Promise<Result<null>>,
    /** Looks at every object of the token. */
    private readonly drift: () => Promise<Result<readonly Drift[]>>,
  ) {}

  get #state(): VaultState {
    return this.vault.state;
  }

  get #token(): TokenRef {
    const { label, serial } = this.#state.hsm!;
    return { label, serial };
  }

  /** Whether another key on the token has the label that the current step would give. Nothing else is asked of the token. */
  async labelInUse(): Promise<Result<boolean>> {
    const ceremony = this.#state.open;
    const hsm = this.ports.session.use();
    // With no session the decision refuses by its own rule; the label is not what is wrong then.
    const step = ceremony && currentStep(ceremony);
    if (!ceremony || !step || !hsm.ok || !givesLabel(step)) return ok(false);
    const found = await hsm.value.findKeys({ token: this.#token, label: labelGiven(ceremony.plan) });
    return found.ok ? ok(found.value.some(({ ckaId }) => hex(ckaId) !== ceremony.key)) : found;
  }

  /** @param decided The intent that the decision allowed. */
  async run(decided: NewEntry): Promise<Result<null>> {
    const { crash, crypto } = this.ports;
    const ceremony = this.#state.open!;
    const step = currentStep(ceremony)!;
    const prepared = this.#prepare(step, ceremony);
    if (!prepared.ok) return prepared;
    const clean = await this.#sealEffects();
    if (!clean.ok) return clean;
    crash('intent-before-append');
    const appended = await this.vault.append([prepared.value ? withDigest(crypto, decided, prepared.value) : decided]);
    if (!appended.ok) return appended;
    crash('intent-after-append');
    const sealed = await this.seal();
    // The token was not asked for anything. Its outcome is written once the intent has its head, never before.
    if (!sealed.ok) return fail({ ...sealed.error, hint: ASK_LATER });
    const intent = this.#state.intents.get(hex(appended.value[0]!.hash))!;
    crash('intent-after-checkpoint');
    const outcome = await ACTS[step.act!].run(this.#context(intent, ceremony.plan, prepared.value));
    return this.#concluded(intent, ceremony, outcome);
  }

  /** One entry about the token at a time is without its head: two would be refused at the next login. */
  async #sealEffects(): Promise<Result<null>> {
    return this.vault.effectUnsealed ? this.seal() : ok(null);
  }

  /** Bytes whose digest goes into the intent, for acts that sign something fixed beforehand. */
  #prepare(step: Step, ceremony: CeremonyState): Result<Uint8Array | undefined> {
    if (step.act === 'key.test-signature' || step.act === 'key.test-use') return ok(this.ports.random(CHALLENGE_BYTES));
    if (step.act === 'key.certify-request') {
      const record = this.#state.keys.keys.get(ceremony.key ?? '');
      return requestBody(plannedKey(ceremony.plan).label, record?.spki ?? '');
    }
    return ok(undefined);
  }

  #context(intent: OpenIntent, plan: Plan, material?: Uint8Array): ActContext {
    const hsm = this.ports.session.use();
    if (!hsm.ok) throw new Error('an act was started without a session');
    return {
      hsm: hsm.value,
      token: this.#token,
      crypto: this.ports.crypto,
      plan,
      profile: this.#state.keys.profile,
      intent,
      record: this.#state.keys.keys.get(intent.data.key ?? ''),
      material,
      crash: this.ports.crash,
      drift: this.drift,
      putBlob: async (bytes) => {
        const kept = await this.vault.journal.putBlob(bytes);
        if (!kept.ok) throw new Error(kept.error.message);
        return kept.value;
      },
    };
  }

  /** Writes what an act came to. An intent to which nobody could give an answer yet stays open until one is found. */
  async #concluded(intent: OpenIntent, ceremony: CeremonyState, outcome: ActOutcome): Promise<Result<null>> {
    const { failure } = outcome;
    if (failure && unanswered(intent, outcome)) return fail({ ...failure, hint: ASK_LATER });
    const appended = await this.vault.append([
      {
        ...outcomeEntry('act.result', intent, ceremony.id, outcome),
        actor: { role: 'administrator', person: administratorOf(ceremony) },
      },
    ]);
    if (!appended.ok) return appended;
    this.ports.crash('result-after-append');
    if (failure?.policy !== undefined && isRuleId(failure.policy)) {
      await this.vault.refused(failure, 'ceremony.act', { step: intent.step ?? undefined });
    }
    const tidied = await this.#discardHalf(intent, ceremony, outcome);
    if (!tidied.ok) return tidied;
    const sealed = await this.seal();
    if (!sealed.ok) return failure ? fail(withFound(failure, outcome)) : sealed;
    this.ports.crash('result-after-checkpoint');
    return failure ? fail(withFound(failure, outcome)) : ok(null);
  }

  /** An interrupted generation, or removal, can leave one half of a pair. It is removed as an act of its own. */
  async #discardHalf(intent: OpenIntent, ceremony: CeremonyState, outcome: ActOutcome): Promise<Result<null>> {
    const { key } = outcome;
    const leaves = intent.act === 'key.generate' || intent.act === 'key.discard-half';
    if (!leaves || outcome.outcome !== 'not-committed' || key === undefined) return ok(null);
    const clean = await this.#sealEffects();
    if (!clean.ok) return clean;
    const appended = await this.vault.append([
      workstation(
        {
          type: 'act.intent',
          data: { act: 'key.discard-half', key, token: 'vault', ...(intent.step ? { step: intent.step } : {}) },
        },
        ceremony.id,
      ),
    ]);
    if (!appended.ok) return appended;
    const sealed = await this.seal();
    if (!sealed.ok) return fail({ ...sealed.error, hint: ASK_LATER });
    this.ports.crash('discard-after-intent');
    const open = this.#state.intents.get(hex(appended.value[0]!.hash))!;
    const done = await discardHalf.run(this.#context(open, ceremony.plan));
    this.ports.crash('discard-after-call');
    if (done.failure && unanswered(open, done)) return fail({ ...done.failure, hint: ASK_LATER });
    const noted = await this.vault.append([outcomeEntry('act.result', open, ceremony.id, done)]);
    return noted.ok ? ok(null) : noted;
  }

  /** A throw-away key on the token, made and destroyed by one request, and what it showed. */
  async probeKey(): Promise<Result<null>> {
    const hsm = this.ports.session.use();
    if (!hsm.ok) return hsm;
    const clean = await this.#sealEffects();
    if (!clean.ok) return clean;
    const appended = await this.vault.append([
      workstation({ type: 'act.intent', data: { ...PROBE, token: 'vault' } }, this.#state.open?.id ?? null),
    ]);
    if (!appended.ok) return appended;
    const sealed = await this.seal();
    if (!sealed.ok) return fail({ ...sealed.error, hint: ASK_LATER });
    const leaf = hex(appended.value[0]!.hash);
    const ckaId = fromHex(keyIdOf(leaf))!;
    const { mechanism } = PROBE;
    const shown = await hsm.value.probeKey({ token: this.#token, mechanism, algorithm: 'ecdsa-sha256', ckaId });
    if (!shown.ok && shown.error.code === 'hsm-lost') return fail({ ...shown.error, hint: ASK_LATER });
    const intent = this.#state.intents.get(leaf)!;
    const outcome: ActOutcome = shown.ok
      ? { outcome: 'committed' }
      : { outcome: 'not-committed', failure: shown.error };
    const noted = await this.vault.append([
      outcomeEntry('act.result', intent, intent.ceremony, outcome),
      ...(shown.ok
        ? [
            workstation(
              { type: 'token.enforcement', data: { token: 'vault', mechanism, ...shown.value } },
              intent.ceremony,
            ),
          ]
        : []),
    ]);
    if (!noted.ok) return noted;
    const after = await this.seal();
    return shown.ok ? after : shown;
  }

  /** What an interrupted probe left on the token goes; nothing else has that CKA_ID. */
  async #endProbe({ leafHash }: OpenIntent): Promise<ActOutcome> {
    const hsm = this.ports.session.use();
    const ckaId = fromHex(keyIdOf(leafHash))!;
    const removed = hsm.ok ? await hsm.value.removeProbeKey({ token: this.#token, ckaId }) : hsm;
    if (!removed.ok) return { outcome: 'unknown', failure: removed.error };
    const found =
      removed.value === 0
        ? 'No throw-away key is on the token.'
        : `Of the throw-away key, ${removed.value} objects were still on the token. They were destroyed.`;
    return { outcome: 'not-committed', found };
  }

  /** Asks the token about every open intent, records each outcome, and seals. Needs an open session. */
  async recoverAll(): Promise<Result<null>> {
    for (const intent of [...this.#state.intents.values()]) {
      const clean = await this.#sealEffects();
      if (!clean.ok) return clean;
      const recovered = await this.#recover(intent);
      if (!recovered.ok) return recovered;
    }
    return this.seal();
  }

  /**
   * Ends every open intent as unknown, because the token cannot be asked and people decided to stop. What was tried is
   * said by its PKCS#11 call and value; the people's reason is disclosed with the end of the ceremony.
   */
  async giveUp({ call, rv }: Failure): Promise<Result<null>> {
    const tried = call === undefined ? '' : ` (${call}${rv === undefined ? '' : `: ${rv}`})`;
    const found = `The token could not be asked${tried}. The ceremony was stopped without an answer.`;
    const entries = [...this.#state.intents.values()].map((intent) =>
      outcomeEntry('act.recovered', intent, intent.ceremony, { outcome: 'unknown', found }),
    );
    const appended = await this.vault.append(entries);
    return appended.ok ? ok(null) : appended;
  }

  async #recover(intent: OpenIntent): Promise<Result<null>> {
    const ceremony = intent.ceremony === null ? undefined : this.#state.ceremonies.get(intent.ceremony);
    const runner = runnerOf(intent);
    // A signature that nobody kept cannot be asked for: statement.sign has no runner and ends as unknown.
    const outcome: ActOutcome =
      intent.act === 'token.probe-key'
        ? await this.#endProbe(intent)
        : ceremony && runner
          ? await runner.find(this.#context(intent, ceremony.plan))
          : afterSign();
    if (outcome.failure && unanswered(intent, outcome)) return fail(outcome.failure);
    const appended = await this.vault.append([outcomeEntry('act.recovered', intent, intent.ceremony, outcome)]);
    if (!appended.ok) return appended;
    return ceremony ? this.#discardHalf(intent, ceremony, outcome) : ok(null);
  }
}

/** A kind of key that every token with a vault has made before: the attestation key is of this kind. */
export const PROBE = { act: 'token.probe-key', mechanism: 'ec-p256' } as const;

const ASK_LATER = 'Log in again, so that the workstation can ask the token what it holds.';

/**
 * Whether the token can still be asked what an act came to. A signature cannot be asked for, so its unknown outcome is
 * final, except that a lost host is reconciled at the next login as for every act.
 */
const unanswered = ({ act }: OpenIntent, { outcome, failure }: ActOutcome): boolean =>
  outcome === 'unknown' && (failure?.code === 'hsm-lost' || act !== 'key.test-signature');

function runnerOf({ act }: OpenIntent): ActRunner | undefined {
  if (act === 'key.discard-half') return discardHalf;
  return Object.hasOwn(ACTS, act) ? ACTS[act as keyof typeof ACTS] : undefined;
}

/** The intent with the digest of what will be signed. */
function withDigest(crypto: Crypto, entry: NewEntry, material: Uint8Array): NewEntry {
  if (entry.event.type !== 'act.intent') return entry;
  return { ...entry, event: { ...entry.event, data: { ...entry.event.data, digest: hex(crypto.sha256(material)) } } };
}

function outcomeEntry(
  type: 'act.result' | 'act.recovered',
  intent: OpenIntent,
  ceremony: string | null,
  { outcome, key, spki, attributes, blobs, gone, left, enforced, failure, found }: ActOutcome,
): NewEntry {
  const data = {
    act: intent.act,
    intent: intent.leafHash,
    outcome,
    ...(key === undefined ? {} : { key }),
    ...(spki === undefined ? {} : { spki }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(blobs === undefined ? {} : { blobs }),
    ...(gone === undefined ? {} : { gone }),
    ...(left === undefined ? {} : { left }),
    ...(enforced === undefined ? {} : { enforced }),
    ...(failure?.call === undefined ? {} : { error: { call: failure.call, rv: failure.rv ?? '' } }),
  };
  return workstation(
    type === 'act.result' ? { type, data } : { type, data: { ...data, found: found ?? 'Nothing was found.' } },
    ceremony,
  );
}

/** What failed, and what the token holds all the same. */
const withFound = (failure: Failure, { outcome, found }: ActOutcome): Failure => ({
  ...failure,
  message: found === undefined ? failure.message : `${failure.message} ${found}`,
  ...(outcome === 'not-committed' && failure.hint === undefined ? { hint: 'The step can be done again.' } : {}),
});
