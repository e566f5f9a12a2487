/** The ledger as the screen shows it, from pages, a report and a proof. */
import type {
  LedgerCheckView,
  EntryView,
  LedgerReportView,
  ProofView as ContractProof,
} from '../../../contract/ledger-views.ts';
import type { AppView, ProgressView } from '../../../contract/views.ts';
import { text } from '../../messages/en.ts';
import type { ProofView } from '../../ui/ledger/proof.ts';
import type { Verdict } from '../../ui/result/verdict.ts';
import { utcClock } from '../../ui/shell/status.ts';
import type { CeremonyEntry, Choice, EntryDetail, EntryRow, VerificationView } from './view.ts';

const words = text.ledgerScreen;

export const VERDICTS: Readonly<Record<LedgerCheckView['result'], Verdict>> = {
  PASS: 'pass',
  FAIL: 'fail',
  NOTE: 'note',
  'NOT CHECKED': 'not-checked',
};

export const eventChoices = (): Choice[] => Object.entries(words.events).map(([value, label]) => ({ value, label }));

export const peopleChoices = ({ vault }: AppView): Choice[] =>
  (vault?.people ?? []).map(({ person, name }) => ({ value: person, label: name }));

export const ceremonyEntries = ({ ceremonies }: AppView): CeremonyEntry[] =>
  ceremonies.map(({ ceremony, title, from, to, opened }) => ({
    id: ceremony,
    date: opened.slice(0, 10),
    title,
    first: from,
    last: to,
  }));

const short = (hash: string): string => `${hash.slice(0, 4)} ${hash.slice(4, 8)}`;

export const entryRow = ({ seq, time, title, detail, by, hash }: EntryView): EntryRow => ({
  number: seq,
  day: time.slice(0, 10),
  time: time.slice(11, 19),
  event: title,
  detail,
  by,
  hash: short(hash),
});

export const entryDetail = (entry: EntryView): EntryDetail => ({
  number: entry.seq,
  time: utcClock(new Date(entry.time)),
  type: entry.type,
  ceremony: entry.ceremony ?? undefined,
  hash: entry.hash,
  sealed: entry.sealed,
  leaf: entry.leaf,
  disclosed: entry.disclosed,
});

export const verificationView = (report: LedgerReportView): VerificationView => ({
  good: report.passed,
  title: report.headline,
  detail: [words.signed(report.sealed, report.size), report.limits, words.ranAt(utcClock(new Date(report.at)))],
  checks: report.checks.map(({ title, found, proves, doesNotProve, toDo, result }) => ({
    name: title,
    detail: result === 'PASS' ? `${found} ${proves}` : found,
    not: words.provesNot(doesNotProve),
    ...(result === 'FAIL' || result === 'NOTE' ? { toDo: words.toDo(toDo) } : {}),
    verdict: VERDICTS[result],
  })),
  findings: report.findings.map(({ id, what, doesNotProve, toDo }) => ({
    id,
    what,
    not: words.provesNot(doesNotProve),
    toDo: words.toDo(toDo),
  })),
});

/** How far the verification under way has come. Before the lines are counted, no length is shown. */
export const progressView = ({ done, total }: ProgressView) => ({
  label: words.verifying,
  detail: total === 0 ? '' : text.opening.checked(done, total),
  fraction: total === 0 ? undefined : Math.min(1, done / total),
});

/** The tree is drawn by level: what was computed so far, beside what the proof supplies to it. */
export function proofTree(proof: ContractProof): ProofView {
  const { seq, size, leafHash, path, root } = proof;
  return {
    title: words.proof(seq),
    summary: words.proofSummary(seq, path.length, size),
    levels: path.map(({ side, sibling, siblingRange }, index) => {
      const below = path[index - 1];
      return {
        computed: below
          ? { hash: short(below.node), covers: below.nodeRange }
          : { hash: short(leafHash), covers: `entry ${seq}` },
        supplied: { hash: short(sibling), covers: siblingRange },
        suppliedSide: side,
      };
    }),
    root: { hash: short(root), covers: words.rootOf(size) },
  };
}
