import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '../../core/bytes.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import { verifyLedger } from '../../core/ledger/verify-ledger.ts';
import { ledgerAt } from '../../standalone/ledger/files.ts';
import { diskFiles, type JournalFiles } from '../../electron/ledger/files.ts';
import { step } from './entries.ts';
import {
  copy,
  crypto,
  error,
  MEMORY,
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

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What opening says of these journal bytes in an otherwise untouched folder. */
async function judge(dir: string, bytes: Uint8Array) {
  writeFileSync(journalPath(dir), bytes);
  const opened = await open(dir);
  if (!opened.ok) return { policy: opened.error.policy, quarantined: [] };
  const { size, quarantined } = opened.value;
  value(await opened.value.close());
  return { policy: null, size, quarantined };
}

describe('a torn last line', () => {
  it('cut at any byte is moved to quarantine, reported, and nothing before it is lost', async () => {
    const dir = await ledger(4);
    const whole = journalBytes(dir);
    const start = whole.subarray(0, -1).lastIndexOf('\n') + 1;
    for (let end = start + 1; end < whole.length; end++) {
      const part = copy(dir, MEMORY);
      const tail = whole.subarray(start, end);
      const { policy, size, quarantined } = await judge(part, whole.subarray(0, end));
      expect({ policy, size, quarantined }).toEqual({
        policy: null,
        size: 3,
        quarantined: [{ bytes: tail.length, sha256: sha256(tail) }],
      });
      expect(journalBytes(part)).toEqual(whole.subarray(0, start));
      expect(readFileSync(join(part, 'quarantine', `journal-${start}-${sha256(tail)}.tail`))).toEqual(tail);
    }
  });

  it('filled with zeros from any byte on, with or without its end, is moved to quarantine', async () => {
    const dir = await ledger(4);
    const whole = journalBytes(dir);
    const start = whole.subarray(0, -1).lastIndexOf('\n') + 1;
    for (let from = start; from < whole.length; from += 13) {
      for (const to of [whole.length, whole.length - 1]) {
        const part = copy(dir, MEMORY);
        const bytes = Buffer.from(whole).fill(0, from, to);
        if (from === to) continue;
        const { policy, size, quarantined } = await judge(part, bytes);
        expect({ policy, size, sha: quarantined[0]?.sha256 }).toEqual({
          policy: null,
          size: 3,
          sha: sha256(bytes.subarray(start)),
        });
      }
    }
  });

  it('is reported at every start until an entry speaks of it, and then no more', async () => {
    const dir = await ledger(3);
    const whole = journalBytes(dir);
    const { quarantined } = await judge(dir, Buffer.concat([whole, Buffer.from('torn')]));
    expect(quarantined).toHaveLength(1);
    const again = value(await open(dir));
    expect(again.quarantined).toEqual(quarantined);
    value(
      await again.append([
        {
          event: { type: 'ledger.tail-quarantined', data: quarantined[0]! },
          ceremony: null,
          actor: { role: 'workstation' },
        },
      ]),
    );
    value(await again.close());
    const last = value(await open(dir));
    expect(last.quarantined).toEqual([]);
    expect(last.size).toBe(4);
  });

  it('stays where it is when the journal is refused for another reason', async () => {
    const dir = scratch();
    const journal = value(await open(dir, { logKey }));
    await grow(journal, 4);
    value(await journal.writeCheckpoint(4, seal(4, journal.root())));
    value(await journal.close());
    const cut = journalBytes(dir).subarray(0, -1);
    expect(await judge(dir, cut)).toEqual({ policy: 'JOURNAL-10', quarantined: [] });
    expect(journalBytes(dir)).toEqual(cut);
    expect(readdirSync(join(dir, 'quarantine'))).toEqual([]);
  });

  it('is dealt with to the end however often the dealing itself is cut short', async () => {
    const dir = await ledger(3);
    const whole = journalBytes(dir);
    const torn = Buffer.concat([whole, Buffer.from('torn')]);
    const expected = await judge(copy(dir), torn);
    for (let stop = 0; ; stop++) {
      const part = copy(dir);
      writeFileSync(journalPath(part), torn);
      const failing = failAfter(stop);
      const opened = await open(part, { files: failing.files });
      if (opened.ok) {
        value(await opened.value.close());
        expect(stop).toBeGreaterThan(8);
        return;
      }
      expect(opened.error.code).toBe('io');
      const after = value(await open(part));
      expect(after.quarantined).toEqual(expected.quarantined);
      expect(journalBytes(part)).toEqual(whole);
      value(await after.close());
    }
  });
});

/** The real disk until `steps` changes were made; then every further change fails, as if the machine had stopped. */
function failAfter(steps: number): { files: JournalFiles } {
  let left = steps;
  const spend = () => {
    if (left-- <= 0) throw new Error('stopped');
  };
  const files: JournalFiles = {
    ...diskFiles,
    open: async (path, mode) => {
      spend();
      const file = await diskFiles.open(path, mode);
      return {
        write: async (bytes) => (spend(), file.write(bytes)),
        sync: async () => (spend(), file.sync()),
        truncate: async (size) => (spend(), file.truncate(size)),
        close: () => file.close(),
      };
    },
    rename: async (from, to) => (spend(), diskFiles.rename(from, to)),
    syncFolder: async (folder) => (spend(), diskFiles.syncFolder(folder)),
  };
  return { files };
}

describe('damage to a journal', () => {
  it('by a flipped bit anywhere in thirty entries is never passed over', async () => {
    const dir = await ledger(30);
    const whole = journalBytes(dir);
    const last = whole.subarray(0, -1).lastIndexOf('\n') + 1;
    const policies = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length * 8 - 1 }), async (bit) => {
        const changed = Buffer.from(whole);
        changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
        const { policy, quarantined } = await judge(copy(dir, MEMORY), changed);
        policies.add(policy ?? 'quarantined');
        // Only in the last line can damage look like a write that was never finished; then it is reported as one.
        if (policy === null) expect([quarantined.length, bit >> 3 >= last]).toEqual([1, true]);
      }),
      { numRuns: 300, seed: 20260422, endOnFailure: true },
    );
    expect([...policies]).toContain('JOURNAL-2');
  });

  it('in its newlines, hashes and spaces is never passed over', async () => {
    const dir = await ledger(6);
    const whole = journalBytes(dir);
    const places = [...whole.entries()].filter(([, byte]) => byte === 0x0a || byte === 0x20).map(([at]) => at);
    for (const at of [0, 1, 63, ...places]) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(whole);
        changed[at] = changed[at]! ^ (1 << bit);
        const { policy, quarantined } = await judge(copy(dir, MEMORY), changed);
        if (policy === null) expect(quarantined).toHaveLength(1);
      }
    }
  });

  it('by lines removed, doubled, moved or put in is refused with JOURNAL-4 or JOURNAL-5', async () => {
    const dir = await ledger(8);
    const lines = journalBytes(dir)
      .toString('utf8')
      .split(/(?<=\n)/);
    const other = journalBytes(await ledger(8))
      .toString('utf8')
      .split(/(?<=\n)/);
    const changes = [
      lines.toSpliced(0, 1),
      lines.toSpliced(3, 1),
      lines.toSpliced(3, 2),
      lines.toSpliced(3, 0, lines[3]!),
      lines.with(3, lines[4]!).with(4, lines[3]!),
      [...lines, lines[7]!],
      lines.with(7, other[7]!),
      lines.with(3, other[3]!),
      [...lines].reverse(),
    ];
    for (const changed of changes) {
      const { policy } = await judge(copy(dir), Buffer.from(changed.join('')));
      expect(policy).toMatch(/^JOURNAL-[45]$/);
    }
    expect((await judge(copy(dir), Buffer.from(`${lines.join('')}\n`))).policy).toBe('JOURNAL-1');
  });

  it('of another environment is refused with JOURNAL-8', async () => {
    expect(error(await open(await ledger(2), { environment: 'production' })).policy).toBe('JOURNAL-8');
  });

  it('leaves a ledger that is a symbolic link unopened', async () => {
    const dir = await ledger(2);
    const elsewhere = scratch();
    cpSync(journalPath(dir), join(elsewhere, 'journal.jsonl'));
    rmSync(journalPath(dir));
    symlinkSync(join(elsewhere, 'journal.jsonl'), journalPath(dir));
    expect(error(await open(dir)).code).toBe('io');
  });
});

describe('an interrupted atomic write', () => {
  it('of a checkpoint or blob leaves no half file behind, and its remains are cleared at the next start', async () => {
    for (let stop = 0; ; stop++) {
      const dir = await ledger(2);
      let spent = Infinity;
      const spend = () => {
        if (spent-- <= 0) throw new Error('stopped');
      };
      const files: JournalFiles = {
        ...diskFiles,
        open: async (path, mode) => {
          spend();
          const file = await diskFiles.open(path, mode);
          return {
            ...file,
            write: async (bytes) => (spend(), file.write(bytes.subarray(0, 40))),
            sync: async () => (spend(), file.sync()),
          };
        },
        rename: async (from, to) => (spend(), diskFiles.rename(from, to)),
        syncFolder: async (folder) => (spend(), diskFiles.syncFolder(folder)),
      };
      const journal = value(await open(dir, { files }));
      const note = seal(2, journal.root());
      spent = stop;
      const written = await journal.writeCheckpoint(2, note);
      value(await journal.close());
      const path = join(dir, 'checkpoints/2.note');
      if (existsSync(path)) expect(readFileSync(path, 'utf8')).toBe(note);
      const again = value(await open(dir));
      expect(readdirSync(join(dir, 'checkpoints')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      value(await again.append([step(2)]));
      value(await again.close());
      if (written.ok) {
        expect(stop).toBeGreaterThan(4);
        return;
      }
    }
  });
});

describe('a cosignature that the ledger records', () => {
  const cosigned = (size: number, root: Uint8Array): NewEntry => ({
    event: {
      type: 'checkpoint.cosigned',
      data: {
        person: 'custodian-1',
        key: 'ab'.repeat(32),
        name: 'ledger.example/rehearsal/custodian-1',
        signature: 'AAAA',
        size,
        root: hex(root),
        signedOn: 'off-host',
      },
    },
    ceremony: null,
    actor: { role: 'custodian', person: 'custodian-1' },
  });
  const found = async (dir: string): Promise<string | null> => {
    const report = await verifyLedger(crypto, ledgerAt(dir));
    return report.checks.find(({ result }) => result === 'FAIL')?.policy ?? null;
  };

  it('agrees with the entries under it, whether its checkpoint is stored or not', async () => {
    const dir = scratch();
    const journal = value(await open(dir, { logKey }));
    await grow(journal, 6);
    value(await journal.writeCheckpoint(6, seal(6, journal.root())));
    value(await journal.append([cosigned(6, journal.root()), cosigned(3, journal.tree.root(3))]));
    value(await journal.close());
    expect(value(await open(dir, { logKey })).size).toBe(8);
    expect(await found(dir)).toBeNull();
  });

  it.each([
    ['another root', (): [number, Uint8Array] => [3, new Uint8Array(32)]],
    ['more entries than came before it', (): [number, Uint8Array] => [9, new Uint8Array(32)]],
  ])('is found by name where it is over %s: JOURNAL-19', async (_, head) => {
    const dir = scratch();
    const journal = value(await open(dir));
    await grow(journal, 6);
    value(await journal.append([cosigned(...head())]));
    value(await journal.close());
    expect(error(await open(dir)).policy).toBe('JOURNAL-19');
    expect(await found(dir)).toBe('JOURNAL-19');
  });
});
