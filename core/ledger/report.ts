/**
 * The report on one ledger: for every check what was found, what a pass proves, what it does not prove and what to do.
 * The command line prints it and a screen may show it; the sentences are the same.
 */
import type { BlobFinding, ClockFinding, JournalFinding, ReceiptFinding } from './findings.ts';
import type { RuleId } from '../rules.ts';
import { linesOf, printable } from '../terminal.ts';

interface Words {
  readonly title: string;
  readonly proves: string;
  readonly doesNotProve: string;
  /** Where the check fails. */
  readonly toDo: string;
}

export const LEDGER_CHECKS = {
  'ledger.entries': {
    title: 'Entries and chain',
    proves:
      'Every entry has its hash, its one canonical form and the hash of the entry before it. None was changed alone.',
    doesNotProve: 'That nobody with the log key wrote all of it anew, or that the entries are true.',
    toDo: 'Use this ledger for nothing. Keep the folder as it is, and compare it with a copy and with receipts.',
  },
  'ledger.tail': {
    title: 'Last line',
    proves: 'The last line is whole. No write was cut short there.',
    doesNotProve: 'That there were no further lines after it.',
    toDo: 'Open the ledger in Conclave: it keeps the unfinished line in quarantine and records it. Ask what stopped the machine.',
  },
  'ledger.outcomes': {
    title: 'Intents and outcomes',
    proves: 'Every outcome belongs to one announced act, and every announced act has one outcome.',
    doesNotProve: 'That the token holds what the outcome says.',
    toDo: 'Log in at the workstation, so that it can ask the token what became of the act.',
  },
  'ledger.checkpoints': {
    title: 'Stored checkpoints',
    proves: 'At each of these sizes the entries have the root that the log key signed.',
    doesNotProve: 'That no later checkpoint existed. Whoever can write to the folder can remove the newest ones.',
    toDo: 'Use this ledger for nothing. Compare it with receipts: they say which entries were there.',
  },
  'ledger.key': {
    title: 'Whose ledger',
    proves: 'The log key is the one given from outside the ledger.',
    doesNotProve: 'That the given key is the right one: it must have come by another way than the ledger.',
    toDo: 'Do not take this ledger for that of the vault whose key was given.',
  },
  'ledger.receipt': {
    title: 'Receipt',
    proves: 'The ledger still begins with every entry that it had when the receipt was given.',
    doesNotProve: 'Anything about entries after the receipt: those may have been cut off or replaced since.',
    toDo: 'Keep the receipt and the folder. The history that the receipt confirms is not the history that is here.',
  },
  'ledger.before': {
    title: 'Ledger before this one',
    proves:
      'This ledger goes on from the other one, as its log key or its custodians said before the first entry here.',
    doesNotProve: 'That nobody goes on writing the old ledger elsewhere. Receipts of it, kept apart, show that.',
    toDo: 'Ask for the minutes of the day on which this ledger began, and for every receipt of the one before.',
  },
  'ledger.restored': {
    title: 'Taken from a copy',
    proves: 'Receipts from outside were compared when the ledger was restored, and the copy was behind none of them.',
    doesNotProve: 'That nothing was entered after the newest of these receipts and the head on the token.',
    toDo: 'Have everybody who holds a receipt show it. Only that finds what the copy and the token have both forgotten.',
  },
  'ledger.disclosures': {
    title: 'Names and free text',
    proves: 'Every disclosed name and text is the one that was hashed into its entry.',
    doesNotProve: 'That all of them are here: they may be withheld, and the entries still verify.',
    toDo: 'Believe no name shown for these entries; take the disclosures from another copy.',
  },
  'ledger.blobs': {
    title: 'Documents',
    proves: 'Every document that an entry names is here and has the hash that names it, and no other is here.',
    doesNotProve: 'That what the documents say is true, or that they were shown to the people who approved.',
    toDo:
      'Take an altered or missing document from another copy: the entries say its hash. One that no entry names may be ' +
      'left by a machine that stopped in the middle of a write.',
  },
  'ledger.clocks': {
    title: 'Clocks',
    proves:
      'The clocks of the workstation never went back or apart by more than two seconds within one boot, and agree with ' +
      'every reading of an outside clock.',
    doesNotProve: 'That the clock was right where no outside clock was read. Times are what the workstation believed.',
    toDo: 'Read the entries at these places, and the minutes. A clock that was set is no proof of tampering.',
  },
} as const satisfies Record<string, Words>;

/** Rules that speak about one ledger after another. */
export type ContinuityFinding = Extract<RuleId, `CONTINUITY-${string}` | `QUORUM-${string}`>;

export type LedgerCheckId = keyof typeof LEDGER_CHECKS;

export type LedgerResult = 'PASS' | 'FAIL' | 'NOTE' | 'NOT CHECKED';

export interface LedgerCheck {
  readonly id: LedgerCheckId;
  /** NOTE and NOT CHECKED do not fail the report. */
  readonly result: LedgerResult;
  readonly policy: LedgerFinding['id'] | null;
  readonly found: string;
}

/** One thing that was found, for a list of them. */
export interface LedgerFinding {
  readonly id: JournalFinding | ReceiptFinding | BlobFinding | ClockFinding | ContinuityFinding;
  /** The check whose words say what it does not prove and what to do. */
  readonly check: LedgerCheckId;
  readonly what: string;
}

export interface LedgerReport {
  readonly v: 1;
  readonly folder: string;
  readonly passed: boolean;
  readonly environment: string | null;
  readonly origin: string | null;
  /** Entries that verified, and the root over them (hex). */
  readonly size: number;
  readonly root: string;
  /** Size of the largest stored checkpoint that is right; entries after it are chained and not sealed. */
  readonly sealed: number;
  readonly checks: readonly LedgerCheck[];
  /** What failed first, then what is to be noted. Of many jumps of a clock only the first. */
  readonly findings: readonly LedgerFinding[];
}

export const headline = (report: LedgerReport): string =>
  report.passed
    ? `Nothing that was checked is wrong: ${report.size} entries, ${report.sealed} of them sealed.`
    : 'This ledger does not verify.';

/** The limits of the whole report, said wherever its result is said. */
export function limits(report: LedgerReport): string {
  const receipts = report.checks.filter(({ id, result }) => id === 'ledger.receipt' && result === 'PASS');
  const outside = report.checks.some(({ id, result }) => id === 'ledger.key' && result === 'PASS');
  const truncation =
    receipts.length > 0
      ? 'Entries after the newest receipt could be missing without a trace.'
      : 'Without a receipt, a ledger rolled back to an earlier state as a whole looks like this one.';
  return outside
    ? truncation
    : `${truncation} Without a key from outside, anybody could have made a ledger like this one.`;
}

const { wrap, labelled } = linesOf(100);

function checkLines({ id, result, policy, found }: LedgerCheck): string[] {
  const { title, proves, doesNotProve, toDo } = LEDGER_CHECKS[id];
  return [
    `${result.padEnd(13)}${title}  [${policy ?? id}]`,
    ...labelled('Found', found),
    ...labelled(result === 'PASS' ? 'Proves' : 'Would prove', proves),
    ...labelled('Does not prove', doesNotProve),
    ...(result === 'FAIL' || result === 'NOTE' ? labelled('What to do', toDo) : []),
    '',
  ];
}

export const renderReport = (report: LedgerReport): string =>
  [
    ...(report.environment === 'rehearsal' ? ['TEST ONLY: a rehearsal ledger.', ''] : []),
    headline(report),
    ...wrap(limits(report), ''),
    '',
    `Ledger        ${printable(report.folder)}`,
    `Origin        ${report.origin === null ? 'not named' : printable(report.origin)}`,
    `Entries       ${report.size}`,
    `Root          ${report.root.match(/.{4}/g)!.join(' ')}`,
    '',
    ...report.checks.flatMap(checkLines),
  ].join('\n');
