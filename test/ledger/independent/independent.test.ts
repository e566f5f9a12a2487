/**
 * A second opinion: a verifier in another language, with openssl for the signatures, that shares no code with ours. Both
 * judge the same folders, good and bad. A bug planted in it must show, or the comparison could not fail.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hex, utf8 } from '../../../core/bytes.ts';
import { journalLine } from '../../../core/ledger/entry.ts';
import { rootOf } from '../../../core/ledger/merkle.ts';
import { copy, crypto, grow, journalPath, logKey, logSpkiPem, open, scratch, seal, value } from '../scratch.ts';

const SCRIPT = resolve('test/ledger/independent/verify_ledger.py');

async function sealed(size: number): Promise<string> {
  const dir = scratch();
  const journal = value(await open(dir, { logKey }));
  await grow(journal, size);
  for (const part of [1, 6, size]) {
    const root = rootOf(crypto, journal.leafHashes().slice(0, part));
    value(await journal.writeCheckpoint(part, seal(part, root)));
  }
  value(await journal.close());
  writeFileSync(join(dir, 'log.pem'), logSpkiPem);
  return dir;
}

function theirs(dir: string, plant = ''): string {
  const environment = { ...process.env, PLANT: plant };
  const run = spawnSync('python3', [SCRIPT, dir, logKey.name, join(dir, 'log.pem')], {
    encoding: 'utf8',
    env: environment,
  });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(run.stdout.startsWith('OK ') ? 0 : 1);
  return run.stdout.trim();
}

/** Ours in the other's words. */
async function ours(dir: string): Promise<'good' | 'bad'> {
  const journal = await open(dir, { logKey });
  if (!journal.ok) return 'bad';
  const torn = journal.value.quarantined.length > 0;
  value(await journal.value.close());
  return torn ? 'bad' : 'good';
}

const edit = (path: string, change: (text: string) => string): void => {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
};
const lines = (dir: string, change: (lines: string[]) => string[]): void =>
  edit(journalPath(dir), (text) => change(text.split(/(?<=\n)/)).join(''));

/** A line whose stored hash is right again after its entry was changed. */
const resummed = (line: string, change: (leaf: string) => string): string =>
  `${new TextDecoder().decode(journalLine(crypto, utf8(change(line.trimEnd().slice(65)))))}\n`;

const flipped = (digit: string): string => (digit === '0' ? '1' : '0');

type Damage = readonly [what: string, spoil: (dir: string) => void, plant: string | null];
const DAMAGE: readonly Damage[] = [
  ['a changed entry', (dir) => lines(dir, (all) => all.with(8, all[8]!.replace('key-8', 'key-9'))), null],
  ['a changed leaf hash', (dir) => lines(dir, (all) => all.with(9, all[9]!.replace(/^./, flipped))), 'leaf-hash'],
  [
    'an entry changed and summed again',
    (dir) =>
      lines(dir, (all) =>
        all.with(
          8,
          resummed(all[8]!, (leaf) => leaf.replace('key-8', 'key-9')),
        ),
      ),
    null,
  ],
  [
    'a chain that names another entry',
    (dir) => {
      lines(dir, (all) =>
        all.with(
          11,
          resummed(all[11]!, (leaf) => leaf.replace(/(?<="prev":")./, flipped)),
        ),
      );
      // Without the checkpoint over it, only the chain can tell.
      rmSync(join(dir, 'checkpoints/12.note'));
    },
    'chain',
  ],
  [
    'a line with white space that is summed right',
    (dir) =>
      lines(dir, (all) =>
        all.with(
          11,
          resummed(all[11]!, (leaf) => leaf.replace(':1}', ': 1}')),
        ),
      ),
    null,
  ],
  ['a line removed', (dir) => lines(dir, (all) => all.toSpliced(4, 1)), null],
  ['a line doubled', (dir) => lines(dir, (all) => all.toSpliced(4, 0, all[4]!)), null],
  ['two lines exchanged', (dir) => lines(dir, (all) => all.with(4, all[5]!).with(5, all[4]!)), null],
  ['the last lines cut off', (dir) => lines(dir, (all) => all.slice(0, 10)), null],
  ['a torn last line', (dir) => edit(journalPath(dir), (text) => text.slice(0, -3)), null],
  [
    'a checkpoint with another root, signed by the log',
    (dir) => writeFileSync(join(dir, 'checkpoints/6.note'), seal(6, crypto.sha256(utf8('another')))),
    'root',
  ],
  [
    'a checkpoint with a bad signature',
    (dir) =>
      edit(join(dir, 'checkpoints/6.note'), (note) => {
        const other = seal(6, crypto.sha256(utf8('another')));
        return note.slice(0, note.indexOf('\u2014')) + other.slice(other.indexOf('\u2014'));
      }),
    'signature',
  ],
  [
    'a checkpoint of another log',
    (dir) =>
      edit(join(dir, 'checkpoints/6.note'), (note) =>
        note.replace('ledger.example/rehearsal\n', 'ledger.example/other\n'),
      ),
    null,
  ],
];

describe('an independent verifier', () => {
  it('agrees with ours on size and root of a good ledger', async () => {
    const dir = await sealed(12);
    const journal = value(await open(dir, { logKey }));
    expect(theirs(dir)).toBe(`OK 12 ${hex(journal.root())}`);
  });

  it.each(DAMAGE)('agrees with ours that %s is wrong', async (_what, spoil, plant) => {
    const dir = await sealed(12);
    const bad = copy(dir);
    spoil(bad);
    expect(theirs(bad)).toMatch(/^WRONG /);
    // With the check for it left out, it passes: the agreement above rests on that check and nothing else.
    if (plant !== null) expect(theirs(bad, plant)).toMatch(/^OK /);
    expect(await ours(bad)).toBe('bad');
    expect(await ours(dir)).toBe('good');
  });
});
