import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KEY_STATES, mayMove, TRANSITIONS } from '../../../core/lifecycle/states.ts';

/** The published table, read with nothing of the product's. */
const ROWS = readFileSync(new URL('nist-sp800-57-r5.csv', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .slice(1)
  .map((line) => {
    const [from, to, allowed, both, ...rest] = line.split(',');
    const own = (state: string) => (state === 'pre-activation' ? 'pre-active' : state);
    return {
      from: own(from!),
      to: own(to!),
      allowed: allowed === 'yes',
      both: both === 'both',
      conditions: rest.join(),
    };
  });
const EDGES = ROWS.filter(({ allowed }) => allowed);
const pair = ({ from, to }: { from: string; to: string }): string => `${from} -> ${to}`;

describe('the table of key states', () => {
  test('has exactly the edges of the published one, each once', () => {
    expect(EDGES).toHaveLength(15);
    expect(TRANSITIONS.map(pair).sort()).toEqual(EDGES.map(pair).sort());
  });

  test('refuses every pair that is not published, in either half', () => {
    const edges = new Set(EDGES.map(pair));
    for (const from of ['none', ...KEY_STATES] as const) {
      for (const to of KEY_STATES) {
        for (const half of ['private', 'public'] as const) {
          if (!edges.has(pair({ from, to })))
            expect([from, to, half, mayMove(from, to, half)]).toEqual([from, to, half, false]);
        }
      }
    }
  });

  test('never lets a private signature key be deactivated, and lets its public key', () => {
    for (const { from, to, conditions } of EDGES) {
      const barred = conditions.includes('not private signature');
      expect(mayMove(from as never, to as never, 'private')).toBe(!barred);
      expect(mayMove(from as never, to as never, 'public')).toBe(true);
    }
    expect(mayMove('active', 'deactivated', 'private')).toBe(false);
  });

  test('says of the same edges as the published one that both halves move together', () => {
    const both = (list: readonly { from: string; to: string }[]) => list.map(pair).sort();
    expect(both(TRANSITIONS.filter(({ bothHalves }) => bothHalves))).toEqual(both(EDGES.filter((row) => row.both)));
  });

  test('has no way back from destroyed, nor to a state it does not know', () => {
    for (const to of KEY_STATES) expect(mayMove('destroyed', to, 'public')).toBe(false);
    for (const odd of ['constructor', '__proto__', '', 'removed'])
      expect(mayMove('active', odd as never, 'public')).toBe(false);
  });
});
