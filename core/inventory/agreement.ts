/**
 * How the token and the ledger agree, replayed from the entries: what the last recorded inventory found, what people
 * decided to live with, which keys serve the ledger, and what the token was found to enforce.
 */
import type { Entry } from '../ledger/entry.ts';
import type { EventOf } from '../ledger/event.ts';
import type { PairMechanism } from '../ledger/fields.ts';
import { isPair } from '../lifecycle/purpose.ts';
import { keyIdOf, type Recorded } from '../lifecycle/replay.ts';
import type { Accepted } from './compare.ts';
import { isRight, sameDrift, type Drift } from './drift.ts';
import type { ListedClass } from './object.ts';

/** A key of the vault's token that signs for the ledger or the evidence, and for nobody else. */
export interface ServiceKeyRecord {
  readonly key: string;
  readonly label: string;
  readonly mechanism: PairMechanism;
  /** SubjectPublicKeyInfo, base64 DER. */
  readonly spki: string;
}

type Taken = EventOf<'inventory.taken'>['data'];

export interface Agreement {
  /** The last inventory that is an entry. Null before the first. */
  readonly last: (Taken & { readonly seq: number; readonly time: string; readonly ceremony: string | null }) | null;
  /** The entry by which the findings last changed; -1 before the first. */
  readonly changed: number;
  /** What is still to be resolved. */
  readonly findings: readonly Drift[];
  /** Labels of objects that the ledger does not have, by the digest of the object; as far as they are disclosed. */
  readonly labels: ReadonlyMap<string, string>;
  /** Digests of objects that were acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  readonly accepted: readonly Accepted[];
  /** Objects that were recorded as lost where no state of their profile says so. */
  readonly lost: readonly { readonly key: string; readonly class: ListedClass; readonly seq: number }[];
  readonly serviceKeys: readonly ServiceKeyRecord[];
  /** Whether a throw-away key was ever tried on the token, whatever came of it. */
  readonly probed: boolean;
  /** What a throw-away key showed of the token. Null where none was tried. */
  readonly enforcement: (EventOf<'token.enforcement'>['data'] & { readonly seq: number; readonly time: string }) | null;
}

const SERVICE: ReadonlySet<string> = new Set(['log-key.generate', 'attestation-key.generate']);

export class AgreementReplay {
  readonly #state: { -readonly [K in keyof Agreement]: Agreement[K] } & {
    labels: Map<string, string>;
    acknowledged: Set<string>;
    accepted: Accepted[];
    lost: Agreement['lost'][number][];
    serviceKeys: ServiceKeyRecord[];
  };
  readonly #intents = new Map<string, EventOf<'act.intent'>['data']>();

  constructor() {
    this.#state = {
      last: null,
      changed: -1,
      findings: [],
      labels: new Map(),
      acknowledged: new Set(),
      accepted: [],
      lost: [],
      serviceKeys: [],
      probed: false,
      enforcement: null,
    };
  }

  get agreement(): Agreement {
    return this.#state;
  }

  /** All of it as plain data, with the intents that have no outcome yet. */
  get kept(): AgreementState {
    return { agreement: this.#state, intents: this.#intents };
  }

  static resume({ agreement, intents }: AgreementState): AgreementReplay {
    const replay = new AgreementReplay();
    Object.assign(replay.#state, agreement);
    for (const [hash, intent] of intents) replay.#intents.set(hash, intent);
    return replay;
  }

  add({ entry, leafHash }: Recorded, disclosed: Readonly<Record<string, string>>): void {
    const { seq } = entry;
    const time = entry.clock.wall;
    switch (entry.type) {
      case 'inventory.taken':
        this.#state.last = { ...entry.data, seq, time, ceremony: entry.ceremony };
        this.#state.findings = entry.data.findings;
        this.#state.changed = seq;
        for (const { sha256 } of entry.data.findings) {
          const label = disclosed[labelName(sha256 ?? '')];
          if (sha256 !== undefined && label !== undefined) this.#state.labels.set(sha256, label);
        }
        return;
      case 'token.enforcement':
        this.#state.enforcement = { ...entry.data, seq, time };
        return;
      case 'act.intent':
        if (entry.data.act === 'token.probe-key') this.#state.probed = true;
        if (matters(entry.data)) this.#intents.set(leafHash, entry.data);
        return;
      case 'act.result':
      case 'act.recovered':
        this.#outcome(entry);
        return;
      default:
      // Nothing else says anything of the token as a whole.
    }
  }

  #outcome(entry: Extract<Entry, { type: 'act.result' | 'act.recovered' }>): void {
    const { data } = entry;
    const intent = this.#intents.get(data.intent);
    this.#intents.delete(data.intent);
    if (!intent || intent.act !== data.act || data.outcome !== 'committed') return;
    const resolved = (intent.drift ?? []).filter((_, i) => !(data.left ?? []).includes(i));
    if (data.act === 'token.record') for (const drift of resolved) this.#recorded(drift, entry.seq);
    if (resolved.length > 0) {
      const open = this.#state.findings.filter((finding) => !resolved.some((one) => sameDrift(one, finding)));
      this.#state.findings = open;
      this.#state.changed = entry.seq;
    }
    // Rights that were set anew are what the template says; what was accepted of them before is over.
    if (intent.template !== undefined && intent.key !== undefined) {
      this.#state.accepted = this.#state.accepted.filter(({ key, name }) => key !== intent.key || !isRight(name));
    }
    if (SERVICE.has(data.act) && intent.label && intent.mechanism && isPair(intent.mechanism) && data.spki) {
      const { label, mechanism } = intent;
      this.#state.serviceKeys.push({ key: keyIdOf(data.intent), label, mechanism, spki: data.spki });
    }
  }

  #recorded(drift: Drift, seq: number): void {
    const { key, class: objectClass, name, sha256, found } = drift;
    if (sha256 !== undefined) this.#state.acknowledged.add(sha256);
    if (key === undefined) return;
    if (drift.id === 'DRIFT-2') this.#state.lost.push({ key, class: objectClass, seq });
    if (name !== undefined) this.#state.accepted.push({ key, class: objectClass, name, value: found ?? null });
  }
}

export interface AgreementState {
  readonly agreement: Agreement;
  readonly intents: ReadonlyMap<string, EventOf<'act.intent'>['data']>;
}

const matters = ({ act, template }: EventOf<'act.intent'>['data']): boolean =>
  SERVICE.has(act) || act === 'token.sync' || act === 'token.record' || template !== undefined;

/** The name under which the label of an object that the ledger does not have is disclosed. */
export const labelName = (sha256: string): string => `label_${sha256.slice(0, 16)}`;
