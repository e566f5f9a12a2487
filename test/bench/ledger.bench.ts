/**
 * What the ledger costs, each against the plainest thing that does the same on the same machine in the same run. Nothing
 * here fails for being slow: the numbers are for docs/performance.md, where misses are stated.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { leafHash } from '../../core/ledger/entry.ts';
import { verifyConsistency, verifyInclusion } from '../../core/ledger/merkle.ts';
import { MerkleTree } from '../../core/ledger/tree.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { step } from '../ledger/entries.ts';
import { generateLedger } from '../ledger/generate.ts';
import { buildGoVerifier } from '../ledger/go/build.ts';
import { open, value } from '../ledger/scratch.ts';

const root = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const seconds = (act: () => void): number => {
  const begin = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - begin) / 1e9;
};

describe('durable appends without an HSM', () => {
  it('over raw append and fsync of the same lines', async () => {
    const COUNT = 1000;
    const ROUNDS = 5;
    const ratios: number[] = [];
    const rates: number[] = [];
    const journal = value(await open(mkdtempSync(join(root, 'append-'))));
    for (let round = 0; round < ROUNDS; round++) {
      const begin = process.hrtime.bigint();
      for (let n = 0; n < COUNT; n++) value(await journal.append([step(n)]));
      const ours = COUNT / (Number(process.hrtime.bigint() - begin) / 1e9);
      const lines = journal
        .entries(journal.size - COUNT)
        .map(({ leaf }) => Buffer.concat([Buffer.alloc(65, 48), leaf, Buffer.from('\n')]));
      const file = openSync(join(root, `raw-${round}`), 'a');
      const raw =
        COUNT /
        seconds(() => {
          for (const line of lines) {
            writeSync(file, line);
            fsyncSync(file);
          }
        });
      closeSync(file);
      rates.push(ours);
      ratios.push(ours / raw);
    }
    value(await journal.close());
    say(
      `durable appends: ${median(rates).toFixed(0)} a second, ${median(ratios).toFixed(2)} of raw append and fsync (aim 0.8)`,
    );
    expect(journal.size).toBe(COUNT * ROUNDS);
  });
});

interface Run {
  readonly wall: number;
  readonly cpu: number;
  readonly megabytes: number;
  readonly out: string;
}

/** Runs a program under time(1), which alone tells a child's peak memory. */
function timed(command: readonly string[]): Run {
  const run = spawnSync('/usr/bin/time', ['-f', '%e %U %S %M', ...command], { encoding: 'utf8', maxBuffer: 1 << 26 });
  expect(run.status).toBe(0);
  const [wall = 0, user = 0, system = 0, kibibytes = 0] = run.stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
  return { wall, cpu: user + system, megabytes: kibibytes / 1024, out: run.stdout };
}

describe('full verification', () => {
  it.each([
    [100_000, 3],
    [1_000_000, 1],
  ])('of %i entries over the Go verifier on the same files', (size, rounds) => {
    const dir = join(root, `ledger-${size}`);
    const { by, bytes } = generateLedger(dir, size);
    const go = buildGoVerifier();
    const ours: Run[] = [];
    const theirs: Run[] = [];
    for (let round = 0; round < rounds; round++) {
      theirs.push(timed([go, 'ledger', dir, by.vkey]));
      ours.push(
        timed([process.execPath, resolve('out/standalone/ledger.mjs'), 'verify', dir, '--key', by.vkey, '--json']),
      );
    }
    const report = JSON.parse(ours[0]!.out) as { passed: boolean; size: number; root: string };
    expect(report).toMatchObject({ passed: true, size });
    expect(theirs[0]!.out).toBe(`OK ${size} ${report.root}\n`);
    const of = (runs: readonly Run[], what: 'wall' | 'cpu' | 'megabytes') => median(runs.map((run) => run[what]));
    say(
      `verification of ${size} entries (${(bytes / 1e6).toFixed(0)} MB): ours ${of(ours, 'wall').toFixed(1)} s ` +
        `(processor ${of(ours, 'cpu').toFixed(1)} s, peak ${of(ours, 'megabytes').toFixed(0)} MiB), ` +
        `Go ${of(theirs, 'wall').toFixed(1)} s (processor ${of(theirs, 'cpu').toFixed(1)} s, ` +
        `peak ${of(theirs, 'megabytes').toFixed(0)} MiB); ` +
        `Go's time over ours ${(of(theirs, 'wall') / of(ours, 'wall')).toFixed(2)} by the clock, ` +
        `${(of(theirs, 'cpu') / of(ours, 'cpu')).toFixed(2)} by the processor (aim 1)`,
    );
    rmSync(dir, { recursive: true });
  });
});

describe('proofs in a tree of a million entries', () => {
  it('take a walk from leaf to root each', () => {
    const SIZE = 1_000_000;
    const tree = new MerkleTree(crypto);
    const building = seconds(() => {
      const leaf = new Uint8Array(8);
      const view = new DataView(leaf.buffer);
      for (let n = 0; n < SIZE; n++) {
        view.setUint32(0, n);
        tree.append(leafHash(crypto, leaf));
      }
    });
    const treeRoot = tree.root();
    const inclusion: number[] = [];
    const consistency: number[] = [];
    for (let n = 0; n < 500; n++) {
      const index = (n * 7919 * 131) % SIZE;
      let proof: Uint8Array[] = [];
      inclusion.push(seconds(() => (proof = tree.inclusionProof(index))));
      expect(verifyInclusion(crypto, { leafHash: tree.leaf(index), index, size: SIZE, proof, root: treeRoot })).toBe(
        true,
      );
      consistency.push(seconds(() => (proof = tree.consistencyProof(index + 1))));
      const claim = { oldSize: index + 1, oldRoot: tree.root(index + 1), size: SIZE, root: treeRoot, proof };
      expect(verifyConsistency(crypto, claim)).toBe(true);
    }
    const worst = Math.max(...inclusion, ...consistency) * 1000;
    say(
      `proofs at ${SIZE} entries: inclusion ${(median(inclusion) * 1000).toFixed(3)} ms, ` +
        `consistency ${(median(consistency) * 1000).toFixed(3)} ms (medians of 500; worst ${worst.toFixed(1)} ms), ` +
        `after ${building.toFixed(1)} s to hash and build`,
    );
  });
});
