/** The sentences of every start-up state: each has its own, and docs/ledger.md lists the same ones. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { anchorWords, refusalShown, type AnchorWords, type Shown } from '../../../core/ledger/anchor-words.ts';
import { ANCHOR_REFUSALS, unasked, type AnchorStanding, type AnchorVerdict } from '../../../core/ledger/anchor.ts';
import { JOURNAL_FINDINGS, RECEIPT_FINDINGS } from '../../../core/ledger/findings.ts';
import { refusal, RULES } from '../../../core/rules.ts';

const equal: AnchorVerdict = { state: 'equal', size: 171, following: 0, unsealed: null, heads: 1, foreign: 0 };
const checked = (change: Partial<AnchorVerdict>, at: 'start' | 'login' = 'login'): AnchorStanding => ({
  state: 'checked',
  at,
  verdict: { ...equal, ...change },
});
const refused = (policy: (typeof ANCHOR_REFUSALS)[number], detail?: string): AnchorStanding => ({
  state: 'refused',
  policy,
  message: refusal(policy, detail).message,
});

/** Every state, with the numbers of the examples in the document. */
const STATES: readonly (readonly [AnchorStanding, number])[] = [
  [refused('ANCHOR-1', 'The token: 171 entries. The disk: 168 entries.'), 0],
  [refused('ANCHOR-2', 'It shows at 171 entries.'), 0],
  [refused('ANCHOR-3', 'The token: 171 entries. Entries 172, 174 came later.'), 0],
  [refused('ANCHOR-4'), 0],
  [refused('ANCHOR-5', 'The token: 171 entries. The checkpoint: 173 entries.'), 0],
  [checked({ state: 'unsealed', following: 2, unsealed: 171 }), 0],
  [unasked('unavailable'), 0],
  [checked({ foreign: 1 }), 0],
  [checked({}), 0],
  [checked({}, 'start'), 1],
  [checked({ state: 'chained-only', following: 3 }), 0],
  [checked({ state: 'chained-only', following: 3 }, 'start'), 3],
  [checked({ heads: 2 }), 0],
  [unasked('private'), 3],
  [{ state: 'not-checked', token: 'connected' }, 3],
  [{ state: 'token-absent' }, 3],
  [unasked(null), 3],
];

const words = STATES.map(([standing, chained]) => anchorWords(standing, chained));
const shown = ({ checked: what, passed, not, todo }: Shown): string[] => [what, passed, not, todo];
const idOf = (id: string): number => Number(id.split('-')[1]);

describe('the sentences of the screen', () => {
  test('are there for every state, each state under an id of its own', () => {
    const ids = new Set(words.map(({ policy }) => policy));
    expect([...ids].sort((a, b) => idOf(a) - idOf(b))).toEqual(
      Object.keys(RULES).filter((id) => id.startsWith('ANCHOR-')),
    );
    expect(new Set(words.map(({ text }) => text)).size).toBe(words.length);
  });

  test('are whole and calm, and say what was checked, what passed, what that does not prove and what to do', () => {
    for (const one of words) {
      for (const sentence of [one.text, ...shown(one)]) {
        expect(sentence).toMatch(/^[A-Z].*\.$/);
        expect(sentence).not.toContain('!');
      }
      expect(one.short).toMatch(/^[a-z][^.]{1,60}$/);
    }
  });

  test('never claim that what was not compared is in order', () => {
    for (const [i, one] of words.entries()) {
      const compared = STATES[i]![0].state === 'checked' || STATES[i]![0].state === 'refused';
      expect(one.checked.includes('token')).toBe(compared);
      if (!compared) expect(one.not).toContain('set back');
    }
  });

  test('say by how much the disk is ahead, and by how much it is chained only', () => {
    const one = (change: Partial<AnchorVerdict>, chained = 0) => anchorWords(checked(change), chained).text;
    expect(one({})).toBe(
      'Anchor checked at login: the token kept the head of 171 entries, and the disk had exactly these.',
    );
    expect(one({ state: 'chained-only', following: 1 })).toBe(
      'Anchor checked at login: the token kept the head of 171 entries. 1 entry without an effect on the token followed, and was sealed then.',
    );
    expect(one({ state: 'unsealed', following: 2, unsealed: 171, heads: 2, foreign: 1 }, 2)).toBe(
      `Anchor checked at login: the token kept the head of 171 entries. Entry 171 is about the token and had no head, as a power cut leaves it. It kept 2 heads, as a power cut leaves them; all are of this ledger. ${RULES['ANCHOR-8'].message} 2 entries are chained only.`,
    );
    expect(anchorWords(checked({ state: 'unsealed', unsealed: 171, heads: 2, foreign: 1 }), 0).policy).toBe('ANCHOR-6');
  });
});

test('every refusal of the ledger says what was checked, and those that say nothing of its entries claim nothing', () => {
  for (const id of [...Object.keys(JOURNAL_FINDINGS), 'LEDGER-1', 'RECEIPT-1', 'RECEIPT-2', ...ANCHOR_REFUSALS]) {
    expect(refusalShown(id) === null, id).toBe(['JOURNAL-13', 'JOURNAL-14', 'JOURNAL-15'].includes(id));
  }
  for (const id of ['LEDGER-2', 'RECEIPT-3', 'BUILD-1', 'toString', '']) expect(refusalShown(id)).toBeNull();
});

describe('docs/ledger.md', () => {
  const document = readFileSync(new URL('../../../docs/ledger.md', import.meta.url), 'utf8');
  const begin = document.indexOf('## What the screen says at the start');
  const section = document.slice(begin, document.indexOf('\n## ', begin + 1)).replace(/\s+/g, ' ');
  const item = ({ text, ...rest }: AnchorWords): string => {
    const [what, passed, not, todo] = shown(rest);
    return `**${rest.policy}** (${rest.short}) “${text}” Checked: ${what} Passed: ${passed} Not shown by that: ${not} To do: ${todo}`;
  };

  test.each(words.map((one) => [one.policy, one] as const))('lists the sentences of %s word for word', (_, one) => {
    expect(section).toContain(item(one));
  });

  test('lists those of a ledger that is refused before the token is asked', () => {
    const [what, passed, not, todo] = shown(refusalShown('JOURNAL-2')!);
    expect(section).toContain(`Checked: ${what} Passed: ${passed} Not shown by that: ${not} To do: ${todo}`);
  });

  test.each(['RECEIPT-1', 'RECEIPT-2'] as const)(
    'lists those of a ledger that a kept receipt refuses, %s',
    (policy) => {
      const [what, passed, not, todo] = shown(refusalShown(policy)!);
      expect(section).toContain(
        `**${policy}** “${RECEIPT_FINDINGS[policy]}” Checked: ${what} Passed: ${passed} Not shown by that: ${not} To do: ${todo}`,
      );
    },
  );

  test('lists no others', () => {
    expect(section.match(/\*\*ANCHOR-\d+\*\*/g)).toHaveLength(words.length);
  });
});
