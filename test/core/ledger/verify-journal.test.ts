import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, hex, utf8 } from '../../../core/bytes.ts';
import { disclosed, disclosureDigest, encodeDisclosure } from '../../../core/ledger/disclosure.ts';
import {
  journalLine,
  leafBytes,
  leafHash,
  MAX_LEAF_BYTES,
  NO_PREVIOUS,
  parseEntry,
  type Entry,
} from '../../../core/ledger/entry.ts';
import type { NewEntry } from '../../../core/ledger/event.ts';
import { rootOf } from '../../../core/ledger/merkle.ts';
import { JournalVerifier, verifyJournal } from '../../../core/ledger/verify-journal.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { intent, outcome, step } from '../../ledger/entries.ts';

const BOOT = '6b1f0a52-0c3f-4a07-9d6f-2f2b7b9f3a11';
const at = (ms: number, mono = ms * 1000, boot = BOOT) => ({
  wall: new Date(Date.UTC(2026, 3, 22, 13) + ms).toISOString(),
  mono: mono + 1_000_000_000,
  boot,
});

/** An entry at the end of `lines`, with anything changed that a test wants changed. */
function next(lines: readonly Uint8Array[], { event, ceremony, actor }: NewEntry, change: object = {}): Uint8Array {
  const last = lines.at(-1);
  const entry = {
    v: 1,
    seq: lines.length,
    prev: last ? hex(leafHash(crypto, last.slice(65))) : NO_PREVIOUS,
    ceremony,
    environment: 'rehearsal',
    actor,
    clock: at(lines.length * 1000),
    disclosures: [],
    ...event,
    ...change,
  } as unknown as Entry;
  return journalLine(crypto, leafBytes(entry));
}

function chain(...entries: (readonly [NewEntry, object?])[]): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (const [entry, change] of entries) lines.push(next(lines, entry, change));
  return lines;
}

const hashOf = (line: Uint8Array): Uint8Array => leafHash(crypto, line.slice(65));
const steps = (n: number): Uint8Array[] => chain(...Array.from({ length: n }, (_, i) => [step(i)] as const));
const refusal = (lines: readonly Uint8Array[]) => {
  const result = verifyJournal(crypto, lines);
  return result.ok ? null : { policy: result.error.policy, seq: result.error.seq };
};

describe('a journal', () => {
  it('without a fault has the size and root of its lines', () => {
    const lines = steps(9);
    expect(verifyJournal(crypto, lines)).toEqual({
      ok: true,
      value: { size: 9, root: rootOf(crypto, lines.map(hashOf)), openIntents: [], findings: [], found: 0 },
    });
    expect(verifyJournal(crypto, [])).toMatchObject({ ok: true, value: { size: 0 } });
  });

  it('with an intent and no outcome reports it and is not refused', () => {
    const lines = chain([step(1)], [intent('signing-key')]);
    expect(verifyJournal(crypto, lines)).toMatchObject({
      ok: true,
      value: { openIntents: [{ seq: 1, hash: hex(hashOf(lines[1]!)), act: 'key.generate' }] },
    });
    lines.push(next(lines, outcome(hashOf(lines[1]!))));
    expect(verifyJournal(crypto, lines)).toMatchObject({ ok: true, value: { size: 3, openIntents: [] } });
  });

  it('with a second outcome for one intent is refused with JOURNAL-6', () => {
    const lines = chain([intent('signing-key')]);
    const result = outcome(hashOf(lines[0]!));
    lines.push(next(lines, result));
    lines.push(next(lines, result));
    expect(refusal(lines)).toEqual({ policy: 'JOURNAL-6', seq: 2 });
  });

  it('with an outcome of no intent is refused with JOURNAL-6, and of another act with JOURNAL-7', () => {
    expect(refusal(chain([outcome(new Uint8Array(32))]))).toEqual({ policy: 'JOURNAL-6', seq: 0 });
    const lines = chain([intent('signing-key')]);
    const data = { act: 'key.activate', intent: hex(hashOf(lines[0]!)), outcome: 'unknown' };
    lines.push(next(lines, outcome(hashOf(lines[0]!)), { data }));
    expect(refusal(lines)).toEqual({ policy: 'JOURNAL-7', seq: 1 });
  });

  it.each([
    ['an empty line', new Uint8Array()],
    ['a hash and nothing else', steps(3)[2]!.slice(0, 64)],
    ['a hash in upper case', utf8(new TextDecoder().decode(steps(3)[2]).replace(/[a-f]/, (c) => c.toUpperCase()))],
    ['no space after the hash', steps(3)[2]!.map((byte, i) => (i === 64 ? 0x09 : byte))],
  ])('with %s is refused with JOURNAL-1', (_what, line) => {
    expect(refusal([...steps(2), line])).toEqual({ policy: 'JOURNAL-1', seq: 2 });
  });

  it('with a changed entry is refused with JOURNAL-2', () => {
    const lines = steps(5);
    lines[2] = lines[2]!.map((byte, i, all) => (i === all.length - 5 ? byte ^ 1 : byte));
    expect(refusal(lines)).toEqual({ policy: 'JOURNAL-2', seq: 2 });
  });

  it.each([
    ['an unknown version', { v: 2 }],
    ['an unknown type', { type: 'key.stolen' }],
    ['a member too many', { note: 'x' }],
    ['a member too few', { actor: undefined }],
    ['data of another type', { data: {} }],
    ['a fraction', { clock: { ...at(0), mono: 0.5 } }],
    ['a wall clock without milliseconds', { clock: { ...at(0), wall: '2026-04-22T13:00:00Z' } }],
    ['a day that does not exist', { clock: { ...at(0), wall: '2026-02-31T13:00:00.000Z' } }],
    ['disclosures out of order', { disclosures: ['b'.repeat(43), 'a'.repeat(43)] }],
    ['a disclosure twice', { disclosures: ['a'.repeat(43), 'a'.repeat(43)] }],
    ['a name where only a number is allowed', { actor: { role: 'custodian', person: 'Idris Okonjo' } }],
  ])('with %s is refused with JOURNAL-3', (_what, change) => {
    const lines = steps(1);
    expect(refusal([...lines, next(lines, step(1), change)])).toEqual({ policy: 'JOURNAL-3', seq: 1 });
  });

  it('with an entry that is valid but not canonical is refused with JOURNAL-3', () => {
    const leaf = concat(steps(1)[0]!.slice(65), utf8(' '));
    expect(refusal([journalLine(crypto, leaf)])).toEqual({ policy: 'JOURNAL-3', seq: 0 });
  });

  it('with an entry of another environment is refused with JOURNAL-8', () => {
    expect(refusal(chain([step(1)], [step(2), { environment: 'production' }]))).toEqual({
      policy: 'JOURNAL-8',
      seq: 1,
    });
  });

  it('with a line removed, doubled or moved is refused at that line', () => {
    const lines = steps(12);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 11 }), (i, j) => {
        // Without its last line a journal is a shorter journal. Only a checkpoint can tell, so it is not tried here.
        expect(refusal(lines.toSpliced(i, 1))).toEqual({ policy: 'JOURNAL-4', seq: i });
        expect(refusal(lines.toSpliced(i, 0, lines[i]!))).toEqual({ policy: 'JOURNAL-4', seq: i + 1 });
        const [a, b] = [Math.min(i, j), Math.max(i, j)];
        if (a === b) return;
        expect(refusal(lines.with(a, lines[b]!).with(b, lines[a]!))).toEqual({ policy: 'JOURNAL-4', seq: a });
      }),
    );
  });

  it('with an entry replaced by another of the same number is refused at the next with JOURNAL-5', () => {
    const lines = steps(4);
    lines[1] = next(lines.slice(0, 1), step(99));
    expect(refusal(lines)).toEqual({ policy: 'JOURNAL-5', seq: 2 });
  });

  it('reports clocks that went back or apart, and does not refuse them', () => {
    const findings = (...clocks: object[]) => {
      const result = verifyJournal(crypto, chain(...clocks.map((clock, i) => [step(i), { clock }] as const)));
      if (!result.ok) throw new Error(result.error.message);
      return result.value.findings;
    };
    expect(findings(at(0), at(1000), at(1000))).toEqual([]);
    expect(findings(at(5000), at(4000, 5_000_000))).toEqual([{ id: 'CLOCK-1', seq: 1, milliseconds: -1000 }]);
    expect(findings(at(0), at(0, -1000))).toEqual([{ id: 'CLOCK-2', seq: 1, milliseconds: -1 }]);
    expect(findings(at(0), at(60_000, 1_000_000))).toEqual([{ id: 'CLOCK-3', seq: 1, milliseconds: 59_000 }]);
    // Another boot: the monotonic clock starts again, and only the wall clock can be compared.
    expect(findings(at(9_000_000), at(9_060_000, 1000, '00000000-0000'))).toEqual([
      { id: 'CLOCK-4', seq: 1, milliseconds: 60_000 },
    ]);
  });

  it('carries the bound of a witnessed reading, and reports one that is missing, wrong or off', () => {
    const reading = (text: string, uncertainty: number): NewEntry => ({
      event: { type: 'clock.read', data: { reading: text, uncertainty, confirmed: ['administrator-1', 'witness-1'] } },
      ceremony: null,
      actor: { role: 'administrator', person: 'administrator-1' },
    });
    const judged = (text: string, uncertainty: number, later: object) => {
      const lines = chain([reading(text, uncertainty), { clock: at(0) }], [step(1), { clock: later }]);
      const result = verifyJournal(crypto, lines);
      if (!result.ok) throw new Error(result.error.message);
      return result.value.findings;
    };
    const true_ = '2026-04-22T13:00:00Z';
    // An hour later, 0.36 s of drift are allowed for, and whole seconds are carried.
    expect(judged(true_, 2, { ...at(3_600_000), reading: true_, bound: 3 })).toEqual([]);
    const wrong = [{ id: 'CLOCK-6', seq: 1, milliseconds: 0 }];
    expect(judged(true_, 2, at(3_600_000))).toEqual(wrong);
    expect(judged(true_, 2, { ...at(3_600_000), reading: true_, bound: 2 })).toEqual(wrong);
    expect(judged(true_, 2, { ...at(3_600_000), reading: '2026-04-22T13:00:01Z', bound: 3 })).toEqual(wrong);
    // The workstation is ten seconds behind: that is a finding, and part of the bound from then on.
    const behind = '2026-04-22T13:00:10Z';
    expect(judged(behind, 2, { ...at(1000), reading: behind, bound: 13 })).toEqual([
      { id: 'CLOCK-5', seq: 0, milliseconds: -10_000 },
    ]);
    // A wall clock that is set later moves away from the reading, and the bound with it.
    expect(judged(true_, 2, { ...at(61_000, 1_000_000), reading: true_, bound: 63 })).toEqual([
      { id: 'CLOCK-3', seq: 1, milliseconds: 60_000 },
    ]);
    // After a restart the reading says nothing any more.
    expect(judged(true_, 2, at(60_000, 1000, '00000000-0000'))).toEqual([
      { id: 'CLOCK-4', seq: 1, milliseconds: 60_000 },
    ]);
  });

  it('is verified as far as it was read, and a copy of the verifier goes its own way', () => {
    const lines = steps(4);
    const verifier = new JournalVerifier(crypto);
    for (const line of lines.slice(0, 3)) expect(verifier.push(line).ok).toBe(true);
    const copy = verifier.clone();
    expect(copy.push(lines[3]!).ok).toBe(true);
    expect([verifier.size, copy.size]).toEqual([3, 4]);
    expect(verifier.push(lines[3]!).ok).toBe(true);
    expect(verifier.summary()).toEqual(copy.summary());
  });
});

describe('an entry', () => {
  it('longer than 65,535 bytes is refused', () => {
    const long = (length: number) => ({ data: { step: 'a', confirmed: Array<string>(length).fill('witness-1') } });
    const leaf = (length: number) => next([], step(0), long(length)).slice(65);
    expect(leaf(5000).length).toBeLessThanOrEqual(MAX_LEAF_BYTES);
    expect(parseEntry(leaf(5000)).ok).toBe(true);
    expect(leaf(6000).length).toBeGreaterThan(MAX_LEAF_BYTES);
    expect(parseEntry(leaf(6000)).ok).toBe(false);
  });

  it('is refused after any flipped bit, or is still the canonical form of what it now says', () => {
    const leaf = chain([intent('signing-key')])[0]!.slice(65);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: leaf.length * 8 - 1 }), (bit) => {
        const changed = leaf.slice();
        changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
        const read = parseEntry(changed);
        if (read.ok) expect(leafBytes(read.value)).toEqual(changed);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('disclosures', () => {
  const salt = new Uint8Array(16).fill(9);
  it('say name and value to whoever holds them, and only for the leaf with their digest', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const encoded = encodeDisclosure(salt, { name: 'name', value: text });
        const digests = [disclosureDigest(crypto, encoded)];
        // A lone surrogate has no UTF-8; JSON escapes it, so it comes back as it was.
        expect(disclosed(crypto, digests, [encoded])).toEqual({ name: text });
        expect(disclosed(crypto, ['A'.repeat(43)], [encoded])).toEqual({});
        expect(disclosed(crypto, digests, [])).toEqual({});
      }),
    );
  });

  it('of the same value under another salt have another digest', () => {
    const digest = (byte: number) =>
      disclosureDigest(crypto, encodeDisclosure(new Uint8Array(16).fill(byte), { name: 'name', value: 'Ada' }));
    expect(digest(1)).not.toBe(digest(2));
  });

  // RFC 9901 section 4.2.3: the digest is over the ASCII text of the disclosure, whatever white space its JSON has.
  it('have the digest of the published example', () => {
    expect(disclosureDigest(crypto, 'WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0')).toBe(
      'uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY',
    );
  });
});
