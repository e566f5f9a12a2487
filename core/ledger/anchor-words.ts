/**
 * What the screens say of each state in which a ledger is found when it is opened: what was checked, what passed, what
 * that does not prove, and what to do. Every state has an id; docs/ledger.md lists the same sentences.
 */
import { RULES, type RuleId } from '../rules.ts';
import { ANCHOR_REFUSALS, entries, type AnchorRefusal, type AnchorStanding, type AnchorVerdict } from './anchor.ts';
import { JOURNAL_FINDINGS } from './findings.ts';

/** What a check shows and what it leaves open, in whole sentences. */
export interface Shown {
  readonly checked: string;
  readonly passed: string;
  readonly not: string;
  readonly todo: string;
}

export interface AnchorWords extends Shown {
  readonly state: AnchorStanding['state'] | AnchorVerdict['state'];
  readonly policy: RuleId;
  /** A few words for the status bar. */
  readonly short: string;
  /** What was found. */
  readonly text: string;
}

const ALONE = 'Every line of the journal by itself, and the checkpoints on the disk with the log key.';
const WITH_HEAD = 'Every line of the journal by itself, and the ledger against the signed head on the token.';
const WHOLE = 'The journal is whole in itself: its form, its hashes, its chain and its checkpoints.';
const SET_BACK = 'That the disk was not set back, cut off, or replaced by a fork that fits its own checkpoints.';
const TOGETHER =
  'That disk and token were not set back together, and that nobody with the PIN signed another history. Only a receipt or a witness outside shows that.';

const WITH_RECEIPT = 'Every line of the journal by itself, and the ledger against a receipt that this log signed.';

const REFUTED: Readonly<Record<string, string>> = {
  'RECEIPT-1': 'What the missing entries said, who removed them, or whether the disk failed.',
  'RECEIPT-2': 'Which of the two histories is the true one.',
};

const REFUSED: Readonly<Record<AnchorRefusal, string>> = {
  'ANCHOR-1': 'What the missing entries said, who removed them, or whether the disk failed.',
  'ANCHOR-2': 'Which of the two histories is the true one.',
  'ANCHOR-3': 'Whether the entries are forged, or the token is older than the disk.',
  'ANCHOR-4': 'Whether the ledger on the disk is complete.',
  'ANCHOR-5': 'When the copy of the token was made, or what it was used for since.',
};

/** Found while the disk is looked at alone, before the token is asked. */
const DISK: Shown = {
  checked: 'Every line of the journal, and the checkpoints, documents and disclosed names that are stored beside it.',
  passed: 'What comes before the entry that is named. The check ended there, and the token was not asked.',
  not: 'Who changed it and when, what stood there before, or whether the disk failed.',
  todo: 'Do not use this workstation. Export the ledger folder and call an auditor.',
};

/** Findings that are about writing and locking, and say nothing of the entries. */
const NOT_OF_ENTRIES: ReadonlySet<string> = new Set(['JOURNAL-13', 'JOURNAL-14', 'JOURNAL-15']);

/** What stands beside a refusal of the ledger; null for a refusal that says nothing of its entries. */
export function refusalShown(policy: string): Shown | null {
  const anchor = ANCHOR_REFUSALS.find((one) => one === policy);
  if (anchor !== undefined) {
    return { checked: WITH_HEAD, passed: WHOLE, not: REFUSED[anchor], todo: RULES[anchor].hint };
  }
  const refuted = Object.hasOwn(REFUTED, policy) ? REFUTED[policy] : undefined;
  if (refuted !== undefined) {
    const todo = 'Keep the receipt. Export the ledger, use this workstation no further, and call an auditor.';
    return { checked: WITH_RECEIPT, passed: WHOLE, not: refuted, todo };
  }
  const ofDisk = policy === 'LEDGER-1' || (Object.hasOwn(JOURNAL_FINDINGS, policy) && !NOT_OF_ENTRIES.has(policy));
  return ofDisk ? DISK : null;
}

/** @param chained Entries that no checkpoint covers. */
export function anchorWords(standing: AnchorStanding, chained: number): AnchorWords {
  const tail = chained === 0 ? '' : ` ${chained === 1 ? '1 entry is' : `${chained} entries are`} chained only.`;
  switch (standing.state) {
    case 'none':
      return unseen('none', 'ANCHOR-14', 'anchor: none', `Anchor: none. ${RULES['ANCHOR-14'].message}${tail}`);
    case 'unavailable':
      return unseen('unavailable', 'ANCHOR-7', 'anchor: unavailable', `${RULES['ANCHOR-7'].message}${tail}`);
    case 'not-checked': {
      const token = standing.token === 'connected' ? 'The token is connected.' : 'The token was not asked yet.';
      const text = `${RULES['ANCHOR-12'].message} ${token}${tail}`;
      return unseen('not-checked', 'ANCHOR-12', 'anchor not yet checked', text);
    }
    case 'token-absent':
      return unseen('token-absent', 'ANCHOR-13', 'anchor: token absent', `${RULES['ANCHOR-13'].message}${tail}`);
    case 'refused': {
      const { policy, message } = standing;
      return { state: 'refused', policy, short: 'anchor refused', text: message, ...refusalShown(policy)! };
    }
    case 'checked':
      return checkedWords(standing, tail);
  }
}

/** A state in which nothing on the token was compared. */
const unseen = (
  state: 'none' | 'unavailable' | 'not-checked' | 'token-absent',
  policy: RuleId,
  short: string,
  text: string,
): AnchorWords => ({
  state,
  policy,
  short,
  text,
  checked: ALONE,
  passed: WHOLE,
  not: SET_BACK,
  todo: RULES[policy].hint,
});

type CheckedRule = 'ANCHOR-6' | 'ANCHOR-8' | 'ANCHOR-9' | 'ANCHOR-10' | 'ANCHOR-11';

const PASSED: Readonly<Record<CheckedRule, Pick<Shown, 'passed' | 'not'>>> = {
  'ANCHOR-6': {
    passed: 'Nothing under that head was changed or removed. What follows it can come from a power cut.',
    not: 'That the one entry about the token is genuine: whoever can write to the disk could have added it.',
  },
  'ANCHOR-8': {
    passed: 'Nothing under the signed head was changed or removed.',
    not: 'Who put the other object there, when, or why.',
  },
  'ANCHOR-9': { passed: 'Nothing under that head was changed, removed or added on the disk.', not: TOGETHER },
  'ANCHOR-10': {
    passed: 'Nothing under that head was changed or removed, and no entry about the token follows it.',
    not: 'That the entries after the head are as they were written: whoever can write to the disk could have changed or removed them.',
  },
  'ANCHOR-11': { passed: 'Nothing under any of these heads was changed or removed.', not: TOGETHER },
};

type Checked = Extract<AnchorStanding, { state: 'checked' }>;

function checkedWords({ at, verdict }: Checked, tail: string): AnchorWords {
  const { state, size, unsealed, heads, foreign } = verdict;
  const policy =
    unsealed !== null
      ? 'ANCHOR-6'
      : foreign > 0
        ? 'ANCHOR-8'
        : heads > 1
          ? 'ANCHOR-11'
          : state === 'equal'
            ? 'ANCHOR-9'
            : 'ANCHOR-10';
  const beside = [
    heads > 1 ? ` It kept ${heads} heads, as a power cut leaves them; all are of this ledger.` : '',
    foreign > 0 ? ` ${RULES['ANCHOR-8'].message}` : '',
  ].join('');
  return {
    state,
    policy,
    short: unsealed === null ? 'anchor checked' : `anchor: compare entry ${unsealed}`,
    text: `Anchor checked at ${at}: the token kept the head of ${entries(size)}${follows(at, verdict)}${beside}${tail}`,
    checked: WITH_HEAD,
    ...PASSED[policy],
    todo: RULES[policy].hint,
  };
}

function follows(at: Checked['at'], { state, following, unsealed }: AnchorVerdict): string {
  if (state === 'equal') return ', and the disk had exactly these.';
  if (state === 'unsealed') {
    return `. Entry ${unsealed} is about the token and had no head, as a power cut leaves it.`;
  }
  const sealed = following === 1 ? 'was sealed then' : 'were sealed then';
  return `. ${entries(following)} without an effect on the token followed, and ${at === 'login' ? sealed : 'no head covers that yet'}.`;
}
