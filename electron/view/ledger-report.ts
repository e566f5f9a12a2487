/** What the ledger screen shows of a verification, and of one entry's way to the root. */
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { nodeHash } from '../../core/ledger/merkle.ts';
import { verifyCheckpoint } from '../../core/ledger/note.ts';
import { formatInclusionFile } from '../../core/ledger/proof.ts';
import { headline, LEDGER_CHECKS, limits, type LedgerReport } from '../../core/ledger/report.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { LedgerCheckView, LedgerReportView, ProofView } from '../../contract/ledger-views.ts';
import type { Vault } from '../ceremony/vault.ts';

const RANK = { FAIL: 0, NOTE: 1, PASS: 2, 'NOT CHECKED': 3 } as const;

export interface Verified {
  readonly crypto: Crypto;
  readonly vault: Vault;
  /** How many entries the application had when the files were first read. */
  readonly began: number;
  /** When it ended, RFC 3339 UTC. */
  readonly at: string;
}

export async function ledgerReportView(
  report: LedgerReport,
  { crypto, vault, began, at }: Verified,
): Promise<LedgerReportView> {
  const { tree } = vault.journal;
  // Entries may have been added while the files were read, and none can have gone.
  const same = began <= report.size && report.size <= tree.size && hex(tree.root(report.size)) === report.root;
  const own: LedgerCheckView = {
    id: 'ledger.same',
    title: 'This application and the disk',
    result: same ? 'PASS' : 'FAIL',
    policy: null,
    found: same
      ? 'The entries on the disk are the ones that this application opened and wrote.'
      : 'The entries on the disk are not the ones that this application opened and wrote.',
    proves: 'The files were not exchanged while the application had them open.',
    doesNotProve: 'That they were the right ones when it opened them.',
    toDo: 'Do nothing more with this vault. Export the ledger and call an auditor.',
  };
  const cosigned = await cosignedCheck(crypto, vault);
  const checks = report.checks.map(({ id, result, policy, found }): LedgerCheckView => ({
    id,
    result,
    policy,
    found,
    ...LEDGER_CHECKS[id],
  }));
  const all = [...checks, own, cosigned].sort((a, b) => RANK[a.result] - RANK[b.result]);
  const findings = report.findings.map(({ id, check, what }) => {
    const { doesNotProve, toDo } = LEDGER_CHECKS[check];
    return { id, what, doesNotProve, toDo };
  });
  const failed = [own, cosigned]
    .filter(({ result }) => result === 'FAIL')
    .map(({ id, found, doesNotProve, toDo }) => ({ id, what: found, doesNotProve, toDo }));
  return {
    at,
    passed: report.passed && failed.length === 0,
    headline: failed.length === 0 ? headline(report) : 'This ledger does not verify.',
    limits: limits(report),
    checks: all,
    findings: [...failed, ...findings, ...driftFindings(crypto, vault)],
    sealed: report.sealed,
    size: report.size,
  };
}

import { driftViews } from './agreement-view.ts';

/** What the last inventory of the token found, and nobody resolved since. It says nothing against the ledger itself. */
const driftFindings = (crypto: Crypto, vault: Vault): LedgerReportView['findings'][number][] =>
  driftViews(crypto, vault.state).map(({ rule, sentence, hint }) => ({
    id: rule,
    what: `${sentence} Found by the inventory in entry ${vault.state.agreement.last?.seq ?? 0}.`,
    doesNotProve: 'Who changed it, when, or whether the key was used meanwhile.',
    toDo: hint,
  }));

/** Every stored checkpoint that people have cosigned, by the keys that they enrolled. */
async function cosignedCheck(crypto: Crypto, vault: Vault): Promise<LedgerCheckView> {
  const { result, found } = await cosignedBy(crypto, vault);
  return {
    id: 'ledger.cosignatures',
    title: 'Cosignatures',
    result,
    policy: null,
    found,
    proves: 'The key of each of these people, as it was enrolled, signed the same head as the log.',
    doesNotProve:
      'That disk and token were not set back together to an older copy. A cosignature or receipt that is kept elsewhere shows that.',
    toDo: 'Compare the receipts of the people who cosigned with the stored checkpoint, and call an auditor.',
  };
}

async function cosignedBy(crypto: Crypto, vault: Vault): Promise<Pick<LedgerCheckView, 'result' | 'found'>> {
  const { cosignatures, people } = vault.state;
  const newest = cosignatures.reduce((size, one) => Math.max(size, one.size), 0);
  if (!vault.logKey || newest === 0) return { result: 'NOT CHECKED', found: 'No cosignature was collected.' };
  const sizes = new Set(cosignatures.map(({ size }) => size));
  for (const { size, note } of vault.journal.checkpoints().filter((stored) => sizes.has(stored.size))) {
    const read = await verifyCheckpoint(crypto, note, vault.logKey, vault.cosigners);
    if (!read.ok) return { result: 'FAIL', found: `The head of ${size} entries: ${read.error.message}` };
    // The log's own signature is one of them.
    const recorded = cosignatures.filter((one) => one.size === size).length;
    if (read.value.signedBy.length - 1 < recorded)
      return { result: 'FAIL', found: `The head of ${size} entries lacks a cosignature that the ledger records.` };
  }
  const names = cosignatures
    .filter(({ size }) => size === newest)
    .map(({ person }) => people.get(person)?.name ?? person);
  return { result: 'PASS', found: `Entries 0 to ${newest - 1} are cosigned by ${[...new Set(names)].join(', ')}.` };
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
