/** Whether a ledger may end, and whether a copy may take its place. */
import { describe, expect, test } from 'vitest';
import { hex, utf8 } from '../../../core/bytes.ts';
import type { VaultState } from '../../../core/ceremony/state.ts';
import { decideEnd, mayEnd, type Ended, type ReadBack } from '../../../core/continuity/end.ts';
import { asRestoration, decideRestore, judgeReceipts, type Copied } from '../../../core/continuity/restore.ts';
import { rootOf } from '../../../core/ledger/merkle.ts';
import type { Result } from '../../../core/result.ts';
import { refuse, type RuleId } from '../../../core/rules.ts';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';

const BOTH = ['administrator-1', 'witness-1'];
const state = (change: Partial<Record<keyof VaultState, unknown>> = {}): VaultState =>
  ({
    open: null,
    ended: null,
    intents: new Map(),
    session: { vault: false, root: false },
    people: new Map(
      ['administrator-1', 'administrator-2', 'witness-1', 'custodian-1'].map((person) => [
        person,
        { role: person.slice(0, -2) },
      ]),
    ),
    ...change,
  }) as unknown as VaultState;
const ended = (kind: Ended['kind']): Partial<Record<keyof VaultState, unknown>> => ({ ended: { kind } });
const said = (result: Result<unknown>): string => (result.ok ? 'may' : (result.error.policy ?? result.error.code));

describe('a ledger may end', () => {
  test('where nothing is open and one administrator and one witness agree', () => {
    expect(said(mayEnd(state(), BOTH))).toBe('may');
    expect(said(mayEnd(state(), ['witness-1', 'administrator-2']))).toBe('may');
  });
  test.each<[RuleId, VaultState, readonly string[]]>([
    ['CONTINUITY-1', state(ended('closed')), BOTH],
    ['CONTINUITY-2', state(ended('retired')), BOTH],
    ['CONTINUITY-3', state(ended('succeeded')), BOTH],
    ['CONTINUITY-4', state({ open: {} }), BOTH],
    ['CONTINUITY-4', state({ intents: new Map([['a', {}]]) }), BOTH],
    ['CONTINUITY-4', state({ session: { vault: true, root: false } }), BOTH],
    ['CONTINUITY-7', state(), []],
    ['CONTINUITY-7', state(), ['administrator-1']],
    ['CONTINUITY-7', state(), ['administrator-1', 'administrator-2']],
    ['CONTINUITY-7', state(), ['administrator-1', 'custodian-1']],
    ['CONTINUITY-7', state(), ['administrator-1', 'witness-9']],
    ['CONTINUITY-7', state(), [...BOTH, 'administrator-2']],
  ])('and not otherwise: %s', (rule, at, confirmed) => {
    expect(said(mayEnd(at, confirmed))).toBe(rule);
  });

  const copy: ReadBack = { sums: 'a'.repeat(64), files: 9, size: 5, root: 'b'.repeat(64) };
  const here = { size: 5, root: copy.root, environment: 'production' as const };
  const end = (copies: readonly ReadBack[], apart = true, environment: 'production' | 'rehearsal' = 'production') =>
    said(decideEnd({ ...here, environment }, 'closed', { copies, apart, confirmed: BOTH }));

  test('with two equal copies of the ledger as it is, on two devices outside of a rehearsal', () => {
    expect(end([copy, copy])).toBe('may');
    expect(end([copy, copy], false, 'rehearsal')).toBe('may');
    expect(end([copy, copy], false)).toBe('CONTINUITY-5');
    expect(end([copy])).toBe('CONTINUITY-5');
    expect(end([copy, copy, copy])).toBe('CONTINUITY-5');
    for (const change of [{ sums: 'c'.repeat(64) }, { size: 4 }, { root: 'c'.repeat(64) }])
      expect(end([copy, { ...copy, ...change }])).toBe('CONTINUITY-6');
  });
});

describe('a copy', () => {
  const hashes = [0, 1, 2, 3].map((n) => crypto.sha256(utf8(`leaf ${n}`)));
  const rootAt = (size: number) => rootOf(crypto, hashes.slice(0, size));
  const copied: Copied = { sums: 'a'.repeat(64), size: 4, rootAt };
  const receipt = (size: number, root = rootAt(size)) => ({ sha256: 'd'.repeat(64), size, root });

  test('is judged by every receipt: behind one is CONTINUITY-9, another history CONTINUITY-10', () => {
    expect(said(judgeReceipts(copied, []))).toBe('may');
    expect(said(judgeReceipts(copied, [receipt(1), receipt(4)]))).toBe('may');
    expect(said(judgeReceipts(copied, [receipt(1), receipt(5, hashes[0])]))).toBe('CONTINUITY-9');
    expect(said(judgeReceipts(copied, [receipt(3), receipt(2, hashes[0])]))).toBe('CONTINUITY-10');
  });
  test.each<[RuleId, RuleId]>([
    ['ANCHOR-1', 'CONTINUITY-9'],
    ['ANCHOR-5', 'CONTINUITY-9'],
    ['ANCHOR-2', 'CONTINUITY-10'],
    ['ANCHOR-3', 'CONTINUITY-10'],
    ['ANCHOR-4', 'CONTINUITY-10'],
    ['MODULE-1', 'MODULE-1'],
  ])('that the token refuses with %s is refused with %s', (anchor, rule) => {
    const refused = refuse(anchor);
    expect(refused.ok ? '' : said(asRestoration(refused.error))).toBe(rule);
  });
  test('takes the place of a ledger that goes on or moved, never of one that is closed or succeeded', () => {
    const restore = (at: VaultState, confirmed = BOTH) =>
      said(decideRestore(at, copied, { verdict: null, receipts: [receipt(4)], confirmed }));
    expect(restore(state())).toBe('may');
    expect(restore(state(ended('retired')))).toBe('may');
    expect(restore(state(ended('closed')))).toBe('CONTINUITY-1');
    expect(restore(state(ended('succeeded')))).toBe('CONTINUITY-3');
    expect(restore(state(), ['administrator-1'])).toBe('CONTINUITY-7');
    const decided = decideRestore(state(), copied, { verdict: null, receipts: [receipt(4)], confirmed: BOTH });
    expect(decided.ok && decided.value.event.data).toMatchObject({ size: 4, root: hex(rootAt(4)), anchor: null });
  });
});
