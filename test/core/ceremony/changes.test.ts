import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { CHANGES, refusedChange, statesAfter, type Change } from '../../../core/lifecycle/change.ts';
import { KeyLedger, replayKeys } from '../../../core/lifecycle/replay.ts';
import { PAIR } from '../../../core/lifecycle/purpose.ts';
import { PAIR_HALVES, PROFILE_IDS, type KeyState, type ProfileId } from '../../../core/lifecycle/states.ts';
import { scriptSha256 } from '../../../core/plan/freeze.ts';
import {
  plannedKey,
  requiredRoles,
  scriptSchema,
  type ChangeScript,
  type Plan,
  type Template,
} from '../../../core/plan/plan.ts';
import { changeIn, RECIPE_OF, scriptOf, type ScriptParameters } from '../../../core/plan/recipes.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { Oracle, TABLES } from '../lifecycle/oracle.ts';
import { KEY, ruleOf, World, type ChangeAsked } from './world.ts';

const COMPROMISE = { reason: 'key-compromise', believed: '2026-03-01T09:30:00Z' } as const;

const NEW_LABEL = 'renamed-2026';
const PERIOD = { originatorEnd: '2028-03-01' };

function asking(change: Change): ChangeAsked {
  if (change === 'compromise') return { recipe: RECIPE_OF[change], compromise: COMPROMISE };
  if (change === 'change-label') return { recipe: RECIPE_OF[change], newLabel: NEW_LABEL };
  if (change === 'set-cryptoperiod') return { recipe: RECIPE_OF[change], cryptoperiod: PERIOD };
  if (change === 'schedule-destruction') return { recipe: RECIPE_OF[change], hold: 7 };
  return { recipe: RECIPE_OF[change] };
}

/** Changes that move an object from one state to another, and the state that some of them begin in. */
const MOVES = ['activate', 'suspend', 'resume', 'deactivate', 'compromise', 'destroy'] as const;
const FROM: Partial<Record<Change, KeyState>> = { activate: 'pre-active', resume: 'suspended' };
const begins = (change: Change, now: Readonly<Record<'private' | 'public', KeyState>>): boolean =>
  FROM[change] === undefined || PAIR_HALVES.every((half) => now[half] === FROM[change]);
/** What brings a key there before a change that begins in a state of its own. */
const before = (change: Change): readonly Change[] => BEFORE[change] ?? [];
const BEFORE: Partial<Record<Change, readonly Change[]>> = {
  resume: ['suspend'],
  reactivate: ['deactivate'],
  'schedule-destruction': ['deactivate'],
  remove: ['destroy'],
};
/** Where it is not that of SP 800-57. */
const PROFILE: Partial<Record<Change, ProfileId>> = {
  reactivate: 'ibm-uko',
  'schedule-destruction': 'ibm-uko',
  remove: 'ibm-uko',
  delete: 'securosys-dke',
};
/** A signature key does nothing that a switch blocks. */
const offered = (change: Change): boolean => change !== 'disable' && change !== 'enable';
const initial = (change: Change): 'pre-active' | 'active' =>
  ['activate', 'prove-possession', 'remove'].includes(change) ? 'pre-active' : 'active';

/** A world with one key, active or pre-active, and no ceremony open. */
const withKey = (initialState: 'pre-active' | 'active' = 'active', profile?: ProfileId): World => {
  const world = World.ready(profile === undefined ? {} : { profile });
  const { label, recovery } = KEY;
  // DKE is for one kind of key, which decrypts.
  const plan =
    profile === 'securosys-dke'
      ? world.planKey({ label, recovery, mechanism: 'rsa-2048', purpose: 'decrypt', initialState }, {})
      : world.plan({ initialState });
  return world.freeze(plan).to().close();
};

/** Plans a change, holds its ceremony and closes it. */
const changed = (world: World, ...changes: readonly Change[]): World => {
  for (const change of changes)
    world
      .freeze(world.changing(asking(change)))
      .to()
      .close();
  return world;
};

/** States in which an object is not on the token, as the published tables name them. */
const GONE: readonly string[] = ['destroyed', 'deleted', 'removed'];

const pair = (world: World): string => PAIR_HALVES.map((half) => world.made[half]).join('/');

/** The rule that refuses the plan. */
const refused = (world: World, plan: Plan): string => ruleOf(world.ask(world.freezing(plan)));

describe('a change of state', () => {
  test.each<readonly [string, readonly Change[], string]>([
    ['suspends both halves', ['suspend'], 'suspended/suspended'],
    ['leaves them as they are where only the label changes', ['suspend', 'change-label'], 'suspended/suspended'],
    ['resumes both', ['suspend', 'resume'], 'active/active'],
    ['deactivates the public half and destroys the private one', ['deactivate'], 'destroyed/deactivated'],
    ['does so from suspended', ['suspend', 'deactivate'], 'destroyed/deactivated'],
    ['reports a compromise of both', ['compromise'], 'compromised/compromised'],
    ['reports one of a suspended key', ['suspend', 'compromise'], 'compromised/compromised'],
    ['destroys both', ['destroy'], 'destroyed/destroyed'],
    ['destroys a compromised key', ['compromise', 'destroy'], 'destroyed/destroyed'],
    ['destroys what was left of a deactivated one', ['deactivate', 'destroy'], 'destroyed/destroyed'],
    ['reports a compromise of the public half that is left', ['deactivate', 'compromise'], 'destroyed/compromised'],
  ])('%s', (_, changes, states) => {
    const world = changed(withKey(), ...changes);
    expect(pair(world)).toBe(states);
    expect(world.state.keys.impossible).toEqual([]);
    expect(world.state.irregular).toEqual([]);
    // The same from the entries alone, without the documents beside them.
    const alone = replayKeys(world.lines.map(({ entry, leafHash }) => ({ entry, leafHash })));
    expect(alone.keys.get(world.made.key)).toEqual(world.made);
  });

  test('of a vault that keeps to another table follows that table', () => {
    const uko = withKey('active', 'ibm-uko');
    expect(pair(changed(uko, 'deactivate'))).toBe('deactivated/deactivated');
    expect(uko.made.attributes.private!.filter(({ value }) => value === true).map(({ name }) => name)).not.toContain(
      'CKA_SIGN',
    );
    expect(refused(uko, uko.changing(asking('suspend')))).toBe('LIFECYCLE-1');
    const draft = withKey('active', 'nist-sp800-57@r6ipd');
    expect(refused(draft, draft.changing(asking('deactivate')))).toBe('LIFECYCLE-1');
    const dke = withKey('active', 'securosys-dke');
    expect(refused(dke, dke.changing(asking('destroy')))).toBe('LIFECYCLE-1');
    expect(pair(changed(dke, 'compromise'))).toBe('compromised/compromised');
  });

  test('that was planned by another table than the vault’s is refused with PLAN-6', () => {
    const world = withKey('active', 'ibm-uko');
    for (const profile of ['nist-sp800-57@r5', 'securosys-dke', undefined] as const)
      expect(refused(world, world.changing({ ...asking('deactivate'), profile }))).toBe('PLAN-6');
  });

  test('survives the way of the replay from one process to another, with its table', () => {
    const world = changed(withKey('active', 'ibm-uko'), 'deactivate');
    const resumed = KeyLedger.resume(structuredClone(world.replayed().kept.keys));
    expect(resumed.replay.profile.id).toBe('ibm-uko');
    expect(resumed.replay.keys.get(world.made.key)).toEqual(world.made);
  });

  test('is written down with the ceremony that did it', () => {
    const world = changed(withKey(), 'suspend', 'resume');
    const { history } = world.made;
    expect(
      history.filter(({ half }) => half === 'private').map(({ to, ceremony }) => `${to} ${ceremony.slice(-3)}`),
    ).toEqual(['pre-active 001', 'active 001', 'suspended 002', 'active 003']);
  });

  test('by a report carries since when and why, and a destroyed key takes a later one without changing', () => {
    const world = changed(withKey(), 'destroy', 'compromise');
    expect(pair(world)).toBe('destroyed/destroyed');
    expect(world.made.compromises).toMatchObject([COMPROMISE]);
    expect(changed(withKey(), 'compromise').made.compromises).toMatchObject([COMPROMISE]);
  });

  test('makes a pre-active key active, after it signed its request and was named anew', () => {
    const world = changed(withKey('pre-active'), 'prove-possession', 'change-label', 'prove-possession', 'activate');
    expect(pair(world)).toBe('active/active');
    expect(world.made).toMatchObject({ label: NEW_LABEL, formerLabels: ['root-2026'] });
    expect(world.state.keys.impossible).toEqual([]);
    expect(world.state.irregular).toEqual([]);
  });

  test.each(PROFILE_IDS)('of %s is offered for exactly the states from which the published table has the way', (id) => {
    const oracle = new Oracle(TABLES[id]!);
    const annotates = TABLES[id]!.some(({ allowed }) => allowed === 'annotate');
    const states = oracle.states as KeyState[];
    const types = { private: 'private-signature', public: 'public-verification' } as const;
    const { profile } = World.ready({ profile: id }).state.keys;
    for (const privateState of states) {
      for (const publicState of states) {
        const now = { objects: PAIR, private: privateState, public: publicState };
        for (const change of MOVES) {
          const after = statesAfter(profile, change, now);
          const objects = PAIR_HALVES.map((half) => ({
            type: types[half],
            from: now[half],
            to: GONE.includes(now[half]) ? null : after[half]!,
          }));
          const gone = objects.every(({ to }) => to === null);
          const allowed = gone ? annotates && change === 'compromise' : begins(change, now) && oracle.act(objects);
          expect([now, change, refusedChange(profile, change, now) === null]).toEqual([now, change, allowed]);
        }
      }
    }
  });
});

describe('the plan of a change is refused', () => {
  test.each<readonly [string, readonly Change[], Change]>([
    ['to resume an active key', [], 'resume'],
    ['to suspend a suspended one', ['suspend'], 'suspend'],
    ['to use a compromised key again', ['compromise'], 'resume'],
    ['to report the same compromise twice', ['compromise'], 'compromise'],
    ['to suspend what is left of a deactivated key', ['deactivate'], 'suspend'],
    ['to destroy a destroyed key', ['destroy'], 'destroy'],
  ])('%s, with LIFECYCLE-1', (_, changes, change) => {
    const world = changed(withKey(), ...changes);
    expect(refused(world, world.changing(asking(change)))).toBe('LIFECYCLE-1');
  });

  test('of a pre-active key, except for its activation, its request, its label, its cryptoperiod and its end', () => {
    const world = withKey('pre-active');
    const allowed = CHANGES.filter((change) => world.ask(world.freezing(world.changing(asking(change)))).ok);
    expect(allowed).toEqual([
      'prove-possession',
      'activate',
      'compromise',
      'change-label',
      'set-cryptoperiod',
      'destroy',
    ]);
  });

  test('where the new label was ever that of a key of this vault, with PLAN-3', () => {
    const world = changed(withKey(), 'change-label');
    const named = (newLabel: string) => world.changing({ recipe: 'change-label@1', newLabel });
    for (const label of ['root-2026', NEW_LABEL]) expect(refused(world, named(label))).toBe('PLAN-3');
    expect(refused(world, world.plan({ label: 'root-2026' }))).toBe('PLAN-3');
    expect(world.ask(world.freezing(named('another-2026'))).ok).toBe(true);
  });

  test.each(['prove-possession', 'activate'] as const)('to %s of a key that is active, with LIFECYCLE-1', (change) => {
    const world = withKey();
    expect(refused(world, world.changing(asking(change)))).toBe('LIFECYCLE-1');
  });

  test('where the compromise lies in the future, with LIFECYCLE-2', () => {
    const world = withKey();
    const believed = new Date(world.now + 3_600_000).toISOString();
    const plan = world.changing({ recipe: 'report-compromise@1', compromise: { ...COMPROMISE, believed } });
    expect(refused(world, plan)).toBe('LIFECYCLE-2');
  });

  test('where the key is not the one that the plan says, with PLAN-6', () => {
    const world = withKey();
    const plan = world.changing(asking('suspend'));
    const subject = plan.subject!;
    for (const wrong of [undefined, { ...subject, key: 'c'.repeat(40) }, { ...subject, spkiSha256: 'd'.repeat(64) }]) {
      const { subject: _, ...rest } = plan;
      expect(refused(world, wrong ? { ...rest, subject: wrong } : rest)).toBe('PLAN-6');
    }
    const script = scriptOf(crypto, {
      ...(plan.script as ChangeScript),
      key: { ...plannedKey(plan), label: 'another-2026', purpose: 'sign' },
    });
    expect(refused(world, { ...plan, script, scriptSha256: scriptSha256(crypto, script) })).toBe('PLAN-6');
    expect(refused(world, { ...world.plan({ label: 'new-2026' }), subject })).toBe('PLAN-6');
  });

  test('where the script is another than its recipe makes, with PLAN-6', () => {
    const world = withKey();
    const plan = world.changing(asking('destroy'));
    const steps = plan.script.steps.map(({ typed: _, ...step }) => step);
    const script = { ...plan.script, steps } as ChangeScript;
    expect(refused(world, { ...plan, script, scriptSha256: scriptSha256(crypto, script) })).toBe('PLAN-6');
  });

  test('where the policy has no rule for it, as in a vault that was made before, with QUORUM-6', () => {
    const world = World.ready({
      policy: (policy) => ({
        ...policy,
        rules: policy.rules.filter(({ action }) => action === 'generate' || action === 'activate'),
      }),
    });
    world.freeze().to().close();
    expect(refused(world, world.changing(asking('suspend')))).toBe('QUORUM-6');
  });
});

describe('the act', () => {
  const at = (change: Change, ...before: readonly Change[]): World => {
    const world = changed(withKey(), ...before);
    return world.freeze(world.changing(asking(change))).to(change);
  };
  const act = (world: World, label?: string) => world.ask({ kind: 'ceremony.act', step: world.step!, label });

  test.each(['deactivate', 'destroy'] as const)('to %s is refused without the typed label, with LABEL-2', (change) => {
    const world = at(change);
    for (const label of [undefined, '', 'root-2027', 'ROOT-2026', ' root-2026'])
      expect(ruleOf(act(world, label))).toBe('LABEL-2');
    expect(act(world, 'root-2026').ok).toBe(true);
  });

  test.each(['suspend', 'compromise'] as const)('to %s asks for no label, so that nothing delays it', (change) => {
    expect(act(at(change)).ok).toBe(true);
  });

  test.each(CHANGES.filter(offered))('to %s is refused without its quorum', (change) => {
    const world = changed(withKey(initial(change), PROFILE[change]), ...before(change));
    world.freeze(world.changing(asking(change))).to(`approve-${change}`);
    world.approve('custodian-1');
    const early = world.ask({ kind: 'ceremony.act', step: change, label: 'root-2026' });
    expect(ruleOf(early)).toBe('QUORUM-1');
  });

  test('takes rights away even where the token reported something else than the ledger, and gives none back', () => {
    const drifted = (change: Change, ...before: readonly Change[]): World => {
      const world = at(change, ...before);
      const { key, attributes } = world.made;
      const priv = attributes.private!.map((a) => (a.name === 'CKA_EXTRACTABLE' ? { ...a, value: true } : a));
      Object.assign(world.state.keys.keys.get(key)!, { attributes: { ...attributes, private: priv } });
      return world;
    };
    for (const change of ['suspend', 'compromise', 'destroy', 'deactivate'] as const)
      expect(act(drifted(change), 'root-2026').ok).toBe(true);
    expect(ruleOf(act(drifted('resume', 'suspend')))).toBe('READBACK-1');
  });

  test('to change the label is refused where another key on the token has the new one, with LABEL-1', () => {
    const world = at('change-label');
    expect(ruleOf(world.ask({ kind: 'ceremony.act', step: 'change-label' }, { labelInUse: true }))).toBe('LABEL-1');
    expect(world.begin().entry.data).toMatchObject({ act: 'key.change-label', label: NEW_LABEL });
  });

  test('is refused with LIFECYCLE-1 where the state changed since the plan was frozen', () => {
    const world = at('suspend');
    Object.assign(world.state.keys.keys.get(world.made.key)!, { private: 'compromised', public: 'compromised' });
    expect(ruleOf(act(world))).toBe('LIFECYCLE-1');
  });

  test('names in its intent what is reported, and nothing of it for other changes', () => {
    const data = (change: Change) => {
      const entry = at(change).begin().entry;
      return entry.type === 'act.intent' ? entry.data : undefined;
    };
    expect(data('compromise')).toMatchObject({ act: 'key.compromise', compromise: COMPROMISE });
    expect(data('suspend')).not.toHaveProperty('compromise');
  });

  test('has no bundle where its plan is from before there were any: an export is refused with EVIDENCE-1', () => {
    const world = at('suspend');
    expect(ruleOf(world.ask({ kind: 'ceremony.export', step: 'export' }))).toBe('STEP-1');
    const { script } = world.state.open!.plan;
    Object.assign(script, { steps: script.steps.filter(({ kind }) => kind !== 'export') });
    expect(ruleOf(world.ask({ kind: 'ceremony.export', step: 'export' }))).toBe('EVIDENCE-1');
  });
});

describe('the read-back', () => {
  test('is confirmed where the token left a right and the result says by procedure, and not otherwise', () => {
    const world = withKey();
    world.freeze(world.changing(asking('suspend'))).to('suspend');
    const attributes = structuredClone(world.made.attributes) as Template;
    const twin = world.fork();
    world.finish(world.begin(), { attributes, enforced: 'procedure' });
    twin.finish(twin.begin(), { attributes, enforced: 'device' });
    const confirm = (one: World) =>
      one.ask({ kind: 'ceremony.confirm', step: 'read-back', confirmed: ['administrator-1', 'witness-1'] });
    expect(confirm(world).ok).toBe(true);
    expect(world.made).toMatchObject({ private: 'suspended', enforced: 'procedure' });
    expect(ruleOf(confirm(twin))).toBe('READBACK-1');
  });

  test('is refused where more than a right differs, whatever the result says of it', () => {
    const world = withKey();
    world.freeze(world.changing(asking('suspend'))).to('suspend');
    const { attributes } = world.after('suspend');
    const priv = attributes!.private!.map((a) => (a.name === 'CKA_SENSITIVE' ? { ...a, value: false } : a));
    world.finish(world.begin(), { attributes: { ...attributes!, private: priv }, enforced: 'procedure' });
    expect(
      ruleOf(world.ask({ kind: 'ceremony.confirm', step: 'read-back', confirmed: ['administrator-1', 'witness-1'] })),
    ).toBe('READBACK-1');
  });
});

describe('the replay takes nothing for granted', () => {
  const finished = (change: Change, how: Parameters<World['finish']>[1]): World => {
    const world = withKey();
    world.freeze(world.changing(asking(change))).to(change);
    world.finish(world.begin(), how);
    return world;
  };

  test.each([
    ['a destruction after which nothing was gone', 'destroy', { gone: undefined }],
    ['one after which only the public half was gone', 'destroy', { gone: ['public'] }],
    ['a deactivation after which the private half was there', 'deactivate', { gone: undefined }],
  ] as const)('%s is impossible', (_, change, how) => {
    const world = finished(change, how as Parameters<World['finish']>[1]);
    expect(world.state.keys.impossible).toHaveLength(1);
    expect(pair(world)).toBe('active/active');
  });

  test('a destruction that left the public half says so: one half is destroyed, the other is not', () => {
    const { attributes } = withKey().made;
    const left = { private: [], public: [...attributes.public!] };
    const world = finished('destroy', { gone: ['private'], attributes: left });
    expect(pair(world)).toBe('destroyed/active');
    world.to().close();
    expect(pair(changed(world, 'destroy'))).toBe('destroyed/destroyed');
  });

  test('a compromise that does not say since when is impossible', () => {
    const world = withKey();
    const { key } = world.made;
    const intent = world.add({ type: 'act.intent', data: { act: 'key.compromise', key, token: 'vault' } });
    world.add({
      type: 'act.result',
      data: { act: 'key.compromise', intent: intent.leafHash, outcome: 'committed', key },
    });
    expect(world.state.keys.impossible).toHaveLength(1);
    expect(pair(world)).toBe('active/active');
  });

  test.each(PROFILE_IDS)('random changes by force move a key exactly as the table of %s has it', (id) => {
    const oracle = new Oracle(TABLES[id]!);
    const annotates = TABLES[id]!.some(({ allowed }) => allowed === 'annotate');
    let seed = 7;
    const pick = <T>(list: readonly T[]): T => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return list[Math.floor(seed / 65_536) % list.length]!;
    };
    for (let life = 0; life < 12; life++) {
      const world = withKey(pick(['active', 'pre-active']), id);
      const { profile } = world.state.keys;
      const { key } = world.made;
      let now = { objects: PAIR, private: world.made.private!, public: world.made.public! };
      for (let act = 0; act < 6; act++) {
        const change = pick(MOVES);
        const name = `key.${change}` as const;
        const report = change === 'compromise' ? { compromise: COMPROMISE } : {};
        const intent = world.add({ type: 'act.intent', data: { act: name, key, token: 'vault', ...report } });
        const gone = PAIR_HALVES.filter((half) => GONE.includes(statesAfter(profile, change, now)[half]!));
        const impossible = world.state.keys.impossible.length;
        world.add({
          type: 'act.result',
          data: { act: name, intent: intent.leafHash, outcome: 'committed', key, gone: [...gone] },
        });
        const after = statesAfter(profile, change, now);
        const types = { private: 'private-signature', public: 'public-verification' } as const;
        const objects = PAIR_HALVES.map((half) => ({
          type: types[half],
          from: now[half],
          to: GONE.includes(now[half]) ? null : after[half]!,
        }));
        const nothingLeft = objects.every(({ to }) => to === null);
        const allowed = nothingLeft ? annotates && change === 'compromise' : begins(change, now) && oracle.act(objects);
        expect([change, now, world.state.keys.impossible.length === impossible]).toEqual([change, now, allowed]);
        if (allowed) now = { objects: PAIR, private: after.private!, public: after.public! };
        expect(pair(world)).toBe(`${now.private}/${now.public}`);
      }
    }
  });
});

describe('the scripts', () => {
  const parameters = (change: Change): ScriptParameters => ({
    ...asking(change),
    key: { label: 'l'.repeat(32), mechanism: 'rsa-4096', purpose: 'sign' },
    reason: 'r'.repeat(300),
  });

  test.each(CHANGES)('to %s fits the schema with the longest label and reason, and needs every role', (change) => {
    const script = scriptOf(crypto, parameters(change));
    expect(v.safeParse(scriptSchema, script).success).toBe(true);
    expect(changeIn(script)).toBe(change);
    expect(requiredRoles(script).sort()).toEqual(['administrator', 'custodian', 'witness']);
    const ids = script.steps.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.indexOf(`login-${change}`)).toBeGreaterThan(ids.indexOf(`approve-${change}`));
    const signs = change === 'activate' ? ['test-signature'] : [];
    expect(ids.slice(ids.indexOf(change))).toEqual([change, 'read-back', ...signs, 'export', 'close']);
    // The reason is read aloud when people are asked, word for word.
    expect(script.steps.find(({ kind }) => kind === 'approve')!.say).toContain('r'.repeat(300));
  });

  test('warn before what cannot be undone, and ask for the label where an object is destroyed', () => {
    const acts = CHANGES.map((change) =>
      scriptOf(crypto, { ...parameters(change), profile: PROFILE[change] }).steps.find(({ id }) => id === change)!,
    );
    expect(acts.flatMap(({ id, irreversible }) => (irreversible === undefined ? [] : [id]))).toEqual([
      'activate',
      'deactivate',
      'compromise',
      'schedule-destruction',
      'destroy',
      'delete',
      'remove',
    ]);
    expect(acts.flatMap(({ id, typed }) => (typed === undefined ? [] : [id]))).toEqual([
      'deactivate',
      'schedule-destruction',
      'destroy',
      'delete',
    ]);
  });
});
