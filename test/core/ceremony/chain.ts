/**
 * The ledger of a vault in memory: real entries in a real chain with a real tree over them, read by the real replay.
 * What is not here is a disk.
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { hex } from '../../../core/bytes.ts';
import { VaultReplay } from '../../../core/ceremony/replay.ts';
import type { Beside, VaultState } from '../../../core/ceremony/state.ts';
import { parseEnvelope } from '../../../core/evidence/dsse.ts';
import { disclosureDigest, encodeDisclosure } from '../../../core/ledger/disclosure.ts';
import {
  leafBytes,
  leafHash,
  NO_PREVIOUS,
  parseEntry,
  type Entry,
  type Environment,
} from '../../../core/ledger/entry.ts';
import type { Event, NewEntry } from '../../../core/ledger/event.ts';
import { CompactRange } from '../../../core/ledger/merkle.ts';
import { planSchema } from '../../../core/plan/plan.ts';
import { approvalSchema } from '../../../core/quorum/approval.ts';
import { policySchema } from '../../../core/quorum/policy.ts';
import type { Result } from '../../../core/result.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { sha256 } from './member.ts';

/** 2026-11-03 09:00 UTC. */
export const START = Date.UTC(2026, 10, 3, 9);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export interface Line {
  readonly entry: Entry;
  readonly leaf: Uint8Array;
  readonly hash: Uint8Array;
  readonly leafHash: string;
  readonly words: Readonly<Record<string, string>>;
}

export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`refused with ${result.error.policy ?? result.error.code}: ${result.error.message}`);
  return result.value;
};

export class Chain {
  now = START;
  readonly lines: Line[] = [];
  readonly roots: string[] = [hex(new CompactRange(crypto).root())];
  readonly blobs = new Map<string, Uint8Array>();
  #range = new CompactRange(crypto);
  #replay: VaultReplay;

  constructor(readonly environment: Environment) {
    this.#replay = new VaultReplay(environment);
  }

  get state(): VaultState {
    return this.#replay.state;
  }

  /** Takes over all that another chain holds; what then happens in one is unknown to the other. */
  protected copy(other: Chain): void {
    this.now = other.now;
    this.lines.push(...other.lines);
    this.roots.splice(0, this.roots.length, ...other.roots);
    for (const [key, bytes] of other.blobs) this.blobs.set(key, bytes);
    this.#range = other.#range.clone();
    this.#replay = other.replayed();
  }

  /** The replay of the ledger's own bytes from its beginning, read as a stranger would. */
  replayed(): VaultReplay {
    const replay = new VaultReplay(this.environment);
    for (const line of this.lines) {
      const entry = must(parseEntry(line.leaf));
      replay.add({ entry, leafHash: line.leafHash }, this.#beside(entry, line.words));
    }
    return replay;
  }

  #beside(entry: Entry, disclosed: Readonly<Record<string, string>>): Beside {
    const document = (sha: string): unknown => {
      const bytes = this.blobs.get(sha);
      return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString());
    };
    switch (entry.type) {
      case 'plan.frozen':
        return { disclosed, plan: v.parse(planSchema, document(entry.data.plan)) };
      case 'policy.set':
        return { disclosed, policy: v.parse(policySchema, document(entry.data.policy)) };
      case 'approval.given':
      case 'approval.declined': {
        const envelope = this.blobs.get(entry.data.envelope);
        const payload = envelope ? must(parseEnvelope(envelope)).payload : undefined;
        return payload
          ? { disclosed, approval: v.parse(approvalSchema, JSON.parse(Buffer.from(payload).toString())) }
          : { disclosed };
      }
      default:
        return { disclosed };
    }
  }

  keep(bytes: Uint8Array): string {
    const hash = sha256(bytes);
    this.blobs.set(hash, bytes);
    return hash;
  }

  append(added: NewEntry): Line {
    const seq = this.lines.length;
    const words = added.disclose ?? {};
    const digests = Object.entries(words).map(([name, value], i) => {
      const salt = createHash('sha256').update(`${seq} ${i}`).digest().subarray(0, 16);
      return disclosureDigest(crypto, encodeDisclosure(salt, { name, value }));
    });
    const entry = {
      v: 1,
      seq,
      prev: this.lines.at(-1)?.leafHash ?? NO_PREVIOUS,
      ceremony: added.ceremony,
      environment: this.environment,
      actor: added.actor,
      clock: {
        wall: new Date(this.now).toISOString(),
        mono: seq * 1_000_000,
        boot: '00000000-0000-4000-8000-000000000000',
      },
      disclosures: digests.sort(),
      ...added.event,
    } as Entry;
    const leaf = leafBytes(entry);
    // What the product could not read back is not a test of the product.
    must(parseEntry(leaf));
    const hash = leafHash(crypto, leaf);
    const line: Line = { entry, leaf, hash, leafHash: hex(hash), words };
    this.lines.push(line);
    this.#range.append(hash);
    this.roots.push(hex(this.#range.root()));
    this.#replay.add({ entry, leafHash: line.leafHash }, this.#beside(entry, words));
    return line;
  }

  /** Appends what the workstation would write by itself. */
  add(event: Event, about: { ceremony?: string | null; disclose?: Record<string, string> } = {}): Line {
    return this.append({
      event,
      ceremony: about.ceremony ?? null,
      actor: { role: 'workstation' },
      ...(about.disclose ? { disclose: about.disclose } : {}),
    });
  }

  /** The same within the open ceremony. */
  addHere(event: Event): Line {
    return this.add(event, { ceremony: this.state.open!.id });
  }
}
