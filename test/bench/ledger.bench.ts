/**
 * What the ledger costs, each against the plainest thing that does the same on the same machine in the same run. Nothing
 * here fails for being slow: the numbers are for docs/performance.md, where misses are stated.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, describe, expect, it } from 'vitest';
import { leafHash } from '../../core/ledger/entry.ts';
import { verifyConsistency, verifyInclusion } from '../../core/ledger/merkle.ts';
import { MerkleTree } from '../../core/ledger/tree.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { step } from '../ledger/entries.ts';
import { generateLedger } from '../ledger/generate.ts';
import { buildGoVerifier } from '../ledger/go/build.ts';
import { open, value } from '../ledger/scratch.ts';
import { median, microseconds, over, say } from './measure.ts';

const root = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const seconds = (act: () => void): number => {
  const begin = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - begin) / 1e9;
};

describe('durable appends without an HSM', () => {
  it('over raw append and fsync of the same lines', async () => {
    const BLOCKS = 100;
    const BLOCK = 20;
    const journal = value(await open(mkdtempSync(join(root, 'append-'))));
    const file = openSync(join(root, 'raw'), 'a');
    const ours: number[] = [];
    const raw: number[] = [];
    // In turns, so that whatever else the machine and its disk do falls on both.
    for (let block = 0; block < BLOCKS; block++) {
      for (let n = 0; n < BLOCK; n++) {
        const begin = process.hrtime.bigint();
        value(await journal.append([step(block * BLOCK + n)]));
        ours.push(Number(process.hrtime.bigint() - begin) / 1e3);
      }
      for (const { leaf } of journal.entries(journal.size - BLOCK)) {
        const line = Buffer.concat([Buffer.alloc(65, 48), leaf, Buffer.from('\n')]);
        raw.push(
          microseconds(() => {
            writeSync(file, line);
            fsyncSync(file);
          }),
        );
      }
    }
    closeSync(file);
    value(await journal.close());
    say(
      `durable appends: ${(1e6 / median(ours)).toFixed(0)} a second by the median (${median(ours).toFixed(0)} µs), ` +
        `${over(raw, ours)} of raw append and fsync (${median(raw).toFixed(0)} µs; aim 0.8)`,
    );
    expect(journal.size).toBe(BLOCKS * BLOCK);
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

/** The program of same-checks.ts as one file, made as the product's own tools are. */
async function sameChecks(): Promise<string> {
  const file = resolve('.cache/bench/same-checks.mjs');
  const bundle = await rolldown({ input: resolve('test/bench/same-checks.ts'), platform: 'node', tsconfig: false });
  await bundle.write({ file, format: 'esm' });
  await bundle.close();
  return file;
}

const described = (name: string, runs: readonly Run[]): string =>
  `${name} ${of(runs, 'wall').toFixed(1)} s (processor ${of(runs, 'cpu').toFixed(1)} s, peak ${of(runs, 'megabytes').toFixed(0)} MiB)`;

const of = (runs: readonly Run[], what: 'wall' | 'cpu' | 'megabytes'): number => median(runs.map((run) => run[what]));

const ratios = (theirs: readonly Run[], ours: readonly Run[]): string =>
  `${(of(theirs, 'cpu') / of(ours, 'cpu')).toFixed(2)} by the processor, ${(of(theirs, 'wall') / of(ours, 'wall')).toFixed(2)} by the clock`;

describe('full verification', () => {
  it.each([
    [100_000, 7],
    [1_000_000, 3],
  ])('of %i entries over the Go verifier on the same files', async (size, rounds) => {
    const dir = join(root, `ledger-${size}`);
    const { by, bytes } = generateLedger(dir, size);
    const go = buildGoVerifier();
    const same = await sameChecks();
    const ours: Run[] = [];
    const alike: Run[] = [];
    const theirs: Run[] = [];
    for (let round = 0; round < rounds; round++) {
      theirs.push(timed([go, 'ledger', dir, by.vkey]));
      ours.push(
        timed([process.execPath, resolve('out/standalone/ledger.mjs'), 'verify', dir, '--key', by.vkey, '--json']),
      );
      alike.push(timed([process.execPath, same, dir, by.vkey]));
    }
    const report = JSON.parse(ours[0]!.out) as { passed: boolean; size: number; root: string };
    expect(report).toMatchObject({ passed: true, size });
    expect([theirs[0]!.out, alike[0]!.out]).toEqual(Array(2).fill(`OK ${size} ${report.root}\n`));
    say(
      `verification of ${size} entries (${(bytes / 1e6).toFixed(0)} MB), medians of ${rounds} rounds in turns: ` +
        `${described('ours', ours)}, ${described('ours with the checks of Go alone', alike)}, ${described('Go', theirs)}\n` +
        `  Go's time over ours, all our checks: ${ratios(theirs, ours)} (aim 1); the same checks alone: ${ratios(theirs, alike)}`,
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
