/** One ceremony, cut at chosen steps, recovered (and cut again there), finished, and judged. */
import type { Failure } from '../../../core/result.ts';
import { Clockwork, type Cut } from './clockwork.ts';
import { FakeDisk } from './disk.ts';
import { unannounced, violations } from './oracle.ts';
import { FakeToken } from './token.ts';
import { FIRST_KEY, FOLDER, people, Running, type Told } from './world.ts';

const JOURNAL = `${FOLDER}/journal.jsonl`;

/** The steps of the script at which the application changes the token or uses a key. */
export const SCENES = ['generate', 'request', 'activate', 'test-signature', 'export'] as const;
export type Scene = (typeof SCENES)[number];

export interface Options {
  readonly lyingDisk?: boolean;
  readonly forgetfulToken?: boolean;
}

interface Moment {
  readonly disk: FakeDisk;
  readonly token: FakeToken;
}

function must<T>(failure: Failure | null, value: T): T {
  if (failure) throw new Error(`${failure.policy ?? failure.code}: ${failure.message}`);
  return value;
}

export interface Ending {
  /** Steps that each start of the application took, the one that was cut included. */
  readonly steps: readonly (readonly string[])[];
  readonly violations: readonly string[];
}

export class Story {
  readonly #moments = new Map<Scene, Moment>();
  readonly #persons = people();

  private constructor() {}

  /** A vault and its ceremony up to each scene, made once. */
  static async prepare({ lyingDisk = false, forgetfulToken = false }: Options = {}): Promise<Story> {
    const story = new Story();
    const power = new Clockwork();
    const disk = new FakeDisk(power);
    const token = new FakeToken(power);
    const started = await Running.start(disk, token, power, story.#persons, () => undefined);
    if (!started.ok) throw new Error(started.error.message);
    const running = started.value;
    const made = await running.createVault();
    if (!made.ok) throw new Error(`${made.error.policy ?? made.error.code}: ${made.error.message}`);
    const frozen = await running.freeze(FIRST_KEY);
    if (!frozen.ok) throw new Error(frozen.error.message);
    for (const scene of SCENES) {
      must(await running.runTo(scene), null);
      // Planted faults begin with the scene.
      const other = new Clockwork();
      story.#moments.set(scene, {
        disk: Object.assign(disk.clone(other), { lies: lyingDisk }),
        token: Object.assign(token.clone(other), { forgets: forgetfulToken }),
      });
    }
    return story;
  }

  /** From a scene with the power failing as the cuts say: the first during the scene, each further one while recovering. */
  async play(scene: Scene, cuts: readonly Cut[]): Promise<Ending> {
    const power = new Clockwork();
    const moment = this.#moments.get(scene)!;
    const disk = moment.disk.clone(power);
    const token = moment.token.clone(power);
    const told: Told[] = [];
    const found: string[] = [];
    token.observer = (use) => {
      const wrong = unannounced(use, disk.medium(JOURNAL), token);
      if (wrong !== null) found.push(wrong);
    };
    const steps: string[][] = [];
    // Before the scene the application was closed in order.
    disk.restore({ keep: 'all', names: 'kept' });
    for (const cut of [...cuts, null]) {
      power.start(cut);
      const life = this.#live(disk, token, power, told, steps.length === 0 ? scene : null);
      const end = await Promise.race([life, power.death.then(() => 'dead' as const)]);
      steps.push(power.steps);
      if (end !== 'dead') {
        if (end) found.push(`refused: ${end.policy ?? end.code} ${end.message}`);
        break;
      }
      if (cut) disk.restore(cut);
    }
    return { steps, violations: [...found, ...violations(disk.medium(JOURNAL), token, told)] };
  }

  /** A start, the recovery it needs, and the ceremony to its end. */
  async #live(
    disk: FakeDisk,
    token: FakeToken,
    power: Clockwork,
    told: Told[],
    scene: Scene | null,
  ): Promise<Failure | null> {
    const started = await Running.start(disk, token, power, this.#persons, (what) => told.push(what));
    if (!started.ok) return started.error;
    const running = started.value;
    const recovered = await running.recover();
    if (!recovered.ok) return recovered.error;
    if (scene !== null) {
      const done = await running.doStep();
      if (!done.ok) return done.error;
    }
    const failed = await running.finish();
    if (failed) return failed;
    const closed = await running.vault.close();
    return closed.ok ? null : closed.error;
  }
}

/** Every way in which the power can fail at a step. */
export function cutsAt(steps: readonly string[], at: number): Cut[] {
  const name = steps[at - 1] ?? '';
  const base = { at, names: 'kept' } as const;
  if (name.startsWith('write ')) {
    return [
      { ...base, when: 'before', keep: 'none' },
      { ...base, when: 'half', keep: 'all' },
      { ...base, when: 'after', keep: 'none' },
      { ...base, when: 'after', keep: 'all' },
      { ...base, when: 'after', keep: 'zeros' },
    ];
  }
  if (name.startsWith('C_GenerateKeyPair')) {
    return (['before', 'half', 'after'] as const).map((when) => ({ ...base, when, keep: 'all' }));
  }
  if (name.startsWith('C_')) return (['before', 'after'] as const).map((when) => ({ ...base, when, keep: 'all' }));
  return [
    { at, when: 'before', keep: 'none', names: 'lost' },
    { at, when: 'before', keep: 'all', names: 'kept' },
    { at, when: 'after', keep: 'none', names: 'lost' },
    { at, when: 'after', keep: 'all', names: 'kept' },
  ];
}
