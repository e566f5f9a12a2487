/** Verifies the ledger on demand, from the files on disk, and says what each check proves and what it does not. */
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { nodeHash } from '../../core/ledger/merkle.ts';
import { verifyCheckpoint, type VerifierKey } from '../../core/ledger/note.ts';
import { formatInclusionFile } from '../../core/ledger/proof.ts';
import { verifyJournal } from '../../core/ledger/verify-journal.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { CheckView, LedgerReportView, ProofView } from '../../contract/views.ts';
import type { Vault } from '../ceremony/vault.ts';

export async function ledgerReport(
  crypto: Crypto,
  vault: Vault,
  readJournal: () => Promise<Uint8Array>,
  at: string,
): Promise<Result<LedgerReportView>> {
  const bytes = await readJournal();
  const lines = splitLines(bytes);
  const verified = verifyJournal(crypto, lines);
  const checks: CheckView[] = [];
  const add = (id: string, title: string, good: boolean | null, proves: string, doesNotProve: string) =>
    checks.push({ id, title, result: good === null ? 'NOT CHECKED' : good ? 'PASS' : 'FAIL', proves, doesNotProve });

  add(
    'chain',
    'Hash chain',
    verified.ok,
    verified.ok ? `${lines.length} entries, each names the one before it.` : verified.error.message,
    'That everything done in the room was entered.',
  );
  const same = verified.ok && hex(verified.value.root) === hex(vault.journal.root());
  add(
    'root',
    'Merkle root',
    verified.ok ? same : null,
    same
      ? `The file on disk has the root ${hex(vault.journal.root()).slice(0, 8)}.`
      : 'The file on disk is not what this application wrote.',
    'That no second ledger exists. Compare the root with a receipt.',
  );
  const seal = await sealCheck(crypto, vault, vault.logKey);
  add('checkpoint', 'Checkpoint signature', seal.good, seal.text, 'Who sat at the workstation when it was signed.');
  add(
    'cosignatures',
    'Cosignatures',
    null,
    'Nothing. No cosignature was collected.',
    'Without a cosignature or a receipt, an older copy of disk and token together would pass.',
  );
  const rank = { FAIL: 0, 'NOT CHECKED': 2, PASS: 1 } as const;
  checks.sort((a, b) => rank[a.result] - rank[b.result]);
  return ok({ at, checks, from: 0, sealed: vault.sealed, size: vault.journal.size });
}

async function sealCheck(
  crypto: Crypto,
  vault: Vault,
  key: VerifierKey | null,
): Promise<{ good: boolean | null; text: string }> {
  const latest = vault.journal.latestCheckpoint();
  if (!key || !latest) return { good: null, text: 'Nothing. No checkpoint was signed yet.' };
  const read = await verifyCheckpoint(crypto, latest.note, key);
  return read.ok
    ? { good: true, text: `The log key signed entries 0 to ${latest.size - 1}.` }
    : { good: false, text: read.error.message };
}

function splitLines(bytes: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) {
      out.push(bytes.subarray(start));
      break;
    }
    out.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return out;
}

/** The way from one entry to the root of the newest checkpoint that covers it. */
export function proofView(crypto: Crypto, vault: Vault, seq: number): Result<ProofView> {
  const covering = vault.journal.latestCheckpoint();
  if (!covering || seq >= covering.size) {
    return fail({
      code: 'not-found',
      message: 'This entry is chained only. No signed checkpoint covers it yet.',
      hint: 'The next login seals it.',
    });
  }
  const { tree } = vault.journal;
  const proof = tree.inclusionProof(seq, covering.size);
  const path: ProofView['path'][number][] = [];
  let node = tree.leaf(seq);
  // RFC 9162 section 2.1.3.2: the range of leaves below the node, and the sibling's, are followed for the drawing.
  const ranges = spans(seq, covering.size);
  proof.forEach((sibling, i) => {
    const { side, siblingRange, nodeRange } = ranges[i]!;
    node = side === 'left' ? nodeHash(crypto, sibling, node) : nodeHash(crypto, node, sibling);
    path.push({
      side,
      sibling: hex(sibling),
      siblingRange: words(siblingRange),
      node: hex(node),
      nodeRange: words(nodeRange),
    });
  });
  return ok({
    seq,
    size: covering.size,
    root: hex(node),
    leafHash: hex(tree.leaf(seq)),
    path,
    file: formatInclusionFile({ index: seq, proof, checkpoint: covering.note }),
  });
}

type Span = readonly [from: number, to: number];

const words = ([from, to]: Span): string => (to - from === 1 ? `entry ${from}` : `${from} to ${to - 1}`);

/** From the leaf upward: on which side the sibling stands, and which leaves it and the parent cover. */
function spans(index: number, size: number): { side: 'left' | 'right'; siblingRange: Span; nodeRange: Span }[] {
  const out: { side: 'left' | 'right'; siblingRange: Span; nodeRange: Span }[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const half = 2 ** Math.ceil(Math.log2(to - from) - 1);
    const middle = from + half;
    const nodeRange: Span = [from, to];
    if (index < middle) {
      out.unshift({ side: 'right', siblingRange: [middle, to], nodeRange });
      to = middle;
    } else {
      out.unshift({ side: 'left', siblingRange: [from, middle], nodeRange });
      from = middle;
    }
  }
  return out;
}
