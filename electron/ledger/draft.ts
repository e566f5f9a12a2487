/** The entries of one append as they will be written, before anything is. */
import { concat, hex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { carried } from '../../core/ledger/clock-reading.ts';
import { disclosureDigest, encodeDisclosure, SALT_BYTES } from '../../core/ledger/disclosure.ts';
import { leafBytes, leafHash, type Clock, type Entry, type Environment } from '../../core/ledger/entry.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import { journalFailure, type JournalLine, type JournalVerifier } from '../../core/ledger/verify-journal.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { LedgerClock } from './clock.ts';

const NEWLINE = utf8('\n');

const DISCLOSURE_NAME = /^[a-z][A-Za-z0-9_]{0,63}$/;

export interface DraftPorts {
  readonly crypto: Crypto;
  readonly environment: Environment;
  readonly clock: LedgerClock;
  readonly random: (length: number) => Uint8Array;
}

/** What one append is about to write. */
export interface Draft {
  readonly verifier: JournalVerifier;
  readonly lines: readonly JournalLine[];
  /** The same as they go to the disk. */
  readonly written: readonly Uint8Array[];
  readonly disclosures: readonly (readonly [seq: number, encoded: readonly string[]])[];
}

/** Makes the entries and runs them through a copy of the verifier, so that what is written also verifies. */
export function draftOf(from: JournalVerifier, entries: readonly NewEntry[], ports: DraftPorts): Result<Draft> {
  const { crypto, environment, clock, random } = ports;
  const verifier = from.clone();
  const lines: JournalLine[] = [];
  const written: Uint8Array[] = [];
  const disclosures: [number, string[]][] = [];
  for (const { event, ceremony, actor, disclose } of entries) {
    const named = Object.entries(disclose ?? {});
    if (!named.every(([name]) => DISCLOSURE_NAME.test(name))) return fail(journalFailure('JOURNAL-15', verifier.size));
    const encoded = named.map(([name, value]) => encodeDisclosure(random(SALT_BYTES), { name, value }));
    const entry = {
      v: 1,
      seq: verifier.size,
      prev: verifier.head,
      ceremony,
      environment,
      actor,
      clock: read(clock, verifier),
      disclosures: encoded.map((text) => disclosureDigest(crypto, text)).sort(),
      ...event,
    } as Entry;
    const line = draftLine(crypto, entry);
    const taken = line && verifier.push(line.subarray(0, -1));
    if (!taken) return fail(journalFailure('JOURNAL-15', entry.seq));
    if (!taken.ok) return taken.error.policy === 'JOURNAL-3' ? refusedDraft(entry.seq, taken.error.message) : taken;
    lines.push(taken.value);
    written.push(line);
    if (encoded.length > 0) disclosures.push([entry.seq, encoded]);
  }
  return ok({ verifier, lines, written, disclosures });
}

/** The clocks of this moment, with what the last witnessed reading says of them. */
function read(clock: LedgerClock, { reading }: JournalVerifier): Clock {
  const now = clock.now();
  return { ...now, ...carried(reading, now) };
}

const refusedDraft = (seq: number, detail: string) => fail({ ...journalFailure('JOURNAL-15', seq), hint: detail });

/** The line of an entry with its newline, or null where JSON cannot say what it holds. */
function draftLine(crypto: Crypto, entry: Entry): Uint8Array | null {
  try {
    const leaf = leafBytes(entry);
    return concat(utf8(`${hex(leafHash(crypto, leaf))} `), leaf, NEWLINE);
  } catch {
    return null;
  }
}
