import { describe, expect, test } from 'vitest';
import type { Command } from '../../../core/ceremony/decide.ts';
import { verifyJournal } from '../../../core/ledger/verify-journal.ts';
import { journalLine } from '../../../core/ledger/entry.ts';
import { hex } from '../../../core/bytes.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { HOUR, type Line } from './chain.ts';
import { ruleOf, World } from './world.ts';

const act = (world: World, facts = {}) => world.ask({ kind: 'ceremony.act', step: world.step! }, facts);
const at = (step: string, options?: Parameters<typeof World.ready>[0]): World => World.ready(options).freeze().to(step);

test('a ceremony played as its script says ends with an active key, and its ledger verifies as a journal', () => {
  const world = World.ready().freeze().to().close();
  const [key] = world.state.keys.keys.values();
  expect(key).toMatchObject({ label: 'root-2026', private: 'active', public: 'active', ceremony: 'CER-2026-001' });
  expect(world.state.irregular).toEqual([]);
  expect(world.state.keys.impossible).toEqual([]);
  const journal = verifyJournal(
    crypto,
    world.lines.map(({ leaf }) => journalLine(crypto, leaf)),
  );
  if (!journal.ok) throw new Error(journal.error.message);
  expect(hex(journal.value.root)).toBe(world.roots.at(-1));
  expect(journal.value.openIntents).toEqual([]);
});

test('a key that is asked for pre-active stays so, and its script asks for one approval', () => {
  const world = World.ready();
  world.freeze(world.plan({ initialState: 'pre-active' })).to();
  expect([...world.state.keys.keys.values()]).toMatchObject([{ private: 'pre-active', public: 'pre-active' }]);
  expect(world.lines.filter(({ entry }) => entry.type === 'approval.given')).toHaveLength(2);
});

describe('the order of the script', () => {
  const commands = (step: string): Command[] => [
    { kind: 'ceremony.confirm', step, confirmed: ['administrator-1', 'witness-1'] },
    { kind: 'ceremony.login', step },
    { kind: 'ceremony.act', step },
    { kind: 'ceremony.logout', step },
    { kind: 'ceremony.export', step },
  ];

  test('lets nothing be done but the current step, and that only by its own command: STEP-1', () => {
    const world = World.ready().freeze();
    const { steps } = world.state.open!.plan.script;
    const ids = [...steps.map(({ id }) => id), 'constructor', '__proto__', ''];
    while (world.step !== null) {
      for (const id of ids) {
        if (id === world.step) continue;
        for (const command of commands(id)) {
          // The act whose approvals are being given is refused for what is missing: the quorum.
          const awaited = command.kind === 'ceremony.act' && steps.find((s) => s.id === world.step)?.for === id;
          expect(ruleOf(world.ask(command))).toBe(awaited ? 'QUORUM-1' : 'STEP-1');
        }
      }
      const { kind } = steps.find(({ id }) => id === world.step)!;
      const own = { confirm: 0, 'read-back': 0, login: 1, act: 2, logout: 3, export: 4, approve: 9 }[kind];
      commands(world.step).forEach((command, i) => {
        if (i !== own) expect(ruleOf(world.ask(command))).toBe('STEP-1');
      });
      world.to(steps[steps.findIndex(({ id }) => id === world.step) + 1]?.id);
    }
    for (const id of ids) for (const command of commands(id)) expect(ruleOf(world.ask(command))).toBe('STEP-1');
  });

  test('ends with the ceremony: every command of a closed one is refused with STEP-5', () => {
    const world = at('workstation').close('stopped');
    for (const command of commands('workstation')) expect(ruleOf(world.ask(command))).toBe('STEP-5');
    expect(ruleOf(world.ask({ kind: 'ceremony.stop', reason: 'Again.' }))).toBe('STEP-5');
    expect(ruleOf(world.ask({ kind: 'ceremony.recordException', step: 'workstation', note: 'x' }))).toBe('STEP-5');
  });
});

describe('a confirmation', () => {
  test.each([
    [[]],
    [['administrator-1']],
    [['witness-1']],
    [['administrator-1', 'administrator-1']],
    [['witness-1', 'witness-1']],
    [['administrator-1', 'custodian-1']],
    [['administrator-1', 'witness-1', 'custodian-1']],
    [['administrator-1', 'witness-1', 'witness-1']],
    [['administrator-1', 'witness-2']],
    [['administrator-1', 'constructor']],
  ])('by %j is not one of each named role: STEP-2', (confirmed) => {
    const world = World.ready().freeze();
    expect(ruleOf(world.ask({ kind: 'ceremony.confirm', step: 'room', confirmed }))).toBe('STEP-2');
  });

  test('by one of each named role is recorded, in any order', () => {
    const world = World.ready().freeze();
    world.do({ kind: 'ceremony.confirm', step: 'room', confirmed: ['witness-1', 'administrator-1'] });
    expect(world.step).toBe('workstation');
  });

  test('of the air gap is refused in production while an interface is up, and not in a rehearsal: AIRGAP-1', () => {
    const command = {
      kind: 'ceremony.confirm',
      step: 'workstation',
      confirmed: ['administrator-1', 'witness-1'],
    } as const;
    const up = { interfacesUp: ['eth0'] };
    expect(ruleOf(at('workstation', { environment: 'production' }).ask(command, up))).toBe('AIRGAP-1');
    expect(at('workstation', { environment: 'production' }).ask(command).ok).toBe(true);
    expect(at('workstation').ask(command, up).ok).toBe(true);
  });

  test('of a reading that differs from the plan is refused: READBACK-1, with the attribute by its name', () => {
    const world = at('generate');
    const reading = world.reading('pre-active');
    const open = reading.private!.map((a) => (a.name === 'CKA_EXTRACTABLE' ? { ...a, value: true } : a));
    world.finish(world.begin(), { attributes: { ...reading, private: open } });
    expect(world.step).toBe('read-back');
    const command = {
      kind: 'ceremony.confirm',
      step: 'read-back',
      confirmed: ['administrator-1', 'witness-1'],
    } as const;
    const refused = world.ask(command);
    expect(ruleOf(refused)).toBe('READBACK-1');
    expect(refused).toMatchObject({ error: { message: expect.stringContaining('CKA_EXTRACTABLE (private)') } });
  });

  test.each(['CKA_LOCAL', 'CKA_SIGN', 'CKA_KEY_GEN_MECHANISM'])(
    'of a reading without %s is refused: READBACK-1',
    (name) => {
      const world = at('generate');
      const reading = world.reading('pre-active');
      const less = reading.private!.filter((a) => a.name !== name);
      world.finish(world.begin(), { attributes: { ...reading, private: less } });
      const command = {
        kind: 'ceremony.confirm',
        step: 'read-back',
        confirmed: ['administrator-1', 'witness-1'],
      } as const;
      expect(ruleOf(world.ask(command))).toBe('READBACK-1');
    },
  );
});

describe('an act', () => {
  test('needs an open session: STEP-3 before login, and again after the host was lost', () => {
    const world = at('generate');
    world.addHere({ type: 'hsm.lost', data: { during: null } });
    expect(ruleOf(act(world))).toBe('STEP-3');
    world.login();
    expect(act(world).ok).toBe(true);
    world.addHere({ type: 'session.closed', data: { reason: 'pause' } });
    expect(ruleOf(act(world))).toBe('STEP-3');
  });

  test('waits for the outcome of an earlier one, and so does everything but login and notes: STEP-4', () => {
    const world = at('generate');
    const intent = world.begin();
    expect(ruleOf(act(world))).toBe('STEP-4');
    expect(ruleOf(world.ask({ kind: 'ceremony.stop', reason: 'Enough.' }))).toBe('STEP-4');
    expect(ruleOf(world.ask(world.freezing(world.state.open!.plan)))).toBe('PLAN-1');
    expect(world.ask({ kind: 'ceremony.recordException', step: 'generate', note: 'The lamp broke.' }).ok).toBe(true);
    world.addHere({ type: 'session.closed', data: { reason: 'host-lost' } });
    expect(world.ask({ kind: 'ceremony.login', step: 'generate' }).ok).toBe(true);
    world.finish(intent);
    expect(world.step).toBe('read-back');
  });

  test('found committed after a crash is done once: no second intent, and no second key', () => {
    const world = at('generate');
    const intent = world.begin();
    world.add({
      type: 'workstation.started',
      data: { software: { version: '0.1.0', manifest: 'a'.repeat(64) }, entries: world.lines.length, interfacesUp: 0 },
    });
    world.addHere({ type: 'act.recovered', data: { ...world.committed(intent), found: 'Both halves.' } });
    expect(world.step).toBe('read-back');
    expect(ruleOf(world.ask({ kind: 'ceremony.act', step: 'generate' }))).toBe('STEP-1');
    expect(world.state.keys.keys.size).toBe(1);
  });

  test('with an unknown outcome is never repeated: STEP-6, and the ceremony can be stopped', () => {
    const world = at('generate');
    world.finish(world.begin(), { outcome: 'unknown' });
    expect(ruleOf(act(world))).toBe('STEP-6');
    world.approve('custodian-1', 'custodian-2');
    expect(ruleOf(act(world))).toBe('STEP-6');
    expect(world.ask({ kind: 'ceremony.stop', reason: 'Unknown outcome.' }).ok).toBe(true);
  });

  test('that claims a key which is not its intent’s is not done, and not repeated either: STEP-6', () => {
    const world = at('generate');
    const line = world.finish(world.begin(), { key: '7'.repeat(40) });
    expect(world.state.keys.impossible).toEqual([line.entry.seq]);
    expect(world.state.keys.keys.size).toBe(0);
    expect(world.step).toBe('generate');
    expect(ruleOf(act(world))).toBe('STEP-6');
  });

  test('that left half a key behind may be tried again once the half is gone', () => {
    const world = at('generate');
    world.finish(world.begin(), { outcome: 'not-committed' });
    const { id } = world.state.open!;
    const half = world.add(
      { type: 'act.intent', data: { act: 'key.discard-half', step: 'generate', key: '7'.repeat(40), token: 'vault' } },
      { ceremony: id },
    );
    expect(ruleOf(act(world))).toBe('STEP-4');
    world.addHere({
      type: 'act.result',
      data: { act: 'key.discard-half', intent: half.leafHash, outcome: 'committed' },
    });
    expect(world.step).toBe('generate');
    expect(act(world).ok).toBe(true);
  });

  test('of generation needs a label that the token does not have, and an answer about it: LABEL-1', () => {
    const world = at('generate');
    expect(ruleOf(act(world, { labelInUse: true }))).toBe('LABEL-1');
    expect(ruleOf(act(world, { labelInUse: undefined }))).toBe('LABEL-1');
    expect(at('activate').ask({ kind: 'ceremony.act', step: 'activate' }, { labelInUse: true }).ok).toBe(true);
  });

  test('is refused after the plan’s time, also when the clock is set back, and under a new policy: PLAN-5', () => {
    const world = at('generate');
    expect(ruleOf(act(world, { now: world.now + 49 * HOUR }))).toBe('PLAN-5');
    const late = at('generate');
    late.now += 49 * HOUR;
    late.addHere({ type: 'exception.recorded', data: { step: 'generate' } });
    late.now -= 49 * HOUR;
    expect(ruleOf(act(late))).toBe('PLAN-5');
    const changed = at('generate');
    changed.setPolicy({ ...changed.state.policy!, mechanisms: ['ec-p384'] });
    expect(ruleOf(act(changed))).toBe('PLAN-5');
  });

  test('is refused in production while an interface is up: AIRGAP-1', () => {
    const world = at('generate', { environment: 'production' });
    expect(ruleOf(act(world, { interfacesUp: ['wlan0'] }))).toBe('AIRGAP-1');
    expect(act(world).ok).toBe(true);
  });

  test('on a key whose last reading differs from its state is refused: READBACK-1', () => {
    const world = at('request');
    const reading = world.reading('pre-active');
    // The right to sign was set for the request and not cleared.
    const open = reading.private!.map((a) => (a.name === 'CKA_SIGN' ? { ...a, value: true } : a));
    world.finish(world.begin(), { attributes: { ...reading, private: open } });
    world.to('activate');
    expect(ruleOf(act(world))).toBe('READBACK-1');
  });

  test('of activation that reached one half only is seen before the test signature: READBACK-1', () => {
    const world = at('activate');
    const reading = world.reading('active');
    const half = reading.public!.map((a) => (a.name === 'CKA_VERIFY' ? { ...a, value: false } : a));
    world.finish(world.begin(), { attributes: { ...reading, public: half } });
    expect(world.step).toBe('test-signature');
    expect(ruleOf(act(world))).toBe('READBACK-1');
  });

  test('names its plan, its template and its key in the intent, and approvals only where a quorum decides', () => {
    const intents = (world: World): Line[] => world.lines.filter(({ entry }) => entry.type === 'act.intent');
    const world = World.ready().freeze().to();
    const { planSha256, plan, key } = world.state.open!;
    const [generate, request, activate, signature] = intents(world).map(({ entry }) => entry.data);
    const template = (step: string) => plan.script.templates.find((t) => t.step === step)!.sha256;
    expect(generate).toMatchObject({ plan: planSha256, template: template('generate'), label: 'root-2026' });
    expect(generate).not.toHaveProperty('key');
    expect(activate).toMatchObject({ plan: planSha256, template: template('activate'), key });
    for (const entry of [request, signature]) {
      expect(entry).toMatchObject({ plan: planSha256, key });
      expect(entry).not.toHaveProperty('approvals');
    }
  });
});

describe('login and logout', () => {
  test('login comes after the approvals: STEP-1 before', () => {
    const world = at('approve-generate');
    for (const step of ['approve-generate', 'login-generate']) {
      expect(ruleOf(world.ask({ kind: 'ceremony.login', step }))).toBe('STEP-1');
    }
  });

  test('a second login while the session is open is refused: STEP-1', () => {
    expect(ruleOf(at('generate').ask({ kind: 'ceremony.login', step: 'generate' }))).toBe('STEP-1');
  });

  test('the token is closed while the custodians decide on the activation', () => {
    expect(at('approve-activate').state.session.vault).toBe(false);
  });

  test('an export needs an open session: STEP-3', () => {
    const world = at('export');
    world.addHere({ type: 'session.closed', data: { reason: 'pause' } });
    expect(ruleOf(world.ask({ kind: 'ceremony.export', step: 'export' }))).toBe('STEP-3');
    world.login();
    expect(world.step).toBe('export');
    expect(world.ask({ kind: 'ceremony.export', step: 'export' }).ok).toBe(true);
  });

  test('an export waits for the outcome of a signature under way: STEP-4', () => {
    const world = at('export');
    world.addHere({ type: 'act.intent', data: { act: 'statement.sign', step: 'export', token: 'vault' } });
    expect(ruleOf(world.ask({ kind: 'ceremony.export', step: 'export' }))).toBe('STEP-4');
  });
});
