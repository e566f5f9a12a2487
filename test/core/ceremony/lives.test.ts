/** Whole lives of keys by the profiles that have acts of their own: UKO and DKE. */
import { describe, expect, test } from 'vitest';
import { refusedChange } from '../../../core/lifecycle/change.ts';
import { operationsOf, type Profile } from '../../../core/lifecycle/profile.ts';
import { profileOf } from '../../../core/lifecycle/profiles/index.ts';
import { replayKeys } from '../../../core/lifecycle/replay.ts';
import { HALVES, type ProfileId } from '../../../core/lifecycle/states.ts';
import { usageTemplate } from '../../../core/lifecycle/template.ts';
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
    expect(attributes.private.find(({ name }) => name === 'CKA_SIGN')?.value).toBe(false);
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
  test.each(['pre-active', 'active'] as const)('a key that is %s is deleted, and is gone for good', (state) => {
    const world = hold(withKey('securosys-dke', state), 'delete-key@1');
    expect(pair(world)).toBe('deleted/deleted');
    expect(world.made.attributes).toEqual({ private: [], public: [] });
    sound(world);
  });

  test('a deactivated or compromised key is not deleted: it stays in the HSM, with LIFECYCLE-1', () => {
    const compromise = { reason: 'key-compromise', believed: '2026-03-01T09:30:00Z' } as const;
    for (const end of ['deactivate-key@1', { recipe: 'report-compromise@1', compromise }] as const) {
      const world = hold(withKey('securosys-dke'), end);
      expect(ruleOf(world.ask(world.freezing(world.changing({ recipe: 'delete-key@1' }))))).toBe('LIFECYCLE-1');
    }
  });

  test('no other profile has a deletion, a switch, a wait or a removal from the list', () => {
    const world = withKey('nist-sp800-57@r5');
    for (const recipe of ['delete-key@1', 'disable-key@1', 'enable-key@1', 'reactivate-key@1', 'remove-key@1'] as const)
      expect(ruleOf(world.ask(world.freezing(world.changing({ recipe }))))).toBe('LIFECYCLE-1');
    expect(ruleOf(world.ask(world.freezing(world.changing({ recipe: 'schedule-destruction@1', hold: 7 }))))).toBe(
      'LIFECYCLE-1',
    );
  });

  test('the switch takes away what it blocks and nothing else, and is turned only the other way', () => {
    const dke = profileOf('securosys-dke');
    expect(operationsOf(dke, 'private-key-transport', 'active')).toEqual(['decrypt', 'unwrap']);
    expect(operationsOf(dke, 'private-key-transport', 'active', false)).toEqual(['unwrap']);
    // A table of the test, whose switch blocks what a signature key does.
    const signing: Profile = {
      ...dke,
      switches: [{ name: 'enabled', blocks: ['sign'], source: { from: [], basis: 'inferred' } }],
    };
    const active = { private: 'active', public: 'active' } as const;
    const sign = (enabled: boolean) =>
      usageTemplate(signing, { ...active, enabled }).private.find(({ name }) => name === 'CKA_SIGN')?.value;
    expect([sign(true), sign(false)]).toEqual([true, false]);
    const refused = (change: 'disable' | 'enable', enabled: boolean) =>
      refusedChange(signing, change, { ...active, enabled }) !== null;
    expect([refused('disable', true), refused('enable', true)]).toEqual([false, true]);
    expect([refused('disable', false), refused('enable', false)]).toEqual([true, false]);
    expect(refusedChange(signing, 'disable', { private: 'pre-active', public: 'pre-active' })).not.toBeNull();
    expect(refusedChange(dke, 'disable', active)).toContain('nothing that the switch blocks');
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
