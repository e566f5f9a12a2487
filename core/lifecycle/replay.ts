/**
 * From ledger entries alone to the state of every key. The application and the verifier use this one function, so
 * what a bundle claims about a key's life can be recomputed by a stranger.
 */
import { hex } from '../bytes.ts';
import type { Entry } from '../ledger/entry.ts';
import type { Attribute, Mechanism } from '../ledger/fields.ts';
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
  /** Sequence numbers of entries that claim a transition the table does not have. */
  readonly impossible: readonly number[];
}

/** CKA_ID of a key: the first 20 bytes of the leaf hash of the intent that made it. */
export const keyIdOf = (intentLeafHash: Uint8Array | string): string =>
  (typeof intentLeafHash === 'string' ? intentLeafHash : hex(intentLeafHash)).slice(0, 40);

type Draft = { -readonly [K in keyof KeyRecord]: KeyRecord[K] };

/** Replays entries in order. A part of a ledger gives the keys that were made within it. */
export class KeyLedger {
  readonly #keys = new Map<string, Draft>();
  readonly #intents = new Map<string, { label?: string | undefined; mechanism?: Mechanism | undefined }>();
  readonly #impossible: number[] = [];

  add({ entry, leafHash }: Recorded): void {
    if (entry.type === 'act.intent') {
      this.#intents.set(leafHash, { label: entry.data.label, mechanism: entry.data.mechanism });
      return;
    }
    if (entry.type !== 'act.result' && entry.type !== 'act.recovered') return;
    const { data } = entry;
    if (data.outcome !== 'committed') return;
    if (data.act === 'key.generate') this.#generated(entry, data);
    const record = data.key === undefined ? undefined : this.#keys.get(data.key);
    if (!record) return;
    if (data.attributes) {
      record.attributes = data.attributes;
      record.readAt = entry.seq;
    }
    if (data.act === 'key.activate') {
      this.#move(record, entry, 'private', 'active');
      this.#move(record, entry, 'public', 'active');
    }
  }

  #generated(entry: Entry, data: { intent: string; key?: string | undefined; spki?: string | undefined }): void {
    const intent = this.#intents.get(data.intent);
    if (
      !intent?.label ||
      !intent.mechanism ||
      !data.spki ||
      data.key !== keyIdOf(data.intent) ||
      this.#keys.has(data.key)
    ) {
      this.#impossible.push(entry.seq);
      return;
    }
    const record: Draft = {
      key: data.key,
      label: intent.label,
      mechanism: intent.mechanism,
      ceremony: entry.ceremony ?? '',
      spki: data.spki,
      private: 'pre-active',
      public: 'pre-active',
      history: (['private', 'public'] as const).map((half) => ({
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
  }

  #move(record: Draft, entry: Entry, half: 'private' | 'public', to: KeyState): void {
    const from = record[half];
    if (!mayMove(from, to, half)) {
      this.#impossible.push(entry.seq);
      return;
    }
    record[half] = to;
    record.history = [...record.history, { seq: entry.seq, time: entry.clock.wall, half, from, to }];
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
