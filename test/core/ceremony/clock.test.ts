/** A reading of an outside clock: who must confirm it, and what it may say. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../../core/ceremony/decide.ts';
import type { ClockCommand } from '../../../core/ceremony/decide-clock.ts';
import { World } from './world.ts';

describe('a witnessed clock reading', () => {
  const world = World.ready();
  const now = world.facts().now;
  const ask = (change: Partial<ClockCommand> = {}) =>
    decide(
      world.state,
      {
        kind: 'clock.read',
        reading: new Date(now - 3_000).toISOString(),
        uncertainty: 2,
        source: 'Radio clock on the wall',
        reader: 'administrator-1',
        witness: 'witness-1',
        ...change,
      },
      world.facts(),
    );
  const policy = (change: Partial<ClockCommand>): string | undefined => {
    const done = ask(change);
    return done.ok ? undefined : done.error.policy;
  };

  test('names both people and keeps the name of the clock out of the leaf', () => {
    const done = ask();
    if (!done.ok) throw new Error(done.error.message);
    expect(done.value).toHaveLength(1);
    const { event, actor, disclose } = done.value[0]!;
    expect(event).toMatchObject({
      type: 'clock.read',
      data: { uncertainty: 2, confirmed: ['administrator-1', 'witness-1'] },
    });
    expect(actor).toEqual({ role: 'administrator', person: 'administrator-1' });
    expect(disclose).toEqual({ source: 'Radio clock on the wall' });
    expect(JSON.stringify(event)).not.toContain('Radio');
  });

  test('READING-1: by one person alone, by somebody unknown, or without a witness it is refused', () => {
    expect(policy({ reader: 'witness-1' })).toBe('READING-1');
    expect(policy({ reader: 'administrator-9' })).toBe('READING-1');
    expect(policy({ witness: 'witness-9' })).toBe('READING-1');
    expect(policy({ witness: 'custodian-1' })).toBe('READING-1');
  });

  test('READING-2: more than a day from the clock of the workstation is a slip of the hand', () => {
    expect(policy({ reading: new Date(now + 86_400_001).toISOString() })).toBe('READING-2');
    expect(policy({ reading: new Date(now - 86_400_001).toISOString() })).toBe('READING-2');
    expect(policy({ reading: new Date(now + 86_400_000).toISOString() })).toBeUndefined();
  });
});
