/** The ledger as the screen shows it, from pages, a report and a proof. */
import type {
  AppView,
  CheckView,
  EntryView,
  LedgerReportView,
  ProofView as ContractProof,
} from '../../../contract/views.ts';
import { text } from '../../messages/en.ts';
import type { ProofView } from '../../ui/ledger/proof.ts';
import type { Verdict } from '../../ui/result/verdict.ts';
import { utcClock } from '../../ui/shell/status.ts';
import type { CeremonyEntry, Choice, EntryDetail, EntryRow, VerificationView } from './view.ts';

const words = text.ledgerScreen;

export const VERDICTS: Readonly<Record<CheckView['result'], Verdict>> = {
  PASS: 'pass',
  FAIL: 'fail',
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

export function verificationView(report: LedgerReportView): VerificationView {
  const failed = report.checks.filter(({ result }) => result === 'FAIL').length;
  const passed = report.checks.filter(({ result }) => result === 'PASS').length;
  return {
    good: failed === 0,
    title: failed === 0 ? words.pass(passed) : words.fail(failed),
    detail: [words.signed(report.sealed, report.size), words.ranAt(utcClock(new Date(report.at)))],
    checks: report.checks.map(({ title, proves, doesNotProve, result }) => ({
      name: title,
      detail: proves,
      not: words.provesNot(doesNotProve),
      verdict: VERDICTS[result],
    })),
  };
}

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
