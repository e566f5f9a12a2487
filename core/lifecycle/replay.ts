/**
 * From ledger entries alone to the state of every key. The application and the verifier use this one function, so
 * what a bundle claims about a key's life can be recomputed by a stranger.
 */
import { hex } from '../bytes.ts';
import type { Entry } from '../ledger/entry.ts';
import type { EventOf } from '../ledger/event.ts';
import * as v from 'valibot';
import { Mechanism, type Attribute } from '../ledger/fields.ts';
import { mayMove, type KeyState } from './states.ts';

export interface KeyEvent {
  readonly seq: number;
  readonly time: string;
  readonly half: 'private' | 'public';
  readonly from: KeyState | 'none';
  readonly to: KeyState;
}

export interface KeyRecord {
  /** CKA_ID, hex. */
  readonly key: string;
  readonly label: string;
  readonly mechanism: Mechanism;
  readonly ceremony: string;
  /** SubjectPublicKeyInfo, base64 DER. */
  readonly spki: string;
  readonly private: KeyState;
  readonly public: KeyState;
  readonly history: readonly KeyEvent[];
  /** As last read from the token, and in which entry. */
  readonly attributes: { readonly private: readonly Attribute[]; readonly public: readonly Attribute[] };
  readonly readAt: number;
}

/** An entry together with its leaf hash in hex. */
export interface Recorded {
  readonly entry: Entry;
  readonly leafHash: string;
}

export interface KeyReplay {
  readonly keys: ReadonlyMap<string, KeyRecord>;
  /** Sequence numbers of outcomes that claim what cannot be: a transition the table does not have, or no such intent. */
  readonly impossible: readonly number[];
}

/** CKA_ID of a key: the first 20 bytes of the leaf hash of the intent that made it. */
export const keyIdOf = (intentLeafHash: Uint8Array | string): string =>
  (typeof intentLeafHash === 'string' ? intentLeafHash : hex(intentLeafHash)).slice(0, 40);

const HALVES = ['private', 'public'] as const;

type Intent = EventOf<'act.intent'>['data'];
type Outcome = EventOf<'act.result' | 'act.recovered'>['data'];
type Draft = { -readonly [K in keyof KeyRecord]: KeyRecord[K] };

/** What a replay of keys has come to. */
export interface KeyLedgerState {
  readonly keys: ReadonlyMap<string, KeyRecord>;
  readonly intents: ReadonlyMap<string, Intent>;
  readonly impossible: readonly number[];
}

/** Replays entries in order. A part of a ledger gives the keys that were made within it. */
export class KeyLedger {
  readonly #keys = new Map<string, Draft>();
  readonly #intents = new Map<string, Intent>();
  readonly #impossible: number[] = [];

  add({ entry, leafHash }: Recorded): void {
    if (entry.type === 'act.intent') {
      this.#intents.set(leafHash, entry.data);
      return;
    }
    if (entry.type !== 'act.result' && entry.type !== 'act.recovered') return;
    const { data } = entry;
    const intent = this.#intents.get(data.intent);
    // One outcome to an intent: a second one finds none.
    this.#intents.delete(data.intent);
    if (data.outcome !== 'committed') return;
    if (!this.#committed(entry, intent, data)) this.#impossible.push(entry.seq);
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
    if (data.act === 'key.activate' && !this.#moveBoth(record, entry, 'active')) return false;
    if (data.attributes) {
      record.attributes = data.attributes;
      record.readAt = entry.seq;
    }
    return true;
  }

  #generated(entry: Entry, intent: Intent | undefined, data: Outcome): boolean {
    if (
      intent?.act !== 'key.generate' ||
      !intent.label ||
      !v.is(Mechanism, intent.mechanism) ||
      !data.spki ||
      data.key !== keyIdOf(data.intent) ||
      this.#keys.has(data.key)
    ) {
      return false;
    }
    const record: Draft = {
      key: data.key,
      label: intent.label,
      mechanism: intent.mechanism,
      ceremony: entry.ceremony ?? '',
      spki: data.spki,
      private: 'pre-active',
      public: 'pre-active',
      history: HALVES.map((half) => ({
        seq: entry.seq,
        time: entry.clock.wall,
        half,
        from: 'none',
        to: 'pre-active',
      })),
      attributes: { private: [], public: [] },
      readAt: entry.seq,
    };
    this.#keys.set(record.key, record);
    return true;
  }

  /** Moves both halves, or neither. */
  #moveBoth(record: Draft, entry: Entry, to: KeyState): boolean {
    if (!HALVES.every((half) => mayMove(record[half], to, half))) return false;
    const moved = HALVES.map((half) => ({ seq: entry.seq, time: entry.clock.wall, half, from: record[half], to }));
    record.history = [...record.history, ...moved];
    for (const half of HALVES) record[half] = to;
    return true;
  }

  /** All of it as plain data, in which nothing is shared with this one once it was cloned. */
  get kept(): KeyLedgerState {
    return { keys: this.#keys, intents: this.#intents, impossible: this.#impossible };
  }

  /** Goes on from plain data, which it takes over. */
  static resume({ keys, intents, impossible }: KeyLedgerState): KeyLedger {
    const ledger = new KeyLedger();
    for (const [id, record] of keys) ledger.#keys.set(id, record);
    for (const [hash, intent] of intents) ledger.#intents.set(hash, intent);
    ledger.#impossible.push(...impossible);
    return ledger;
  }

  get replay(): KeyReplay {
    return { keys: this.#keys, impossible: this.#impossible };
  }
}

export function replayKeys(entries: Iterable<Recorded>): KeyReplay {
  const ledger = new KeyLedger();
  for (const recorded of entries) ledger.add(recorded);
  return ledger.replay;
}
