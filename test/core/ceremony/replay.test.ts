import fc from 'fast-check';
import { plannedKey } from '../../../core/plan/plan.ts';
import { describe, expect, test } from 'vitest';
import { currentStep, type VaultState } from '../../../core/ceremony/state.ts';
import { HOUR } from './chain.ts';
import { member } from './member.ts';
import { MOVES, software, WRONG, type Move } from './moves.ts';
import { World } from './world.ts';

/** Everything of a state that can be compared. */
const flat = (state: VaultState): unknown =>
  JSON.parse(
    JSON.stringify(state, (_, value: unknown) =>
      value instanceof Map ? [...value.entries()] : value instanceof Set ? [...value] : value,
    ),
  );

/** Whether the steps that are done are a prefix of the script. */
function inOrder(state: VaultState): boolean {
  return [...state.ceremonies.values()].every(({ plan, done }) => {
    const ids = plan.script.steps.map(({ id }) => id);
    return ids.slice(0, done.size).every((id) => done.has(id)) && [...done.keys()].every((id) => ids.includes(id));
  });
}

/** Who approved, by the entries alone: each intent of an act that needs a quorum, and the people behind it. */
function approversOf(world: World): number[] {
  return world.lines.flatMap(({ entry }) => {
    if (entry.type !== 'act.intent' || (entry.data.act !== 'key.generate' && entry.data.act !== 'key.activate'))
      return [];
    const named = entry.data.approvals ?? [];
    const given = world.lines.filter(
      (line) =>
        line.entry.type === 'approval.given' &&
        line.entry.seq < entry.seq &&
        line.entry.ceremony === entry.ceremony &&
        line.entry.data.step === entry.data.step &&
        named.includes(line.entry.data.envelope),
    );
    return [new Set(given.map((line) => (line.entry.data as { person: string }).person)).size];
  });
}

describe('whatever is tried, in whatever order', () => {
  test('nothing throws, steps are done in their order, no act begins without its quorum, and replay gives the same state', () => {
    let intents = 0;
    let finished = 0;
    fc.assert(
      fc.property(fc.array(MOVES, { minLength: 1, maxLength: 60 }), fc.integer({ min: 0, max: 16 }), (moves, from) => {
        const world = World.ready().freeze();
        const { steps } = world.state.open!.plan.script;
        world.to(steps[from]?.id);
        for (const move of moves) {
          move(world);
          expect(inOrder(world.state)).toBe(true);
        }
        const approvers = approversOf(world);
        intents += approvers.length;
        for (const count of approvers) expect(count).toBeGreaterThanOrEqual(2);
        finished += [...world.state.ceremonies.values()].filter(({ done }) => done.size === steps.length).length;
        expect(flat(world.replayed().state)).toEqual(flat(world.state));
        expect(world.state.keys.impossible).toEqual([]);
      }),
      { numRuns: 150 },
    );
    // The walk is not idle: acts did begin, and some ceremonies came to their end.
    expect(intents).toBeGreaterThan(20);
    expect(finished).toBeGreaterThan(0);
  });

  test('each ceremony makes at most one key, and a key is made by the act that names its label', () => {
    fc.assert(
      fc.property(fc.array(MOVES, { minLength: 20, maxLength: 60 }), (moves) => {
        const world = World.ready().freeze().to('generate');
        for (const move of moves) move(world);
        for (const ceremony of world.state.ceremonies.values()) {
          const made = [...world.state.keys.keys.values()].filter((key) => key.ceremony === ceremony.id);
          expect(made.length).toBeLessThanOrEqual(1);
          expect(made.map(({ key }) => key)).toEqual(ceremony.key === null ? [] : [ceremony.key]);
          expect(made.every(({ label }) => label === plannedKey(ceremony.plan).label)).toBe(true);
        }
        expect(new Set([...world.state.keys.keys.values()].map(({ label }) => label)).size).toBe(
          world.state.keys.keys.size,
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('an entry that the script does not have at its place changes nothing and is listed', () => {
  const at = (step: string) => World.ready().freeze().to(step);
  const CASES: [string, string, Move][] = [
    [
      'a step done before its turn',
      'room',
      (w) => void w.addHere({ type: 'step.done', data: { step: 'workstation', confirmed: [] } }),
    ],
    [
      'an approve step done without approvals',
      'approve-generate',
      (w) => void w.addHere({ type: 'step.done', data: { step: 'approve-generate', confirmed: [] } }),
    ],
    [
      'an act done without its result',
      'generate',
      (w) => void w.addHere({ type: 'step.done', data: { step: 'generate', confirmed: [] } }),
    ],
    ['a step of no ceremony', 'room', (w) => void w.add({ type: 'step.done', data: { step: 'room', confirmed: [] } })],
    [
      'an outcome of no intent',
      'generate',
      (w) => void w.addHere({ type: 'act.result', data: { act: 'key.generate', intent: WRONG, outcome: 'committed' } }),
    ],
    [
      'the end of a ceremony that is not open',
      'room',
      (w) => void w.add({ type: 'ceremony.closed', data: { outcome: 'completed' } }),
    ],
    [
      'a plan while another is open',
      'workstation',
      (w) => {
        const entry = w.lines.find((line) => line.entry.type === 'plan.frozen')!.entry;
        w.append({
          event: { type: 'plan.frozen', data: entry.data } as never,
          ceremony: entry.ceremony,
          actor: entry.actor as never,
        });
      },
    ],
    [
      'an approval whose envelope nobody has',
      'approve-generate',
      (w) => {
        const { planSha256: plan } = w.state.open!;
        const { key } = member('custodian-1');
        w.addHere({
          type: 'approval.given',
          data: {
            step: 'generate',
            person: 'custodian-1',
            key,
            plan,
            envelope: WRONG,
            expires: '2026-11-03T12:00:00Z',
          },
        });
      },
    ],
    [
      'a decline that is entered as an approval',
      'approve-generate',
      (w) => {
        const { planSha256: plan } = w.state.open!;
        const { envelope, signedBy } = w.submitting(w.approval('custodian-1', { decision: 'decline', reason: 'No.' }));
        w.addHere({
          type: 'approval.given',
          data: {
            step: 'generate',
            person: 'custodian-1',
            key: signedBy!,
            plan,
            envelope,
            expires: '2026-11-03T12:00:00Z',
          },
        });
      },
    ],
    [
      'an approval that is entered for somebody else',
      'approve-generate',
      (w) => {
        const { planSha256: plan } = w.state.open!;
        const { envelope } = w.submitting(w.approval('custodian-1'));
        const { key } = member('custodian-2');
        w.addHere({
          type: 'approval.given',
          data: { step: 'generate', person: 'custodian-2', key, plan, envelope, expires: '2026-11-03T12:00:00Z' },
        });
      },
    ],
  ];
  test.each(CASES)(
    '%s',
    (_, step, move) => {
      const world = at(step);
      const decisions = [...world.state.open!.decisions];
      move(world);
      expect(world.state.irregular).toEqual([world.lines.length - 1]);
      expect(world.step).toBe(step);
      expect(world.state.open).not.toBeNull();
      expect(world.state.open!.decisions).toEqual(decisions);
    },
    30_000,
  );

  test('a plan of a ceremony that is over does not open it again', () => {
    const world = at('workstation');
    const { entry } = world.lines.find((line) => line.entry.type === 'plan.frozen')!;
    world.close('stopped');
    world.append({
      event: { type: 'plan.frozen', data: entry.data } as never,
      ceremony: entry.ceremony,
      actor: entry.actor as never,
    });
    expect(world.state.open).toBeNull();
    expect(world.state.ceremonies.get('CER-2026-001')?.outcome).toBe('stopped');
  });

  test('an outcome that names another act than its intent is not that intent’s', () => {
    const world = at('request');
    const intent = world.begin();
    world.addHere({
      type: 'act.result',
      data: { act: 'key.activate', intent: intent.leafHash, outcome: 'committed', key: world.state.open!.key! },
    });
    expect([...world.state.keys.keys.values()]).toMatchObject([{ private: 'pre-active' }]);
    expect(world.step).toBe('request');
    expect(world.state.keys.impossible).toEqual([world.lines.length - 1]);
  });
});

describe('sessions and intents', () => {
  test('a login step is done by a session with the vault’s token, not with the operator root’s', () => {
    const world = World.ready().freeze().to('login-generate');
    world.opened('operator-root');
    expect(world.step).toBe('login-generate');
    expect(world.state.session).toEqual({ vault: false, root: true });
    world.opened('vault');
    expect(world.step).toBe('generate');
  });

  test('a session opened at any other step marks nothing', () => {
    const world = World.ready().freeze();
    while (world.step !== null) {
      const fork = world.fork();
      const current = currentStep(fork.state.open!)!;
      if (current.kind !== 'login') {
        fork.opened();
        expect(fork.step).toBe(current.id);
      }
      const { steps } = world.state.open!.plan.script;
      world.to(steps[steps.findIndex(({ id }) => id === world.step) + 1]?.id);
    }
  });

  test.each(['pause', 'stopped', 'host-lost', 'shutdown'] as const)(
    'a session that ends by %s does not do a logout step',
    (reason) => {
      const world = World.ready().freeze().to('logout-request');
      world.addHere({ type: 'session.closed', data: { reason } });
      expect(world.step).toBe('logout-request');
      expect(world.state.session.vault).toBe(false);
    },
  );

  test('a start of the workstation, a lost host and a closed session each end both sessions', () => {
    for (const end of [
      { type: 'workstation.started', data: { software, entries: 1, interfacesUp: 0 } },
      { type: 'hsm.lost', data: { during: null } },
      { type: 'session.closed', data: { reason: 'pause' } },
    ] as const) {
      const world = World.ready().freeze().to('generate').opened('operator-root');
      expect(world.state.session).toEqual({ vault: true, root: true });
      world.add(end);
      expect(world.state.session).toEqual({ vault: false, root: false });
    }
  });

  test('an intent is open from its entry to its one outcome, across restarts', () => {
    const world = World.ready().freeze().to('generate');
    const intent = world.begin();
    expect([...world.state.intents.keys()]).toEqual([intent.leafHash]);
    expect([...world.replayed().state.intents.values()]).toMatchObject([{ act: 'key.generate', step: 'generate' }]);
    world.finish(intent);
    expect(world.state.intents.size).toBe(0);
    world.finish(intent);
    expect(world.state.irregular).toEqual([world.lines.length - 1]);
    expect(world.state.keys.keys.size).toBe(1);
  });

  test('the clock of the ceremony never runs back, and a wrong clock does not outlive its ceremony', () => {
    const world = World.ready().freeze();
    const start = world.now;
    world.now += 5 * HOUR;
    world.confirm();
    world.now = start;
    world.confirm();
    expect(world.state.open!.latest).toBe(start + 5 * HOUR);
    world.close('stopped').freeze();
    expect(world.state.open!.latest).toBe(start);
  });
});
