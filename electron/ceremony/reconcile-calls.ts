/**
 * Compares what the HSM host called with what the ledger says, whenever a session ends, and writes down what came of it.
 * A process that was killed takes its account with it: the entries it wrote are then compared with nothing.
 */
import { hex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { reconcileCalls, type SealedHead } from '../../core/ledger/calls.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import type { TokenCall } from '../../core/ledger/token-call.ts';
import type { Vault } from './vault.ts';
import { workstation } from './vault.ts';

/** More findings than this of one session say nothing that the first of them do not say. */
const MAX_FINDINGS = 100;

/** What a vault remembers between two comparisons. */
export class CallAccount {
  /** The first entry that is not compared yet, and the first that matters for it: an open intent may lie before. */
  #from: number;
  #floor: number;
  #heads: SealedHead[] = [];
  /** SHA-256 of every head that this process signed. */
  readonly #signed = new Set<string>();

  constructor(
    private readonly crypto: Crypto,
    size: number,
    openIntents: Iterable<{ readonly seq: number }>,
  ) {
    this.#from = size;
    this.#floor = floorOf(size, openIntents);
  }

  #digest(note: string | Uint8Array): string {
    return hex(this.crypto.sha256(typeof note === 'string' ? utf8(note) : note));
  }

  signed(head: Omit<SealedHead, 'stored'>): void {
    this.#heads.push({ ...head, stored: false });
    this.#signed.add(this.#digest(head.note));
  }

  stored(note: string): void {
    this.#heads = this.#heads.map((head) => (head.note === note ? { ...head, stored: true } : head));
  }

  /** SHA-256 of every head of this ledger that the token may hold: signed here, stored earlier, or found at a login. */
  headDigests({ journal, tokenHeads }: Pick<Vault, 'journal' | 'tokenHeads'>): ReadonlySet<string> {
    return new Set([
      ...this.#signed,
      ...tokenHeads.map((value) => this.#digest(value)),
      ...journal.checkpoints().map(({ note }) => this.#digest(note)),
    ]);
  }

  /** The entry of a comparison, or none where nothing was called and nothing is missing. */
  compare(vault: Vault, calls: readonly TokenCall[] | null, ceremony: string | null): NewEntry[] {
    if (calls === null) return [];
    const { journal, state } = vault;
    const report = reconcileCalls(this.crypto, {
      calls,
      entries: journal.entries(this.#floor).map(({ entry, hash }) => ({ entry, leafHash: hex(hash) })),
      from: this.#from,
      heads: this.#heads,
      anchored: state.anchor === 'private' || state.anchor === 'public',
      replaceable: this.headDigests(vault),
    });
    this.#from = journal.size;
    this.#floor = floorOf(journal.size, state.intents.values());
    this.#heads = [];
    if (calls.length === 0 && report.findings.length === 0) return [];
    const data = {
      calls: report.calls.map((one) => ({ ...one })),
      writes: report.writes,
      seals: report.seals,
      findings: report.findings.slice(0, MAX_FINDINGS).map((one) => ({ ...one })),
    };
    return [workstation({ type: 'calls.reconciled', data }, ceremony)];
  }
}

const floorOf = (size: number, open: Iterable<{ readonly seq: number }>): number =>
  Math.min(size, ...[...open].map(({ seq }) => seq));
