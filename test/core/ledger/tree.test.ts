import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash } from '../../../core/ledger/entry.ts';
import {
  consistencyProof,
  inclusionProof,
  rangeProof,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  type Hash,
} from '../../../core/ledger/merkle.ts';
import { MerkleTree } from '../../../core/ledger/tree.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';

const leaves = (n: number): Hash[] =>
  Array.from({ length: n }, (_, i) => leafHash(crypto, new Uint8Array([i >> 16, i >> 8, i & 255])));

function treeOf(hashes: readonly Hash[]): MerkleTree {
  const tree = new MerkleTree(crypto);
  for (const hash of hashes) tree.append(hash);
  return tree;
}

describe('the cached tree', () => {
  it('has the roots and proofs of the plain functions at every size up to 40, for every smaller tree in it', () => {
    const all = leaves(40);
    const tree = treeOf(all);
    for (let size = 0; size <= 40; size++) {
      const part = all.slice(0, size);
      expect(tree.root(size)).toEqual(rootOf(crypto, part));
      for (let at = 0; at < size; at++) expect(tree.inclusionProof(at, size)).toEqual(inclusionProof(crypto, part, at));
      for (let old = 0; old <= size; old++)
        expect(tree.consistencyProof(old, size)).toEqual(consistencyProof(crypto, part, old));
    }
    for (const size of [1, 2, 3, 7, 8, 13, 40])
      for (let from = 0; from < size; from++)
        for (let to = from + 1; to <= size; to++)
          expect(tree.rangeProof(from, to, size)).toEqual(rangeProof(crypto, all.slice(0, size), from, to));
  });

  it('has them at any size, and growing further changes none of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(), fc.nat(), fc.nat(40), (size, a, b, more) => {
        const all = leaves(size + more);
        const part = all.slice(0, size);
        const tree = treeOf(part);
        const before = [tree.root(), ...tree.inclusionProof(a % size), ...tree.consistencyProof(b % (size + 1))];
        for (const hash of all.slice(size)) tree.append(hash);
        const expected = [
          rootOf(crypto, part),
          ...inclusionProof(crypto, part, a % size),
          ...consistencyProof(crypto, part, b % (size + 1)),
        ];
        expect(before).toEqual(expected);
        expect([
          tree.root(size),
          ...tree.inclusionProof(a % size, size),
          ...tree.consistencyProof(b % (size + 1), size),
        ]).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('hashes no more for a proof in a large tree than the height of the tree squared', () => {
    let count = 0;
    const counting = { ...crypto, sha256: (bytes: Uint8Array) => (count++, crypto.sha256(bytes)) };
    const size = 40_001;
    const tree = new MerkleTree(counting);
    for (const hash of leaves(size)) tree.append(hash);
    const root = tree.root();
    count = 0;
    const proof = tree.inclusionProof(12_345);
    const old = tree.consistencyProof(30_001);
    tree.rangeProof(12_345, 40_000);
    expect(count).toBeLessThan(3 * 16 * 16);
    expect(verifyInclusion(crypto, { leafHash: tree.leaf(12_345), index: 12_345, size, proof, root })).toBe(true);
    const oldRoot = tree.root(30_001);
    expect(verifyConsistency(crypto, { oldSize: 30_001, oldRoot, size, root, proof: old })).toBe(true);
  });

  it('throws on sizes and indexes that do not fit, and on what is no hash', () => {
    const tree = treeOf(leaves(3));
    for (const wrong of [
      () => tree.root(4),
      () => tree.root(-1),
      () => tree.inclusionProof(3),
      () => tree.inclusionProof(2, 2),
      () => tree.inclusionProof(0.5),
      () => tree.consistencyProof(4),
      () => tree.consistencyProof(3, 2),
      () => tree.rangeProof(1, 1),
      () => tree.rangeProof(0, 4),
      () => tree.leaf(3),
      () => tree.append(new Uint8Array(31)),
    ])
      expect(wrong).toThrow(RangeError);
  });
});
