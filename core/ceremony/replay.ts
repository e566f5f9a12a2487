/**
 * What a vault is at one moment, replayed from its ledger and from nothing else. Documents that entries name by hash
 * (plan, policy, approvals) are handed in beside them.
 */
import type { RecordedCosignature } from './cosigned.ts';
import { AgreementReplay, type AgreementState } from '../inventory/agreement.ts';
import { KeyLedger, type KeyLedgerState, type Recorded } from '../lifecycle/replay.ts';
import type { Actor, Environment } from '../ledger/entry.ts';
import type { CallFinding } from '../ledger/calls.ts';
import { roleOf } from '../people/person.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { isGenerate } from '../plan/recipes.ts';
import type { Approval } from '../quorum/approval.ts';
import { ruleFor } from '../quorum/policy.ts';
import { notReached } from '../quorum/count.ts';
import {
  type Beside,
  type CeremonyState,
  currentStep,
  type EnrolledPerson,
  keyOf,
  latest,
  type OpenIntent,
  standing,
  type VaultState,
} from './state.ts';

/** What a replay has come to. */
export interface ReplayState {
  readonly state: VaultState;
  readonly keys: KeyLedgerState;
  readonly agreement: AgreementState;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class VaultReplay {
  readonly #keys: KeyLedger;
  readonly #people = new Map<string, EnrolledPerson>();
  readonly #ceremonies = new Map<string, CeremonyState>();
  readonly #intents = new Map<string, OpenIntent>();
  readonly #session = { vault: false, root: false };
  readonly #cosignatures: RecordedCosignature[] = [];
  readonly #receipts = new Map<string, { size: number; root: string; time: string }>();
  readonly #irregular: number[] = [];
  readonly #calls: (CallFinding & { readonly at: number })[] = [];
  readonly #agreement: AgreementReplay;
  readonly #state: Mutable<VaultState>;

  constructor(environment: Environment, keys = new KeyLedger(), agreement = new AgreementReplay()) {
    this.#keys = keys;
    this.#agreement = agreement;
    this.#state = {
      size: 0,
      environment,
      vault: null,
      created: null,
      hsm: null,
      vaultName: '',
      anchor: null,
      people: this.#people,
      policy: null,
      policySha256: null,
      genesis: null,
      ceremonies: this.#ceremonies,
      open: null,
      intents: this.#intents,
      session: this.#session,
      cosignatures: this.#cosignatures,
      receipts: this.#receipts,
      opening: 'made',
      keys: this.#keys.replay,
      agreement: this.#agreement.agreement,
      reading: null,
      irregular: this.#irregular,
      continued: null,
      ended: null,
      callFindings: this.#calls,
    };
  }

  get state(): VaultState {
    return this.#state;
  }

  /** All of it as plain data: it goes from one process to another as a structured clone. */
  get kept(): ReplayState {
    return { state: this.#state, keys: this.#keys.kept, agreement: this.#agreement.kept };
  }

  /** Goes on from plain data, which it takes over. */
  static resume({ state, keys: kept, agreement: agreed }: ReplayState): VaultReplay {
    const replay = new VaultReplay(state.environment, KeyLedger.resume(kept), AgreementReplay.resume(agreed));
    const { people, ceremonies, intents, session, cosignatures, receipts, irregular, callFindings } = replay.#state;
    for (const [id, person] of state.people) replay.#people.set(id, person);
    for (const [id, ceremony] of state.ceremonies) replay.#ceremonies.set(id, ceremony);
    for (const [hash, intent] of state.intents) replay.#intents.set(hash, intent);
    Object.assign(replay.#session, state.session);
    for (const cosignature of state.cosignatures) replay.#cosignatures.push(cosignature);
    for (const [person, receipt] of state.receipts) replay.#receipts.set(person, receipt);
    for (const seq of state.irregular) replay.#irregular.push(seq);
    for (const finding of state.callFindings) replay.#calls.push(finding);
    const keys = replay.#keys.replay;
    const { agreement } = replay.#agreement;
    const own = {
      people,
      ceremonies,
      intents,
      session,
      cosignatures,
      receipts,
      irregular,
      callFindings,
      keys,
      agreement,
    };
    Object.assign(replay.#state, state, own);
    return replay;
  }

  /** Takes the next entry. Entries come in order of their sequence numbers. */
  add(recorded: Recorded, beside: Beside): void {
    const { entry } = recorded;
    this.#state.size = entry.seq + 1;
    this.#keys.add(recorded);
    this.#agreement.add(recorded, beside.disclosed);
    const ceremony = entry.ceremony === null ? null : (this.#ceremonies.get(entry.ceremony) ?? null);
    if (ceremony) ceremony.to = entry.seq;
    const { open } = this.#state;
    const wall = Date.parse(entry.clock.wall);
    if (open && wall > open.latest) open.latest = wall;
    /** Marks the step whose turn it is, if this entry is what does it. No other step is ever marked. */
    const mark = (confirmed: readonly string[], does: (step: Step) => boolean): boolean => {
      const step = ceremony && ceremony === open ? currentStep(ceremony) : null;
      if (!ceremony || !step || !does(step)) return false;
      ceremony.done.set(step.id, { seq: entry.seq, time: entry.clock.wall, confirmed });
      return true;
    };
    const irregular = () => this.#irregular.push(entry.seq);

    switch (entry.type) {
      case 'vault.created':
        this.#state.vault = entry.data;
        this.#state.created = entry.clock.wall;
        this.#state.environment = entry.environment;
        this.#state.vaultName = beside.disclosed['vault_name'] ?? '';
        return;
      case 'token.bound':
        if (entry.data.token === 'vault') {
          this.#state.hsm = {
            label: beside.disclosed['token_label'] ?? '',
            serial: beside.disclosed['token_serial'] ?? '',
            model: entry.data.model,
          };
        }
        return;
      case 'token.probed':
        this.#state.anchor = entry.data.anchor;
        return;
      case 'person.enrolled': {
        const { person, credential, key, spki } = entry.data;
        this.#people.set(person, {
          person,
          role: roleOf(person),
          name: beside.disclosed['name'] ?? person,
          medium: beside.disclosed['medium'] ?? '',
          credential,
          key,
          spki,
        });
        return;
      }
      case 'policy.set':
        this.#state.policy = beside.policy ?? null;
        this.#state.policySha256 = entry.data.policy;
        return;
      case 'genesis.sealed':
        this.#state.genesis = entry.data;
        return;
      case 'plan.frozen':
        if (!this.#openCeremony(recorded, beside.plan)) irregular();
        return;
      case 'step.done':
        if (
          !mark(
            entry.data.confirmed,
            ({ id, kind }) => id === entry.data.step && (kind === 'confirm' || kind === 'read-back'),
          )
        ) {
          irregular();
        }
        return;
      case 'exception.recorded':
        ceremony?.exceptions.push({ step: entry.data.step, note: beside.disclosed['note'] ?? '', seq: entry.seq });
        return;
      case 'approval.given':
      case 'approval.declined':
        if (!ceremony || ceremony !== open || !beside.approval || !this.#decided(ceremony, recorded, beside.approval)) {
          irregular();
        }
        return;
      case 'session.opened':
        this.#session[entry.data.token === 'vault' ? 'vault' : 'root'] = true;
        // The script's login is to the vault's token; the operator root has nothing to do with it.
        if (entry.data.token === 'vault') mark(actorOf(entry.actor), ({ kind }) => kind === 'login');
        return;
      case 'session.closed':
        this.#session.vault = false;
        this.#session.root = false;
        if (entry.data.reason === 'logout') mark(actorOf(entry.actor), ({ kind }) => kind === 'logout');
        return;
      case 'workstation.started':
      case 'hsm.lost':
        if (entry.type === 'workstation.started') this.#state.opening = 'asked';
        // Whatever was open ended with the process that held it.
        this.#session.vault = false;
        this.#session.root = false;
        return;
      case 'act.intent':
        this.#intents.set(recorded.leafHash, {
          leafHash: recorded.leafHash,
          seq: entry.seq,
          act: entry.data.act,
          step: entry.data.step ?? null,
          ceremony: entry.ceremony,
          data: entry.data,
        });
        return;
      case 'act.result':
      case 'act.recovered': {
        const intent = this.#intents.get(entry.data.intent);
        this.#intents.delete(entry.data.intent);
        if (!intent || intent.act !== entry.data.act || intent.ceremony !== entry.ceremony) {
          irregular();
          return;
        }
        const step = ceremony?.plan.script.steps.find(({ id }) => id === intent.step);
        // Acts outside of a script's step, and tidying up within one, do not do the step.
        if (!ceremony || step?.act !== intent.act || entry.data.outcome === 'not-committed') return;
        if (entry.data.outcome === 'unknown' || this.#keys.replay.impossible.includes(entry.seq)) {
          ceremony.unknown.add(step.id);
          return;
        }
        if (intent.act === 'key.generate') ceremony.key = entry.data.key ?? null;
        if (!mark(actorOf(entry.actor), ({ id }) => id === step.id)) irregular();
        return;
      }
      case 'checkpoint.cosigned': {
        const { person, key, size, root, signedOn } = entry.data;
        // Nobody can have signed entries that were not there yet.
        if (size > entry.seq || this.#people.get(person)?.key !== key) irregular();
        else this.#cosignatures.push({ person, key, size, root, signedOn, seq: entry.seq, time: entry.clock.wall });
        return;
      }
      case 'receipt.given': {
        const { person, size, root } = entry.data;
        this.#receipts.set(person, { size, root, time: entry.clock.wall });
        return;
      }
      case 'receipt.presented':
        this.#state.opening = 'presented';
        return;
      case 'receipt.skipped':
        this.#state.opening = 'skipped';
        return;
      case 'evidence.exported': {
        if (!ceremony) return;
        ceremony.bundle = entry.data.bundle;
        ceremony.exported = entry.clock.wall;
        mark(actorOf(entry.actor), ({ kind }) => kind === 'export');
        return;
      }
      case 'ceremony.closed':
        if (!ceremony || ceremony !== open) {
          irregular();
          return;
        }
        ceremony.outcome = entry.data.outcome;
        this.#state.open = null;
        return;
      case 'clock.read': {
        const { reading, uncertainty } = entry.data;
        const { wall, mono, boot } = entry.clock;
        this.#state.reading = { reading, uncertainty, wall, mono, boot, seq: entry.seq };
        return;
      }
      case 'ledger.continued':
        if (entry.seq === 0) this.#state.continued = entry.data;
        else irregular();
        return;
      case 'ledger.ended':
        this.#state.ended = entry.data;
        return;
      case 'ledger.restored':
        this.#state.ended = null;
        return;
      case 'calls.reconciled': {
        const { calls, writes, findings } = entry.data;
        const made = calls.reduce((sum, { count }) => sum + count, 0);
        if (ceremony) {
          ceremony.calls.made += made;
          ceremony.calls.writes += writes;
          ceremony.calls.findings += findings.length;
        }
        for (const finding of findings) this.#calls.push({ ...finding, at: entry.seq });
        return;
      }
      case 'inventory.taken':
      case 'token.enforcement':
      case 'ledger.tail-quarantined':
      case 'command.refused':
      case 'session.refused':
        return;
    }
  }

  /** False where no ceremony can open: one is open, or this one was already there. */
  #openCeremony({ entry }: Recorded, plan: Plan | undefined): boolean {
    if (entry.type !== 'plan.frozen' || entry.ceremony === null || plan?.ceremony !== entry.ceremony) return false;
    if (this.#state.open || this.#ceremonies.has(entry.ceremony)) return false;
    const ceremony: CeremonyState = {
      id: entry.ceremony,
      plan,
      planSha256: entry.data.plan,
      from: entry.seq,
      to: entry.seq,
      opened: entry.clock.wall,
      latest: Date.parse(entry.clock.wall),
      done: new Map(),
      exceptions: [],
      decisions: [],
      unknown: new Set(),
      key: isGenerate(plan.script) ? null : (plan.subject?.key ?? null),
      bundle: null,
      exported: null,
      outcome: 'open',
      calls: { writes: 0, made: 0, findings: 0 },
    };
    this.#ceremonies.set(ceremony.id, ceremony);
    this.#state.open = ceremony;
    return true;
  }

  /** False where the entry does not say what the approval says that it names. */
  #decided(ceremony: CeremonyState, { entry }: Recorded, approval: Approval): boolean {
    if (entry.type !== 'approval.given' && entry.type !== 'approval.declined') return false;
    const { person, key, step, envelope } = entry.data;
    const decision = entry.type === 'approval.given' ? 'approve' : 'decline';
    if (approval.custodian !== person || approval.step !== step || approval.decision !== decision) return false;
    if (entry.data.plan !== ceremony.planSha256) return false;
    ceremony.decisions.push({
      person,
      key,
      step,
      envelope,
      approval,
      decision,
      seq: entry.seq,
      time: entry.clock.wall,
    });
    const asking = ceremony.plan.script.steps.find((s) => s.kind === 'approve' && s.for === step);
    const rule = asking?.action && this.#state.policy ? ruleFor(this.#state.policy, asking.action) : null;
    if (!asking || !rule || !this.#state.policy || currentStep(ceremony)?.id !== asking.id) return true;
    const now = latest(ceremony, Date.parse(entry.clock.wall));
    const decisions = standing(ceremony, step, now).filter((d) => keyOf(ceremony, d.person) === d.key);
    if (notReached(this.#state.policy, rule, decisions) === null) {
      ceremony.done.set(asking.id, {
        seq: entry.seq,
        time: entry.clock.wall,
        confirmed: decisions.filter((d) => d.decision === 'approve').map((d) => d.person),
      });
    }
    return true;
  }
}

const actorOf = (actor: Actor): string[] => (actor.person === undefined ? [] : [actor.person]);
