/**
 * Verifies a journal one line at a time, in memory that grows only with the number of open intents and findings.
 *
 * It proves that the lines are one unbroken chain of well-formed entries and what their root is. It does not prove
 * that the chain is the one that was sealed: compare `size` and `root` with a signed checkpoint for that.
 */
import { fromHex, hex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { carried, offsetOf, type ClockReading } from './clock-reading.ts';
import { fail, ok, type Failure, type Result } from '../result.ts';
import { leafHash, parseEntry, type Clock, type Entry } from './entry.ts';
import type { EventOf } from './event.ts';
import { instantOf } from './fields.ts';
import { JOURNAL_FINDINGS, type Finding, type JournalFinding } from './findings.ts';
import { CompactRange, HASH_BYTES, type Hash } from './merkle.ts';
import type { MerkleTree } from './tree.ts';

/** A failure of the ledger itself: `policy` is a JOURNAL id, `seq` the entry, or null where it is about none. */
export interface JournalFailure extends Failure {
  readonly code: 'ledger';
  readonly policy: JournalFinding;
  readonly seq: number | null;
}

export const journalFailure = (policy: JournalFinding, seq: number | null, detail?: string): JournalFailure => ({
  code: 'ledger',
  policy,
  seq,
  message: `${seq === null ? '' : `Entry ${seq}: `}${JOURNAL_FINDINGS[policy]}${detail === undefined ? '' : ` ${detail}`}`,
});

/** Wall and monotonic clock may drift apart by this much between two entries before it is a finding, in ms. */
export const CLOCK_TOLERANCE_MS = 2_000;

/** One line that was accepted. */
export interface JournalLine {
  readonly entry: Entry;
  readonly leaf: Uint8Array;
  readonly hash: Hash;
}

export interface OpenIntent {
  readonly seq: number;
  /** Leaf hash of the intent, hex. */
  readonly hash: string;
  readonly act: string;
}

export interface JournalSummary {
  readonly size: number;
  readonly root: Hash;
  /** Intents without an outcome, oldest first. After a crash there may be one; it is then recovered, not an error. */
  readonly openIntents: readonly OpenIntent[];
  /** The first of them; `found` says how many there are. */
  readonly findings: readonly Finding[];
  readonly found: number;
}

/** Findings kept one by one. A clock that is wrong throughout must not fill the memory. */
export const FINDINGS_KEPT = 1_000;

/** What the next entry is compared with. */
interface LastEntry {
  readonly environment: Entry['environment'];
  readonly clock: Clock;
  /** Of an entry that ends the ledger. */
  readonly ended: EventOf<'ledger.ended'>['data']['kind'] | null;
}

/** A verifier at one place of a journal, as plain data: it goes from one process to another. */
export interface VerifierState {
  readonly size: number;
  readonly open: readonly OpenIntent[];
  readonly findings: readonly Finding[];
  readonly found: number;
  /** Leaf hash of the last entry, hex. */
  readonly head: string;
  readonly last: LastEntry | null;
  /** The last witnessed reading of an outside clock. */
  readonly reading: ClockReading | null;
}

/** Splits a line (without its newline) into hash and leaf, and checks the hash over the stored bytes. */
function readLine(crypto: Crypto, line: Uint8Array, seq: number): Result<JournalLine, JournalFailure> {
  if (line.length <= 65 || line[64] !== 0x20) return fail(journalFailure('JOURNAL-1', seq));
  const leaf = line.subarray(65);
  const hash = leafHash(crypto, leaf);
  if (!spells(line, hash)) return fail(journalFailure(isHex(line.subarray(0, 64)) ? 'JOURNAL-2' : 'JOURNAL-1', seq));
  const entry = parseEntry(leaf);
  return entry.ok
    ? ok({ entry: entry.value, leaf, hash })
    : fail(journalFailure('JOURNAL-3', seq, entry.error.message));
}

const DIGITS = utf8('0123456789abcdef');

/** Whether the text is this hash in lower-case hex. */
function isHashText(text: string, hash: Hash): boolean {
  if (text.length !== 2 * hash.length) return false;
  for (let i = 0; i < hash.length; i++) {
    const byte = hash[i]!;
    if (text.charCodeAt(2 * i) !== DIGITS[byte >> 4] || text.charCodeAt(2 * i + 1) !== DIGITS[byte & 15]) return false;
  }
  return true;
}

/** Whether the line begins with this hash in lower-case hex. */
function spells(line: Uint8Array, hash: Hash): boolean {
  for (let i = 0; i < hash.length; i++) {
    const byte = hash[i]!;
    if (line[2 * i] !== DIGITS[byte >> 4] || line[2 * i + 1] !== DIGITS[byte & 15]) return false;
  }
  return true;
}

const isHex = (text: Uint8Array): boolean => text.every((digit) => DIGITS.includes(digit));

export class JournalVerifier {
  readonly #crypto: Crypto;
  readonly #range: CompactRange | MerkleTree;
  readonly #open = new Map<string, OpenIntent>();
  readonly #findings: Finding[] = [];
  #found = 0;
  /** Leaf hash of the last entry; zeros before the first. */
  #previous: Hash = new Uint8Array(HASH_BYTES);
  #last: LastEntry | null = null;
  /** The wall clock of the last entry, in ms. */
  #wall = 0;
  #reading: ClockReading | null = null;

  /** With a tree, the leaf hashes that are accepted go into it. */
  constructor(crypto: Crypto, range: CompactRange | MerkleTree = new CompactRange(crypto)) {
    this.#crypto = crypto;
    this.#range = range;
  }

  /** Goes on where another verifier stood. `range` holds the leaf hashes up to there. */
  static resume(crypto: Crypto, range: CompactRange | MerkleTree, state: VerifierState): JournalVerifier {
    if (range.size !== state.size) throw new RangeError('not the tree of this place');
    const verifier = new JournalVerifier(crypto, range);
    for (const intent of state.open) verifier.#open.set(intent.hash, intent);
    verifier.#findings.push(...state.findings);
    verifier.#found = state.found;
    verifier.#previous = fromHex(state.head) ?? verifier.#previous;
    verifier.#last = state.last;
    verifier.#wall = state.last ? instantOf(state.last.clock.wall) : 0;
    verifier.#reading = state.reading;
    return verifier;
  }

  state(): VerifierState {
    return {
      size: this.#range.size,
      open: [...this.#open.values()],
      findings: [...this.#findings],
      found: this.#found,
      head: this.head,
      last: this.#last,
      reading: this.#reading,
    };
  }

  /** Takes the next line, without its newline. After a failure the verifier is of no further use. */
  push(line: Uint8Array): Result<JournalLine, JournalFailure> {
    const seq = this.#range.size;
    const read = readLine(this.#crypto, line, seq);
    if (!read.ok) return read;
    const { entry, hash } = read.value;
    if (entry.seq !== seq) return fail(journalFailure('JOURNAL-4', seq));
    if (!isHashText(entry.prev, this.#previous)) return fail(journalFailure('JOURNAL-5', seq));
    if (this.#last && this.#last.environment !== entry.environment) return fail(journalFailure('JOURNAL-8', seq));
    if (this.#last && isOver(this.#last, entry)) return fail(journalFailure('JOURNAL-18', seq));
    const refused = this.#pair(entry, hash);
    if (refused) return fail(journalFailure(refused, seq));
    const wall = instantOf(entry.clock.wall);
    this.#clocks(entry, wall - this.#wall);
    this.#range.append(hash);
    this.#previous = hash;
    const ended = entry.type === 'ledger.ended' ? entry.data.kind : null;
    this.#last = { environment: entry.environment, clock: entry.clock, ended };
    this.#wall = wall;
    return read;
  }

  /** What the clocks of an entry show, after those of the one before it and the last witnessed reading. */
  #clocks(entry: Entry, wallBetween: number): void {
    const { seq, clock } = entry;
    const found = this.#last ? clockFindings(this.#last.clock, clock, wallBetween, seq) : [];
    const { reading, bound } = carried(this.#reading, clock);
    if (clock.reading !== reading || clock.bound !== bound) found.push({ id: 'CLOCK-6', seq, milliseconds: 0 });
    if (entry.type === 'clock.read') {
      const { uncertainty } = entry.data;
      const { wall, mono, boot } = clock;
      this.#reading = { reading: entry.data.reading, uncertainty, wall, mono, boot };
      const off = offsetOf(this.#reading);
      if (Math.abs(off) > uncertainty * 1000 + CLOCK_TOLERANCE_MS)
        found.push({ id: 'CLOCK-5', seq, milliseconds: off });
    }
    this.#found += found.length;
    this.#findings.push(...found.slice(0, Math.max(0, FINDINGS_KEPT - this.#findings.length)));
  }

  /** The last witnessed reading of an outside clock, or null. */
  get reading(): ClockReading | null {
    return this.#reading;
  }

  /** A second verifier at the same place, to try lines on without being bound by them. */
  clone(): JournalVerifier {
    return JournalVerifier.resume(this.#crypto, this.#range.clone(), this.state());
  }

  get size(): number {
    return this.#range.size;
  }

  root(): Hash {
    return this.#range.root();
  }

  /** What was seen so far. */
  summary(): JournalSummary {
    return {
      size: this.#range.size,
      root: this.#range.root(),
      openIntents: [...this.#open.values()],
      findings: [...this.#findings],
      found: this.#found,
    };
  }

  /** Leaf hash of the last entry, hex: the `prev` of the next. */
  get head(): string {
    return hex(this.#previous);
  }

  /** Matches outcomes to intents. An intent is forgotten once it has its outcome, so a second one finds none. */
  #pair(entry: Entry, leaf: Hash): JournalFinding | null {
    if (entry.type === 'act.intent') {
      const hash = hex(leaf);
      this.#open.set(hash, { seq: entry.seq, hash, act: entry.data.act });
    }
    if (entry.type !== 'act.result' && entry.type !== 'act.recovered') return null;
    const intent = this.#open.get(entry.data.intent);
    if (!intent) return 'JOURNAL-6';
    if (intent.act !== entry.data.act) return 'JOURNAL-7';
    this.#open.delete(entry.data.intent);
    return null;
  }
}

/** Whether nothing, or not this entry, may follow the last one. */
const isOver = ({ ended }: LastEntry, next: Entry): boolean =>
  ended !== null && !(ended === 'retired' && next.type === 'ledger.restored');

/** What two clocks in a row say about the workstation's clock. `wall`: ms that the wall clock went on between them. */
function clockFindings(before: Clock, after: Clock, wall: number, seq: number): Finding[] {
  const found: Finding[] = [];
  if (wall < 0) found.push({ id: 'CLOCK-1', seq, milliseconds: wall });
  if (before.boot !== after.boot) {
    found.push({ id: 'CLOCK-4', seq, milliseconds: wall });
    return found;
  }
  const mono = Math.round((after.mono - before.mono) / 1000);
  if (after.mono < before.mono) found.push({ id: 'CLOCK-2', seq, milliseconds: mono });
  if (Math.abs(wall - mono) > CLOCK_TOLERANCE_MS) found.push({ id: 'CLOCK-3', seq, milliseconds: wall - mono });
  return found;
}

/** Verifies all lines (each without its newline) and stops at the first that is wrong. */
export function verifyJournal(crypto: Crypto, lines: Iterable<Uint8Array>): Result<JournalSummary, JournalFailure> {
  const verifier = new JournalVerifier(crypto);
  for (const line of lines) {
    const taken = verifier.push(line);
    if (!taken.ok) return taken;
  }
  return ok(verifier.summary());
}
