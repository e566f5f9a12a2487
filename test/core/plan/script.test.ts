import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { planBytes, scriptSha256 } from '../../../core/plan/freeze.ts';
import { generateSigningKey } from '../../../core/plan/generate-signing-key.ts';
import { planSchema, requiredRoles, scriptSchema, type Plan } from '../../../core/plan/plan.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { member } from '../ceremony/member.ts';
import { KEY, SERIAL, World } from '../ceremony/world.ts';

const world = World.ready();
const plan = world.plan();
const sha = (p: Plan): string => planBytes(crypto, p).sha256;

describe('the script of a signing key', () => {
  test.each(['pre-active', 'active'] as const)('is well-formed for a key to be %s', (initialState) => {
    const script = generateSigningKey(crypto, { ...KEY, initialState });
    expect(v.safeParse(scriptSchema, script).success).toBe(true);
    expect(new Set(script.steps.map(({ id }) => id)).size).toBe(script.steps.length);
    expect(requiredRoles(script).sort()).toEqual(['administrator', 'custodian', 'witness']);
  });

  test('asks for approval before every login, and for every act that a quorum decides on', () => {
    const { steps } = generateSigningKey(crypto, KEY);
    for (const act of steps.filter(({ kind, action }) => kind === 'act' && action)) {
      const before = steps.slice(0, steps.indexOf(act));
      const asking = before.findIndex((s) => s.kind === 'approve' && s.for === act.id && s.action === act.action);
      const login = before.findLastIndex(({ kind }) => kind === 'login');
      expect(asking).toBeGreaterThanOrEqual(0);
      expect(login).toBeGreaterThan(asking);
      // Nobody is logged in while the custodians decide.
      const open = before.slice(0, asking).filter(({ kind }) => kind === 'login' || kind === 'logout');
      expect(open.at(-1)?.kind).not.toBe('login');
    }
    expect(steps.at(-1)?.kind).toBe('logout');
  });

  test('fits its own schema with the longest label and reason that are allowed', () => {
    const key = { ...KEY, label: 'l'.repeat(32), recovery: { kind: 'none' as const, reason: 'r'.repeat(300) } };
    expect(v.safeParse(scriptSchema, generateSigningKey(crypto, key)).success).toBe(true);
  });

  test('has the same digest in a rehearsal and in production, whoever, whenever and on whatever token', () => {
    const other = World.ready({ environment: 'production', custodians: 4, required: 3 });
    other.now += 1e9;
    other.bindToken('vault', 'another');
    expect(other.plan().scriptSha256).toBe(plan.scriptSha256);
    expect(sha(other.plan())).not.toBe(sha(plan));
  });

  test('has another digest for each parameter', () => {
    const digests = [
      {},
      { label: 'root-2027' },
      { mechanism: 'ec-p256' },
      { initialState: 'pre-active' },
      { recovery: { kind: 'none', reason: 'Another reason.' } },
    ].map((change) => scriptSha256(crypto, generateSigningKey(crypto, { ...KEY, ...change } as typeof KEY)));
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('the digest of a plan', () => {
  const people = (change: object) => plan.people.map((p) => (p.person === 'custodian-1' ? { ...p, ...change } : p));
  const CHANGES: [string, Partial<Plan>][] = [
    ['ceremony', { ceremony: 'CER-2026-002' }],
    ['environment', { environment: 'production' }],
    ['vault', { vault: '0b5a3c52-6d6e-4a43-9c39-5b8f3a1d7e11' }],
    ['token label', { hsm: { ...plan.hsm, label: 'x' } }],
    ['serial', { hsm: { ...plan.hsm, serial: `${SERIAL}0` } }],
    ['model', { hsm: { ...plan.hsm, model: 'x' } }],
    ['policy', { policySha256: 'a'.repeat(64) }],
    ['name of a person', { people: people({ name: 'X' }) }],
    ['key of a person', { people: people({ key: member('custodian-1', 'second').key }) }],
    ['public key of a person', { people: people({ spki: member('custodian-1', 'second').spki }) }],
    ['credential of a person', { people: people({ credential: 'card' }) }],
    ['number of people', { people: plan.people.slice(1) }],
    ['order of people', { people: [...plan.people].reverse() }],
    ['day it was made', { created: '2026-11-03T08:00:00Z' }],
    ['day it ends', { expires: '2026-11-06T08:00:00Z' }],
    ['script', world.plan({ label: 'root-2027' })],
    ['digest of the script', { scriptSha256: 'b'.repeat(64) }],
  ];
  test.each(CHANGES)('depends on the %s', (_, change) => {
    expect(sha({ ...plan, ...change })).not.toBe(sha(plan));
  });

  test('does not depend on the order in which members were written', () => {
    const turned = Object.fromEntries(Object.entries(plan).reverse()) as unknown as Plan;
    expect(sha(turned)).toBe(sha(plan));
    expect(v.safeParse(planSchema, plan).success).toBe(true);
  });
});
