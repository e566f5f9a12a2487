/** `proof`: an inclusion proof for one entry, or a consistency proof between two sizes, under a stored checkpoint. */
import { equal, fromUtf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { formatConsistencyFile, formatInclusionFile } from '../../core/ledger/proof.ts';
import { MerkleTree } from '../../core/ledger/tree.ts';
import type { Failure, Result } from '../../core/result.ts';
import { fail, ok } from '../../core/result.ts';
import { readStored, type Head } from '../../core/ledger/heads.ts';
import { walkJournal } from '../../core/ledger/walk.ts';
import { Unusable } from '../unusable.ts';
import { ledgerAt } from './files.ts';

/** Verifies the whole journal and keeps its tree. */
export function treeOf(crypto: Crypto, dir: string): Result<MerkleTree> {
  const tree = new MerkleTree(crypto);
  const { failure } = walkJournal(crypto, ledgerAt(dir), ({ hash }) => tree.append(hash));
  return failure === null || failure.policy === 'JOURNAL-17' ? ok(tree) : fail(failure as Failure);
}

/** A checkpoint for which these entries have the right root. */
function rightHead(tree: MerkleTree, head: Head): Result<{ size: number; checkpoint: string }> {
  const checkpoint = fromUtf8(head.note);
  const { says } = head;
  if (says === null || checkpoint === null || says.size > tree.size || !equal(tree.root(says.size), says.root))
    return fail({
      code: 'ledger',
      message: `The checkpoint ${head.source} does not belong to these entries.`,
      hint: 'Run verify: it says which check fails.',
    });
  return ok({ size: says.size, checkpoint });
}

/** A C2SP tlog-proof file for the entry `seq` under the newest stored checkpoint. */
export function proveEntry(crypto: Crypto, dir: string, seq: number): Result<string> {
  const newest = readStored(ledgerAt(dir).checkpoints()).at(-1);
  if (newest?.says == null) throw new Unusable(`${dir} has no checkpoint, so nothing can be proven under one.`);
  if (seq >= newest.says.size)
    throw new Unusable(`Entry ${seq} is not under the newest checkpoint, which covers ${newest.says.size} entries.`);
  const tree = treeOf(crypto, dir);
  if (!tree.ok) return tree;
  const head = rightHead(tree.value, newest);
  if (!head.ok) return head;
  const { size, checkpoint } = head.value;
  return ok(formatInclusionFile({ index: seq, proof: tree.value.inclusionProof(seq, size), checkpoint }));
}

/** A consistency file (the body of a C2SP tlog-witness request) from `oldSize` to the stored checkpoint of `size`. */
export function proveConsistency(crypto: Crypto, dir: string, oldSize: number, size: number): Result<string> {
  if (oldSize > size) throw new Unusable('Name the smaller size first.');
  const stored = readStored(ledgerAt(dir).checkpoints());
  const found = stored.find(({ says }) => says?.size === size);
  if (found === undefined) {
    const sizes = stored.flatMap(({ says }) => (says === null ? [] : [says.size])).slice(-10);
    throw new Unusable(`There is no checkpoint of ${size} entries. The newest are of: ${sizes.join(', ') || 'none'}.`);
  }
  const tree = treeOf(crypto, dir);
  if (!tree.ok) return tree;
  const head = rightHead(tree.value, found);
  if (!head.ok) return head;
  const { checkpoint } = head.value;
  return ok(formatConsistencyFile({ oldSize, proof: tree.value.consistencyProof(oldSize, size), checkpoint }));
}
