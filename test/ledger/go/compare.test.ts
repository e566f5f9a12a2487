/**
 * Two implementations that share no code judge the same ledgers, checkpoints and proof files, good and bad. For each bad
 * one the check that catches it is left out in either of them: then their answers differ, so the comparison can fail.
 */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hex, utf8 } from '../../../core/bytes.ts';
import type { Crypto } from '../../../core/crypto.ts';
import { journalLine, parseEntry } from '../../../core/ledger/entry.ts';
import { consistencyProof, inclusionProof, rootOf } from '../../../core/ledger/merkle.ts';
import { signatureLine } from '../../../core/ledger/note.ts';
import {
  formatConsistencyFile,
  formatInclusionFile,
  parseConsistencyFile,
  parseInclusionFile,
  verifyConsistencyFile,
  verifyInclusionFile,
} from '../../../core/ledger/proof.ts';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';
import { ledgerAt } from '../../../standalone/ledger/files.ts';
import { verifyLedger } from '../../../core/ledger/verify-ledger.ts';
import { journalPath } from '../scratch.ts';
import { buildGoVerifier, goImports, goVerifier } from './build.ts';
import { head, ORIGIN, sealedLedger, signer, SIGNERS, type Sealed, type Signer } from './logs.ts';
import { spellings } from './spellings.ts';

let binary = '';
beforeAll(() => {
  binary = buildGoVerifier();
}, 120_000);

const log = SIGNERS['ECDSA P-256 (0x02)']!;
const witness = signer('ed25519', generateKeyPairSync('ed25519'), 'witness.example/1');

/** Our own verifier with every signature taken for good: the bug planted on this side. */
const credulous: Crypto = { ...crypto, verify: () => Promise.resolve(true) };

async function ours(dir: string, by: Signer, our = crypto): Promise<string> {
  const report = await verifyLedger(our, ledgerAt(dir), { logKey: by.key, cosigners: [witness.key] });
  return report.passed ? `OK ${report.size} ${report.root}` : 'WRONG';
}
const theirs = (dir: string, by: Signer, plant?: string): string =>
  goVerifier(binary, ['ledger', dir, by.vkey, witness.vkey], plant);

const verdict = (answer: string): string => (answer.startsWith('WRONG') ? 'WRONG' : answer);

const edit = (path: string, change: (text: string) => string): void => {
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
};
const lines = (dir: string, change: (lines: string[]) => string[]): void =>
  edit(journalPath(dir), (text) => change(text.split(/(?<=\n)/)).join(''));
const line = (dir: string, n: number, change: (leaf: string) => string): void =>
  lines(dir, (all) => all.with(n, resummed(all[n]!, change)));
/** A line whose stored hash is right again after its entry was changed. */
const resummed = (text: string, change: (leaf: string) => string): string =>
  `${new TextDecoder().decode(journalLine(crypto, utf8(change(text.trimEnd().slice(65)))))}\n`;
const note = (dir: string, size: number, text: string): void =>
  writeFileSync(join(dir, `checkpoints/${size}.note`), text);
const drop = (dir: string, ...sizes: number[]): void =>
  sizes.forEach((size) => rmSync(join(dir, `checkpoints/${size}.note`)));

/** The chain from line `n` on, made anew after a change to it: what a forger does who can compute hashes. */
function rechain(dir: string, n: number, change: (leaf: string) => string): void {
  lines(dir, (all) => {
    const out = all.slice(0, n);
    for (const [i, text] of all.slice(n).entries()) {
      const prev = out.at(-1)!.slice(0, 64);
      out.push(resummed(text, (leaf) => (i === 0 ? change(leaf) : leaf).replace(/(?<="prev":")[0-9a-f]{64}/, prev)));
    }
    return out;
  });
}

type Spoil = (dir: string, sealed: Sealed) => void;

/** What is wrong, how it is made, and which check of the Go verifier alone catches it, if one alone does. */
const BAD: readonly (readonly [what: string, spoil: Spoil, plant: string | null])[] = [
  ['an entry edited', (dir) => lines(dir, (all) => all.with(8, all[8]!.replace('key-8', 'key-9'))), null],
  [
    'a stored leaf hash edited',
    (dir) =>
      lines(dir, (all) =>
        all.with(
          9,
          all[9]!.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
        ),
      ),
    'leaf-hash',
  ],
  ['an entry edited and its hash with it', (dir) => line(dir, 8, (leaf) => leaf.replace('key-8', 'key-9')), null],
  [
    'an entry edited and all hashes after it, checkpoints left',
    (dir) => {
      rechain(dir, 7, (leaf) => leaf.replace('step-7', 'step-8'));
      drop(dir, 1, 6);
    },
    'root',
  ],
  [
    'a chain that names another entry',
    (dir) => {
      line(dir, 11, (leaf) => leaf.replace(/(?<="prev":")./, (digit) => (digit === '0' ? '1' : '0')));
      drop(dir, 12);
    },
    'chain',
  ],
  [
    'white space, hashed right',
    (dir) => {
      line(dir, 11, (leaf) => leaf.replace(':1}', ': 1}'));
      drop(dir, 12);
    },
    'canonical',
  ],
  [
    'members out of order, hashed right',
    (dir) => {
      line(dir, 11, (leaf) => leaf.replace(/"type":"step.done","v":1}$/, '"v":1,"type":"step.done"}'));
      drop(dir, 12);
    },
    'canonical',
  ],
  [
    'a number out of sequence, hashed right',
    (dir) => {
      line(dir, 11, (leaf) => leaf.replace('"seq":11', '"seq":12'));
      drop(dir, 12);
    },
    'sequence',
  ],
  ['a line removed', (dir) => lines(dir, (all) => all.toSpliced(4, 1)), null],
  ['a line doubled', (dir) => lines(dir, (all) => all.toSpliced(4, 0, all[4]!)), null],
  ['two lines exchanged', (dir) => lines(dir, (all) => all.with(4, all[5]!).with(5, all[4]!)), null],
  ['all lines reversed', (dir) => lines(dir, (all) => [...all].reverse()), null],
  ['the last lines cut off', (dir) => lines(dir, (all) => all.slice(0, 10)), 'truncation'],
  ['the last line cut in the middle', (dir) => edit(journalPath(dir), (text) => text.slice(0, -3)), null],
  ['nothing left', (dir) => writeFileSync(journalPath(dir), ''), null],
  [
    'a fork: other entries after the sixth',
    (dir) => {
      rechain(dir, 6, (leaf) => leaf.replace(/"wall":"20\d\d/, '"wall":"2019'));
    },
    'root',
  ],
  [
    'a checkpoint with another root, signed by the log',
    (dir) => note(dir, 6, head(6, crypto.sha256(utf8('x')), [log])),
    'root',
  ],
  [
    'a checkpoint with the signature of another',
    (dir, { hashes }) => {
      const good = head(6, rootOf(crypto, hashes.slice(0, 6)), [log]);
      const other = head(7, rootOf(crypto, hashes.slice(0, 7)), [log]);
      note(dir, 6, good.slice(0, good.indexOf('\u2014')) + other.slice(other.indexOf('\u2014')));
    },
    'signature',
  ],
  [
    'a bad signature of a known witness beside a good one of the log',
    (dir, { hashes }) => {
      const good = head(6, rootOf(crypto, hashes.slice(0, 6)), [log]);
      note(dir, 6, good + signatureLine(witness.key.name, witness.key.id, new Uint8Array(64)));
    },
    null,
  ],
  [
    'a second, bad signature of the log after a good one',
    (dir, { hashes }) => {
      const good = head(6, rootOf(crypto, hashes.slice(0, 6)), [log]);
      note(dir, 6, good + signatureLine(log.key.name, log.key.id, new Uint8Array(70)));
    },
    'signature',
  ],
  [
    'a checkpoint signed by a witness alone',
    (dir, { hashes }) => note(dir, 6, head(6, rootOf(crypto, hashes.slice(0, 6)), [witness])),
    null,
  ],
  [
    'a checkpoint of another origin, signed by the log',
    (dir, { hashes }) => note(dir, 6, head(6, rootOf(crypto, hashes.slice(0, 6)), [log], 'ledger.example/other')),
    'origin',
  ],
  [
    'a checkpoint under the name of another size',
    (dir, { hashes }) => note(dir, 5, head(6, rootOf(crypto, hashes.slice(0, 6)), [log])),
    null,
  ],
  [
    'a checkpoint without signatures',
    (dir) => edit(join(dir, 'checkpoints/6.note'), (t) => t.split('\u2014')[0]!),
    null,
  ],
];

const counts = { ledgers: 0, heads: 0, proofs: 0, leaves: 0, planted: 0 };

describe('the Go verifier and ours', () => {
  it('share nothing: it imports its standard library and x/mod only', () => {
    const foreign = goImports().filter((path) => path.includes('.') && !path.startsWith('golang.org/x/mod/'));
    expect(foreign).toEqual([]);
    expect(goImports()).toContain('golang.org/x/mod/sumdb/tlog');
  });

  it.each(Object.keys(SIGNERS))('agree on size and root of a good ledger sealed with %s', async (kind) => {
    const by = SIGNERS[kind]!;
    const { dir, hashes } = await sealedLedger(by);
    const good = `OK 12 ${hex(rootOf(crypto, hashes))}`;
    expect([theirs(dir, by), await ours(dir, by)]).toEqual([good, good]);
    const cosigned = head(12, rootOf(crypto, hashes), [by, witness]);
    note(dir, 12, cosigned);
    expect([theirs(dir, by), await ours(dir, by)]).toEqual([good, good]);
    counts.ledgers += 2;
  });

  it.each(Object.keys(SIGNERS))('agree that no bit of a checkpoint signed with %s may change', async (kind) => {
    const by = SIGNERS[kind]!;
    const { dir, hashes } = await sealedLedger(by);
    const path = join(dir, 'checkpoints/12.note');
    const bytes = readFileSync(path);
    expect(hex(rootOf(crypto, hashes))).toHaveLength(64);
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ (1 << (at % 8));
      writeFileSync(path, changed);
      expect([at, verdict(theirs(dir, by)), await ours(dir, by)]).toEqual([at, 'WRONG', 'WRONG']);
      counts.heads++;
    }
  });

  it.each(BAD)('agree that this is wrong: %s', async (_what, spoil, plant) => {
    const sealed = await sealedLedger(log);
    spoil(sealed.dir, sealed);
    expect([verdict(theirs(sealed.dir, log)), await ours(sealed.dir, log)]).toEqual(['WRONG', 'WRONG']);
    counts.ledgers++;
    if (plant === null) return;
    // With the one check left out over there, the two no longer agree.
    expect(theirs(sealed.dir, log, plant)).toMatch(/^OK /);
    counts.planted++;
  });

  it('no longer agree when ours takes every signature for good', async () => {
    const sealed = await sealedLedger(log);
    note(
      sealed.dir,
      6,
      head(6, rootOf(crypto, sealed.hashes.slice(0, 6)), [log]).replace(/\u2014 .*\n/, () =>
        signatureLine(ORIGIN, log.key.id, new Uint8Array(70)),
      ),
    );
    expect(theirs(sealed.dir, log)).toMatch(/^WRONG/);
    expect(await ours(sealed.dir, log, credulous)).toMatch(/^OK /);
    expect(await ours(sealed.dir, log)).toBe('WRONG');
    counts.planted++;
  });

  it('agree on which bytes are the canonical form of an entry', async () => {
    const { dir } = await sealedLedger(log);
    const leaf = readFileSync(journalPath(dir), 'utf8').split('\n')[2]!.slice(65);
    const cases = spellings(leaf);
    const ask = (plant: string) =>
      spawnSync(binary, ['leaves'], {
        input: cases.map((bytes) => `${hex(bytes)}\n`).join(''),
        encoding: 'utf8',
        env: { ...process.env, PLANT: plant },
        maxBuffer: 1 << 26,
      })
        .stdout.trim()
        .split('\n');
    const mine = cases.map((bytes) => (parseEntry(bytes).ok ? 'good' : 'bad'));
    expect(ask('')).toEqual(mine);
    expect(mine).toContain('good');
    expect(ask('canonical')).not.toEqual(mine);
    counts.leaves += cases.length;
    counts.planted++;
  });

  it('agree on inclusion files, good and bad, of every entry', async () => {
    const { hashes } = await sealedLedger(log);
    const tree = hashes;
    const checkpoint = head(12, rootOf(crypto, tree), [log, witness]);
    for (const [index, leaf] of tree.entries()) {
      const proof = inclusionProof(crypto, tree, index);
      const good = formatInclusionFile({ index, proof, checkpoint });
      const other = tree[(index + 1) % 12]!;
      const cases: readonly (readonly [string, Uint8Array])[] = [
        [good, leaf],
        [good.replace('\nindex', '\nextra eA==\nindex'), leaf],
        [good, other],
        [formatInclusionFile({ index: (index + 1) % 12, proof, checkpoint }), leaf],
        [formatInclusionFile({ index: index + 12, proof, checkpoint }), leaf],
        [formatInclusionFile({ index, proof: proof.slice(1), checkpoint }), leaf],
        [formatInclusionFile({ index, proof: [...proof, other], checkpoint }), leaf],
        [formatInclusionFile({ index, proof: proof.with(0, crypto.sha256(leaf)), checkpoint }), leaf],
        [formatInclusionFile({ index, proof, checkpoint: head(12, leaf, [log]) }), leaf],
        [formatInclusionFile({ index, proof, checkpoint: head(12, rootOf(crypto, tree), [witness]) }), leaf],
        [good.replace(`index ${index}\n`, `index 0${index}\n`), leaf],
        [good.replace('@v1', '@v2'), leaf],
        [good.replace(/=\n/, '\n'), leaf],
      ];
      for (const [n, [file, hash]] of cases.entries()) {
        const path = join(binary, '..', `inclusion-${process.pid}`);
        writeFileSync(path, file);
        const parsed = parseInclusionFile(utf8(file));
        const read = parsed.ok ? await verifyInclusionFile(crypto, parsed.value, hash, log.key, [witness.key]) : parsed;
        const mine = read.ok ? `OK ${read.value.size} ${hex(read.value.root)}` : 'WRONG';
        const answer = verdict(goVerifier(binary, ['inclusion', path, hex(hash), log.vkey, witness.vkey]));
        expect([index, n, answer]).toEqual([index, n, mine]);
        expect(mine.startsWith('OK')).toBe(n < 2);
        counts.proofs++;
        if (n === 2) {
          expect(goVerifier(binary, ['inclusion', path, hex(hash), log.vkey], 'inclusion')).toMatch(/^OK/);
          counts.planted++;
        }
        rmSync(path);
      }
    }
  });

  it('agree on consistency files, good and bad, between all sizes', async () => {
    const { hashes: tree } = await sealedLedger(log);
    const checkpoint = head(12, rootOf(crypto, tree), [log]);
    for (let oldSize = 1; oldSize <= 12; oldSize++) {
      const proof = consistencyProof(crypto, tree, oldSize);
      const oldRoot = rootOf(crypto, tree.slice(0, oldSize));
      const wrong = tree[3]!;
      const good = formatConsistencyFile({ oldSize, proof, checkpoint });
      const cases: readonly (readonly [string, Uint8Array])[] = [
        [good, oldRoot],
        [good, wrong],
        [formatConsistencyFile({ oldSize: oldSize + 1, proof, checkpoint }), oldRoot],
        [formatConsistencyFile({ oldSize, proof: [...proof, wrong], checkpoint }), oldRoot],
        [formatConsistencyFile({ oldSize, proof: [wrong, ...proof.slice(1)], checkpoint }), oldRoot],
        [formatConsistencyFile({ oldSize, proof, checkpoint: head(12, wrong, [log]) }), oldRoot],
        [good.replace('old ', 'old +'), oldRoot],
      ];
      for (const [n, [file, root]] of cases.entries()) {
        const path = join(binary, '..', `consistency-${process.pid}`);
        writeFileSync(path, file);
        const parsed = parseConsistencyFile(utf8(file));
        const read = parsed.ok ? await verifyConsistencyFile(crypto, parsed.value, root, log.key) : parsed;
        const mine = read.ok ? `OK ${read.value.size} ${hex(read.value.root)}` : 'WRONG';
        const answer = verdict(goVerifier(binary, ['consistency', path, hex(root), log.vkey]));
        expect([oldSize, n, answer]).toEqual([oldSize, n, mine]);
        expect(mine.startsWith('OK')).toBe(n === 0);
        counts.proofs++;
        if (n === 1) {
          expect(goVerifier(binary, ['consistency', path, hex(root), log.vkey], 'consistency')).toMatch(/^OK/);
          counts.planted++;
        }
        rmSync(path);
      }
    }
  });

  it('were compared often enough to mean something', () => {
    const { ledgers, heads, proofs, leaves, planted } = counts;
    process.stdout.write(
      `Go and ours agreed on ${ledgers} ledgers, ${heads} damaged checkpoints of four key types, ${proofs} proof files ` +
        `and ${leaves} spellings of entries; ${planted} planted bugs were seen.\n`,
    );
    expect(ledgers).toBeGreaterThanOrEqual(30);
    expect(heads).toBeGreaterThanOrEqual(80);
    expect(proofs).toBeGreaterThanOrEqual(200);
    expect(planted).toBeGreaterThanOrEqual(30);
  });
});
