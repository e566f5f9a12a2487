import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hex, utf8 } from '../../core/bytes.ts';
import { disclosed } from '../../core/ledger/disclosure.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import { rootOf } from '../../core/ledger/merkle.ts';
import { verifyJournal } from '../../core/ledger/verify-journal.ts';
import { diskFiles, type JournalFiles, type WritableFile } from '../../electron/ledger/files.ts';
import { enrolment, intent, outcome, step } from './entries.ts';
import {
  copy,
  crypto,
  error,
  grow,
  journalBytes,
  journalPath,
  ledger,
  logKey,
  open,
  scratch,
  seal,
  value,
} from './scratch.ts';

/** The real disk, with one operation of the journal's own files replaced. */
function withFile(change: (file: WritableFile, path: string) => WritableFile): JournalFiles {
  return { ...diskFiles, open: async (path, mode) => change(await diskFiles.open(path, mode), path) };
}

describe('appending', () => {
  it('chains entries, and what was acknowledged is what a new start finds', async () => {
    const dir = scratch();
    const journal = value(await open(dir));
    await grow(journal, 12);
    const lines = journal.entries();
    for (const [seq, { entry, hash }] of lines.entries()) {
      expect(entry.seq).toBe(seq);
      expect(entry.prev).toBe(seq === 0 ? '0'.repeat(64) : hex(lines[seq - 1]!.hash));
      expect(hex(hash)).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(journal.root()).toEqual(rootOf(crypto, journal.leafHashes()));
    value(await journal.close());

    const again = value(await open(dir));
    expect(again.entries()).toEqual(lines);
    expect(again.root()).toEqual(journal.root());
    expect(again.quarantined).toEqual([]);
    value(await again.close());
  });

  it('writes lines of leaf hash and leaf that coreutils can check', async () => {
    const dir = await ledger(4);
    const lines = journalBytes(dir).toString('utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      const leaf = Buffer.concat([Buffer.from([0]), Buffer.from(line.slice(65))]);
      expect(createHash('sha256').update(leaf).digest('hex')).toBe(line.slice(0, 64));
    }
  });

  it('keeps the files to their owner', async () => {
    const dir = await ledger(3);
    for (const name of ['journal.jsonl', 'disclosures.jsonl'])
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    for (const name of ['checkpoints', 'blobs', 'quarantine'])
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o700);
  });

  it('keeps the order in which it was asked, however many ask at once', async () => {
    const journal = value(await open(scratch()));
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => journal.append([step(n), step(n)])));
    expect(results.map((result) => value(result).map(({ entry }) => entry.seq))).toEqual(
      Array.from({ length: 20 }, (_, n) => [2 * n, 2 * n + 1]),
    );
    value(await journal.close());
  });

  it('resolves only after fsync, and writes disclosures before the leaf that commits to them', async () => {
    const events: string[] = [];
    const files = withFile((file, path) => {
      const name = path.slice(path.lastIndexOf('/') + 1).replace('.jsonl', '');
      return {
        ...file,
        write: (bytes) => (events.push(`write ${name}`), file.write(bytes)),
        sync: () => (events.push(`sync ${name}`), file.sync()),
      };
    });
    const journal = value(await open(scratch(), { files }));
    events.length = 0;
    value(await journal.append([enrolment(1, 'Idris Okonjo')]));
    events.push('acknowledged');
    expect(events).toEqual(['write disclosures', 'sync disclosures', 'write journal', 'sync journal', 'acknowledged']);
    value(await journal.close());
  });

  it('goes on after short writes until every byte is out', async () => {
    const dir = scratch();
    const files = withFile((file) => ({ ...file, write: (bytes) => file.write(bytes.subarray(0, 7)) }));
    const journal = value(await open(dir, { files }));
    await grow(journal, 5);
    value(await journal.close());
    expect(value(await open(dir)).size).toBe(5);
  });

  it.each(['write', 'sync'] as const)(
    'is refused with JOURNAL-14 from a failed %s on, until a new start',
    async (at) => {
      const dir = await ledger(3);
      let broken = false;
      const files = withFile((file, path) => {
        const failing = {
          ...file,
          [at]: () => (broken && path.endsWith('journal.jsonl') ? Promise.reject(new Error('EIO')) : null),
        };
        return {
          ...file,
          write: (bytes) => (at === 'write' && broken ? failing.write(bytes) : null) ?? file.write(bytes),
          sync: () => (at === 'sync' && broken ? failing.sync() : null) ?? file.sync(),
        };
      });
      const journal = value(await open(dir, { files }));
      broken = true;
      expect(error(await journal.append([step(1)])).policy).toBe('JOURNAL-14');
      broken = false;
      expect(error(await journal.append([step(2)])).policy).toBe('JOURNAL-14');
      expect(error(await journal.putBlob(utf8('x'))).policy).toBe('JOURNAL-14');
      expect(error(await journal.writeCheckpoint(3, seal(3, journal.root()))).policy).toBe('JOURNAL-14');
      expect(journal.size).toBe(3);
      value(await journal.close());
      // What the failed call left on disk was never acknowledged; it may be there or not, but nothing is damaged.
      const again = value(await open(dir));
      expect([3, 4]).toContain(again.size);
      value(await again.append([step(3)]));
      value(await again.close());
    },
  );

  it('refuses what would not verify, and writes nothing of it', async () => {
    const dir = scratch();
    const journal = value(await open(dir));
    const [begun] = value(await journal.append([intent('signing-key')]));
    const result = outcome(begun!.hash);
    value(await journal.append([result]));
    const before = journalBytes(dir);
    const bad: [NewEntry[], string][] = [
      [[result], 'JOURNAL-6'],
      [[step(1), result], 'JOURNAL-6'],
      [[outcome(new Uint8Array(32))], 'JOURNAL-6'],
      [[{ ...step(1), ceremony: 'ceremony one' }], 'JOURNAL-15'],
      [[{ ...step(1), actor: { role: 'custodian', person: 'Idris Okonjo' } }], 'JOURNAL-15'],
      [[{ ...step(1), disclose: { 'Not a name': 'x' } }], 'JOURNAL-15'],
      [[{ ...step(1), event: { type: 'step.done', data: { step: 'a', confirmed: ['\ud800'] } } }], 'JOURNAL-15'],
      [
        [
          {
            ...step(1),
            event: { type: 'step.done', data: { step: 'a', confirmed: Array<string>(6000).fill('witness-1') } },
          },
        ],
        'JOURNAL-15',
      ],
      [[{ ...step(1), event: { type: 'step.undone', data: {} } as unknown as NewEntry['event'] }], 'JOURNAL-15'],
    ];
    for (const [entries, policy] of bad) expect(error(await journal.append(entries)).policy).toBe(policy);
    expect(journalBytes(dir)).toEqual(before);
    value(await journal.append([step(2)]));
    expect(journal.size).toBe(3);
    value(await journal.close());
    expect(error(await journal.append([step(3)])).code).toBe('ledger');
  });
});

describe('disclosures', () => {
  it('are beside the journal and not in it, each under a salt of its own', async () => {
    const dir = scratch();
    const journal = value(await open(dir));
    value(await journal.append([enrolment(1, 'Idris Okonjo'), enrolment(2, 'Idris Okonjo')]));
    const [one, two] = journal.entries().map(({ entry }) => entry.disclosures);
    expect(new Set([...one!, ...two!]).size).toBe(4);
    expect(disclosed(crypto, one!, journal.disclosuresOf(0))).toEqual({ name: 'Idris Okonjo', medium: 'USB stick 1' });
    expect(disclosed(crypto, one!, journal.disclosuresOf(1))).toEqual({});
    value(await journal.close());
    const text = journalBytes(dir).toString('utf8');
    for (const secret of ['Idris', 'Okonjo', 'USB']) expect(text).not.toContain(secret);
    expect(value(await open(dir)).disclosuresOf(1)).toEqual(journal.disclosuresOf(1));
  });

  it('can be withheld, some or all, and the journal verifies with the same root', async () => {
    const dir = await ledger(12);
    const whole = value(await open(dir));
    value(await whole.close());
    const [first, ...others] = readFileSync(join(dir, 'disclosures.jsonl'), 'utf8').split(/(?<=\n)/);
    expect(others.length).toBeGreaterThan(2);
    for (const kept of ['', first!, others.join('')]) {
      const part = copy(dir);
      writeFileSync(join(part, 'disclosures.jsonl'), kept);
      const journal = value(await open(part));
      expect(journal.root()).toEqual(whole.root());
      value(await journal.close());
    }
  });

  it('that do not belong to their entry are refused with JOURNAL-12', async () => {
    const dir = await ledger(8);
    const path = join(dir, 'disclosures.jsonl');
    const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
    const moved = lines[0]!.replace(/^2 /, '6 ');
    for (const text of [
      moved,
      lines[0]!.replace('2 ', '02 '),
      lines[0]!.replace(/.\n$/, '\n'),
      `${lines[0]!.trimEnd()} x\n`,
    ]) {
      writeFileSync(path, text + lines.slice(1).join(''));
      expect(error(await open(dir)).policy).toBe('JOURNAL-12');
    }
  });

  it('of an entry that a crash kept from being written are moved aside, and the next entry has its own', async () => {
    const dir = await ledger(3);
    const path = join(dir, 'disclosures.jsonl');
    const whole = readFileSync(path);
    for (const orphan of [`3 ${'A'.repeat(40)}\n`, `3 ${'A'.repeat(40)}`, '3', '\0\0\0\0', '\0\0\0\n']) {
      const part = copy(dir);
      writeFileSync(join(part, 'disclosures.jsonl'), Buffer.concat([whole, Buffer.from(orphan)]));
      const journal = value(await open(part));
      expect(readFileSync(join(part, 'disclosures.jsonl'))).toEqual(whole);
      value(await journal.append([enrolment(9, 'Ada')]));
      value(await journal.close());
      const again = value(await open(part));
      expect(disclosed(crypto, again.entries()[3]!.entry.disclosures, again.disclosuresOf(3))).toMatchObject({
        name: 'Ada',
      });
      value(await again.close());
    }
  });
});

describe('blobs', () => {
  it('are found under their hash and checked against it', async () => {
    const dir = scratch();
    const journal = value(await open(dir));
    const bytes = utf8('a certificate');
    const sha256 = value(await journal.putBlob(bytes));
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(value(await journal.putBlob(bytes))).toBe(sha256);
    expect(value(await journal.getBlob(sha256))).toEqual(bytes);
    expect(readdirSync(join(dir, 'blobs/sha256'))).toEqual([sha256]);
    writeFileSync(join(dir, 'blobs/sha256', sha256), 'another certificate');
    expect(error(await journal.getBlob(sha256)).policy).toBe('BLOB-1');
    // Keeping the right bytes again repairs the file.
    value(await journal.putBlob(bytes));
    expect(value(await journal.getBlob(sha256))).toEqual(bytes);
    expect(error(await journal.getBlob('0'.repeat(64))).code).toBe('not-found');
    for (const name of ['../../journal.jsonl', sha256.toUpperCase(), ''])
      expect(error(await journal.getBlob(name)).code).toBe('bad-input');
    value(await journal.close());
  });
});

describe('checkpoints', () => {
  it('are stored if they are of this journal, and the latest is found at the next start', async () => {
    const dir = scratch();
    const journal = value(await open(dir, { logKey }));
    await grow(journal, 5);
    const early = seal(5, journal.root());
    value(await journal.writeCheckpoint(5, early));
    await grow(journal, 9);
    value(await journal.writeCheckpoint(9, seal(9, journal.root())));
    // An older head can be stored later, too.
    value(await journal.writeCheckpoint(3, seal(3, rootOf(crypto, journal.leafHashes().slice(0, 3)))));
    const latest = journal.latestCheckpoint();
    value(await journal.close());
    expect(readFileSync(join(dir, 'checkpoints/5.note'), 'utf8')).toBe(early);
    const again = value(await open(dir, { logKey }));
    expect(again.latestCheckpoint()).toEqual(latest);
    expect(again.checkpoints().map(({ size }) => size)).toEqual([3, 5, 9]);
    value(await again.close());
  });

  it('that are not of this journal, not of this size or not signed by the log are not stored', async () => {
    const dir = scratch();
    const journal = value(await open(dir, { logKey }));
    await grow(journal, 5);
    const root = journal.root();
    const policy = async (size: number, note: string) => error(await journal.writeCheckpoint(size, note)).policy;
    expect(await policy(5, 'not a note')).toBe('JOURNAL-9');
    expect(await policy(4, seal(5, root))).toBe('JOURNAL-9');
    expect(await policy(5, seal(5, root, 'other.example'))).toBe('JOURNAL-9');
    expect(await policy(5, seal(5, root).replace('\n5\n', '\n4\n'))).toBe('JOURNAL-9');
    expect(await policy(6, seal(6, root))).toBe('JOURNAL-10');
    expect(await policy(5, seal(5, new Uint8Array(32)))).toBe('JOURNAL-11');
    expect(journal.latestCheckpoint()).toBeNull();
    expect(readdirSync(join(dir, 'checkpoints'))).toEqual([]);
    value(await journal.close());
  });

  it('expose a journal cut short (JOURNAL-10), rewritten (JOURNAL-11) or with a forged head (JOURNAL-9)', async () => {
    const dir = scratch();
    const journal = value(await open(dir, { logKey }));
    await grow(journal, 8);
    value(await journal.writeCheckpoint(6, seal(6, rootOf(crypto, journal.leafHashes().slice(0, 6)))));
    value(await journal.close());
    const lines = journalBytes(dir)
      .toString('utf8')
      .split(/(?<=\n)/);

    const short = copy(dir);
    writeFileSync(journalPath(short), lines.slice(0, 5).join(''));
    expect(error(await open(short)).policy).toBe('JOURNAL-10');

    // A whole other ledger of the same length: in itself it verifies.
    const other = copy(dir);
    const rewritten = journalBytes(await ledger(8));
    const all = rewritten.toString('utf8').trimEnd().split('\n').map(utf8);
    expect(verifyJournal(crypto, all).ok).toBe(true);
    writeFileSync(journalPath(other), rewritten);
    writeFileSync(join(other, 'disclosures.jsonl'), '');
    expect(error(await open(other)).policy).toBe('JOURNAL-11');

    const forged = copy(dir);
    const note = readFileSync(join(forged, 'checkpoints/6.note'), 'utf8');
    writeFileSync(join(forged, 'checkpoints/7.note'), note);
    expect(error(await open(forged)).policy).toBe('JOURNAL-9');

    // Without the log's key a head is only compared; with it the signature counts.
    const unsigned = copy(dir);
    const signature = /.{12}\n$/;
    writeFileSync(join(unsigned, 'checkpoints/6.note'), note.replace(signature, 'AAAAAAAAAAAA\n'));
    expect((await open(copy(unsigned))).ok).toBe(true);
    expect(error(await open(unsigned, { logKey })).policy).toBe('JOURNAL-9');
  });
});
