/** Attacks on a ledger at rest by somebody who can write to its folder, some of them with the log key as well. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signatureLine } from '../../../core/ledger/note.ts';
import { generateLedger, newSigner } from '../generate.ts';
import { head, type Signer } from '../go/logs.ts';

export const SIZE = 200;

/** The attacked ledger, and who signs for it. */
export interface Target {
  readonly by: Signer;
  /** An untouched copy of the folder. */
  readonly origin: string;
}

export interface Attack {
  readonly what: string;
  /** What the attacker needs beside the folder. */
  readonly needs: 'folder' | 'folder and log key' | 'folder and any key';
  /** Ids that must be found without a receipt; none where nothing can show it. */
  readonly without: readonly string[];
  /** Ids that must be found with a receipt of all entries from outside. */
  readonly with: readonly string[];
  /** Spoils a copy of the ledger. */
  run(dir: string, target: Target): void;
}

const edit = (path: string, change: (text: string) => string): void => {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error('the attack changed nothing');
  writeFileSync(path, after);
};
const lines = (dir: string, change: (all: string[]) => string[]): void =>
  edit(join(dir, 'journal.jsonl'), (text) => change(text.split(/(?<=\n)/)).join(''));

/** Cuts the journal to so many entries and removes what speaks of later ones. */
export function cut(dir: string, entries: number): void {
  lines(dir, (all) => all.slice(0, entries));
  const disclosures = join(dir, 'disclosures.jsonl');
  const kept = readFileSync(disclosures, 'utf8')
    .split(/(?<=\n)/)
    .filter((line) => Number(line.split(' ')[0]) < entries);
  writeFileSync(disclosures, kept.join(''));
  for (const name of readdirSync(join(dir, 'checkpoints')))
    if (parseInt(name) > entries) rmSync(join(dir, 'checkpoints', name));
}

/** Another branch from entry 120 on, in place of the ledger. */
function fork(dir: string, by: Signer, size = SIZE): void {
  rmSync(dir, { recursive: true });
  mkdirSync(dir, { recursive: true });
  generateLedger(dir, size, { by, branch: 120 });
}

const note = (size: number) => join('checkpoints', `${size}.note`);

export const ATTACKS: readonly Attack[] = [
  {
    what: 'an entry is edited',
    needs: 'folder',
    without: ['JOURNAL-2'],
    with: ['JOURNAL-2'],
    run: (dir) => lines(dir, (all) => all.with(60, all[60]!.replace('key-60', 'key-61'))),
  },
  {
    what: 'an entry is edited and its leaf hash with it',
    needs: 'folder',
    without: ['JOURNAL-5'],
    with: ['JOURNAL-5'],
    run: (dir) =>
      lines(dir, (all) => {
        const leaf = all[60]!.slice(65, -1).replace('key-60', 'key-61');
        return all.with(60, `${createHash('sha256').update(`\0${leaf}`).digest('hex')} ${leaf}\n`);
      }),
  },
  {
    what: 'an entry is removed from the middle',
    needs: 'folder',
    without: ['JOURNAL-4'],
    with: ['JOURNAL-4'],
    run: (dir) => lines(dir, (all) => all.toSpliced(60, 1)),
  },
  {
    what: 'two entries are exchanged',
    needs: 'folder',
    without: ['JOURNAL-4'],
    with: ['JOURNAL-4'],
    run: (dir) => lines(dir, (all) => all.with(60, all[61]!).with(61, all[60]!)),
  },
  {
    what: 'an entry is entered twice',
    needs: 'folder',
    without: ['JOURNAL-4'],
    with: ['JOURNAL-4'],
    run: (dir) => lines(dir, (all) => all.toSpliced(60, 0, all[60]!)),
  },
  {
    what: 'the last line is cut in the middle',
    needs: 'folder',
    without: ['JOURNAL-10', 'JOURNAL-17'],
    with: ['JOURNAL-10', 'JOURNAL-17', 'RECEIPT-1'],
    run: (dir) => edit(join(dir, 'journal.jsonl'), (text) => text.slice(0, -40)),
  },
  {
    what: 'entries at the end are cut off, checkpoints left',
    needs: 'folder',
    without: ['JOURNAL-10'],
    with: ['JOURNAL-10', 'RECEIPT-1'],
    run: (dir) => lines(dir, (all) => all.slice(0, 150)),
  },
  {
    what: 'the whole folder is rolled back to an earlier state',
    needs: 'folder',
    without: [],
    with: ['RECEIPT-1'],
    run: (dir) => cut(dir, 150),
  },
  {
    what: 'entries from 120 on are written anew, checkpoints left',
    needs: 'folder',
    without: ['JOURNAL-11'],
    with: ['JOURNAL-11', 'RECEIPT-2'],
    run: (dir, { by, origin }) => {
      fork(dir, by);
      cpSync(join(origin, 'checkpoints'), join(dir, 'checkpoints'), { recursive: true });
    },
  },
  {
    what: 'entries from 120 on are written anew, later checkpoints removed',
    needs: 'folder',
    without: [],
    with: ['RECEIPT-2'],
    run: (dir, { by }) => {
      fork(dir, by);
      rmSync(join(dir, note(200)));
    },
  },
  {
    what: 'entries from 120 on are written anew and sealed (a fork)',
    needs: 'folder and log key',
    without: [],
    with: ['RECEIPT-2'],
    run: (dir, { by }) => fork(dir, by),
  },
  {
    what: 'the fork has more entries than the receipt covers',
    needs: 'folder and log key',
    without: [],
    with: ['RECEIPT-2'],
    run: (dir, { by }) => fork(dir, by, 240),
  },
  {
    what: 'the fork has fewer entries than the receipt covers',
    needs: 'folder and log key',
    without: [],
    with: ['RECEIPT-1'],
    run: (dir, { by }) => fork(dir, by, 160),
  },
  {
    what: 'the root in a checkpoint is edited',
    needs: 'folder',
    without: ['JOURNAL-9'],
    with: ['JOURNAL-9'],
    run: (dir) =>
      edit(join(dir, note(100)), (text) =>
        text.replace(/^(.*\n.*\n)(.)/, (_all, before: string, first: string) => before + (first === 'A' ? 'B' : 'A')),
      ),
  },
  {
    what: 'the signature of a checkpoint is replaced',
    needs: 'folder and any key',
    without: ['JOURNAL-9'],
    with: ['JOURNAL-9'],
    run: (dir, { by }) =>
      edit(join(dir, note(100)), (text) =>
        text.replace(/\u2014 .*\n/, () => signatureLine(by.key.name, by.key.id, new Uint8Array(70).fill(48))),
      ),
  },
  {
    what: 'a checkpoint is signed by another key under the name of the log',
    needs: 'folder and any key',
    without: ['JOURNAL-9'],
    with: ['JOURNAL-9'],
    run: (dir, { by }) =>
      writeFileSync(join(dir, note(100)), head(100, new Uint8Array(32), [newSigner(by.key.name)], by.key.name)),
  },
  {
    what: 'the newest checkpoint is removed, entries left',
    needs: 'folder',
    without: [],
    with: [],
    run: (dir) => rmSync(join(dir, note(200))),
  },
  {
    what: 'another ledger stands in its place, sealed by another key',
    needs: 'folder and any key',
    without: ['JOURNAL-9'],
    with: ['JOURNAL-9', 'RECEIPT-2'],
    run: (dir, { by }) => fork(dir, newSigner(by.key.name)),
  },
  {
    what: 'a disclosed name is edited',
    needs: 'folder',
    without: ['JOURNAL-12'],
    with: ['JOURNAL-12'],
    run: (dir) =>
      edit(join(dir, 'disclosures.jsonl'), (text) =>
        text.replace(/^(\d+ .{30})(.)/, (_all, before: string, c: string) => before + (c === 'A' ? 'B' : 'A')),
      ),
  },
  {
    what: 'all disclosed names are removed',
    needs: 'folder',
    without: [],
    with: [],
    run: (dir) => rmSync(join(dir, 'disclosures.jsonl')),
  },
  {
    what: 'a document beside the journal is edited',
    needs: 'folder',
    without: ['BLOB-1'],
    with: ['BLOB-1'],
    run: (dir) => {
      mkdirSync(join(dir, 'blobs/sha256'), { recursive: true });
      const name = createHash('sha256').update('a certificate').digest('hex');
      writeFileSync(join(dir, 'blobs/sha256', name), 'another certificate');
    },
  },
];
