import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, fromHex, hex } from '../../../core/bytes.ts';
import { leafHash } from '../../../core/ledger/entry.ts';
import {
  CompactRange,
  consistencyProof,
  inclusionProof,
  rangeProof,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  verifyRange,
  type Hash,
} from '../../../core/ledger/merkle.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { countPublishedVectors, publishedVector } from '../published.ts';

/** The eight leaves of the certificate-transparency tests, and the roots of the trees over the first n of them. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
].map((text) => fromHex(text)!);

const hashes = (proof: readonly string[]): Hash[] => proof.map((text) => fromBase64(text)!);

/** Valid proofs published with the transparency-dev Merkle library, in base64. */
const INCLUSION = [
  { index: 0, size: 1, proof: [] },
  {
    index: 0,
    size: 8,
    proof: [
      'lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=',
      'Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=',
      'a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=',
    ],
  },
  {
    index: 5,
    size: 8,
    proof: [
      'vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=',
      'yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=',
      '037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=',
    ],
  },
  { index: 2, size: 3, proof: ['+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU='] },
  {
    index: 1,
    size: 5,
    proof: [
      'bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=',
      'Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=',
      'vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=',
    ],
  },
];
const CONSISTENCY = [
  { oldSize: 1, size: 1, proof: [] },
  {
    oldSize: 1,
    size: 8,
    proof: [
      'lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=',
      'Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=',
      'a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=',
    ],
  },
  {
    oldSize: 6,
    size: 8,
    proof: [
      'DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=',
      'yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=',
      '037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=',
    ],
  },
  {
    oldSize: 2,
    size: 5,
    proof: ['Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=', 'vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms='],
  },
  {
    oldSize: 6,
    size: 7,
    proof: [
      'DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=',
      'sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8=',
      '037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=',
    ],
  },
];

const published = LEAVES.map((leaf) => leafHash(crypto, fromHex(leaf)!));

/** The definition of RFC 6962 section 2.1 as it is written there, as a second opinion. */
function definition(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return Buffer.from(leaves[0]!);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(definition(leaves.slice(0, k)))
    .update(definition(leaves.slice(k)))
    .digest();
}

const someLeaves = (n: number): Hash[] =>
  Array.from({ length: n }, (_, i) => leafHash(crypto, new Uint8Array([i >> 8, i & 255])));

const leaves = fc.integer({ min: 1, max: 120 }).map(someLeaves);
const flip = (hash: Hash, bit: number): Hash =>
  hash.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
const bit = fc.integer({ min: 0, max: 255 });

/** Every way to spoil a list of hashes a little. */
function* spoiled(proof: readonly Hash[], extra: Hash, at: number): Generator<Hash[]> {
  yield [...proof, extra];
  yield [extra, ...proof];
  if (proof.length === 0) return;
  yield proof.slice(1);
  yield proof.slice(0, -1);
  const i = at % proof.length;
  yield proof.map((hash, n) => (n === i ? flip(hash, at % 256) : hash));
  yield proof.map((hash, n) => (n === i ? hash.slice(0, 31) : hash));
}

countPublishedVectors();

describe('the Merkle tree', () => {
  it.each(ROOTS.map((root, n) => [n, hex(root)] as const))('of %i published leaves has the root %s', (n, root) => {
    expect(hex(rootOf(crypto, published.slice(0, n)))).toBe(root);
    publishedVector('RFC 6962 roots');
  });

  it.each(INCLUSION)('makes and accepts the published inclusion proof of $index in $size', ({ index, size, proof }) => {
    const tree = published.slice(0, size);
    expect(inclusionProof(crypto, tree, index)).toEqual(hashes(proof));
    const claim = { leafHash: tree[index]!, index, size, proof: hashes(proof), root: ROOTS[size]! };
    expect(verifyInclusion(crypto, claim)).toBe(true);
    publishedVector('RFC 6962 inclusion proofs');
  });

  it.each(CONSISTENCY)('makes and accepts the published consistency proof of $oldSize to $size', (row) => {
    const { oldSize, size } = row;
    const proof = hashes(row.proof);
    expect(consistencyProof(crypto, published.slice(0, size), oldSize)).toEqual(proof);
    const claim = { oldSize, oldRoot: ROOTS[oldSize]!, size, root: ROOTS[size]!, proof };
    expect(verifyConsistency(crypto, claim)).toBe(true);
    publishedVector('RFC 6962 consistency proofs');
  });

  it('has the root of the definition at every size, and a copy of the range grows apart from it', () => {
    const all = someLeaves(130);
    const range = new CompactRange(crypto);
    for (const [n, leaf] of all.entries()) {
      expect(hex(range.root())).toBe(hex(definition(all.slice(0, n))));
      const copy = range.clone();
      range.append(leaf);
      expect(copy.size).toBe(n);
      expect(hex(copy.root())).toBe(hex(definition(all.slice(0, n))));
    }
  });

  it('proves every leaf of every tree up to 70 leaves, and no leaf at another place', () => {
    for (let size = 1; size <= 70; size++) {
      const tree = someLeaves(size);
      const root = rootOf(crypto, tree);
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(crypto, tree, index);
        expect(verifyInclusion(crypto, { leafHash: tree[index]!, index, size, proof, root })).toBe(true);
        const other = (index + 1) % size;
        if (size > 1)
          expect(verifyInclusion(crypto, { leafHash: tree[index]!, index: other, size, proof, root })).toBe(false);
      }
    }
  });

  it('proves every prefix of every tree up to 70 leaves, the empty one included', () => {
    for (let size = 0; size <= 70; size++) {
      const tree = someLeaves(size);
      const root = rootOf(crypto, tree);
      for (let oldSize = 0; oldSize <= size; oldSize++) {
        const oldRoot = rootOf(crypto, tree.slice(0, oldSize));
        const proof = consistencyProof(crypto, tree, oldSize);
        expect(verifyConsistency(crypto, { oldSize, oldRoot, size, root, proof })).toBe(true);
      }
    }
  });

  it('refuses an inclusion proof that was changed anywhere', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), bit, (tree, n, at) => {
        const index = n % tree.length;
        const size = tree.length;
        const root = rootOf(crypto, tree);
        const good = { leafHash: tree[index]!, index, size, proof: inclusionProof(crypto, tree, index), root };
        for (const proof of spoiled(good.proof, tree[0]!, at))
          expect(verifyInclusion(crypto, { ...good, proof })).toBe(false);
        expect(verifyInclusion(crypto, { ...good, leafHash: flip(good.leafHash, at) })).toBe(false);
        expect(verifyInclusion(crypto, { ...good, root: flip(root, at) })).toBe(false);
        expect(verifyInclusion(crypto, { ...good, root: new Uint8Array() })).toBe(false);
        expect(verifyInclusion(crypto, { ...good, index: size })).toBe(false);
        for (const wrong of [-1, 0.5, NaN, 2 ** 53]) {
          expect(verifyInclusion(crypto, { ...good, index: wrong })).toBe(false);
          expect(verifyInclusion(crypto, { ...good, size: wrong })).toBe(false);
        }
      }),
    );
  });

  it('refuses a consistency proof that was changed anywhere', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), bit, (tree, n, at) => {
        const oldSize = n % (tree.length + 1);
        const size = tree.length;
        const root = rootOf(crypto, tree);
        const oldRoot = rootOf(crypto, tree.slice(0, oldSize));
        const good = { oldSize, oldRoot, size, root, proof: consistencyProof(crypto, tree, oldSize) };
        for (const proof of spoiled(good.proof, tree[0]!, at))
          expect(verifyConsistency(crypto, { ...good, proof })).toBe(false);
        expect(verifyConsistency(crypto, { ...good, oldRoot: flip(oldRoot, at) })).toBe(false);
        // An empty tree says nothing about what comes after it, so only then is the new root free.
        if (oldSize > 0) expect(verifyConsistency(crypto, { ...good, root: flip(root, at) })).toBe(false);
        expect(verifyConsistency(crypto, { ...good, oldSize: size + 1 })).toBe(false);
        for (const wrong of [-1, 0.5, NaN, 2 ** 53]) {
          expect(verifyConsistency(crypto, { ...good, oldSize: wrong })).toBe(false);
          expect(verifyConsistency(crypto, { ...good, size: wrong })).toBe(false);
        }
      }),
    );
  });

  it('refuses a fork: a tree in which an old leaf was changed is consistent with no proof of ours', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), fc.nat(), (tree, n, m) => {
        const oldSize = 1 + (n % tree.length);
        const forked = tree.map((hash, i) => (i === m % oldSize ? flip(hash, 0) : hash));
        const claim = {
          oldSize,
          oldRoot: rootOf(crypto, tree.slice(0, oldSize)),
          size: tree.length,
          root: rootOf(crypto, forked),
          proof: consistencyProof(crypto, forked, oldSize),
        };
        expect(verifyConsistency(crypto, claim)).toBe(false);
      }),
    );
  });

  it('proves every contiguous range of every tree up to 20 leaves', () => {
    for (let size = 1; size <= 20; size++) {
      const tree = someLeaves(size);
      const root = rootOf(crypto, tree);
      for (let from = 0; from < size; from++)
        for (let to = from + 1; to <= size; to++) {
          const proof = rangeProof(crypto, tree, from, to);
          expect(verifyRange(crypto, { from, leafHashes: tree.slice(from, to), size, proof, root })).toBe(true);
        }
    }
  });

  it('refuses a range with an entry left out, put in, changed or moved', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), fc.nat(), bit, (tree, a, b, at) => {
        const size = tree.length;
        const from = a % size;
        const to = from + 1 + (b % (size - from));
        const range = tree.slice(from, to);
        const good = {
          from,
          leafHashes: range,
          size,
          proof: rangeProof(crypto, tree, from, to),
          root: rootOf(crypto, tree),
        };
        const refused = (change: Partial<typeof good>) =>
          expect(verifyRange(crypto, { ...good, ...change })).toBe(false);
        const i = b % range.length;
        refused({ leafHashes: range.filter((_, n) => n !== i) });
        refused({ leafHashes: range.toSpliced(i, 0, range[i]!) });
        refused({ leafHashes: range.map((hash, n) => (n === i ? flip(hash, at) : hash)) });
        refused({ root: flip(good.root, at) });
        refused({ from: from + 1 });
        refused({ from: from - 1 });
        refused({ from: 0.5 });
        refused({ size: to - 1 });
        refused({ size: NaN });
        for (const proof of spoiled(good.proof, tree[0]!, at)) refused({ proof });
      }),
    );
  });

  it('verifies sizes beyond 32 bits, where bit operators would not', () => {
    // A tree of 2^40 + 1 leaves: all but the last under one root, which is given.
    const [left, right] = [published[0]!, published[1]!];
    const root = crypto.sha256(new Uint8Array([1, ...left, ...right]));
    const size = 2 ** 40 + 1;
    expect(verifyInclusion(crypto, { leafHash: right, index: 2 ** 40, size, proof: [left], root })).toBe(true);
    expect(verifyInclusion(crypto, { leafHash: right, index: 2 ** 40 - 2 ** 32, size, proof: [left], root })).toBe(
      false,
    );
    expect(verifyConsistency(crypto, { oldSize: 2 ** 40, oldRoot: left, size, root, proof: [right] })).toBe(true);
    expect(verifyRange(crypto, { from: 2 ** 40, leafHashes: [right], size, proof: [left], root })).toBe(true);
  });

  it('throws on sizes and indexes of the caller that do not fit the tree', () => {
    const tree = someLeaves(3);
    expect(() => inclusionProof(crypto, tree, 3)).toThrow(RangeError);
    expect(() => consistencyProof(crypto, tree, 4)).toThrow(RangeError);
    expect(() => rangeProof(crypto, tree, 1, 1)).toThrow(RangeError);
    expect(() => rangeProof(crypto, tree, 0, 4)).toThrow(RangeError);
  });
});
