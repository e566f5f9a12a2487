/** Scenes of one ceremony, and chains of kills in them: killed at a numbered point, started, killed again, and so on. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareVault, type Prepared } from '../prepared.ts';
import { live } from './ceremony.ts';
import { afterKill, afterRecovery, outcomesIn, type Acknowledged } from './checker.ts';

/** From the step to the step: together every step at which the application acts on the token. */
const SCENES = [
  { from: 'login-generate', to: 'read-back' },
  { from: 'request', to: 'approve-activate' },
  { from: 'login-activate', to: null },
] as const;
type Scene = (typeof SCENES)[number];

export interface Counts {
  kills: number;
  starts: number;
  chains: number;
  /** Numbered points of the ceremony, in all scenes. */
  points: number;
  readonly violations: string[];
  readonly outcomes: Map<string, number>;
}

export const noCounts = (): Counts => ({
  kills: 0,
  starts: 0,
  chains: 0,
  points: 0,
  violations: [],
  outcomes: new Map(),
});

export const prepareScenes = async (): Promise<ReadonlyMap<Scene, Prepared>> => {
  const made = new Map<Scene, Prepared>();
  for (const scene of SCENES) made.set(scene, await prepareVault('kill', { until: scene.from }));
  return made;
};

/** SoftHSM's configuration and the vault file hold full paths; in a copy they are rewritten. */
function copied({ dataDir }: Prepared): string {
  const copy = mkdtempSync(join(tmpdir(), 'conclave-kill-'));
  cpSync(dataDir, copy, { recursive: true });
  for (const file of ['softhsm/softhsm2.conf', 'vault/vault.json']) {
    const path = join(copy, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(dataDir, copy), { mode: 0o600 });
  }
  return copy;
}

/**
 * One chain: the application is killed at each numbered point in turn, each time in the life that follows, and then
 * lives to the end of the scene. Returns how many of the kills happened; the rest lay beyond the end.
 */
export async function chain(
  { scene, prepared }: { readonly scene: Scene; readonly prepared: Prepared },
  points: readonly number[],
  counts: Counts,
): Promise<number> {
  const dataDir = copied(prepared);
  const where = { dataDir, userPin: prepared.userPin, passphrase: prepared.passphrase };
  const told: Acknowledged[] = [];
  const note = (at: string, wrong: readonly string[]): void => {
    for (const one of wrong) counts.violations.push(`${scene.from} ${JSON.stringify(points)} ${at}: ${one}`);
  };
  let kills = 0;
  try {
    for (const point of points) {
      const life = await live(where, `any#${point}`, scene.to);
      counts.starts++;
      told.push(...life.told);
      if (!life.killed) break;
      kills++;
      note(`after kill ${kills}`, afterKill(where, told));
    }
    if (kills === points.length) {
      const life = await live(where, null, scene.to);
      counts.starts++;
      told.push(...life.told);
    }
    note('at the end', afterRecovery(where, told));
    for (const [name, count] of Object.entries(outcomesIn(where)))
      counts.outcomes.set(name, (counts.outcomes.get(name) ?? 0) + count);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
  counts.kills += kills;
  counts.chains++;
  return kills;
}

/**
 * Every numbered point of the ceremony, one chain each: killed there, then `more` times in the lives that follow, at
 * points that move on from chain to chain.
 */
export async function everyPoint(scenes: ReadonlyMap<Scene, Prepared>, more: number, counts: Counts): Promise<void> {
  for (const [scene, prepared] of scenes) {
    for (let point = 1; ; point++) {
      const later = Array.from({ length: more }, (_, i) => 1 + ((point + 3 * i) % 11));
      if ((await chain({ scene, prepared }, [point, ...later], counts)) === 0) break;
      counts.points++;
    }
  }
}

export const said = ({ kills, starts, chains, points, violations, outcomes }: Counts): string =>
  `kill -9 of the application: ${kills} kills in ${chains} chains over ${points} numbered points, ${starts} starts; outcomes ${JSON.stringify(Object.fromEntries(outcomes))}; ${violations.length} violations\n`;
