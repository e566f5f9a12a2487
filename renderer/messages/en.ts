/**
 * Every sentence of the interface, in one place. Values are inserted by functions, so that a sentence is always
 * written whole. House style: what happened, then what to do; full stops; no exclamation marks; UTC written out.
 */
import { agreement } from './agreement.ts';
import { ceremony } from './ceremony.ts';
import { change } from './change.ts';
import { clock } from './clock.ts';
import { opening } from './opening.ts';
import { continuity } from './continuity.ts';
import { receipts } from './receipts.ts';
import { records } from './records.ts';
import { setup } from './setup.ts';
import { vault } from './vault.ts';

export const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

export const list = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);

const periodBy = {
  ledger: 'as the ledger has it',
  table: 'the longest of SP 800-57 Part 1, Table 1: no period is recorded',
} as const;

const period = (value: { from: string; to: string } | undefined): string =>
  value === undefined ? 'none' : `${value.from} to ${value.to}`;

export const text = {
  agreement,
  continuity,
  product: 'Conclave',
  utc: 'UTC',
  starting: 'Reading the ledger and looking at the HSM.',
  yes: 'Yes',
  no: 'No',
  rehearsal: 'REHEARSAL. Nothing here is a real key.',
  environment: { production: 'Production', rehearsal: 'Rehearsal' },
  button: { unavailable: (label: string) => `${label}, not available: ` },
  hold: {
    cue: (whole: number) => `hold ${whole} s`,
    left: (milliseconds: number) => `hold, ${seconds(milliseconds)} s left`,
    released: 'Released early. Nothing happened.',
    completed: (label: string) => `${label}: held to the end.`,
    how: (whole: number) => `Hold Space, Enter or the pointer for ${whole} seconds. Letting go early does nothing.`,
    explain: (whole: number) => `This button is held for ${whole} seconds. A click does nothing.`,
    cannot: (row: string) => `Cannot hold? Type row ${row} instead`,
  },
  quorum: {
    meter: (approved: number, members: number, yours: boolean) =>
      `${approved} of ${members} approvals${yours ? ', yours is the next' : ''}`,
  },
  /** The names of states come from the profile of the vault; this one is of an object that the ledger does not know. */
  notRecorded: 'Not recorded',
  verdict: { pass: 'PASS', fail: 'FAIL', note: 'NOTE', 'not-checked': 'NOT CHECKED' },
  notice: {
    rule: (id: string) => `Rule ${id}`,
    reference: (id: string) => `Log reference ${id}`,
    failed: 'This did not happen',
    dismiss: 'Dismiss',
  },
  progress: { stop: 'Stop' },
  dialog: { close: 'Close', back: 'Go back' },
  digest: {
    row: (letter: string, groups: string) => `Row ${letter} matches the paper: ${groups}`,
    isMatch: 'Matches',
    isDifferent: 'Differs',
    question: 'Matches?',
    spelled: (letter: string) => `Row ${letter} spelled`,
    matched: (count: number, rows: number) => `${count} of ${rows} rows match`,
    differs: (letter: string) => `Row ${letter} differs from the paper. Stop and find out why before going on.`,
    reportDifference: (letter: string) => `Row ${letter} differs`,
  },
  lifecycle: {
    whole: 'Key lifecycle. No key is chosen.',
    summary: (current: string, next: readonly string[]) =>
      `Key lifecycle. Current state: ${current}. Allowed next: ${next.length === 0 ? 'none' : next.join(', ')}.`,
    caption: 'Transitions of this lifecycle profile',
    from: 'From',
    to: 'To',
    note: 'Condition',
    now: 'Allowed from the current state',
    start: 'Made',
  },
  cryptoperiod: {
    none: 'No period on record',
    spoken: (
      originator: { from: string; to: string } | undefined,
      recipient: { from: string; to: string } | undefined,
      cut: string | undefined,
    ) =>
      `Originator use ${period(originator)}, recipient use ${period(recipient)}${cut === undefined ? '' : `, cut short on ${cut}`}.`,
    until: {
      originator: (from: string, to: string, by: 'ledger' | 'table') =>
        `Originator use: ${from} to ${to}, ${periodBy[by]}.`,
      recipient: (from: string, to: string, by: 'ledger' | 'table') =>
        `Recipient use: ${from} to ${to}, ${periodBy[by]}.`,
    },
  },
  script: {
    label: 'Ceremony script',
    step: 'Step',
    activity: 'Activity',
    when: 'UTC, initials',
    now: 'now',
    state: {
      done: 'done',
      current: 'current',
      next: 'to come',
      exception: 'done with an exception',
      skipped: 'skipped',
    },
  },
  status: {
    label: 'Workstation status',
    airGapOk: 'Air gap OK',
    airGapUnchecked: 'Air gap not checked yet',
    notAirGapped: 'Not air-gapped',
    interfaces: (count: number) => `${plural(count, 'interface', 'interfaces')} up`,
    network: (names: readonly string[]) => `Network found: ${list(names)} ${names.length === 1 ? 'is' : 'are'} up`,
    paused: 'Ceremony paused.',
    unplug: (names: readonly string[]) => `Unplug ${list(names)}, then record an exception.`,
    noHsm: 'No HSM chosen',
    noLedger: 'No ledger yet',
    ledgerRefused: 'Ledger not opened',
    ledgerChecking: 'Ledger being checked',
    loggedIn: (detail: string | undefined) => (detail === undefined ? 'Logged in' : `Logged in, ${detail}`),
    loggedOut: 'Not logged in',
    readOnly: 'Read-only session',
    hsmLost: 'HSM does not answer',
    entries: (count: number) => plural(count, 'entry', 'entries'),
    root: 'root',
  },
  nav: {
    label: 'Main',
    ceremonies: 'Ceremonies',
    keys: 'Keys',
    ledger: 'Ledger',
    receipts: 'Receipts',
    evidence: 'Evidence',
    people: 'People',
    hsm: 'HSM',
  },
  appearance: { label: 'Display', dark: 'Dark', projector: 'Projector size' },
  keys: {
    title: 'Keys of the keyboard',
    description: 'Every act can be done without a pointer.',
    list: [
      ['F1', 'Show or hide this list'],
      ['F6', 'Next region of the screen; with Shift, the one before'],
      ['Tab', 'Next control inside the region'],
      ['Up, Down', 'Next row of a script, table or digest'],
      ['Space', 'Tick a digest row and move on; hold on a held button'],
      ['Enter', 'Open a row; hold on a held button'],
      ['Esc', 'Close what is open, or cancel a hold. It never ends a ceremony.'],
    ],
  },
  ...ceremony,
  ...receipts,
  change,
  ...records,
  ...opening,
  ...clock,
  ...setup,
  ...vault,
} as const;
