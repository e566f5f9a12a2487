import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { CHANGES, refusedChange, statesAfter } from '../../../core/lifecycle/change.ts';
import { isForKey } from '../../../core/lifecycle/profile.ts';
import { PROFILES } from '../../../core/lifecycle/profiles/index.ts';
import { halvesOf, isPair, PURPOSES } from '../../../core/lifecycle/purpose.ts';
import { replayKeys, stateOf } from '../../../core/lifecycle/replay.ts';
import type { Half, ProfileId } from '../../../core/lifecycle/states.ts';
import { attributesOf } from '../../../core/lifecycle/template.ts';
import { scriptSha256 } from '../../../core/plan/freeze.ts';
import { generateKey, hasBundle, type GenerateKeyParameters } from '../../../core/plan/generate-key.ts';
import { generateSigningKey } from '../../../core/plan/generate-signing-key.ts';
import { requiredRoles, scriptSchema } from '../../../core/plan/plan.ts';
import { RECIPE_OF, scriptOf } from '../../../core/plan/recipes.ts';
import { PRESETS, presetsFor } from '../../../core/quorum/preset.ts';
import { allowsKey, initialPolicy, policySchema, type Policy } from '../../../core/quorum/policy.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { Oracle, TABLES } from '../lifecycle/oracle.ts';
import { KEY, ruleOf, World, type ChangeAsked } from './world.ts';

const { label, recovery } = KEY;
const KINDS = PURPOSES.flatMap(({ purpose, mechanisms }) => mechanisms.map((mechanism) => ({ purpose, mechanism })));
const parametersOf = (kind: (typeof KINDS)[number], more: Partial<GenerateKeyParameters> = {}) =>
  ({ label, recovery, initialState: 'active', ...kind, ...more }) as const;

/** A policy that lets every key be made. */
const everyKey = (policy: Policy): Policy => ({
  ...policy,
  keys: [...new Set(KINDS.map(({ purpose }) => purpose))].map((purpose) => ({
    purpose,
    mechanisms: KINDS.filter((kind) => kind.purpose === purpose).map(({ mechanism }) => mechanism),
  })),
});

const made = (kind: (typeof KINDS)[number], more: Partial<GenerateKeyParameters> = {}, profile?: ProfileId): World => {
  const world = World.ready({ policy: everyKey, ...(profile === undefined ? {} : { profile }) });
  return world
    .freeze(world.planKey(parametersOf(kind, more)))
    .to()
    .close();
};

/** Changes that move an object from one state to another, and the state that some of them begin in. */
const MOVES = ['activate', 'suspend', 'resume', 'deactivate', 'compromise', 'destroy'] as const;
const FROM: Readonly<Partial<Record<string, string>>> = { activate: 'pre-active', resume: 'suspended' };

describe('a key for any purpose', () => {
  test.each(KINDS)('is made by a script of its own: $mechanism to $purpose', (kind) => {
    for (const initialState of ['pre-active', 'active'] as const) {
      const script = generateKey(crypto, parametersOf(kind, { initialState }));
      expect(v.safeParse(scriptSchema, script).success).toBe(true);
      expect(scriptSha256(crypto, scriptOf(crypto, script))).toBe(scriptSha256(crypto, script));
      expect(requiredRoles(script).sort()).toEqual(['administrator', 'custodian', 'witness']);
      const kinds = script.steps.map(({ act, kind: of }) => act ?? of);
      expect(kinds.includes('key.certify-request')).toBe(kind.purpose === 'sign');
      // A bundle is made of no key that does not sign, and the room hears that.
      expect(kinds.includes('export')).toBe(hasBundle(kind));
      expect(/no bundle/i.test(script.steps.at(-1)!.say)).toBe(!hasBundle(kind));
      expect(kinds.some((act) => act === 'key.test-use' || act === 'key.test-signature')).toBe(
        initialState === 'active',
      );
    }
  });

  test.each(KINDS)('has one object or two, whose rights are those of its purpose: $mechanism to $purpose', (kind) => {
    const world = made(kind);
    const { made: record } = world;
    expect(world.state.keys.impossible).toEqual([]);
    expect(world.state.irregular).toEqual([]);
    expect(record).toMatchObject({ ...kind, recovery: 'none' });
    expect(halvesOf(record.objects)).toEqual(isPair(kind.mechanism) ? ['private', 'public'] : ['secret']);
    expect(record.spki === null).toBe(!isPair(kind.mechanism));
    expect(stateOf(record)).toBe('active');
    const rights = halvesOf(record.objects).flatMap((half) =>
      attributesOf(record.attributes, half).flatMap(({ name, value }) => (value === true ? [name] : [])),
    );
    const uses = rights.filter((name) => /SIGN|VERIFY|CRYPT|WRAP|DERIVE/.test(name)).sort();
    const WANTED: Readonly<Record<string, readonly string[]>> = {
      sign: ['CKA_SIGN', 'CKA_VERIFY'],
      decrypt: ['CKA_DECRYPT', 'CKA_ENCRYPT'],
      wrap: ['CKA_UNWRAP', 'CKA_WRAP'],
      derive: ['CKA_DERIVE'],
      encrypt: ['CKA_DECRYPT', 'CKA_ENCRYPT'],
      mac: ['CKA_SIGN', 'CKA_VERIFY'],
    };
    expect(uses).toEqual(WANTED[kind.purpose]);
    // The same from the entries alone.
    const alone = replayKeys(world.lines.map(({ entry, leafHash }) => ({ entry, leafHash })));
    expect(alone.keys.get(record.key)).toEqual(record);
  });

  test('the first recipe makes the very bytes that it always made', () => {
    const old = (initialState: 'active' | 'pre-active') =>
      scriptSha256(
        crypto,
        generateSigningKey(crypto, {
          label: 'root-2026',
          mechanism: 'ec-p384',
          purpose: 'sign',
          initialState,
          recovery: { kind: 'none', reason: 'No copy exists.' },
        }),
      );
    // Taken from the version before the other kinds of key were there.
    expect(old('active')).toBe('a4e3a4c3c453c074dea8c7b903e4a7346cbebc7579a7b266c3d630c40705f31f');
    expect(old('pre-active')).toBe('6c2c07177a54192a7313818117de0e7948bdeabad2c274f230fc0eeeb28c1c3e');
  });

  test('lives by its profile: random changes by force move each of its objects as the published table has it', () => {
    let seed = 11;
    const pick = <T>(list: readonly T[]): T => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return list[Math.floor(seed / 65_536) % list.length]!;
    };
    const gone = ['destroyed', 'deleted', 'removed'];
    for (let life = 0; life < 40; life++) {
      const profile = pick(PROFILES);
      const oracle = new Oracle(TABLES[profile.id]!);
      const annotates = TABLES[profile.id]!.some(({ allowed }) => allowed === 'annotate');
      const kind = pick(KINDS.filter(({ purpose, mechanism }) => isForKey(profile, purpose, mechanism)));
      const world = made(kind, { initialState: pick(['active', 'pre-active']) }, profile.id as ProfileId);
      const { key, objects } = world.made;
      const halves = halvesOf(objects);
      for (let act = 0; act < 5; act++) {
        const before = world.made;
        const now = Object.fromEntries(halves.map((half) => [half, before[half]!])) as Record<Half, string>;
        const change = pick(MOVES);
        const after = statesAfter(profile, change, before) as Record<Half, string>;
        const moves = halves.map((half) => ({
          type: objects[half]!,
          from: now[half],
          to: gone.includes(now[half]) ? null : after[half],
        }));
        const nothing = moves.every(({ to }) => to === null);
        const only = FROM[change];
        const begins = only === undefined || halves.every((half) => now[half] === only);
        const allowed = nothing ? annotates && change === 'compromise' : begins && oracle.act(moves);
        expect([kind, change, now, refusedChange(profile, change, before) === null]).toEqual([
          kind,
          change,
          now,
          allowed,
        ]);
        const impossible = world.state.keys.impossible.length;
        const name = `key.${change}` as const;
        const report =
          change === 'compromise'
            ? { compromise: { reason: 'key-compromise', believed: '2026-03-01T09:30:00Z' } as const }
            : {};
        const intent = world.add({ type: 'act.intent', data: { act: name, key, token: 'vault', ...report } });
        world.add({
          type: 'act.result',
          data: {
            act: name,
            intent: intent.leafHash,
            outcome: 'committed',
            key,
            gone: halves.filter((half) => gone.includes(after[half])),
          },
        });
        expect(world.state.keys.impossible.length === impossible).toBe(allowed);
        for (const half of halves) expect(world.made[half]).toBe(allowed ? after[half] : now[half]);
      }
    }
  });

  test('is not taken for made where its public key is missing, or where a secret key has one', () => {
    for (const kind of [
      KINDS.find(({ mechanism }) => isPair(mechanism))!,
      KINDS.find(({ mechanism }) => !isPair(mechanism))!,
    ]) {
      const world = World.ready({ policy: everyKey });
      world.freeze(world.planKey(parametersOf(kind))).to('generate');
      const intent = world.begin();
      const result = world.committed(intent);
      const { spki: _, ...without } = result;
      world.addHere({
        type: 'act.result',
        data: isPair(kind.mechanism) ? without : { ...result, spki: 'MCowBQYDK2VwAyEA' },
      });
      expect(world.state.keys.keys.size).toBe(0);
      expect(world.state.keys.impossible).toHaveLength(1);
    }
  });

  test('is destroyed only where its secret object was not found any more', () => {
    const world = made({ purpose: 'mac', mechanism: 'hmac-sha256' });
    world.freeze(world.changing({ recipe: RECIPE_OF.destroy })).to('destroy');
    world.finish(world.begin(), { gone: [] });
    expect(world.state.keys.impossible).toHaveLength(1);
    expect(world.made.secret).toBe('active');
  });

  test('keeps its identity through a change: no public key is named of one that has none', () => {
    const world = made({ purpose: 'encrypt', mechanism: 'aes-256' });
    const change: ChangeAsked = { recipe: 'suspend-key@1' };
    const plan = world.changing(change);
    expect(plan.subject).toEqual({ key: world.made.key });
    expect(
      ruleOf(
        world.ask(
          world.freezing(world.changing(change, { subject: { key: world.made.key, spkiSha256: 'a'.repeat(64) } })),
        ),
      ),
    ).toBe('PLAN-6');
    world.freeze(plan).to().close();
    expect(world.made.secret).toBe('suspended');
  });
});

describe('what a vault may make', () => {
  const freeze = (world: World, key: GenerateKeyParameters): string => {
    const reply = world.ask(world.freezing(world.planKey(key)));
    return reply.ok ? 'ok' : (reply.error.policy ?? '');
  };

  test.each(PRESETS)('is what its policy says, key by key: $id', ({ keys }) => {
    const policy = initialPolicy(['custodian-1', 'custodian-2', 'custodian-3'], 2, false, keys);
    expect(v.safeParse(policySchema, policy).success).toBe(true);
    const world = World.ready({ policy: () => policy });
    for (const kind of KINDS) {
      const allowed = keys.some(
        ({ purpose, mechanisms }) => purpose === kind.purpose && mechanisms.includes(kind.mechanism),
      );
      expect(allowsKey(policy, kind.purpose, kind.mechanism)).toBe(allowed);
      expect([kind, freeze(world, parametersOf(kind))]).toEqual([kind, allowed ? 'ok' : 'PLAN-2']);
    }
  });

  test('by the preset of certification authorities is what Baseline Requirements 6.1.5 name, to sign', () => {
    const { keys } = PRESETS.find(({ id }) => id === 'ca-browser-forum')!;
    expect(keys.map(({ purpose }) => purpose)).toEqual(['sign']);
    for (const mechanism of keys[0]!.mechanisms) {
      const [kind, size] = mechanism.split('-') as [string, string];
      const bits = Number(size.replace('p', ''));
      expect(kind === 'rsa' ? bits >= 2048 && bits % 8 === 0 : kind === 'ec' && [256, 384, 521].includes(bits)).toBe(
        true,
      );
    }
  });

  test('by a policy from before purposes were in it is a signature key of its mechanisms, and nothing else', () => {
    const { keys: _, ...old } = initialPolicy(['custodian-1', 'custodian-2', 'custodian-3'], 2);
    const world = World.ready({ policy: () => ({ ...old, mechanisms: ['ec-p256', 'rsa-3072'] }) });
    expect(freeze(world, parametersOf({ purpose: 'sign', mechanism: 'ec-p256' }))).toBe('ok');
    expect(freeze(world, parametersOf({ purpose: 'sign', mechanism: 'ec-p384' }))).toBe('PLAN-2');
    expect(freeze(world, parametersOf({ purpose: 'decrypt', mechanism: 'rsa-3072' }))).toBe('PLAN-2');
  });

  test('by a profile that is for one kind of key is that kind: LIFECYCLE-1', () => {
    const world = World.ready({ profile: 'securosys-dke', policy: everyKey });
    expect(freeze(world, parametersOf({ purpose: 'decrypt', mechanism: 'rsa-2048' }))).toBe('ok');
    expect(freeze(world, parametersOf({ purpose: 'decrypt', mechanism: 'rsa-3072' }))).toBe('LIFECYCLE-1');
    expect(freeze(world, parametersOf({ purpose: 'sign', mechanism: 'ec-p256' }))).toBe('LIFECYCLE-1');
  });

  test('a preset under which the profile has no key is not offered for it', () => {
    const offered = Object.fromEntries(PROFILES.map((profile) => [profile.id, presetsFor(profile)]));
    expect(offered['securosys-dke']).toEqual(['dke']);
    expect(offered['nist-sp800-57@r5']).toEqual(['general', 'ca-browser-forum', 'dke']);
  });
});

describe('evidence', () => {
  test('of a key that does not sign is asked for in vain: EVIDENCE-1', () => {
    const world = World.ready({ policy: everyKey });
    world.freeze(world.planKey(parametersOf({ purpose: 'mac', mechanism: 'hmac-sha256' }))).to('close');
    expect(ruleOf(world.ask({ kind: 'ceremony.export', step: 'close' }))).toBe('EVIDENCE-1');
  });
});

describe('the recovery of a key', () => {
  const clone = { kind: 'vendor-clone', reason: 'The maker’s clone token CS-B takes it, kept in safe 2.' } as const;

  test('is declared in the plan, said at the generation and written into the ledger', () => {
    const world = made({ purpose: 'decrypt', mechanism: 'rsa-3072' }, { recovery: clone });
    const script = [...world.state.ceremonies.values()][0]!.plan.script;
    expect(script.steps.find(({ id }) => id === 'generate')!.say).toContain(clone.reason);
    expect(world.made.recovery).toBe('vendor-clone');
  });

  test('by a clone is a step of the script that people do outside of this software and a witness confirms', () => {
    const script = generateKey(crypto, parametersOf({ purpose: 'sign', mechanism: 'ec-p384' }, { recovery: clone }));
    const step = script.steps.find(({ id }) => id === 'clone')!;
    expect(step).toMatchObject({ kind: 'confirm', confirmedBy: ['administrator', 'witness'] });
    expect(step.say).toContain(clone.reason);
    expect(step.say).toContain('outside of this software');
  });

  test('cannot be left out: a plan without it is refused', () => {
    const world = World.ready();
    const plan = world.plan();
    const { recovery: _, ...key } = plan.script.key;
    const spoiled = { ...plan, script: { ...plan.script, key } } as unknown as typeof plan;
    expect(ruleOf(world.ask(world.freezing(spoiled)))).toBe('PLAN-6');
  });
});
