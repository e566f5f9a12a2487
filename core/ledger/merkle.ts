/**
 * The Merkle tree of the ledger: RFC 6962 section 2.1 with SHA-256, verified as in RFC 9162 section 2.1.
 *
 * Sizes and indexes are safe integers, so the arithmetic here divides instead of shifting: JavaScript's bit operators
 * stop at 32 bits. Verifiers take hostile input; they answer true or false and never throw. Builders throw
 * `RangeError` on sizes and indexes that do not fit the tree: that is a defect of the caller.
 */
import { concat, equal } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';

/** A SHA-256 value, 32 bytes. */
export type Hash = Uint8Array;

export const HASH_BYTES = 32;

/** Room for a node's two hashes and the byte before them, used anew each time. */
const pair = new Uint8Array(1 + 2 * HASH_BYTES);
pair[0] = 1;

/** RFC 6962 section 2.1: SHA-256(0x01 || left || right). */
export function nodeHash(crypto: Crypto, left: Hash, right: Hash): Hash {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES)
    return crypto.sha256(concat(new Uint8Array([1]), left, right));
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return crypto.sha256(pair);
}

/** RFC 6962 section 2.1: the root of a tree without leaves is SHA-256 of nothing. */
export const emptyRoot = (crypto: Crypto): Hash => crypto.sha256(new Uint8Array(0));

/** The largest power of two smaller than `n`, for n >= 2. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const areHashes = (hashes: readonly Hash[]): boolean => hashes.every((hash) => hash.length === HASH_BYTES);
const half = (n: number): number => Math.floor(n / 2);
const odd = (n: number): boolean => n % 2 === 1;

/**
 * The roots of the perfect subtrees that make up a tree of `size` leaves, left to right. It grows by one leaf at a
 * time in constant memory, which is what sealing after every entry needs.
 */
export class CompactRange {
  readonly #crypto: Crypto;
  readonly #peaks: Hash[] = [];
  #size = 0;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** A range whose peaks are known, left to right. */
  static of(crypto: Crypto, peaks: readonly Hash[], size: number): CompactRange {
    const range = new CompactRange(crypto);
    range.#peaks.push(...peaks);
    range.#size = size;
    return range;
  }

  get size(): number {
    return this.#size;
  }

  clone(): CompactRange {
    const copy = new CompactRange(this.#crypto);
    copy.#peaks.push(...this.#peaks);
    copy.#size = this.#size;
    return copy;
  }

  append(leafHash: Hash): void {
    let node = leafHash;
    for (let n = this.#size; odd(n); n = half(n)) node = nodeHash(this.#crypto, this.#peaks.pop()!, node);
    this.#peaks.push(node);
    this.#size++;
  }

  root(): Hash {
    if (this.#size === 0) return emptyRoot(this.#crypto);
    return this.#peaks.reduceRight((right, left) => nodeHash(this.#crypto, left, right));
  }
}

/** The root over leaf hashes. */
export function rootOf(crypto: Crypto, leafHashes: readonly Hash[]): Hash {
  const range = new CompactRange(crypto);
  for (const hash of leafHashes) range.append(hash);
  return range.root();
}

const subtree = (crypto: Crypto, leafHashes: readonly Hash[], from: number, to: number): Hash => {
  const range = new CompactRange(crypto);
  for (let i = from; i < to; i++) range.append(leafHashes[i]!);
  return range.root();
};

/** Audit path of RFC 6962 section 2.1.1, leaf to root, for the leaf at `index` of the tree over all given leaves. */
export function inclusionProof(crypto: Crypto, leafHashes: readonly Hash[], index: number): Hash[] {
  if (!isSize(index) || index >= leafHashes.length) throw new RangeError('index outside the tree');
  const path: Hash[] = [];
  let from = 0;
  let to = leafHashes.length;
  while (to - from > 1) {
    const middle = from + split(to - from);
    if (index < middle) {
      path.push(subtree(crypto, leafHashes, middle, to));
      to = middle;
    } else {
      path.push(subtree(crypto, leafHashes, from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

export interface Inclusion {
  readonly leafHash: Hash;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Hash[];
  readonly root: Hash;
}

/** RFC 9162 section 2.1.3.2: the leaf is at `index` in the tree of `size` leaves with this root. */
export function verifyInclusion(crypto: Crypto, { leafHash, index, size, proof, root }: Inclusion): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([leafHash, root, ...proof])) return false;
  let fn = index;
  let sn = size - 1;
  let r = leafHash;
  for (const p of proof) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      r = nodeHash(crypto, p, r);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      r = nodeHash(crypto, r, p);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equal(r, root);
}

/**
 * Consistency proof of RFC 6962 section 2.1.2 from the tree over the first `oldSize` leaves to the tree over all.
 * Empty where the sizes are equal or the old tree is empty.
 */
export function consistencyProof(crypto: Crypto, leafHashes: readonly Hash[], oldSize: number): Hash[] {
  if (!isSize(oldSize) || oldSize > leafHashes.length) throw new RangeError('old size outside the tree');
  if (oldSize === 0) return [];
  const proof: Hash[] = [];
  let from = 0;
  let to = leafHashes.length;
  // Whether the old tree's root is the whole subtree in hand, so that the verifier has it already.
  let whole = true;
  while (oldSize !== to) {
    const middle = from + split(to - from);
    if (oldSize <= middle) {
      proof.push(subtree(crypto, leafHashes, middle, to));
      to = middle;
    } else {
      proof.push(subtree(crypto, leafHashes, from, middle));
      from = middle;
      whole = false;
    }
  }
  if (!whole) proof.push(subtree(crypto, leafHashes, from, to));
  return proof.reverse();
}

export interface Consistency {
  readonly oldSize: number;
  readonly oldRoot: Hash;
  readonly size: number;
  readonly root: Hash;
  readonly proof: readonly Hash[];
}

/**
 * RFC 9162 section 2.1.4.2: the tree with `root` begins with the very leaves of the tree with `oldRoot`. The RFC leaves
 * out the empty old tree; here it is consistent with every tree, its root is the empty root, and its proof is empty.
 */
export function verifyConsistency(crypto: Crypto, { oldSize, oldRoot, size, root, proof }: Consistency): boolean {
  if (!isSize(oldSize) || !isSize(size) || oldSize > size || !areHashes([oldRoot, root, ...proof])) return false;
  if (oldSize === size) return proof.length === 0 && equal(oldRoot, root);
  if (oldSize === 0) return proof.length === 0 && equal(oldRoot, emptyRoot(crypto));
  if (proof.length === 0) return false;
  let fn = oldSize - 1;
  let sn = size - 1;
  while (odd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  // Where the old size is a power of two its root is itself the first node.
  const path = fn === 0 ? [oldRoot, ...proof] : proof;
  let fr = path[0]!;
  let sr = path[0]!;
  for (const c of path.slice(1)) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      fr = nodeHash(crypto, c, fr);
      sr = nodeHash(crypto, c, sr);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      sr = nodeHash(crypto, sr, c);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equal(fr, oldRoot) && equal(sr, root);
}

/**
 * Proof that all leaves of [from, to) are at those positions: the roots of the largest subtrees outside the range,
 * left to right. Nobody can leave out or add an entry within a range that verifies.
 */
export function rangeProof(crypto: Crypto, leafHashes: readonly Hash[], from: number, to: number): Hash[] {
  if (!isSize(from) || !isSize(to) || from >= to || to > leafHashes.length) throw new RangeError('not a range');
  const proof: Hash[] = [];
  const walk = (start: number, end: number): void => {
    if (start >= from && end <= to) return;
    if (end <= from || start >= to) {
      proof.push(subtree(crypto, leafHashes, start, end));
      return;
    }
    const middle = start + split(end - start);
    walk(start, middle);
    walk(middle, end);
  };
  walk(0, leafHashes.length);
  return proof;
}

export interface Range {
  /** Position of the first of `leafHashes`. */
  readonly from: number;
  readonly leafHashes: readonly Hash[];
  readonly size: number;
  readonly proof: readonly Hash[];
  readonly root: Hash;
}

/** Whether `leafHashes` are, without a gap, the leaves at `from` and following in the tree of `size` leaves. */
export function verifyRange(crypto: Crypto, { from, leafHashes, size, proof, root }: Range): boolean {
  const to = from + leafHashes.length;
  if (!isSize(from) || !isSize(size) || from >= to || to > size) return false;
  if (!areHashes(leafHashes) || !areHashes(proof) || root.length !== HASH_BYTES) return false;
  let used = 0;
  const walk = (start: number, end: number): Hash | null => {
    if (start >= from && end <= to) return subtree(crypto, leafHashes, start - from, end - from);
    if (end <= from || start >= to) return proof[used++] ?? null;
    const middle = start + split(end - start);
    const left = walk(start, middle);
    const right = left && walk(middle, end);
    return left && right && nodeHash(crypto, left, right);
  };
  const computed = walk(0, size);
  return computed !== null && used === proof.length && equal(computed, root);
}
