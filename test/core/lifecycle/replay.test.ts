import { describe, expect, test } from 'vitest';
import { keyIdOf, replayKeys } from '../../../core/lifecycle/replay.ts';
import type { Event } from '../../../core/ledger/event.ts';
import { World } from '../ceremony/world.ts';

const played = (to?: string): World => World.ready().freeze().to(to);
const keys = (world: World) => replayKeys(world.lines.map(({ entry, leafHash }) => ({ entry, leafHash })));
const [only] = [(world: World) => [...keys(world).keys.values()][0]!];
const activation = (world: World, intent: string, key: string): Event => ({
  type: 'act.result',
  data: { act: 'key.activate', intent, outcome: 'committed', key, attributes: world.reading('active') },
});

describe('the life of a key, from the ledger alone', () => {
  test('begins pre-active in both halves with an id that its intent gives', () => {
    const world = played('read-back');
    const intent = world.lines.find(({ entry }) => entry.type === 'act.intent')!;
    expect(only(world)).toMatchObject({
      key: intent.leafHash.slice(0, 40),
      private: 'pre-active',
      public: 'pre-active',
    });
    expect(keyIdOf(intent.hash)).toBe(keyIdOf(intent.leafHash));
    expect(only(world).history.map(({ half, from, to }) => [half, from, to])).toEqual([
      ['private', 'none', 'pre-active'],
      ['public', 'none', 'pre-active'],
    ]);
  });

  test('becomes active in both halves by one entry', () => {
    const world = played('test-signature');
    const moves = only(world).history.slice(2);
    expect(moves.map(({ half, from, to }) => [half, from, to])).toEqual([
      ['private', 'pre-active', 'active'],
      ['public', 'pre-active', 'active'],
    ]);
    expect(new Set(moves.map(({ seq }) => seq)).size).toBe(1);
  });

  test('has no second activation: the entry is impossible and changes nothing', () => {
    const world = played('test-signature');
    const before = only(world);
    const key = before.key;
    const intent = world.addHere({ type: 'act.intent', data: { act: 'key.activate', key, token: 'vault' } });
    const line = world.addHere(activation(world, intent.leafHash, key));
    expect(keys(world).impossible).toEqual([line.entry.seq]);
    expect(only(world)).toEqual(before);
  });

  test.each([
    ['no intent', (_: World) => 'a'.repeat(64)],
    [
      'the intent of another act',
      (w: World) =>
        w.addHere({ type: 'act.intent', data: { act: 'key.test-signature', key: only(w).key, token: 'vault' } })
          .leafHash,
    ],
    [
      'the intent for another key',
      (w: World) =>
        w.addHere({ type: 'act.intent', data: { act: 'key.activate', key: 'b'.repeat(40), token: 'vault' } }).leafHash,
    ],
    [
      'an intent that has had its outcome',
      (w: World) => w.lines.find(({ entry }) => entry.type === 'act.intent')!.leafHash,
    ],
  ])('is not moved by an outcome of %s', (_, intentOf) => {
    const world = played('activate');
    const intent = intentOf(world);
    const line = world.addHere(activation(world, intent, only(world).key));
    expect(keys(world).impossible).toEqual([line.entry.seq]);
    expect(only(world)).toMatchObject({ private: 'pre-active', public: 'pre-active' });
  });

  test('takes one outcome from an intent: a second one, that says the act succeeded after all, is impossible', () => {
    const world = played('activate');
    const intent = world.begin();
    world.finish(intent, { outcome: 'not-committed' });
    const line = world.finish(intent);
    expect(keys(world).impossible).toEqual([line.entry.seq]);
    expect(only(world).private).toBe('pre-active');
  });

  test.each(['not-committed', 'unknown'] as const)('is not moved by an outcome that is %s', (outcome) => {
    const world = played('activate');
    world.finish(world.begin(), { outcome });
    expect(only(world).private).toBe('pre-active');
    expect(keys(world).impossible).toEqual([]);
  });

  test('does not begin without a public key, a label, or the id that its intent gives', () => {
    for (const change of [{ spki: undefined }, { key: 'c'.repeat(40) }, { key: undefined }]) {
      const world = played('generate');
      const line = world.finish(world.begin(), change);
      expect(keys(world).impossible).toEqual([line.entry.seq]);
      expect(keys(world).keys.size).toBe(0);
    }
    const world = played('generate');
    const intent = world.addHere({ type: 'act.intent', data: { act: 'key.generate', token: 'vault' } });
    const key = keyIdOf(intent.leafHash);
    world.addHere({
      type: 'act.result',
      data: { act: 'key.generate', intent: intent.leafHash, outcome: 'committed', key, spki: 'AAAA' },
    });
    expect(keys(world).keys.size).toBe(0);
  });

  test('never loses half of itself to the tidying up after another generation', () => {
    const world = played('request');
    const { key } = only(world);
    const intent = world.addHere({ type: 'act.intent', data: { act: 'key.discard-half', key, token: 'vault' } });
    const line = world.addHere({
      type: 'act.result',
      data: { act: 'key.discard-half', intent: intent.leafHash, outcome: 'committed', key },
    });
    expect(keys(world).impossible).toEqual([line.entry.seq]);
  });
});
