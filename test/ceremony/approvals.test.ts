import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import type { Approval } from '../../core/quorum/approval.ts';
import { plannedKey } from '../../core/plan/plan.ts';
import { Bench, must, mustFail, passphrase, prepare, TestClock, type Prepared } from './bench.ts';
import { approvalBy, signedBy, submit } from './custodian.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let prepared: Prepared;
let bench: Bench;
let clock: TestClock;

beforeAll(async () => {
  prepared = await prepare(async (it) => {
    must(await it.freeze());
    await it.runTo('approve-generate');
  });
});
afterAll(() => rmSync(prepared.root, { recursive: true }));
beforeEach(async () => {
  clock = new TestClock();
  bench = await Bench.over(prepared, { clock });
});
afterEach(() => bench.close());

const OTHER = 'f'.repeat(64);

/** The refusal that the last command left in the ledger. */
const recorded = () => bench.entries('command.refused').at(-1)?.data;

/** The act was never begun, and nobody's approval was counted but those in the ledger. */
const nothingDone = (approvals = 0) => {
  expect(bench.entries('approval.given')).toHaveLength(approvals);
  expect(bench.entries('act.intent').filter(({ ceremony }) => ceremony !== null)).toEqual([]);
};

describe('the act is refused and the refusal is in the ledger', () => {
  test('with one approval of two: QUORUM-1', async () => {
    must(await bench.approve('custodian-1', 'generate'));
    expect(mustFail(await bench.h['ceremony.act']({ step: 'generate' })).policy).toBe('QUORUM-1');
    expect(recorded()).toMatchObject({ policy: 'QUORUM-1', command: 'ceremony.act', step: 'generate', count: 1 });
    expect(mustFail(await bench.h['ceremony.login']({ step: 'login-generate', pin: passphrase('0000') })).policy).toBe(
      'STEP-1',
    );
    expect(bench.refusals()).toEqual(['QUORUM-1', 'STEP-1']);
    nothingDone(1);
  });

  test('after a decline with a reason, by veto: QUORUM-5, whoever approves besides', async () => {
    must(
      await bench.h['ceremony.decline']({
        step: 'generate',
        custodian: 'custodian-2',
        reason: 'The label is not the one on my sheet.',
        passphrase: passphrase(),
      }),
    );
    must(await bench.approve('custodian-1', 'generate'));
    must(await bench.approve('custodian-3', 'generate'));
    expect(bench.step).toBe('approve-generate');
    expect(mustFail(await bench.h['ceremony.act']({ step: 'generate' })).policy).toBe('QUORUM-5');
    expect(recorded()).toMatchObject({ policy: 'QUORUM-5' });
    expect(bench.entries('approval.declined')).toHaveLength(1);
    must(await bench.h['ceremony.stop']({ reason: 'A custodian declined.' }));
    expect(bench.view.ceremony?.outcome).toBe('stopped');
  });

  test('when the approvals ran out between the login and the act: APPROVAL-6', async () => {
    await bench.runTo('generate');
    clock.advance(4 * 3600 + 60);
    expect(mustFail(await bench.act()).policy).toBe('APPROVAL-6');
    expect(recorded()).toMatchObject({ policy: 'APPROVAL-6', command: 'ceremony.act' });
    expect(bench.outcomes('key.generate')).toEqual([]);
    // Custodians may decide again, and then it goes on.
    must(await bench.approve('custodian-1', 'generate'));
    must(await bench.approve('custodian-2', 'generate'));
    must(await bench.act());
    expect(bench.outcomes('key.generate')).toEqual(['act.result committed']);
  });
});

describe('an approval that its custodian really signed is refused and recorded', () => {
  const CHANGES: readonly [what: string, policy: string, change: (it: Bench) => Partial<Approval>][] = [
    ['another plan', 'APPROVAL-1', () => ({ planSha256: OTHER })],
    ['another script', 'APPROVAL-1', () => ({ scriptSha256: OTHER })],
    ['another ceremony', 'APPROVAL-2', () => ({ ceremony: 'CER-2020-001' })],
    ['another step of the script', 'APPROVAL-4', () => ({ step: 'activate' })],
    ['a step that the script does not have', 'APPROVAL-2', () => ({ step: 'destroy' })],
    ['another HSM', 'APPROVAL-3', () => ({ hsm: { serial: '0000000000000000' } })],
    ['other key attributes', 'APPROVAL-4', () => ({ templateSha256: OTHER })],
    ['production', 'APPROVAL-5', () => ({ environment: 'production' })],
    ['a time that has passed', 'APPROVAL-6', () => span(-7200, -3600)],
    ['a time that has not come', 'APPROVAL-6', () => ({ notBefore: after(600) })],
    ['a signing in the future', 'APPROVAL-6', () => span(600, 1200)],
    ['longer than the policy allows', 'APPROVAL-6', () => span(0, 5 * 3600)],
    [
      'a ledger with another root',
      'APPROVAL-7',
      (it) => ({ ledgerHead: { size: it.vault.journal.size, root: OTHER } }),
    ],
    [
      'a ledger longer than this one',
      'APPROVAL-7',
      (it) => ({ ledgerHead: { size: it.vault.journal.size + 1, root: OTHER } }),
    ],
    ['a ledger before the plan was frozen', 'APPROVAL-7', (it) => ({ ledgerHead: headBeforePlan(it) })],
  ];
  const after = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
  const span = (from: number, to: number) => ({ time: after(from), expires: after(to) });
  const headBeforePlan = (it: Bench) => {
    const size = it.entries('plan.frozen')[0]!.seq;
    return { size, root: it.vault.facts([]).rootAt(size)! };
  };

  test.each(CHANGES)('for %s: %s', async (_, policy, change) => {
    expect(mustFail(await submit(bench, 'custodian-1', change(bench))).policy).toBe(policy);
    expect(recorded()).toMatchObject({ policy, command: 'ceremony.approve', person: 'custodian-1', count: 1 });
    nothingDone();
    // The same custodian's approval of the plan at hand is taken: it was the change that was refused.
    must(await submit(bench, 'custodian-1', {}));
    nothingDone(1);
  });

  test('a second time by the same key: QUORUM-2', async () => {
    must(await bench.approve('custodian-1', 'generate'));
    expect(mustFail(await bench.approve('custodian-1', 'generate')).policy).toBe('QUORUM-2');
    expect(recorded()).toMatchObject({ policy: 'QUORUM-2', person: 'custodian-1' });
    nothingDone(1);
  });

  test('put forward again, byte for byte: QUORUM-2', async () => {
    const envelope = await signedBy(bench, 'custodian-1', approvalBy(bench, 'custodian-1'));
    must(await bench.engine.submit(envelope));
    expect(mustFail(await bench.engine.submit(envelope)).policy).toBe('QUORUM-2');
    nothingDone(1);
  });

  test('in the name of another custodian: APPROVAL-8', async () => {
    const envelope = await signedBy(bench, 'custodian-1', approvalBy(bench, 'custodian-2'));
    expect(mustFail(await bench.engine.submit(envelope)).policy).toBe('APPROVAL-8');
    expect(recorded()).toMatchObject({ policy: 'APPROVAL-8' });
    nothingDone();
  });

  test.each(['witness-1', 'administrator-1'])('by %s, who is no custodian: QUORUM-4', async (person) => {
    expect(mustFail(await submit(bench, person, {})).policy).toBe('QUORUM-4');
    expect(recorded()).toMatchObject({ policy: 'QUORUM-4', person });
    expect(mustFail(await bench.approve(person, 'generate')).policy).toBe('QUORUM-4');
    nothingDone();
  });

  test('with a byte of its signature changed: APPROVAL-8; with other bytes around it: APPROVAL-10', async () => {
    const good = await signedBy(bench, 'custodian-1', approvalBy(bench, 'custodian-1'));
    const text = Buffer.from(good).toString();
    const { signatures } = JSON.parse(text) as { signatures: { sig: string }[] };
    const { sig } = signatures[0]!;
    const other = text.replace(sig, (sig.startsWith('A') ? 'B' : 'A') + sig.slice(1));
    expect(mustFail(await bench.engine.submit(Buffer.from(other))).policy).toBe('APPROVAL-8');
    expect(mustFail(await bench.engine.submit(Buffer.from(`${text} `))).policy).toBe('APPROVAL-10');
    expect(mustFail(await bench.engine.submit(Buffer.from('{}'))).policy).toBe('APPROVAL-10');
    expect(bench.refusals()).toEqual(['APPROVAL-8', 'APPROVAL-10']);
    nothingDone();
  });
});

describe('at the desk', () => {
  test('the wrong passphrase is refused and recorded: CRED-1, and the right one then counts', async () => {
    const wrong = await bench.approve('custodian-1', 'generate', { passphrase: passphrase('not the passphrase') });
    expect(mustFail(wrong).policy).toBe('CRED-1');
    expect(recorded()).toMatchObject({ policy: 'CRED-1', person: 'custodian-1' });
    must(await bench.approve('custodian-1', 'generate'));
    nothingDone(1);
  });

  test('groups that are not those of the paper are refused: APPROVAL-9, though every row is ticked', async () => {
    const refused = await bench.approve('custodian-1', 'generate', { typed: ['0000', '0000'] });
    expect(mustFail(refused).policy).toBe('APPROVAL-9');
    expect(recorded()).toMatchObject({ policy: 'APPROVAL-9', person: 'custodian-1' });
    nothingDone();
  });

  test('a row that was not compared is refused: APPROVAL-11, though both groups are right', async () => {
    const refused = await bench.approve('custodian-1', 'generate', { rows: ['A', 'B', 'D'] });
    expect(mustFail(refused).policy).toBe('APPROVAL-11');
    expect(recorded()).toMatchObject({ policy: 'APPROVAL-11' });
    nothingDone();
  });

  test('groups asked of one custodian do not serve another: APPROVAL-9', async () => {
    const { planSha256, ask } = must(
      await bench.h['ceremony.challenge']({ step: 'generate', custodian: 'custodian-1' }),
    );
    const input = {
      step: 'generate',
      rows: ['A', 'B', 'C', 'D'] as ('A' | 'B' | 'C' | 'D')[],
      typed: bench.typed(planSha256, ask),
    };
    const other = await bench.h['ceremony.approve']({ ...input, custodian: 'custodian-2', passphrase: passphrase() });
    expect(mustFail(other).policy).toBe('APPROVAL-9');
    nothingDone();
  });

  test('groups asked for a plan that was stopped do not serve the next one: APPROVAL-9', async () => {
    const { planSha256, ask } = must(
      await bench.h['ceremony.challenge']({ step: 'generate', custodian: 'custodian-1' }),
    );
    const input = {
      step: 'generate',
      custodian: 'custodian-1',
      rows: ['A', 'B', 'C', 'D'] as ('A' | 'B' | 'C' | 'D')[],
      typed: bench.typed(planSha256, ask),
    };
    must(await bench.h['ceremony.stop']({ reason: 'Begin again.' }));
    // With no ceremony open there is nothing to approve, and the desk says so instead of failing.
    expect(mustFail(await bench.h['ceremony.approve']({ ...input, passphrase: passphrase() })).policy).toBe('STEP-5');
    must(await bench.freeze({ label: 'TEST-KEY-2' }));
    await bench.runTo('approve-generate');
    expect(mustFail(await bench.h['ceremony.approve']({ ...input, passphrase: passphrase() })).policy).toBe(
      'APPROVAL-9',
    );
    nothingDone();
  });

  test('a custodian without their medium is refused: nothing is approved, and the ledger says so', async () => {
    const { medium } = bench.vault.state.people.get('custodian-1')!;
    rmSync(join(bench.folder.media, medium), { recursive: true });
    const { policy } = mustFail(await bench.approve('custodian-1', 'generate'));
    expect(policy).toMatch(/^CRED-/);
    expect(recorded()).toMatchObject({ policy, person: 'custodian-1' });
    nothingDone();
  });

  test('secrets are zeroed, whether the command is carried out, refused, or turned away as busy', async () => {
    const secrets = [passphrase(), passphrase(), passphrase('wrong'), passphrase()];
    const first = bench.approve('custodian-1', 'generate', { passphrase: secrets[0]! });
    await new Promise((resolve) => setTimeout(resolve, 30));
    const busy = await bench.h['ceremony.decline']({
      step: 'generate',
      custodian: 'custodian-2',
      reason: 'Too early.',
      passphrase: secrets[1]!,
    });
    expect(mustFail(busy).code).toBe('busy');
    must(await first);
    mustFail(await bench.approve('custodian-3', 'generate', { passphrase: secrets[2]! }));
    mustFail(await bench.h['ceremony.login']({ step: 'generate', pin: secrets[3]! }));
    for (const secret of secrets) expect(secret.every((byte) => byte === 0)).toBe(true);
  });
});

describe('refusals that are repeated', () => {
  const refuse = () => bench.h['ceremony.act']({ step: 'generate' });
  const counts = () => bench.entries('command.refused').map(({ data }) => data.count);

  test('within a minute become one entry with a count, written when the minute has passed', async () => {
    for (let i = 0; i < 5; i++) mustFail(await refuse());
    expect(counts()).toEqual([1]);
    clock.advance(61);
    mustFail(await refuse());
    // The four repeats are counted before the next refusal of the kind is recorded for itself.
    expect(counts()).toEqual([1, 4, 1]);
  });

  test('are counted when the application ends', async () => {
    for (let i = 0; i < 3; i++) mustFail(await refuse());
    await bench.reopen();
    expect(counts()).toEqual([1, 2]);
  });

  test('with names that nobody in the ledger has make no entries of their own', async () => {
    for (let i = 0; i < 20; i++) mustFail(await bench.h['ceremony.act']({ step: `no-such-step-${i}` }));
    expect(counts()).toEqual([1]);
    expect(recorded()).toMatchObject({ policy: 'STEP-1' });
    expect(recorded()).not.toHaveProperty('step');
  });

  test('at the same moment as other entries leave the replay in the order of the journal', async () => {
    must(await bench.h['ceremony.stop']({ reason: 'For this test.' }));
    const freezing = bench.freeze({ label: 'TEST-KEY-2' });
    const calls = [0, 1, 2, 3].map(async (n) => {
      await new Promise((resolve) => setTimeout(resolve, n));
      await bench.app.refusedCall(`method.${n}`);
    });
    must(await freezing);
    await Promise.all(calls);
    expect(bench.vault.state.size).toBe(bench.vault.journal.size);
    expect(plannedKey(bench.vault.state.open!.plan).label).toBe('TEST-KEY-2');
  });
});
