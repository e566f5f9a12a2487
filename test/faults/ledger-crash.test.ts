/** A slice of the crash simulator with a fixed seed; the whole of it is in ledger-crash.long.ts. */
import { beforeAll, describe, expect, test } from 'vitest';
import { cutsAt, SCENES, Story } from './ledger/story.ts';

/** A small generator of its own, so that the slice is the same on every run. */
function* seeded(seed: number): Generator<number, never> {
  for (let x = seed; ;) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    yield x;
  }
}

let story: Story;
beforeAll(async () => {
  story = await Story.prepare();
}, 120_000);

describe('the production code on a fake disk and a fake token', () => {
  test('comes to the end of its ceremony from every scene, with nothing to object to', async () => {
    for (const scene of SCENES) {
      const { violations, steps } = await story.play(scene, []);
      expect(violations, scene).toEqual([]);
      expect(steps[0]!.length, scene).toBeGreaterThan(20);
    }
  });

  test('keeps every acknowledged entry, announces every effect and gives each intent one outcome, cut where the seed says and cut again while recovering', async () => {
    const random = seeded(20260322);
    const next = (below: number): number => random.next().value % below;
    for (let i = 0; i < 30; i++) {
      const scene = SCENES[next(SCENES.length)]!;
      const { steps } = await story.play(scene, []);
      const first = cutsAt(steps[0]!, 1 + next(steps[0]!.length));
      const cut = first[next(first.length)]!;
      const once = await story.play(scene, [cut]);
      expect(once.violations, JSON.stringify([scene, cut])).toEqual([]);
      const after = once.steps[1] ?? [];
      if (after.length === 0) continue;
      const second = cutsAt(after, 1 + next(Math.min(after.length, 60)));
      const again = second[next(second.length)]!;
      const twice = await story.play(scene, [cut, again]);
      expect(twice.violations, JSON.stringify([scene, cut, again])).toEqual([]);
    }
  }, 120_000);
});

describe('a planted fault is found', () => {
  test('a disk that says fsync and does not do it', async () => {
    const lying = await Story.prepare({ lyingDisk: true });
    const { steps } = await lying.play('generate', []);
    const found: string[] = [];
    for (let at = 1; at <= steps[0]!.length; at += 7) {
      const { violations } = await lying.play('generate', [{ at, when: 'after', keep: 'none', names: 'kept' }]);
      found.push(...violations);
    }
    expect(found.some((one) => one.includes('acknowledged and is lost'))).toBe(true);
  }, 120_000);

  test('a token that says it kept a head and did not', async () => {
    const forgetful = await Story.prepare({ forgetfulToken: true });
    const { violations } = await forgetful.play('generate', []);
    expect(violations.some((one) => one.includes('no head on the token covered the intent'))).toBe(true);
  }, 120_000);
});
