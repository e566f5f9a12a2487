/**
 * From ledger entries alone to the state of every key. The application and the verifier use this one function, so
 * what a bundle claims about a key's life can be recomputed by a stranger.
 */
import { hex } from '../bytes.ts';
import type { Entry } from '../ledger/entry.ts';
import type { Act, Compromise, EventOf, Recovery } from '../ledger/event.ts';
import * as v from 'valibot';
import { Mechanism, type Attribute, type Cryptoperiod, type Purpose } from '../ledger/fields.ts';
import { changeOf, refusedChange, targetsOf, type Change, type KeyNow, type KeyStates } from './change.ts';
import { isPresent, mayMove, type Profile } from './profile.ts';
import { profileOf } from './profiles/index.ts';
import { halvesOf, isPair, leadOf, objectsOf } from './purpose.ts';
import { FIRST_PROFILE, type Half, type KeyState, type ProfileId } from './states.ts';

export interface KeyEvent {
  readonly seq: number;
  readonly time: string;
  /** The ceremony whose act this was. */
  readonly ceremony: string;
  readonly half: Half;
  readonly from: KeyState | 'none';
  readonly to: KeyState;
}

export interface KeyRecord extends KeyNow {
  /** CKA_ID, hex. */
  readonly key: string;
  readonly label: string;
  /** What it was called before, oldest first. */
  readonly formerLabels: readonly string[];
  readonly mechanism: Mechanism;
  readonly purpose: Purpose;
  readonly ceremony: string;
  /** SubjectPublicKeyInfo, base64 DER; null of a secret key, which has no public half. */
  readonly spki: string | null;
  /** How the plan that made it declares its recovery; null where none of that time did. */
  readonly recovery: Recovery | null;
  readonly history: readonly KeyEvent[];
  /** As last read from the token, and in which entry. */
  readonly attributes: { readonly [H in Half]?: readonly Attribute[] | undefined };
  readonly readAt: number;
  /** The key that this one was made to follow, and the last one that was made to follow it. */
  readonly predecessor: string | null;
  readonly successor: string | null;
  /** Whether the switch beside the state is on. In profiles without one it always is. */
  readonly enabled: boolean;
  /** Where a destruction waits: the earliest moment for it. */
  readonly destroyAfter: string | null;
  /** Whether the token's usage attributes enforced the last change of state; null before the first. */
  readonly enforced: 'device' | 'procedure' | null;
  /** Its cryptoperiods as they were set, oldest first: the last one holds. Empty where none was recorded. */
  readonly periods: readonly (Cryptoperiod & { readonly seq: number; readonly time: string })[];
  /** What was reported of it, oldest first. A compromise can become known after the key was destroyed. */
  readonly compromises: readonly (Compromise & { readonly seq: number; readonly time: string })[];
  /** Sequence numbers of the entries that all of this follows from: each intent and its outcome, oldest first. */
  readonly entries: readonly number[];
}

/** An entry together with its leaf hash in hex. */
export interface Recorded {
  readonly entry: Entry;
  readonly leafHash: string;
}

export interface KeyReplay {
  /** The table that the states of these keys keep to. */
  readonly profile: Profile;
  readonly keys: ReadonlyMap<string, KeyRecord>;
  /** The entry that last changed a key, so that what is made of all keys is made again only then; -1 before any. */
  readonly changed: number;
  /** Sequence numbers of outcomes that claim what cannot be: a transition the table does not have, or no such intent. */
  readonly impossible: readonly number[];
}

/** CKA_ID of a key: the first 20 bytes of the leaf hash of the intent that made it. */
export const keyIdOf = (intentLeafHash: Uint8Array | string): string =>
  (typeof intentLeafHash === 'string' ? intentLeafHash : hex(intentLeafHash)).slice(0, 40);

const DAY_MS = 86_400_000;

/** Whether the destruction of a key has to wait at a moment, in milliseconds since 1970. */
export const stillHeld = ({ destroyAfter }: Pick<KeyRecord, 'destroyAfter'>, now: number): boolean =>
  destroyAfter !== null && !(Date.parse(destroyAfter) <= now);

type Intent = EventOf<'act.intent'>['data'] & { readonly seq: number };
type Outcome = EventOf<'act.result' | 'act.recovered'>['data'];
type Draft = { -readonly [K in keyof KeyRecord]: KeyRecord[K] };

/** Every object of the key in the same state. */
const everyObject = ({ objects }: KeyNow, state: KeyState): KeyStates =>
  Object.fromEntries(halvesOf(objects).map((half) => [half, state]));

/** The state of the key: that of its secret object. */
export const stateOf = (record: KeyNow): KeyState => record[leadOf(record.objects)]!;

/** What a replay of keys has come to. */
export interface KeyLedgerState {
  readonly profile: ProfileId;
  readonly keys: ReadonlyMap<string, KeyRecord>;
  readonly intents: ReadonlyMap<string, Intent>;
  readonly impossible: readonly number[];
}

/** Whether an act is one in the life of a key. Signing a statement about it is not. */
export const isOfKey = (act: Act): boolean => act.startsWith('key.');

/**
 * Replays entries in order. A part of a ledger gives the keys that were made within it, and the entries that a record
 * names give that record.
 */
export class KeyLedger {
  readonly #keys = new Map<string, Draft>();
  readonly #intents = new Map<string, Intent>();
  readonly #impossible: number[] = [];
  #profile: ProfileId;
  readonly #replay: { -readonly [K in keyof KeyReplay]: KeyReplay[K] };

  /** @param profile Of a range of a ledger that begins after the entry that names it. */
  constructor(profile: ProfileId = FIRST_PROFILE) {
    this.#profile = profile;
    this.#replay = { profile: profileOf(profile), keys: this.#keys, changed: -1, impossible: this.#impossible };
  }

  add({ entry, leafHash }: Recorded): void {
    if (entry.type === 'vault.created') {
      this.#profile = entry.data.profile;
      this.#replay.profile = profileOf(this.#profile);
    }
    if (entry.type === 'act.intent') {
      this.#intents.set(leafHash, { ...entry.data, seq: entry.seq });
      return;
    }
    if (entry.type !== 'act.result' && entry.type !== 'act.recovered') return;
    const { data } = entry;
    const intent = this.#intents.get(data.intent);
    // One outcome to an intent: a second one finds none.
    this.#intents.delete(data.intent);
    if (data.outcome !== 'committed') return;
    if (data.act === 'token.record') {
      if (this.#recorded(entry, intent, data)) this.#replay.changed = entry.seq;
    } else if (this.#committed(entry, intent, data)) this.#replay.changed = entry.seq;
    else this.#impossible.push(entry.seq);
  }

  /** False where what is claimed cannot be. Nothing has changed then. */
  #committed(entry: Entry, intent: Intent | undefined, data: Outcome): boolean {
    if (data.act === 'key.generate' && !this.#generated(entry, intent, data)) return false;
    const key = data.key ?? intent?.key;
    const record = key === undefined ? undefined : this.#keys.get(key);
    // Acts on service keys, or on keys made outside of this part of the ledger.
    if (!record) return true;
    const same = intent?.act === data.act && (data.act === 'key.generate' || intent.key === record.key);
    if (!same || data.act === 'key.discard-half') return false;
    const change = changeOf(data.act);
    if (change && !this.#changed(record, entry, change, intent, data)) return false;
    if (intent.cryptoperiod) {
      const set = { ...intent.cryptoperiod, seq: entry.seq, time: entry.clock.wall };
      record.periods = [...record.periods, set];
    }
    if (data.attributes) {
      record.attributes = data.attributes;
      record.readAt = entry.seq;
    }
    if (isOfKey(data.act)) record.entries = [...record.entries, intent.seq, entry.seq];
    return true;
  }

  #generated(entry: Entry, intent: Intent | undefined, data: Outcome): boolean {
    if (
      intent?.act !== 'key.generate' ||
      !intent.label ||
      !v.is(Mechanism, intent.mechanism) ||
      data.key !== keyIdOf(data.intent) ||
      this.#keys.has(data.key)
    ) {
      return false;
    }
    const { mechanism, purpose = 'sign' } = intent;
    const objects = objectsOf(purpose, mechanism);
    // A key pair without its public key, or a secret key with one, was not made by this act.
    if (objects === null || isPair(mechanism) !== (data.spki !== undefined)) return false;
    const record: Draft = {
      key: data.key,
      label: intent.label,
      formerLabels: [],
      mechanism,
      purpose,
      objects,
      ceremony: entry.ceremony ?? '',
      spki: data.spki ?? null,
      recovery: intent.recovery ?? null,
      history: halvesOf(objects).map((half) => ({
        seq: entry.seq,
        time: entry.clock.wall,
        ceremony: entry.ceremony ?? '',
        half,
        from: 'none',
        to: 'pre-active',
      })),
      attributes: Object.fromEntries(halvesOf(objects).map((half) => [half, []])),
      readAt: entry.seq,
      predecessor: intent.predecessor ?? null,
      successor: null,
      enabled: true,
      destroyAfter: null,
      enforced: null,
      periods: [],
      compromises: [],
      entries: [],
    };
    Object.assign(record, everyObject(record, 'pre-active'));
    this.#keys.set(record.key, record);
    const before = intent.predecessor === undefined ? undefined : this.#keys.get(intent.predecessor);
    if (before) before.successor = record.key;
    return true;
  }

  /** A change that the quorum decided on. An object is destroyed when it was not found any more, and not before. */
  #changed(record: Draft, entry: Entry, change: Change, intent: Intent, { gone = [], enforced }: Outcome): boolean {
    if (refusedChange(this.#replay.profile, change, record) !== null) return false;
    if (change === 'compromise' && !intent.compromise) return false;
    if (change === 'change-label' && intent.label === undefined) return false;
    if (change === 'set-cryptoperiod' && intent.cryptoperiod === undefined) return false;
    if (change === 'schedule-destruction' && intent.hold === undefined) return false;
    if (change === 'destroy' && stillHeld(record, Date.parse(entry.clock.wall))) return false;
    const targets = Object.entries(targetsOf(this.#replay.profile, change, record)) as [Half, KeyState][];
    const stays = (to: KeyState): boolean => isPresent(this.#replay.profile, to);
    const lead = leadOf(record.objects);
    const kept = ([half, to]: [Half, KeyState]): boolean => stays(to) || !stays(record[half]!) || gone.includes(half);
    const done = targets.filter(kept);
    // Destroying begins with the secret object: without its loss nothing was destroyed.
    const begun = targets.every((target) => target[0] !== lead || kept(target));
    if (!begun || (targets.length > 0 && done.length === 0)) return false;
    if (!this.#move(record, entry, Object.fromEntries(done))) return false;
    if (enforced !== undefined) record.enforced = enforced;
    if (change === 'change-label') {
      record.formerLabels = [...record.formerLabels, record.label];
      record.label = intent.label!;
    }
    if (change === 'disable' || change === 'enable') record.enabled = change === 'enable';
    if (change === 'schedule-destruction') {
      record.destroyAfter = new Date(Date.parse(entry.clock.wall) + intent.hold! * DAY_MS).toISOString();
    }
    if (intent.compromise) {
      const reported = { ...intent.compromise, seq: entry.seq, time: entry.clock.wall };
      record.compromises = [...record.compromises, reported];
    }
    return true;
  }

  /**
   * A quorum recorded that objects are missing. Where the profile has a way from the state to one without an object, the
   * object took that way; where it has none, the state stays, and only the agreement with the token says that it is lost.
   */
  #recorded(entry: Entry, intent: Intent | undefined, { left = [] }: Outcome): boolean {
    const missing = (intent?.drift ?? []).filter((drift, i) => drift.id === 'DRIFT-2' && !left.includes(i));
    const { profile } = this.#replay;
    for (const { key, class: objectClass } of missing) {
      const record = this.#keys.get(key ?? '');
      const half = record && halvesOf(record.objects).find((one) => `${one}-key` === objectClass);
      if (!record || half === undefined) continue;
      const ways = profile.states.filter(({ object }) => object === 'absent').map(({ state }) => state as KeyState);
      const from = record[half] ?? 'none';
      const to = ways.find((state) => mayMove(profile, record.objects[half]!, from, state));
      if (to !== undefined) this.#move(record, entry, { [half]: to });
    }
    return missing.length > 0;
  }

  /** Moves the objects that are named, all or none. */
  #move(record: Draft, entry: Entry, to: KeyStates): boolean {
    const moved = halvesOf(record.objects).flatMap((half) => {
      const target = to[half];
      if (target === undefined) return [];
      const at = { seq: entry.seq, time: entry.clock.wall, ceremony: entry.ceremony ?? '' };
      return [{ ...at, half, from: record[half] ?? ('none' as const), to: target }];
    });
    const { profile } = this.#replay;
    if (!moved.every(({ half, from, to: target }) => mayMove(profile, record.objects[half]!, from, target)))
      return false;
    record.history = [...record.history, ...moved];
    for (const { half, to: target } of moved) record[half] = target;
    return true;
  }

  /** All of it as plain data, in which nothing is shared with this one once it was cloned. */
  get kept(): KeyLedgerState {
    return { profile: this.#profile, keys: this.#keys, intents: this.#intents, impossible: this.#impossible };
  }

  /** Goes on from plain data, which it takes over. */
  static resume({ profile, keys, intents, impossible }: KeyLedgerState): KeyLedger {
    const ledger = new KeyLedger(profile);
    for (const [id, record] of keys) ledger.#keys.set(id, record);
    for (const [hash, intent] of intents) ledger.#intents.set(hash, intent);
    ledger.#impossible.push(...impossible);
    return ledger;
  }

  get replay(): KeyReplay {
    return this.#replay;
  }
}

/** @param profile Where the entries do not begin with the one that names it. */
export function replayKeys(entries: Iterable<Recorded>, profile?: ProfileId): KeyReplay {
  const ledger = new KeyLedger(profile);
  for (const recorded of entries) ledger.add(recorded);
  return ledger.replay;
}
