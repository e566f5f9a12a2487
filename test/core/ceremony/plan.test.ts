import { describe, expect, test } from 'vitest';
import { decide } from '../../../core/ceremony/decide.ts';
import { nextCeremonyId } from '../../../core/ceremony/decide-plan.ts';
import { planBytes, scriptSha256 } from '../../../core/plan/freeze.ts';
import { ACTIVATION, templateSha256 } from '../../../core/lifecycle/template.ts';
import type { Plan, SigningScript } from '../../../core/plan/plan.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { HOUR, START } from './chain.ts';
import { member } from './member.ts';
import { ruleOf, World } from './world.ts';

const freeze = (world: World, plan: Plan) => world.ask(world.freezing(plan));
/** A plan with a script of somebody's own making, consistent in all its digests. */
const scripted = (world: World, change: (script: SigningScript) => SigningScript): Plan => {
  const script = change(world.plan().script);
  return world.plan({}, { script, scriptSha256: scriptSha256(crypto, script) });
};

test('a plan as the recipe makes it opens a ceremony, in the name of its administrator', () => {
  const world = World.ready();
  const plan = world.plan();
  const [line] = world.freeze(plan).lines.slice(-1);
  expect(line!.entry).toMatchObject({
    type: 'plan.frozen',
    ceremony: 'CER-2026-001',
    actor: { role: 'administrator', person: 'administrator-1' },
    data: { plan: planBytes(crypto, plan).sha256, script: plan.scriptSha256 },
  });
  expect(world.state.open?.id).toBe('CER-2026-001');
});

describe('a script that is not the recipe’s is refused with PLAN-6', () => {
  const without = (id: string) => (script: SigningScript) => ({
    ...script,
    steps: script.steps.filter((step) => step.id !== id),
  });
  const each = (change: (step: SigningScript['steps'][number]) => object) => (script: SigningScript) =>
    ({ ...script, steps: script.steps.map((step) => ({ ...step, ...change(step) })) }) as SigningScript;
  const CASES: [string, (script: SigningScript) => SigningScript][] = [
    ['without the approval of the generation', without('approve-generate')],
    ['without the approval of the activation', without('approve-activate')],
    ['without the reading back', without('read-back')],
    ['without the log-out between', without('logout-request')],
    ['with its steps in another order', (s) => ({ ...s, steps: [...s.steps].reverse() })],
    ['with a step twice', (s) => ({ ...s, steps: [...s.steps, s.steps[0]!] })],
    ['whose acts need no quorum', each(({ kind }) => (kind === 'act' ? { action: undefined } : {}))],
    [
      'whose approval asks about another act',
      each(({ id }) => (id === 'approve-generate' ? { action: 'activate' } : {})),
    ],
    ['whose approval is for another step', each(({ id }) => (id === 'approve-generate' ? { for: 'activate' } : {}))],
    ['that nobody but the administrator confirms', each(() => ({ confirmedBy: [] }))],
    ['that says other words', each(() => ({ say: 'Please look at the ceiling.' }))],
    ['with the title of another recipe', (s) => ({ ...s, title: 'Destroy a key' })],
    [
      'whose key could be extracted',
      (s) => ({
        ...s,
        templates: s.templates.map(({ step, template }) => {
          const open = template.private!.map((a) => (a.name === 'CKA_EXTRACTABLE' ? { ...a, value: true } : a));
          const changed = { ...template, private: open };
          return { step, template: changed, sha256: templateSha256(crypto, s.key.mechanism, changed) };
        }),
      }),
    ],
    [
      'whose template has the digest of another',
      (s) => ({ ...s, templates: s.templates.map((t) => ({ ...t, sha256: 'a'.repeat(64) })) }),
    ],
    [
      'that activates a key that was asked for pre-active',
      (s) => ({ ...s, key: { ...s.key, initialState: 'pre-active' as const } }),
    ],
    [
      'with a template for a step more',
      (s) => ({
        ...s,
        templates: [
          ...s.templates,
          { step: 'request', template: ACTIVATION, sha256: templateSha256(crypto, s.key.mechanism, ACTIVATION) },
        ],
      }),
    ],
  ];
  test.each(CASES)('%s', (_, change) => {
    const world = World.ready();
    expect(ruleOf(freeze(world, scripted(world, change)))).toBe('PLAN-6');
  });

  test('under the digest of the script that it should be', () => {
    const world = World.ready();
    const plan = world.plan();
    for (const [, change] of CASES) {
      const forged = { ...plan, script: change(plan.script) };
      const command = { ...world.freezing(forged), scriptSha256: plan.scriptSha256 };
      expect(ruleOf(world.ask(command as ReturnType<World['freezing']>))).toBe('PLAN-6');
    }
  });

  test('with a member that no plan has', () => {
    const world = World.ready();
    expect(ruleOf(freeze(world, { ...world.plan(), note: 'and so on' } as Plan))).toBe('PLAN-6');
  });

  test('with digests that are not its own, in the plan or beside it', () => {
    const world = World.ready();
    const plan = world.plan();
    const good = world.freezing(plan);
    const other = 'b'.repeat(64);
    expect(ruleOf(world.ask({ ...good, planSha256: other } as typeof good))).toBe('PLAN-6');
    expect(ruleOf(world.ask({ ...good, scriptSha256: other } as typeof good))).toBe('PLAN-6');
    expect(ruleOf(freeze(world, { ...plan, scriptSha256: other }))).toBe('PLAN-6');
  });
});

describe('a plan that is not of this vault is refused with PLAN-6', () => {
  const CASES: [string, (plan: Plan) => Partial<Plan>][] = [
    ['another ceremony number', () => ({ ceremony: 'CER-2026-002' })],
    ['another year', () => ({ ceremony: 'CER-2025-001' })],
    ['the other environment', () => ({ environment: 'production' })],
    ['another vault', () => ({ vault: '0b5a3c52-6d6e-4a43-9c39-5b8f3a1d7e11' })],
    ['another serial', ({ hsm }) => ({ hsm: { ...hsm, serial: '1' } })],
    ['another token label', ({ hsm }) => ({ hsm: { ...hsm, label: 'other' } })],
    ['another model', ({ hsm }) => ({ hsm: { ...hsm, model: 'nShield' } })],
    [
      'a person who is not enrolled',
      ({ people }) => {
        const { privateKey: _, ...stranger } = member('custodian-4');
        return { people: [...people, stranger] };
      },
    ],
    [
      'another key of a person',
      ({ people }) => ({
        people: people.map((p) =>
          p.person === 'custodian-1' ? { ...p, key: member('custodian-1', 'second').key } : p,
        ),
      }),
    ],
    [
      'another public key under the same fingerprint',
      ({ people }) => ({
        people: people.map((p) =>
          p.person === 'custodian-1' ? { ...p, spki: member('custodian-1', 'second').spki } : p,
        ),
      }),
    ],
    [
      'another name of a person',
      ({ people }) => ({
        people: people.map((p) => (p.person === 'custodian-1' ? { ...p, name: 'Somebody Else' } : p)),
      }),
    ],
    [
      'another role of a person',
      ({ people }) => ({
        people: people.map((p) => (p.person === 'witness-1' ? { ...p, role: 'custodian' as const } : p)),
      }),
    ],
  ];
  test.each(CASES)('%s', (_, change) => {
    const world = World.ready();
    const plan = world.plan();
    expect(ruleOf(freeze(world, { ...plan, ...change(plan) }))).toBe('PLAN-6');
  });

  test.each(['‮gnp.exe', 'line\nbreak', '\ud800', 'soft\u00adhyphen'])(
    'a reason that cannot be read aloud: %j',
    (reason) => {
      const world = World.ready();
      const plan = world.plan();
      const script = { ...plan.script, key: { ...plan.script.key, recovery: { kind: 'none' as const, reason } } };
      const command = { ...world.freezing(plan), plan: { ...plan, script } };
      expect(ruleOf(world.ask(command as ReturnType<World['freezing']>))).toBe('PLAN-6');
    },
  );
});

describe('a plan is refused', () => {
  test('while another ceremony is open: PLAN-1', () => {
    const world = World.ready().freeze();
    expect(ruleOf(freeze(world, world.plan()))).toBe('PLAN-1');
  });

  test('for a kind of key that the policy does not name: PLAN-2', () => {
    const world = World.ready();
    expect(ruleOf(freeze(world, world.plan({ mechanism: 'rsa-2048' })))).toBe('PLAN-2');
  });

  test('for a label that a key of this vault already has, however that ceremony ended: PLAN-3', () => {
    const world = World.ready().freeze().to('read-back');
    world.do({ kind: 'ceremony.stop', reason: 'A fire alarm.' });
    expect(ruleOf(freeze(world, world.plan()))).toBe('PLAN-3');
    expect(freeze(world, world.plan({ label: 'root-2027' })).ok).toBe(true);
  });

  test('without a witness, an administrator, or enough custodians: PLAN-4', () => {
    const world = World.ready();
    const plan = world.plan();
    const people = (...gone: string[]) => plan.people.filter(({ person }) => !gone.includes(person));
    for (const gone of [['witness-1'], ['administrator-1'], ['custodian-1', 'custodian-2']]) {
      expect(ruleOf(freeze(world, { ...plan, people: people(...gone) }))).toBe('PLAN-4');
    }
    expect(freeze(world, { ...plan, people: people('custodian-2') }).ok).toBe(true);
  });

  test('where the group is large enough only with people who may not approve: PLAN-4', () => {
    const world = World.ready({
      policy: (p) => ({ ...p, groups: [{ id: 'custodians', people: ['custodian-1', 'witness-1'] }] }),
    });
    expect(ruleOf(freeze(world, world.plan()))).toBe('PLAN-4');
  });

  test('after its time, before its time, or with times that no calendar has: PLAN-5 or PLAN-6', () => {
    const world = World.ready();
    const at = (ms: number) => new Date(ms).toISOString();
    expect(ruleOf(freeze(world, world.plan({}, { expires: at(world.now) })))).toBe('PLAN-5');
    expect(ruleOf(freeze(world, world.plan({}, { created: at(world.now + HOUR) })))).toBe('PLAN-5');
    for (const expires of ['2026-99-99T00:00:00Z', '2027-02-30T00:00:00Z']) {
      expect(['PLAN-5', 'PLAN-6']).toContain(ruleOf(freeze(world, world.plan({}, { expires }))));
    }
    expect(freeze(world, world.plan({}, { expires: at(world.now + 1) })).ok).toBe(true);
  });

  test('under another policy than the vault’s: PLAN-5', () => {
    const world = World.ready();
    expect(ruleOf(freeze(world, world.plan({}, { policySha256: 'c'.repeat(64) })))).toBe('PLAN-5');
  });

  test('where one key or one name stands for two people, whatever its capitals: ROLE-1', () => {
    const twice = member('custodian-1');
    for (const second of [
      { ...member('custodian-2'), key: twice.key, spki: twice.spki },
      member('custodian-2', 'first', twice.name),
      member('custodian-2', 'first', twice.name.toUpperCase()),
    ]) {
      const members = ['administrator-1', 'custodian-3', 'witness-1'].map((id) => member(id));
      const world = World.ready({ members: [...members, twice, second] });
      expect(ruleOf(freeze(world, world.plan()))).toBe('ROLE-1');
    }
  });

  test('where the policy has no rule for an act of the script: QUORUM-6', () => {
    const world = World.ready({
      policy: (p) => ({ ...p, rules: p.rules.filter(({ action }) => action !== 'activate') }),
    });
    expect(ruleOf(freeze(world, world.plan()))).toBe('QUORUM-6');
    expect(freeze(world, world.plan({ initialState: 'pre-active' })).ok).toBe(true);
  });

  test('while an act has no outcome, in whatever ceremony: STEP-4', () => {
    const world = World.ready();
    world.add({ type: 'act.intent', data: { act: 'log-key.generate', token: 'vault' } });
    expect(ruleOf(freeze(world, world.plan()))).toBe('STEP-4');
  });
});

test('numbers of ceremonies run on through the life of the vault, and take the year of the day', () => {
  const world = World.ready().freeze().close('stopped');
  expect(nextCeremonyId(world.state, START)).toBe('CER-2026-002');
  expect(nextCeremonyId(world.state, Date.UTC(2027, 0, 1))).toBe('CER-2027-002');
});

test('a plan is refused with SETUP-2 before the vault has its genesis', () => {
  const world = World.ready();
  const plan = world.freezing(world.plan());
  for (const missing of ['policy', 'genesis', 'vault'] as const) {
    const state = { ...world.state, [missing]: null };
    expect(ruleOf(decide(state, plan, world.facts()))).toBe('SETUP-2');
  }
});
