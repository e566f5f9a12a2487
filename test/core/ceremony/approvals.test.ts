import { describe, expect, test } from 'vitest';
import type { Approval } from '../../../core/quorum/approval.ts';
import { decide } from '../../../core/ceremony/decide.ts';
import { HOUR, MINUTE, must } from './chain.ts';
import { member } from './member.ts';
import { ruleOf, World } from './world.ts';

const OTHER = 'f'.repeat(64);
const at = (ms: number): string => new Date(ms).toISOString();

/** At the first question to the custodians. */
const asking = (options?: Parameters<typeof World.ready>[0]): World =>
  World.ready(options).freeze().to('approve-generate');
const submit = (world: World, change: Partial<Approval>, person = 'custodian-1') =>
  world.submit(world.approval(person, change));
/** Brought to the act itself, approved and logged in. */
const approved = (options?: Parameters<typeof World.ready>[0]): World => {
  const world = asking(options);
  return world.approve('custodian-1', 'custodian-2').login();
};
const act = (world: World, facts = {}) => world.ask({ kind: 'ceremony.act', step: world.step! }, facts);

describe('a quorum', () => {
  test('of two is not reached by one: the step stays, and the act would be refused with QUORUM-1', () => {
    const world = asking().approve('custodian-1');
    expect(world.step).toBe('approve-generate');
    expect(ruleOf(world.ask({ kind: 'ceremony.act', step: 'generate' }))).toBe('QUORUM-1');
    // Even with the approve step marked as done by a forged mark, the act counts again.
    world.state.open!.done.set('approve-generate', { seq: 0, time: at(world.now), confirmed: [] });
    world.login();
    expect(ruleOf(act(world))).toBe('QUORUM-1');
  });

  test('reached by two lets the act begin, and its intent names exactly their envelopes', () => {
    const world = asking();
    const [one, two] = ['custodian-1', 'custodian-3'].map((person) => world.submitting(world.approval(person)));
    world.do(one!);
    world.do(two!);
    world.login();
    const intent = world.begin();
    expect(intent.entry.data).toMatchObject({ act: 'key.generate', approvals: [one!.envelope, two!.envelope] });
  });

  test('counts no second approval by the same key: QUORUM-2', () => {
    const world = asking().approve('custodian-1');
    world.now += MINUTE;
    expect(ruleOf(submit(world, {}))).toBe('QUORUM-2');
  });

  test('counts no second key of the same person: APPROVAL-8, for the plan names one key', () => {
    const world = asking().approve('custodian-1');
    const second = world.submit(world.approval('custodian-1'), member('custodian-1', 'second'));
    expect(ruleOf(second)).toBe('APPROVAL-8');
  });

  test('knows a person whom the ledger already has under another key: QUORUM-3, and does not count that decision', () => {
    const world = asking();
    const earlier = world.submitting(world.approval('custodian-1'));
    const entry = must(world.ask(earlier))[0]!;
    const forged = { ...entry.event.data, key: member('custodian-1', 'second').key };
    world.append({ ...entry, event: { type: 'approval.given', data: forged } as typeof entry.event });
    expect(ruleOf(submit(world, {}))).toBe('QUORUM-3');
    world.approve('custodian-2');
    expect(world.step).toBe('approve-generate');
  });

  test.each(['administrator-1', 'witness-1'])('takes nothing from %s: QUORUM-4', (person) => {
    const world = asking();
    expect(ruleOf(submit(world, {}, person))).toBe('QUORUM-4');
  });

  test('takes nothing from a custodian outside of the groups of the rule: QUORUM-4', () => {
    const world = asking({
      policy: (p) => ({ ...p, groups: [{ id: 'custodians', people: ['custodian-1', 'custodian-2'] }] }),
    });
    expect(ruleOf(submit(world, {}, 'custodian-3'))).toBe('QUORUM-4');
  });

  test('takes nothing from an administrator whom the policy puts into the group by mistake: QUORUM-4', () => {
    const world = asking({
      policy: (p) => ({
        ...p,
        groups: [{ id: 'custodians', people: ['custodian-1', 'custodian-2', 'administrator-1'] }],
      }),
    });
    expect(ruleOf(submit(world, {}, 'administrator-1'))).toBe('QUORUM-4');
  });

  test('needs a rule for the act: QUORUM-6 where the policy has none', () => {
    const world = asking();
    const state = { ...world.state, policy: { ...world.state.policy!, rules: [] } };
    expect(ruleOf(decide(state, world.submitting(world.approval('custodian-1')), world.facts()))).toBe('QUORUM-6');
    const ready = approved();
    const command = { kind: 'ceremony.act', step: 'generate' } as const;
    const without = { ...ready.state, policy: { ...ready.state.policy!, rules: [] } };
    expect(ruleOf(decide(without, command, ready.facts()))).toBe('QUORUM-6');
  });
});

describe('an approval is refused', () => {
  const CASES: [string, string, (world: World) => Partial<Approval>][] = [
    ['for another plan', 'APPROVAL-1', () => ({ planSha256: OTHER })],
    ['for another script', 'APPROVAL-1', () => ({ scriptSha256: OTHER })],
    ['for a step that is not asked about', 'APPROVAL-2', () => ({ step: 'test-signature' })],
    ['for a step that the script does not have', 'APPROVAL-2', () => ({ step: 'constructor' })],
    ['for the approve step itself', 'APPROVAL-2', () => ({ step: 'approve-generate' })],
    ['for another ceremony', 'APPROVAL-2', () => ({ ceremony: 'CER-2026-002' })],
    ['for another HSM serial', 'APPROVAL-3', () => ({ hsm: { serial: '0000000000000000' } })],
    ['for other attributes', 'APPROVAL-4', () => ({ templateSha256: OTHER })],
    ['for the other environment', 'APPROVAL-5', () => ({ environment: 'production' })],
    ['that has expired at receipt', 'APPROVAL-6', (w) => ({ time: at(w.now - HOUR), expires: at(w.now) })],
    ['from the future', 'APPROVAL-6', (w) => ({ time: at(w.now + 1) })],
    ['before its time', 'APPROVAL-6', (w) => ({ notBefore: at(w.now + 1) })],
    ['that lives longer than the policy lets it', 'APPROVAL-6', (w) => ({ expires: at(w.now + 4 * HOUR + 1) })],
    [
      'with a root that is not the ledger’s',
      'APPROVAL-7',
      (w) => ({ ledgerHead: { size: w.lines.length, root: OTHER } }),
    ],
    [
      'with a head larger than the ledger',
      'APPROVAL-7',
      (w) => ({ ledgerHead: { size: w.lines.length + 1, root: w.roots.at(-1)! } }),
    ],
    [
      'with the right root at the wrong size',
      'APPROVAL-7',
      (w) => ({ ledgerHead: { size: w.lines.length - 1, root: w.roots.at(-1)! } }),
    ],
    [
      'that saw the ledger before the plan was frozen',
      'APPROVAL-7',
      (w) => {
        const size = w.lines.findIndex(({ entry }) => entry.type === 'plan.frozen');
        return { ledgerHead: { size, root: w.roots[size]! } };
      },
    ],
    ['as a decline without a reason', 'APPROVAL-10', () => ({ decision: 'decline' })],
  ];
  test.each(CASES)('%s: %s', (_, rule, change) => {
    const world = asking();
    expect(ruleOf(submit(world, change(world)))).toBe(rule);
    expect(world.state.open!.decisions).toEqual([]);
    // Nothing else was wrong: the same approval without the change is taken.
    expect(submit(world, {}).ok).toBe(true);
  });

  test('for the next step, which has attributes but is not asked about yet: STEP-1', () => {
    const world = asking();
    expect(ruleOf(world.submit(world.approval('custodian-1', {}, 'activate')))).toBe('STEP-1');
  });

  test('signed by somebody else: APPROVAL-8', () => {
    const world = asking();
    expect(ruleOf(world.submit(world.approval('custodian-1'), member('custodian-2')))).toBe('APPROVAL-8');
  });

  test('in the name of somebody who is not of this vault: APPROVAL-8', () => {
    const world = asking();
    expect(ruleOf(world.submit(world.approval('custodian-9')))).toBe('APPROVAL-8');
  });

  test('where no ceremony is open: STEP-5', () => {
    const world = asking();
    const approval = world.approval('custodian-1');
    world.close('stopped');
    expect(ruleOf(world.submit(approval))).toBe('STEP-5');
  });

  test.each([
    ['time', '2026-99-99T00:00:00Z'],
    ['expires', '2026-99-99T00:00:00Z'],
    ['notBefore', '2026-99-99T00:00:00Z'],
    ['time', '2026-02-30T00:00:00Z'],
  ])('with a %s that no calendar has, such as %s: APPROVAL-6', (field, value) => {
    // Not through the reader, whose schema may refuse it first: the decision stands on its own.
    const world = asking();
    const command = world.submitting(world.approval('custodian-1'));
    const approval = { ...command.approval, [field]: value };
    expect(ruleOf(world.ask({ ...command, approval }))).toBe('APPROVAL-6');
  });
});

describe('between receipt and use', () => {
  test('an approval can expire: APPROVAL-6, and its custodian may give another', () => {
    const world = approved();
    world.now += 2 * HOUR;
    expect(ruleOf(act(world))).toBe('APPROVAL-6');
    world.approve('custodian-1');
    expect(ruleOf(act(world))).toBe('APPROVAL-6');
    world.approve('custodian-3');
    expect(act(world).ok).toBe(true);
  });

  test('an approval ends at its expiry to the millisecond', () => {
    const world = approved();
    const expires = Date.parse(world.state.open!.decisions[0]!.approval.expires);
    expect(act(world, { now: expires - 1 }).ok).toBe(true);
    expect(ruleOf(act(world, { now: expires }))).toBe('APPROVAL-6');
  });

  test('a clock set back gives an expired approval no second life', () => {
    const world = approved();
    const before = world.now;
    world.now += 2 * HOUR;
    world.addHere({ type: 'exception.recorded', data: { step: 'generate' } });
    world.now = before;
    expect(ruleOf(act(world))).toBe('APPROVAL-6');
    // Nor to an envelope put forward again, nor after a restart.
    world.add({
      type: 'workstation.started',
      data: { software: { version: '0.1.0', manifest: OTHER }, entries: world.lines.length, interfacesUp: 0 },
    });
    const { approval, envelope, key } = world.state.open!.decisions[0]!;
    expect(ruleOf(world.ask({ kind: 'ceremony.decide', approval, envelope, signedBy: key }))).toBe('APPROVAL-6');
  });

  test('a clock that cannot be read allows nothing', () => {
    const world = approved();
    expect(act(world, { now: NaN }).ok).toBe(false);
    const fresh = asking();
    expect(ruleOf(fresh.try(fresh.submitting(fresh.approval('custodian-1')), { now: NaN }))).toBe('APPROVAL-6');
  });

  test('a restart, a refusal, presence and a login change nothing', () => {
    const world = approved();
    world.add({
      type: 'workstation.started',
      data: { software: { version: '0.1.0', manifest: OTHER }, entries: world.lines.length, interfacesUp: 0 },
    });
    world.addHere({ type: 'command.refused', data: { policy: 'STEP-1', command: 'ceremony.act', count: 1 } });
    expect(ruleOf(act(world))).toBe('STEP-3');
    world.login();
    expect(act(world).ok).toBe(true);
  });

  test('anything else that happens uses approvals up: APPROVAL-7, and they can be given again', () => {
    const world = approved();
    world.bindToken('operator-root', '1');
    expect(ruleOf(act(world))).toBe('APPROVAL-7');
    world.approve('custodian-1', 'custodian-2');
    expect(act(world).ok).toBe(true);
  });

  test('one approval that cannot be used does not stop an act that has enough others', () => {
    const world = asking();
    must(submit(world, { expires: at(world.now + 10 * MINUTE) }));
    world.approve('custodian-2', 'custodian-3');
    world.login();
    world.now += 20 * MINUTE;
    expect(world.begin().entry.data).toMatchObject({ approvals: { length: 2 } });
  });
});

describe('the waiting time of the policy', () => {
  const waiting = { policy: (p: never) => withLock(p) };
  const withLock = <P extends { rules: readonly object[] }>(policy: P): P => ({
    ...policy,
    rules: policy.rules.map((rule) => ({ ...rule, timeLock: 1800 })),
  });

  test('must pass before an approval is used: APPROVAL-12', () => {
    const world = approved(waiting as never);
    expect(ruleOf(act(world))).toBe('APPROVAL-12');
    world.now += 30 * MINUTE - 1;
    expect(ruleOf(act(world))).toBe('APPROVAL-12');
    world.now += 1;
    expect(act(world).ok).toBe(true);
  });

  test('runs from the receipt, so that a custodian who dates an approval back does not shorten it', () => {
    const world = asking(waiting as never);
    for (const person of ['custodian-1', 'custodian-2']) must(submit(world, { time: at(world.now - HOUR) }, person));
    world.login();
    expect(ruleOf(act(world))).toBe('APPROVAL-12');
  });
});

describe('a decline', () => {
  const decline = { decision: 'decline', reason: 'The digest on my sheet differs.' } as const;
  const counting = {
    policy: <P extends { rules: readonly object[] }>(policy: P): P => ({
      ...policy,
      rules: policy.rules.map((rule) => ({ ...rule, declines: 'count' })),
    }),
  };

  test('with a reason is recorded, and under veto no number of approvals goes past it: QUORUM-5', () => {
    const world = asking();
    must(submit(world, decline));
    expect(world.lines.at(-1)!.entry.type).toBe('approval.declined');
    world.approve('custodian-2', 'custodian-3');
    expect(world.step).toBe('approve-generate');
    world.state.open!.done.set('approve-generate', { seq: 0, time: at(world.now), confirmed: [] });
    world.login();
    expect(ruleOf(act(world))).toBe('QUORUM-5');
  });

  test('after the quorum, before the act, still stops under veto: QUORUM-5', () => {
    const world = approved();
    must(submit(world, decline, 'custodian-3'));
    expect(ruleOf(act(world))).toBe('QUORUM-5');
  });

  test('does not run out: a veto of an hour ago is a veto', () => {
    const world = asking();
    must(submit(world, decline));
    world.now += 2 * HOUR;
    world.approve('custodian-2', 'custodian-3');
    expect(world.step).toBe('approve-generate');
  });

  test('under count is only not an approval', () => {
    const world = asking(counting);
    must(submit(world, decline));
    world.approve('custodian-2', 'custodian-3').login();
    expect(act(world).ok).toBe(true);
  });

  test('cannot be turned into an approval by the same custodian: QUORUM-2', () => {
    const world = asking(counting);
    must(submit(world, decline));
    expect(ruleOf(submit(world, {}))).toBe('QUORUM-2');
  });
});

describe('approvals are used once', () => {
  test('after the act committed they allow nothing, neither the act again nor the next one', () => {
    const world = approved();
    const { decisions } = world.state.open!;
    const used = decisions.map(({ approval, envelope, key }) => ({
      kind: 'ceremony.decide' as const,
      approval,
      envelope,
      signedBy: key,
    }));
    world.act();
    expect(ruleOf(world.ask({ kind: 'ceremony.act', step: 'generate' }))).toBe('STEP-1');
    for (const command of used) expect(ruleOf(world.ask(command))).toBe('STEP-1');
    world.to('approve-activate');
    for (const command of used) expect(ruleOf(world.ask(command))).toBe('STEP-1');
    expect(world.state.open!.decisions.filter(({ step }) => step === 'activate')).toEqual([]);
  });

  test('even a replay that forgot the step would find them used up: APPROVAL-7', () => {
    const world = approved();
    world.act();
    world.state.open!.done.delete('generate');
    expect(ruleOf(act(world))).toBe('APPROVAL-7');
  });

  test('an approval of the generation, re-addressed to the activation, names other attributes: APPROVAL-4', () => {
    const world = approved();
    const { approval } = world.state.open!.decisions[0]!;
    world.to('approve-activate');
    expect(ruleOf(world.submit({ ...approval, step: 'activate' }))).toBe('APPROVAL-4');
  });

  test('an approval of one ceremony is of no use in the next, which has the same script: APPROVAL-1', () => {
    const world = approved();
    const { approval } = world.state.open!.decisions[0]!;
    world.addHere({ type: 'session.closed', data: { reason: 'stopped' } });
    world.do({ kind: 'ceremony.stop', reason: 'A fire alarm.' });
    world.freeze().to('approve-generate');
    expect(world.state.open!.plan.scriptSha256).toBe(approval.scriptSha256);
    expect(ruleOf(world.submit(approval))).toBe('APPROVAL-1');
  });

  test('an act that did not take effect leaves them good', () => {
    const world = approved();
    world.finish(world.begin(), { outcome: 'not-committed', key: undefined as never });
    expect(act(world).ok).toBe(true);
  });

  test('an envelope whose signature does not verify at the moment of use is not counted: APPROVAL-8', () => {
    const world = approved();
    const [first] = world.state.open!.decisions;
    const genuine = new Set([first!.envelope]);
    expect(ruleOf(world.ask({ kind: 'ceremony.act', step: 'generate' }, { genuine }))).toBe('APPROVAL-8');
    expect(ruleOf(world.ask({ kind: 'ceremony.act', step: 'generate' }, { genuine: new Set() }))).toBe('APPROVAL-8');
  });
});
