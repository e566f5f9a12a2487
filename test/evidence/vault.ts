/** The ledger of a test vault: honest entries, one after another, with a clock of its own. */
import { randomBytes } from 'node:crypto';
import { hex } from '../../core/bytes.ts';
import { disclosureDigest, encodeDisclosure } from '../../core/ledger/disclosure.ts';
import { leafBytes, leafHash, NO_PREVIOUS, type Entry, type Environment } from '../../core/ledger/entry.ts';
import type { Event } from '../../core/ledger/event.ts';
import { rootOf } from '../../core/ledger/merkle.ts';
import { MerkleTree } from '../../core/ledger/tree.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';

/** A running vault: an append-only ledger and the people and keys around it. */
export class Vault {
  readonly leaves: Uint8Array[] = [];
  readonly hashes: Uint8Array[] = [];
  readonly tree = new MerkleTree(crypto);
  readonly disclosures = new Map<number, string[]>();
  ceremony: string | null = null;
  readonly environment: Environment;
  clock: number;

  constructor(environment: Environment, clock: number) {
    this.environment = environment;
    this.clock = clock;
  }

  get now(): string {
    return new Date(this.clock).toISOString();
  }

  append(event: Event, actor: Entry['actor'], disclose: Readonly<Record<string, string>> = {}): string {
    this.clock += 7_000;
    const seq = this.leaves.length;
    const encoded = Object.entries(disclose).map(([name, value]) => encodeDisclosure(randomBytes(16), { name, value }));
    const digests = encoded.map((text) => disclosureDigest(crypto, text)).sort();
    const entry = {
      v: 1,
      seq,
      prev: seq === 0 ? NO_PREVIOUS : hex(this.hashes[seq - 1]!),
      ceremony: this.ceremony,
      environment: this.environment,
      actor,
      clock: { wall: this.now, mono: this.clock * 1000, boot: '00000000-0000-4000-8000-000000000000' },
      disclosures: digests,
      ...event,
    } as Entry;
    const leaf = leafBytes(entry);
    this.leaves.push(leaf);
    this.hashes.push(leafHash(crypto, leaf));
    this.tree.append(this.hashes[seq]!);
    if (encoded.length > 0) this.disclosures.set(seq, encoded);
    return hex(this.hashes[seq]!);
  }

  head(): { size: number; root: string } {
    return { size: this.leaves.length, root: hex(rootOf(crypto, this.hashes)) };
  }
}
