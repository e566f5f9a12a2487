/**
 * The Merkle tree of RFC 6962 with every perfect subtree kept, so that a proof costs a walk from leaf to root instead of
 * hashing all leaves again. It takes 64 bytes a leaf and is a cache: `merkle.ts` says what the tree is.
 */
import type { Crypto } from '../crypto.ts';
import { CompactRange, emptyRoot, HASH_BYTES, nodeHash, type Hash } from './merkle.ts';

/** A growing array of hashes in one piece of memory. */
class Hashes {
  #bytes: Uint8Array = new Uint8Array(64 * HASH_BYTES);
  length = 0;

  /** Takes over bytes that hold whole hashes. */
  static over(bytes: Uint8Array): Hashes {
    if (bytes.length % HASH_BYTES !== 0) throw new RangeError('not a row of hashes');
    const hashes = new Hashes();
    // A length of zero could not be doubled.
    if (bytes.length > 0) hashes.#bytes = bytes;
    hashes.length = bytes.length / HASH_BYTES;
    return hashes;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.length * HASH_BYTES);
  }

  push(hash: Hash): void {
    if ((this.length + 1) * HASH_BYTES > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(hash, this.length * HASH_BYTES);
    this.length++;
  }

  /** A copy, which stays what it is when the array grows. */
  at(index: number): Hash {
    return this.#bytes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}

const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

/** The largest power of two smaller than `n`, for n >= 2. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** A tree that is read: roots and proofs at any size. */
export type ReadTree = Pick<
  MerkleTree,
  'size' | 'root' | 'leaf' | 'inclusionProof' | 'consistencyProof' | 'rangeProof'
>;

export class MerkleTree {
  readonly #crypto: Crypto;
  /** Level 0 are the leaf hashes; the nth of level k is the root over the leaves [n * 2^k, (n + 1) * 2^k). */
  readonly #levels: Hashes[];

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
    this.#levels = [new Hashes()];
  }

  /** A tree from its kept levels, as another process of this program gave them. They are not computed again. */
  static resume(crypto: Crypto, levels: readonly Uint8Array[]): MerkleTree {
    const tree = new MerkleTree(crypto);
    tree.#levels.splice(0, Infinity, ...levels.map((bytes) => Hashes.over(bytes)));
    if (tree.#levels.length === 0) tree.#levels.push(new Hashes());
    return tree;
  }

  /** A copy of the kept levels, leaf hashes first. */
  levels(): Uint8Array[] {
    return this.#levels.map((hashes) => hashes.bytes());
  }

  /** The same place in constant memory, without the leaves: to try further leaves on. */
  clone(): CompactRange {
    const peaks: Hash[] = [];
    for (let at = 0, level = this.#levels.length - 1; level >= 0; level--) {
      const width = 2 ** level;
      if (at + width > this.size) continue;
      peaks.push(this.#levels[level]!.at(at / width));
      at += width;
    }
    return CompactRange.of(this.#crypto, peaks, this.size);
  }

  get size(): number {
    return this.#levels[0]!.length;
  }

  append(leafHash: Hash): void {
    if (leafHash.length !== HASH_BYTES) throw new RangeError('not a hash');
    let node = leafHash;
    for (let level = 0; ; level++) {
      const hashes = (this.#levels[level] ??= new Hashes());
      hashes.push(node);
      if (hashes.length % 2 === 1) return;
      node = nodeHash(this.#crypto, hashes.at(hashes.length - 2), node);
    }
  }

  leaf(index: number): Hash {
    if (!isSize(index) || index >= this.size) throw new RangeError('index outside the tree');
    return this.#levels[0]!.at(index);
  }

  /** The root over the first `size` leaves. */
  root(size = this.size): Hash {
    this.#within(size);
    return size === 0 ? emptyRoot(this.#crypto) : this.#subtree(0, size);
  }

  /** Audit path of RFC 6962 section 2.1.1, leaf to root, in the tree over the first `size` leaves. */
  inclusionProof(index: number, size = this.size): Hash[] {
    this.#within(size);
    if (!isSize(index) || index >= size) throw new RangeError('index outside the tree');
    const path: Hash[] = [];
    let from = 0;
    let to = size;
    while (to - from > 1) {
      const middle = from + split(to - from);
      if (index < middle) {
        path.push(this.#subtree(middle, to));
        to = middle;
      } else {
        path.push(this.#subtree(from, middle));
        from = middle;
      }
    }
    return path.reverse();
  }

  /** Consistency proof of RFC 6962 section 2.1.2 between the trees over the first `oldSize` and `size` leaves. */
  consistencyProof(oldSize: number, size = this.size): Hash[] {
    this.#within(size);
    if (!isSize(oldSize) || oldSize > size) throw new RangeError('old size outside the tree');
    if (oldSize === 0) return [];
    const proof: Hash[] = [];
    let from = 0;
    let to = size;
    let whole = true;
    while (oldSize !== to) {
      const middle = from + split(to - from);
      if (oldSize <= middle) {
        proof.push(this.#subtree(middle, to));
        to = middle;
      } else {
        proof.push(this.#subtree(from, middle));
        from = middle;
        whole = false;
      }
    }
    if (!whole) proof.push(this.#subtree(from, to));
    return proof.reverse();
  }

  /** The roots of the largest subtrees outside the leaves [from, to), left to right (`verifyRange`). */
  rangeProof(from: number, to: number, size = this.size): Hash[] {
    this.#within(size);
    if (!isSize(from) || !isSize(to) || from >= to || to > size) throw new RangeError('not a range');
    const proof: Hash[] = [];
    const walk = (start: number, end: number): void => {
      if (start >= from && end <= to) return;
      if (end <= from || start >= to) {
        proof.push(this.#subtree(start, end));
        return;
      }
      const middle = start + split(end - start);
      walk(start, middle);
      walk(middle, end);
    };
    walk(0, size);
    return proof;
  }

  #within(size: number): void {
    if (!isSize(size) || size > this.size) throw new RangeError('size outside the tree');
  }

  /**
   * The root over the leaves [from, to) of one subtree of a larger tree: `from` is then a multiple of every power of two
   * that is taken off here, and each of them is a kept node.
   */
  #subtree(from: number, to: number): Hash {
    const peaks: Hash[] = [];
    for (let at = from; at < to;) {
      let level = 0;
      let width = 1;
      while (width * 2 <= to - at) {
        width *= 2;
        level++;
      }
      peaks.push(this.#levels[level]!.at(at / width));
      at += width;
    }
    return peaks.reduceRight((right, left) => nodeHash(this.#crypto, left, right));
  }
}
