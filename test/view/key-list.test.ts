/** The list of keys as the application makes it: pages, filters and what is due, of a ledger that was really replayed. */
import { describe, expect, test } from 'vitest';
import { calendarKeys, keyPage, keysView } from '../../electron/view/key-list.ts';
import { World } from '../core/ceremony/world.ts';

const DAY_MS = 86_400_000;
const page = { offset: 0, limit: 50 };

/** Three keys: one active, one suspended, one compromised. */
function vault(): World {
  const world = World.ready();
  for (const label of ['alpha-1', 'beta-1', 'gamma-1']) {
    world.freeze(world.plan({ label })).to().close();
    if (label === 'beta-1')
      world
        .freeze(world.changing({ recipe: 'suspend-key@1' }))
        .to()
        .close();
    if (label === 'gamma-1') {
      const believed = new Date(world.now).toISOString();
      const compromise = { reason: 'key-compromise', believed } as const;
      world
        .freeze(world.changing({ recipe: 'report-compromise@1', compromise }))
        .to()
        .close();
    }
  }
  return world;
}

describe('the list of keys', () => {
  const world = vault();
  const { keys } = world.state;
  const labels = (input: Partial<Parameters<typeof keyPage>[2]>, now = world.now) =>
    keyPage(keys, now, { ...page, ...input }).rows.map(({ label }) => label);

  test('is in the order of the profile’s states, and a part of it is what was asked for', () => {
    expect(labels({})).toEqual(['alpha-1', 'beta-1', 'gamma-1']);
    expect(labels({ offset: 1, limit: 1 })).toEqual(['beta-1']);
    expect(labels({ offset: 3 })).toEqual([]);
    expect(keyPage(keys, world.now, page).states.map(({ state, count }) => [state, count])).toEqual([
      ['active', 1],
      ['suspended', 1],
      ['compromised', 1],
    ]);
  });

  test('is filtered by state and by words that each stand somewhere, whatever their case', () => {
    expect(labels({ state: 'suspended' })).toEqual(['beta-1']);
    expect(labels({ text: 'ALPHA' })).toEqual(['alpha-1']);
    expect(labels({ text: 'beta P-384 suspended' })).toEqual(['beta-1']);
    expect(labels({ text: 'beta active' })).toEqual([]);
    const key = [...keys.keys.values()][0]!.key;
    expect(labels({ text: key.slice(4, 20) })).toEqual(['alpha-1']);
  });

  test('says where a key stands among those that fit, and nothing where it does not', () => {
    const [, , third] = [...keys.keys.keys()];
    expect(keyPage(keys, world.now, { ...page, find: third! }).at).toBe(2);
    expect(keyPage(keys, world.now, { ...page, find: third!, state: 'active' }).at).toBeNull();
  });

  test('says when use was cut short, and by which day the table ends it', () => {
    const [active, suspended] = keyPage(keys, world.now, page).rows;
    expect(active).toMatchObject({ ended: null, periods: { originator: { by: 'table' }, recipient: null } });
    expect(suspended!.ended).toBe(new Date(world.now).toISOString().slice(0, 10));
  });

  test('has what is due on the day on which it is due, although no key has changed', () => {
    expect(keysView(keys, world.now)).toMatchObject({ count: 3, due: [], dueCount: 0 });
    const later = world.now + 1_090 * DAY_MS;
    expect(keysView(keys, later)).toMatchObject({ dueCount: 1, due: [{ rule: 'PERIOD-1', label: 'alpha-1' }] });
    expect(labels({ only: 'due' }, later)).toEqual(['alpha-1']);
    expect(keysView(keys, world.now).dueCount).toBe(0);
    expect(
      calendarKeys(keys)
        .filter(({ originator }) => originator)
        .map(({ label }) => label),
    ).toEqual(['alpha-1']);
  });

  test('changes its number with a key, and not with other entries', () => {
    const before = keysView(keys, world.now).changed;
    world.add({ type: 'command.refused', data: { policy: 'STEP-1', command: 'ceremony.act', count: 1 } });
    expect(keysView(keys, world.now).changed).toBe(before);
    world
      .freeze(world.plan({ label: 'delta-1' }))
      .to()
      .close();
    expect(keysView(keys, world.now).changed).toBeGreaterThan(before);
    expect(labels({})).toEqual(['delta-1', 'alpha-1', 'beta-1', 'gamma-1']);
  });
});
