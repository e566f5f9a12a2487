/** Whole lives of keys by the profiles that have acts of their own: UKO and DKE. */
import { describe, expect, test } from 'vitest';
import { operationsOf } from '../../../core/lifecycle/profile.ts';
import { profileOf } from '../../../core/lifecycle/profiles/index.ts';
import { replayKeys } from '../../../core/lifecycle/replay.ts';
import { PAIR_HALVES as HALVES, type ProfileId } from '../../../core/lifecycle/states.ts';
import { HOUR } from './chain.ts';
import { ruleOf, World, type ChangeAsked } from './world.ts';

const DAY = 24 * HOUR;

const withKey = (profile: ProfileId, initialState: 'pre-active' | 'active' = 'active'): World => {
  const world = World.ready({ profile });
  return world.freeze(world.plan({ initialState })).to().close();
};

/** Plans each change, holds its ceremony and closes it. */
const hold = (world: World, ...asked: readonly (ChangeAsked | ChangeAsked['recipe'])[]): World => {
  for (const one of asked)
    world
      .freeze(world.changing(typeof one === 'string' ? ({ recipe: one } as ChangeAsked) : one))
      .to()
      .close();
  return world;
};

const pair = (world: World): string => HALVES.map((half) => world.made[half]).join('/');

/** Nothing impossible, nothing irregular, and the same from the entries alone. */
function sound(world: World): void {
  expect(world.state.keys.impossible).toEqual([]);
  expect(world.state.irregular).toEqual([]);
  const alone = replayKeys(world.lines.map(({ entry, leafHash }) => ({ entry, leafHash })));
  expect(alone.keys.get(world.made.key)).toEqual(world.made);
}

describe('by UKO', () => {
  const WAIT = { recipe: 'schedule-destruction@1', hold: 7 } as const;

  test('a key is deactivated, made active again, and waits out its hold before a second quorum destroys it', () => {
    const world = hold(withKey('ibm-uko'), 'deactivate-key@1', 'reactivate-key@1', 'deactivate-key@1', WAIT);
    expect(pair(world)).toBe('pending-destruction/pending-destruction');
    const { destroyAfter, attributes } = world.made;
    expect(Date.parse(destroyAfter!) - Date.parse(world.made.history.at(-1)!.time)).toBe(7 * DAY);
    expect(attributes.private?.find(({ name }) => name === 'CKA_SIGN')?.value).toBe(false);
    world.now = Date.parse(destroyAfter!) + 1;
    hold(world, 'destroy-key@1');
    expect(pair(world)).toBe('destroyed/destroyed');
    hold(world, 'remove-key@1');
    expect(pair(world)).toBe('removed/removed');
    // It is not listed any more, and nothing of its history is gone.
    expect(world.made.history.map(({ half, to }) => `${half} ${to}`)).toContain('private pending-destruction');
    expect(ruleOf(world.ask(world.freezing(world.plan())))).toBe('PLAN-3');
    sound(world);
  });

  test('a destruction before the hold has passed is refused with LIFECYCLE-5, when it is planned and when it is done', () => {
    const world = hold(withKey('ibm-uko'), 'deactivate-key@1', WAIT);
    const passes = Date.parse(world.made.destroyAfter!);
    expect(ruleOf(world.ask(world.freezing(world.changing({ recipe: 'destroy-key@1' }))))).toBe('LIFECYCLE-5');
    world.now = passes + 1;
    world.freeze(world.changing({ recipe: 'destroy-key@1' })).to('destroy');
    const act = { kind: 'ceremony.act', step: 'destroy', label: 'root-2026' } as const;
    expect(ruleOf(world.ask(act, { now: passes - 1 }))).toBe('LIFECYCLE-5');
    expect(world.ask(act).ok).toBe(true);
  });

  test('an outcome that claims a destruction within the hold is impossible', () => {
    const world = hold(withKey('ibm-uko'), 'deactivate-key@1', WAIT);
    const { key } = world.made;
    const intent = world.add({ type: 'act.intent', data: { act: 'key.destroy', key, token: 'vault' } });
    const data = { act: 'key.destroy', intent: intent.leafHash, outcome: 'committed', key } as const;
    world.add({ type: 'act.result', data: { ...data, gone: ['private', 'public'] } });
    expect(world.state.keys.impossible).toHaveLength(1);
    expect(pair(world)).toBe('pending-destruction/pending-destruction');
  });

  test('the wait cannot be called off, and a pre-active key is destroyed without one', () => {
    const world = hold(withKey('ibm-uko'), 'deactivate-key@1', WAIT);
    for (const recipe of ['reactivate-key@1', 'deactivate-key@1', 'activate-key@1'] as const)
      expect(ruleOf(world.ask(world.freezing(world.changing({ recipe }))))).toBe('LIFECYCLE-1');
    expect(pair(hold(withKey('ibm-uko', 'pre-active'), 'destroy-key@1'))).toBe('destroyed/destroyed');
    const active = withKey('ibm-uko');
    expect(ruleOf(active.ask(active.freezing(active.changing({ recipe: 'destroy-key@1' }))))).toBe('LIFECYCLE-1');
  });
});

describe('by DKE', () => {
  /** A vault of its own kind of key. */
  const dkeKey = (initialState: 'pre-active' | 'active' = 'active'): World => {
    const keys = [{ purpose: 'decrypt', mechanisms: ['rsa-2048'] }] as const;
    const world = World.ready({
      profile: 'securosys-dke',
      policy: (policy) => ({ ...policy, keys: keys.map((rule) => ({ ...rule, mechanisms: [...rule.mechanisms] })) }),
    });
    const recovery = { kind: 'none', reason: 'The documents are encrypted anew.' } as const;
    const key = { label: 'dke-2026', mechanism: 'rsa-2048', purpose: 'decrypt', initialState, recovery } as const;
    return world.freeze(world.planKey(key)).to().close();
  };
  const decrypts = (world: World) => world.made.attributes.private?.find(({ name }) => name === 'CKA_DECRYPT')?.value;

  test.each(['pre-active', 'active'] as const)('a key that is %s is deleted, and is gone for good', (state) => {
    const world = hold(dkeKey(state), 'delete-key@1');
    expect(pair(world)).toBe('deleted/deleted');
    expect(world.made.attributes).toEqual({ private: [], public: [] });
    sound(world);
  });

  test('a deactivated or compromised key is not deleted: it stays in the HSM, with LIFECYCLE-1', () => {
    const compromise = { reason: 'key-compromise', believed: '2026-03-01T09:30:00Z' } as const;
    for (const end of ['deactivate-key@1', { recipe: 'report-compromise@1', compromise }] as const) {
      const world = hold(dkeKey(), end);
      expect(ruleOf(world.ask(world.freezing(world.changing({ recipe: 'delete-key@1' }))))).toBe('LIFECYCLE-1');
    }
  });

  test('an active key is switched off and on by quorums of their own, and stays active', () => {
    const world = hold(dkeKey(), 'disable-key@1');
    expect([pair(world), world.made.enabled, decrypts(world)]).toEqual(['active/active', false, false]);
    expect(ruleOf(world.ask(world.freezing(world.changing({ recipe: 'disable-key@1' }))))).toBe('LIFECYCLE-1');
    hold(world, 'enable-key@1');
    expect([pair(world), world.made.enabled, decrypts(world)]).toEqual(['active/active', true, true]);
    expect(ruleOf(world.ask(world.freezing(world.changing({ recipe: 'enable-key@1' }))))).toBe('LIFECYCLE-1');
    sound(world);
    const early = dkeKey('pre-active');
    expect(ruleOf(early.ask(early.freezing(early.changing({ recipe: 'disable-key@1' }))))).toBe('LIFECYCLE-1');
  });

  test('a key that decrypts signs no request, in whatever profile', () => {
    const world = dkeKey('pre-active');
    expect(ruleOf(world.ask(world.freezing(world.changing({ recipe: 'prove-possession@1' }))))).toBe('LIFECYCLE-1');
  });

  test('no other profile has a deletion, a switch, a wait or a removal from the list', () => {
    const world = withKey('nist-sp800-57@r5');
    for (const recipe of ['delete-key@1', 'disable-key@1', 'enable-key@1', 'reactivate-key@1', 'remove-key@1'] as const)
      expect(ruleOf(world.ask(world.freezing(world.changing({ recipe }))))).toBe('LIFECYCLE-1');
    expect(ruleOf(world.ask(world.freezing(world.changing({ recipe: 'schedule-destruction@1', hold: 7 }))))).toBe(
      'LIFECYCLE-1',
    );
  });

  test('the switch takes away what it blocks and nothing else', () => {
    const dke = profileOf('securosys-dke');
    expect(operationsOf(dke, 'private-decryption', 'active')).toEqual(['decrypt']);
    expect(operationsOf(dke, 'private-decryption', 'active', false)).toEqual([]);
    expect(operationsOf(dke, 'public-encryption', 'active', false)).toEqual(['encrypt']);
  });
});

describe('a cryptoperiod', () => {
  const setting = (originatorEnd: string, recipientEnd?: string): ChangeAsked => ({
    recipe: 'set-cryptoperiod@1',
    cryptoperiod: { originatorEnd, ...(recipientEnd === undefined ? {} : { recipientEnd }) },
  });

  test('is in the ledger once it was set, the last one last, and changes nothing else', () => {
    const world = hold(withKey('nist-sp800-57@r5'), setting('2030-01-31'), setting('2029-06-30', '2031-06-30'));
    expect(world.made.periods).toMatchObject([
      { originatorEnd: '2030-01-31' },
      { originatorEnd: '2029-06-30', recipientEnd: '2031-06-30' },
    ]);
    expect(pair(world)).toBe('active/active');
    sound(world);
  });

  test('that ends before it begins, or for recipients before the originator, is refused', () => {
    const world = withKey('nist-sp800-57@r5');
    expect(ruleOf(world.ask(world.freezing(world.changing(setting('2020-01-01')))))).toBe('PERIOD-5');
    expect(ruleOf(world.ask(world.freezing(world.changing(setting('2030-01-01', '2029-12-31')))))).toBe('PERIOD-6');
  });

  test('that its intent does not name is impossible', () => {
    const world = withKey('nist-sp800-57@r5');
    const { key } = world.made;
    const intent = world.add({ type: 'act.intent', data: { act: 'key.set-cryptoperiod', key, token: 'vault' } });
    const data = { act: 'key.set-cryptoperiod', intent: intent.leafHash, outcome: 'committed', key } as const;
    world.add({ type: 'act.result', data });
    expect(world.state.keys.impossible).toHaveLength(1);
    expect(world.made.periods).toEqual([]);
  });
});

describe('a rotation', () => {
  const successor = (world: World) => [...world.state.keys.keys.values()].find(({ label }) => label === 'root-2027')!;
  const old = (world: World) => [...world.state.keys.keys.values()].find(({ label }) => label === 'root-2026')!;

  test.each([
    ['keep', 'active/active'],
    ['suspend', 'suspended/suspended'],
    ['deactivate', 'destroyed/deactivated'],
    ['destroy', 'destroyed/destroyed'],
  ] as const)('after which the predecessor is to %s makes a linked successor and ends it as %s', (fate, states) => {
    const world = withKey('nist-sp800-57@r5');
    world.freeze(world.rotating('root-2027', fate)).to().close();
    expect(successor(world)).toMatchObject({ private: 'active', public: 'active', predecessor: old(world).key });
    expect(old(world).successor).toBe(successor(world).key);
    expect(HALVES.map((half) => old(world)[half]).join('/')).toBe(states);
    expect(world.state.keys.impossible).toEqual([]);
    expect(world.state.irregular).toEqual([]);
  });

  test('asks for the quorum of its own action, of the activation, and of what becomes of the predecessor', () => {
    const world = withKey('nist-sp800-57@r5');
    const { steps } = world.rotating('root-2027', 'destroy').script;
    expect(steps.flatMap(({ kind, action }) => (kind === 'approve' ? [action] : []))).toEqual([
      'rotate',
      'activate',
      'destroy',
    ]);
    const acts = steps.filter(({ kind }) => kind === 'act');
    expect(acts.find(({ id }) => id === 'generate')?.action).toBe('rotate');
    expect(acts.find(({ id }) => id === 'predecessor')).toMatchObject({ typed: 'label', of: 'predecessor' });
  });

  test('destroys the key whose label is typed, which is that of the predecessor', () => {
    const world = withKey('nist-sp800-57@r5');
    world.freeze(world.rotating('root-2027', 'destroy')).to('predecessor');
    const act = (label: string) => world.ask({ kind: 'ceremony.act', step: 'predecessor', label });
    expect(ruleOf(act('root-2027'))).toBe('LABEL-2');
    const intent = act('root-2026');
    expect(intent.ok && intent.value[0]!.event.data).toMatchObject({ act: 'key.destroy', key: old(world).key });
  });

  test('is refused where the fate is none that the profile has, or the plan names another key', () => {
    const uko = withKey('ibm-uko');
    expect(ruleOf(uko.ask(uko.freezing(uko.rotating('root-2027', 'destroy'))))).toBe('LIFECYCLE-1');
    const world = withKey('nist-sp800-57@r5');
    const plan = world.rotating('root-2027', 'keep');
    const { subject: _, ...without } = plan;
    expect(ruleOf(world.ask(world.freezing(without)))).toBe('PLAN-6');
    expect(
      ruleOf(world.ask(world.freezing({ ...plan, subject: { ...plan.subject!, spkiSha256: 'd'.repeat(64) } }))),
    ).toBe('PLAN-6');
    expect(ruleOf(world.ask(world.freezing(world.rotating('root-2026', 'keep'))))).toBe('PLAN-3');
  });
});
