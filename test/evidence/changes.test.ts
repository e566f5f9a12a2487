/** Bundles about a change of state: the genuine ones pass, and what contradicts the ledger fails where it must. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Draft } from '../../core/evidence/draft.ts';
import { pae } from '../../core/evidence/dsse.ts';
import {
  CHANGE_LIMITS,
  CHANGE_NOT_PROVEN,
  STATEMENT_TYPE,
  statementBytes,
  type ChangePredicate,
} from '../../core/evidence/statement.ts';
import { unzip } from './mutator/zip.ts';
import type { Report } from '../../core/evidence/verify/report.ts';
import { verifyBundle } from '../../core/evidence/verify/verify-bundle.ts';
import { notFound } from '../../core/plan/destroy-key.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { makeChange, must, type Change } from './factory.ts';
import { sha256 } from './house.ts';
import { runRecipe } from './recipe.ts';
import type { ChangeOptions, Spoil } from './spoil.ts';

const NOW = '2026-03-20T08:31:07.000Z';

async function report(changes: readonly Change[], options: ChangeOptions = {}): Promise<Report> {
  const { archive, genesis } = await makeChange(changes, options);
  return must(await verifyBundle(crypto, archive, { trust: genesis, expect: 'rehearsal', now: NOW }));
}

const failing = ({ checks }: Report): string[] => checks.filter(({ result }) => result === 'FAIL').map(({ id }) => id);
const detail = ({ checks }: Report, id: string): string => checks.find((check) => check.id === id)?.detail ?? '';

/** The statement with a change that a person at the workstation could have made before it was signed. */
const claiming =
  (change: (predicate: ChangePredicate) => void): NonNullable<Spoil['statement']> =>
  (draft: Draft) => {
    const statement = structuredClone(draft.statement);
    change(statement.predicate as ChangePredicate);
    const bytes = statementBytes(statement);
    const toSign = pae(STATEMENT_TYPE, bytes);
    return { ...draft, statement, bytes, pae: toSign, paeSha256: sha256(toSign) };
  };

type Life = readonly [string, readonly Change[], ChangeOptions, string];
const LIVES: readonly Life[] = [
  ['a suspension', ['suspend'], {}, 'private: active to suspended, public: active to suspended.'],
  ['a second life', ['suspend', 'resume'], {}, 'private: suspended to active, public: suspended to active.'],
  ['a deactivation', ['deactivate'], {}, 'private: active to destroyed, public: active to deactivated.'],
  [
    'a compromise',
    ['suspend', 'compromise'],
    {},
    'private: suspended to compromised, public: suspended to compromised.',
  ],
  ['a destruction', ['deactivate', 'destroy'], {}, 'private: still destroyed, public: deactivated to destroyed.'],
  [
    'a compromise of a destroyed key',
    ['destroy', 'compromise'],
    {},
    'private: still destroyed, public: still destroyed.',
  ],
  [
    'a suspension by procedure',
    ['suspend'],
    { procedure: true },
    'private: active to suspended, public: active to suspended.',
  ],
];

test.for(LIVES)('%s: the bundle passes, and tells what was replayed', async ([, changes, options, moves]) => {
  const found = await report(changes, options);
  expect(failing(found)).toEqual([]);
  expect(found.checks.filter(({ required, result }) => required && result !== 'PASS')).toEqual([]);
  expect(detail(found, 'lifecycle.change')).toBe(moves);
});

test('OpenSSL and the coreutils accept it too, by its own VERIFY.md', { timeout: 120_000 }, async () => {
  const { archive, genesis } = await makeChange(['suspend', 'destroy'], { subject: 'ec-p256' });
  const { passed, output } = runRecipe(archive, genesis);
  expect(output).toContain('key.destroy: private suspended -> destroyed');
  expect(passed).toBe(true);
});

test('a destroyed key is spoken of in the one agreed sentence, and a state by procedure as that', async () => {
  const { draft, archive } = await makeChange(['destroy']);
  const { change, notProven } = draft.statement.predicate as ChangePredicate;
  expect(change.acts).toMatchObject([{ gone: ['private', 'public'], enforced: 'device', words: notFound('none') }]);
  expect(notProven).toEqual(expect.arrayContaining([...CHANGE_NOT_PROVEN, CHANGE_LIMITS.gone]));
  expect(notProven).not.toContain(CHANGE_LIMITS.device);
  const texts = unzip(Buffer.from(archive)).get('README.txt')!.toString();
  for (const words of [notFound('none'), change.reason, ...notProven]) expect(texts).toContain(words);

  const kept = (await makeChange(['suspend'], { procedure: true })).draft.statement.predicate as ChangePredicate;
  expect(kept.notProven).toContain(CHANGE_LIMITS.procedure);
  expect(kept.change.acts[0]!.error).toEqual({ call: 'C_SetAttributeValue', rv: 'CKR_ATTRIBUTE_READ_ONLY' });
});

describe('what was claimed before signing and contradicts the ledger is refused at its check', () => {
  type Case = readonly [string, readonly Change[], Spoil, readonly string[]];
  const CASES: readonly Case[] = [
    [
      'another state before',
      ['suspend'],
      { statement: claiming(({ change }) => (change.acts[0]!.objects[0]!.before = 'pre-active')) },
      ['lifecycle.change'],
    ],
    [
      'another state after',
      ['suspend'],
      { statement: claiming(({ change }) => (change.acts[0]!.objects[1]!.after = 'active')) },
      ['lifecycle.change'],
    ],
    [
      'another state at the end',
      ['suspend'],
      { statement: claiming(({ lifecycle }) => (lifecycle.state = 'active')) },
      ['lifecycle.state'],
    ],
    [
      'another act',
      ['suspend'],
      { statement: claiming(({ change }) => (change.acts[0]!.act = 'key.resume')) },
      ['lifecycle.change'],
    ],
    [
      'another reason than the plan',
      ['suspend'],
      { statement: claiming(({ change }) => (change.reason = 'None.')) },
      ['lifecycle.change'],
    ],
    [
      'an earlier compromise than reported',
      ['compromise'],
      { statement: claiming(({ change }) => (change.acts[0]!.compromise!.believed = '2026-01-01T00:00:00Z')) },
      ['lifecycle.change'],
    ],
    [
      'the act told twice',
      ['suspend'],
      { statement: claiming(({ change }) => change.acts.push(change.acts[0]!)) },
      ['lifecycle.change', 'lifecycle.enforced'],
    ],
    [
      'a device that enforces what it did not',
      ['suspend'],
      { statement: claiming(({ change }) => (change.acts[0]!.enforced = 'procedure')) },
      ['lifecycle.enforced', 'statement.shape'],
    ],
    [
      'an object gone that is there',
      ['deactivate'],
      { statement: claiming(({ change }) => change.acts[0]!.gone.push('public')) },
      ['lifecycle.enforced'],
    ],
    [
      'more than can be said of a destroyed key',
      ['destroy'],
      { statement: claiming(({ change }) => (change.acts[0]!.words = 'No copy exists anywhere.')) },
      ['lifecycle.enforced'],
    ],
    [
      'no word that a later change is not in it',
      ['suspend'],
      { statement: claiming((predicate) => (predicate.notProven = predicate.notProven.slice(0, 5))) },
      ['statement.shape'],
    ],
    [
      'an earlier change left out, so that what follows has no way',
      ['suspend', 'resume'],
      { earlier: (seqs) => seqs.slice(0, -2) },
      ['lifecycle.state'],
    ],
    [
      'a ledger that says the device enforces what it read otherwise',
      ['suspend'],
      {
        reading: (template) => ({
          ...template,
          private: (template.private ?? []).map((a) => (a.name === 'CKA_SIGN' ? { ...a, value: true } : a)),
        }),
      },
      ['key.attributes', 'lifecycle.enforced'],
    ],
    [
      'a ledger that keeps by procedure what the device enforces',
      ['suspend'],
      { outcome: (data) => ({ ...data, enforced: 'procedure' }) },
      ['lifecycle.enforced'],
    ],
    [
      'a ledger in which attributes of a lost object were read',
      ['deactivate'],
      {
        reading: (template) => ({ ...template, private: [{ name: 'CKA_SIGN', value: false }] }),
      },
      ['lifecycle.enforced'],
    ],
    [
      'an act that the quorum did not approve',
      ['suspend'],
      { unapproved: true },
      ['approvals.quorum', 'approvals.signatures'],
    ],
    ['one approval only', ['suspend'], { approvers: [1] }, ['approvals.quorum']],
    [
      'a plan about another key',
      ['suspend'],
      { plan: (plan) => ({ ...plan, subject: { ...plan.subject!, spkiSha256: '0'.repeat(64) } }) },
      ['plan.binding'],
    ],
    [
      'a plan that had expired',
      ['suspend'],
      { plan: (plan) => ({ ...plan, expires: plan.created }) },
      ['plan.binding'],
    ],
  ];

  test.for(CASES)('%s', async ([, changes, spoil, at]) => {
    const found = await report(changes, { spoil });
    expect(found.passed).toBe(false);
    expect(failing(found).sort()).toEqual([...at].sort());
  });
});

test('a bundle out of a long ledger costs no more hashes than the height of its tree asks for', async () => {
  const counted = async (filler: number): Promise<number> => {
    const { again } = await makeChange(['suspend'], { filler });
    const spy = vi.spyOn(crypto, 'sha256');
    again();
    const { calls } = spy.mock;
    spy.mockRestore();
    return calls.length;
  };
  const [short, long] = [await counted(0), await counted(4_000)];
  // Twelve levels more for each of the two dozen proofs, where hashing the tree anew would take 4,000 for each.
  expect(long - short).toBeLessThan(4_000);
});

test('a bundle that an earlier version made is read word for word as it was', async () => {
  const read = (name: string) => new Uint8Array(readFileSync(join(import.meta.dirname, 'earlier', name)));
  const options = { trust: read('genesis.json'), expect: 'rehearsal', now: NOW } as const;
  const found = must(await verifyBundle(crypto, read('key-v1.zip'), options));
  expect(failing(found)).toEqual([]);
  expect(found.passed).toBe(true);
  expect(detail(found, 'lifecycle.history')).toBe('The key was made in this ceremony.');
});
