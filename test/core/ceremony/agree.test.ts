import { describe, expect, test } from 'vitest';
import type { Drift } from '../../../core/inventory/drift.ts';
import { scriptOf } from '../../../core/plan/recipes.ts';
import type { Plan } from '../../../core/plan/plan.ts';
import type { Result } from '../../../core/result.ts';
import { nodeCrypto } from '../../../electron/crypto.ts';
import { World } from './world.ts';

type Recipe = 'sync-hsm@1' | 'record-hsm@1';

/** A vault with one active key, about which the last inventory found these. */
function found(...findings: ((key: string) => Drift)[]): { world: World; drifts: Drift[] } {
  const world = World.ready();
  world
    .freeze(world.plan({ initialState: 'active' }))
    .to()
    .close();
  const drifts = findings.map((finding) => finding(world.made.key));
  world.add({
    type: 'inventory.taken',
    data: {
      why: 'asked',
      inventory: 'a'.repeat(64),
      objects: [],
      unreadable: 0,
      found: drifts.length,
      findings: drifts,
    },
  });
  return { world, drifts };
}

const flag = (key: string): Drift => ({
  id: 'DRIFT-1',
  class: 'private-key',
  object: key,
  key,
  name: 'CKA_SIGN',
  expected: true,
  found: false,
});
const missing = (key: string): Drift => ({ id: 'DRIFT-2', class: 'public-key', object: key, key });
const stranger = (): Drift => ({ id: 'DRIFT-3', class: 'secret-key', object: '42', sha256: 'b'.repeat(64) });

const planned = (world: World, recipe: Recipe, findings: readonly Drift[], label?: string): Plan =>
  world.planOf(
    scriptOf(nodeCrypto, {
      recipe,
      profile: world.state.vault!.profile,
      items: findings.map((finding) => ({
        finding,
        label: label ?? (finding.key === undefined ? '' : world.made.label),
      })),
      reason: 'Found at the yearly inspection.',
    }),
  );

const ruleOf = (asked: Result<unknown>): string => (asked.ok ? '' : (asked.error.policy ?? ''));
const refused = (world: World, plan: Plan): string => ruleOf(world.ask(world.freezing(plan)));

describe('a plan that resolves findings of the last inventory', () => {
  test('is about what was found, each once: DRIFT-6', () => {
    const { world, drifts } = found(flag, stranger);
    expect(refused(world, planned(world, 'sync-hsm@1', drifts))).toBe('');
    expect(refused(world, planned(world, 'sync-hsm@1', [missing(world.made.key)]))).toBe('DRIFT-6');
    expect(refused(world, planned(world, 'sync-hsm@1', [drifts[0]!, drifts[0]!]))).toBe('DRIFT-6');
    expect(refused(world, planned(world, 'record-hsm@1', [{ ...drifts[0]!, found: true }]))).toBe('DRIFT-6');
  });

  test('does not promise what nothing on the HSM can bring about: DRIFT-7', () => {
    const { world, drifts } = found(missing);
    expect(refused(world, planned(world, 'sync-hsm@1', drifts))).toBe('DRIFT-7');
    expect(refused(world, planned(world, 'record-hsm@1', drifts))).toBe('');
  });

  test('names a key as the ledger names it: PLAN-6', () => {
    const { world, drifts } = found(flag);
    expect(refused(world, planned(world, 'sync-hsm@1', drifts, 'another-name'))).toBe('PLAN-6');
  });

  test('moves a missing object by the profile, and what is accepted is no finding any more', () => {
    const { world, drifts } = found(flag, missing, stranger);
    const intent = world.add({ type: 'act.intent', data: { act: 'token.record', drift: drifts, token: 'vault' } });
    const data = { act: 'token.record', intent: intent.leafHash, outcome: 'committed' } as const;
    world.add({ type: 'act.result', data: { ...data, left: [2] } });
    expect(world.made).toMatchObject({ private: 'active', public: 'destroyed' });
    expect(world.state.keys.impossible).toEqual([]);
    const { findings, accepted, acknowledged, lost } = world.state.agreement;
    // The third was left: the token did not show it any more.
    expect(findings).toEqual([drifts[2]]);
    expect(accepted).toMatchObject([{ name: 'CKA_SIGN', value: false }]);
    expect([...acknowledged]).toEqual([]);
    expect(lost).toMatchObject([{ class: 'public-key' }]);
  });
});
