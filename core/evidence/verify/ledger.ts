import { equal, fromHex, hex, utf8 } from '../../bytes.ts';
import { NO_PREVIOUS } from '../../ledger/entry.ts';
import { verifyConsistency, verifyInclusion, verifyRange } from '../../ledger/merkle.ts';
import {
  formatConsistencyFile,
  formatInclusionFile,
  parseConsistencyFile,
  parseInclusionFile,
} from '../../ledger/proof.ts';
import { doneActs, isIntent, isOutcome, namedLeaves } from '../acts.ts';
import { minutes } from '../minutes.ts';
import { entryFile, FILE, headFile, proofFile } from '../names.ts';
import { formatDisclosures, formatRangeFile, type Leaf } from '../range-file.ts';
import type { Opened } from './opened.ts';
import { SENTENCES } from './catalogue.ts';
import { failed, judge, pass, unchecked, type Checks } from './outcome.ts';

function rangeProblem({ crypto, leaves, range, checkpoint, files }: Opened): string | null {
  if (!leaves?.ok || !range?.ok || !checkpoint) return 'The range proof cannot be read.';
  const { first, end, proof } = range.value;
  const list = leaves.value;
  if (!equal(utf8(formatRangeFile(range.value)), files.get(FILE.rangeProof)!))
    return 'The range proof is not in its one agreed form.';
  if (list.length === 0 || end !== first + list.length || end !== checkpoint.size)
    return 'The entries do not reach the checkpoint.';
  const at = list.findIndex(({ entry }, i) => entry.seq !== first + i);
  if (at >= 0) return `Entry ${first + at} is not at its place.`;
  const { size, root } = checkpoint;
  return verifyRange(crypto, { from: first, leafHashes: list.map(({ hash }) => hash), size, proof, root })
    ? null
    : 'The entries are not those under the checkpoint: one was changed, added, dropped or moved.';
}

function chainProblem({ leaves }: Opened): string | null {
  if (!leaves?.ok) return null;
  let previous = leaves.value[0]?.entry.seq === 0 ? NO_PREVIOUS : null;
  for (const { entry, hash } of leaves.value) {
    if (previous !== null && entry.prev !== previous)
      return `Entry ${entry.seq} does not carry the hash of the one before it.`;
    previous = hex(hash);
  }
  return null;
}

/** The checkpoint note of the range, which every other proof must carry unchanged. */
const noteOf = ({ range }: Opened): string | null => (range?.ok ? range.value.checkpoint : null);

function proofsProblem(bundle: Opened): string | null {
  const { crypto, statement, leaves, earlier, files, checkpoint, issued } = bundle;
  if (!statement.ok || !leaves?.ok || !checkpoint) return null;
  const { log, ceremony, key } = statement.value.predicate;
  if (!earlier) return 'An entry from before this ceremony is missing or cannot be read.';
  const all = [...earlier, ...leaves.value];
  const named = namedLeaves(all, doneActs(all, key.ckaId), ceremony.id);
  const complete =
    named.length === log.events.length &&
    named.every(({ entry, hash }, i) => {
      const event = log.events[i]!;
      return event.seq === entry.seq && event.type === entry.type && event.leafHash === hex(hash);
    });
  if (!complete) return 'The statement names other entries than the ledger has for this key.';
  for (const seq of [...log.events.map((event) => event.seq), ...(issued ? [issued.intent, issued.result] : [])]) {
    const leaf = all.find(({ entry }) => entry.seq === seq);
    const entry = files.get(entryFile(seq));
    const file = files.get(proofFile(seq));
    if (!leaf || !entry || !file) return `The proof of entry ${seq} is missing.`;
    if (!equal(leaf.bytes, entry)) return `${entryFile(seq)} is another entry than the one in the range.`;
    const proof = parseInclusionFile(file);
    if (!proof.ok) return `${proofFile(seq)} cannot be read.`;
    const { index, proof: hashes, checkpoint: note } = proof.value;
    const exact = equal(utf8(formatInclusionFile({ index, proof: hashes, checkpoint: note })), file);
    if (!exact || index !== seq || note !== noteOf(bundle))
      return `${proofFile(seq)} is for another entry or checkpoint.`;
    const { size, root } = checkpoint;
    if (!verifyInclusion(crypto, { leafHash: leaf.hash, index, size, proof: hashes, root }))
      return `Entry ${seq} is not under the checkpoint.`;
  }
  return null;
}

function headsProblem(bundle: Opened): string | null {
  const { crypto, statement, files, checkpoint, approvals } = bundle;
  if (!statement.ok || !checkpoint) return null;
  const { checkpointAtIssue } = statement.value.predicate.log;
  const heads = [
    { whose: 'the statement', ...checkpointAtIssue },
    ...approvals.map(({ name, approval }) => ({ whose: name, ...approval.ledgerHead })),
  ];
  for (const { whose, size: oldSize, root: oldRoot } of heads) {
    const name = headFile(oldSize);
    const file = files.get(name);
    const proof = file && parseConsistencyFile(file);
    if (!proof?.ok) return `${name} is missing or cannot be read.`;
    const exact = equal(utf8(formatConsistencyFile(proof.value)), file!);
    if (!exact || proof.value.oldSize !== oldSize || proof.value.checkpoint !== noteOf(bundle))
      return `${name} is for another state of the ledger.`;
    const { size, root } = checkpoint;
    if (!verifyConsistency(crypto, { oldSize, oldRoot: fromHex(oldRoot)!, size, root, proof: proof.value.proof }))
      return `The ledger that ${whose} saw is not the beginning of this one.`;
  }
  return null;
}

function actsProblem({ leaves, statement }: Opened): string | null {
  if (!leaves?.ok || !statement.ok) return null;
  const open = new Map<string, { seq: number; act: string }>();
  for (const leaf of leaves.value) {
    const { entry } = leaf;
    if (isIntent(leaf)) open.set(hex(leaf.hash), { seq: entry.seq, act: leaf.entry.data.act });
    if (!isOutcome(leaf)) continue;
    const intent = open.get(leaf.entry.data.intent);
    if (!intent) return `Entry ${entry.seq} is the outcome of nothing that was announced, or a second outcome.`;
    if (intent.act !== leaf.entry.data.act)
      return `Entry ${entry.seq} is the outcome of another act than was announced.`;
    open.delete(leaf.entry.data.intent);
  }
  const [left] = open.values();
  return left ? `Entry ${left.seq} announced ${left.act}, and no outcome was recorded.` : null;
}

/** How many acts there were, and of how many nobody knows whether they took effect. */
function outcomes(leaves: readonly Leaf[]): string {
  const all = leaves.filter(isOutcome);
  const unknown = all.filter(({ entry }) => entry.data.outcome === 'unknown').length;
  return `${all.length} acts.${unknown > 0 ? ` Of ${unknown} the outcome is recorded as unknown.` : ''}`;
}

function issuedProblem({ statement, leaves, issued, certificate, checkpoint }: Opened): string | null {
  if (!statement.ok || !leaves?.ok || !certificate || !checkpoint) return null;
  if (!issued) return 'The ledger does not record the signing of this statement.';
  const { size } = statement.value.predicate.log.checkpointAtIssue;
  if (issued.intent < size) return 'The signing was announced before the ledger that the statement names.';
  return null;
}

export const ledgerChecks: Checks = {
  'ledger.checkpoint': (bundle) => {
    const { trust, range, checkpoint, statement, checkpointProblem } = bundle;
    if (!trust) return unchecked(SENTENCES.noTrust);
    if (!range) return unchecked();
    if (!range.ok) return failed('The file with the checkpoint cannot be read.');
    if (checkpointProblem !== null) return failed(checkpointProblem);
    if (statement.ok && checkpoint && statement.value.predicate.log.origin !== checkpoint.origin)
      return failed('The statement names another ledger than the checkpoint.');
    return pass(checkpoint ? `Size ${checkpoint.size}, root ${hex(checkpoint.root)}.` : undefined);
  },
  'ledger.range': (bundle) => {
    const { leaves, range } = bundle;
    if (!leaves || !range) return unchecked();
    if (!leaves.ok) return failed(leaves.error.message);
    const { first, end } = range.ok ? range.value : { first: 0, end: 0 };
    return judge(rangeProblem(bundle), `Entries ${first} to ${end - 1}.`);
  },
  'ledger.chain': (bundle) => (bundle.leaves?.ok ? judge(chainProblem(bundle)) : unchecked()),
  'ledger.proofs': (bundle) =>
    bundle.leaves?.ok && bundle.statement.ok && bundle.checkpoint ? judge(proofsProblem(bundle)) : unchecked(),
  'ledger.heads': (bundle) =>
    bundle.statement.ok && bundle.checkpoint && bundle.unreadableApprovals.length === 0
      ? judge(headsProblem(bundle))
      : unchecked(),
  'ledger.acts': (bundle) =>
    bundle.leaves?.ok && bundle.statement.ok ? judge(actsProblem(bundle), outcomes(bundle.leaves.value)) : unchecked(),
  'ledger.issued': (bundle) =>
    bundle.leaves?.ok && bundle.statement.ok && bundle.certificate && bundle.checkpoint
      ? judge(issuedProblem(bundle))
      : unchecked(),
  'ledger.disclosures': ({ crypto, files, leaves, disclosures }) => {
    if (!leaves?.ok || !files.has(FILE.disclosures)) return unchecked();
    if (!disclosures) return failed('The list of disclosed words is malformed.');
    const entries = leaves.value.map(({ entry }) => entry);
    if (!equal(formatDisclosures(crypto, entries, disclosures), files.get(FILE.disclosures)!))
      return failed('Words are disclosed that belong to no entry, or are not in the agreed order.');
    const withheld = entries.find(
      ({ seq, disclosures: digests }) => digests.length !== (disclosures.get(seq)?.length ?? 0),
    );
    return judge(withheld ? `Words of entry ${withheld.seq} are withheld.` : null);
  },
  'ledger.minutes': ({ crypto, files, plan, leaves, disclosures, statement }) => {
    const found = files.get(FILE.minutes);
    if (!found || !plan || !leaves?.ok || !disclosures || !statement.ok) return unchecked();
    const { size } = statement.value.predicate.log.checkpointAtIssue;
    const before = leaves.value.filter(({ entry }) => entry.seq < size);
    return judge(
      equal(minutes(crypto, plan, before, disclosures), found) ? null : 'The minutes are not those of the ledger.',
    );
  },
};
