/**
 * The crash simulator in full: the power fails at every step of every scene in every way, within the writes to the journal,
 * and again while the application recovers.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Cut } from './ledger/clockwork.ts';
import { cutsAt, SCENES, Story, type Scene } from './ledger/story.ts';

let story: Story;
beforeAll(async () => {
  story = await Story.prepare();
});

/** The steps of the scene itself; what follows in a start is the rest of the ceremony, which has scenes of its own. */
const SCENE_STEPS = 120;

/** Steps of a start and its recovery before the ceremony goes on. */
const RECOVERY_STEPS = 70;

const counts = { once: 0, bytes: 0, twice: 0 };
const failures: string[] = [];

async function play(scene: Scene, cuts: readonly Cut[], kind: keyof typeof counts): Promise<readonly string[]> {
  const { violations, steps } = await story.play(scene, cuts);
  counts[kind]++;
  for (const wrong of violations) failures.push(`${JSON.stringify([scene, ...cuts])}: ${wrong}`);
  return steps[1] ?? [];
}

describe.each(SCENES)('the power fails in the scene %s', (scene) => {
  test('at every step, and again while recovering', async () => {
    const { steps } = await story.play(scene, []);
    const own = steps[0]!.slice(0, SCENE_STEPS);
    for (let at = 1; at <= own.length; at++) {
      let recovery: readonly string[] = [];
      const cuts = cutsAt(own, at);
      for (const cut of cuts) recovery = await play(scene, [cut], 'once');
      // Every fifth step of the recovery, begun one further for each cut, so that five neighbours cover all.
      for (let then = 1 + (at % 5); then <= Math.min(recovery.length, RECOVERY_STEPS); then += 5) {
        const ways = cutsAt(recovery, then);
        // One way of the two cuts each, in turn.
        await play(scene, [cuts[then % cuts.length]!, ways[(at + then) % ways.length]!], 'twice');
      }
    }
    expect(failures).toEqual([]);
  });

  // After every byte in the scene that makes the key; elsewhere after every seventh, which is what the time allows.
  test('within every write to the journal', async () => {
    const stride = scene === 'generate' ? 1 : 7;

    const { steps } = await story.play(scene, []);
    for (const [i, name] of steps[0]!.slice(0, SCENE_STEPS).entries()) {
      const [, bytes] = /^write \/ledger\/journal\.jsonl (\d+)$/.exec(name) ?? [];
      for (let keep = 0; keep <= Number(bytes ?? -1); keep += stride) {
        await play(scene, [{ at: i + 1, when: 'after', keep, names: 'kept' }], 'bytes');
      }
    }
    expect(failures).toEqual([]);
  });
});

test('the counts', () => {
  process.stdout.write(
    `ledger crash simulator: ${counts.once} cuts, ${counts.bytes} at single bytes of a write, ${counts.twice} cut again while recovering; ${failures.length} violations\n`,
  );
  expect(failures).toEqual([]);
});
