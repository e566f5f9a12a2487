import { describe, expect, test } from 'vitest';
import { decideAct } from '../../../core/ceremony/decide-act.ts';
import { decideApproval, type ApprovalCommand } from '../../../core/ceremony/decide-approval.ts';
import type { VaultReplay } from '../../../core/ceremony/replay.ts';
import { type VaultState } from '../../../core/ceremony/state.ts';
import type { Approval } from '../../../core/quorum/approval.ts';
import { HOUR, MINUTE, must } from '../ceremony/chain.ts';
import { World } from '../ceremony/world.ts';
import { answered, mayAct, taken, type Attempt, type Kind, type Question } from './oracle.ts';

interface Subject {
  readonly approval: typeof decideApproval;
  readonly act: typeof decideAct;
}

const KINDS: readonly Kind[] = [
  'approve',
  'approve-briefly',
  'decline',
  'approve-expired',
  'approve-other-plan',
  'approve-by-other-key',
];
const MARK = { seq: 0, time: '', confirmed: [] };

/** One vault at its first question, and every attempt that anybody can make there, signed once. */
class Table {
  readonly #world: World;
  readonly #commands = new Map<string, ApprovalCommand>();
  readonly #replay: VaultReplay;
  nodes = 0;

  constructor(
    readonly people: number,
    readonly required: number,
    readonly veto: boolean,
  ) {
    this.#world = World.ready({
      custodians: people,
      required,
      policy: (p) => ({ ...p, rules: p.rules.map((rule) => ({ ...rule, declines: veto ? 'veto' : 'count' })) }),
    })
      .freeze()
      .to('approve-generate');
    this.#replay = this.#world.replayed();
    for (let who = 1; who <= people; who++) {
      for (const kind of KINDS) this.#commands.set(`${who} ${kind}`, this.#command(`custodian-${who}`, kind));
    }
  }

  #command(person: string, kind: Kind): ApprovalCommand {
    const { now } = this.#world;
    const change: Record<Kind, Partial<Approval>> = {
      approve: {},
      'approve-briefly': { expires: new Date(now + MINUTE).toISOString() },
      decline: { decision: 'decline', reason: 'No.' },
      'approve-expired': { time: new Date(now - HOUR).toISOString(), expires: new Date(now).toISOString() },
      'approve-other-plan': { planSha256: 'e'.repeat(64) },
      'approve-by-other-key': {},
    };
    const command = this.#world.submitting(this.#world.approval(person, change[kind]));
    return kind === 'approve-by-other-key' ? { ...command, signedBy: 'd'.repeat(64) } : command;
  }

  get #state(): VaultState {
    return this.#replay.state;
  }

  /** Walks every order of every attempt that changes something, trying all the others at each place too. */
  *disagreements(subject: Subject, attempts: readonly Attempt[] = []): Generator<string> {
    yield* this.#compare(subject, attempts);
    for (let who = 1; who <= this.people; who++) {
      for (const kind of KINDS) {
        this.nodes++;
        const next = [...attempts, { who, kind }];
        const command = this.#commands.get(`${who} ${kind}`)!;
        const decision = subject.approval(this.#state, command, this.#world.facts());
        const expected = taken({ attempts: next }).length > taken({ attempts }).length;
        if (decision.ok !== expected) yield `${say(next)}: taken is ${decision.ok}, should be ${expected}`;
        if (!decision.ok || !expected) continue;
        const done = this.#state.open!.done.has('approve-generate');
        const { event, actor } = must(decision)[0]!;
        const base = this.#world.lines.at(-1)!.entry;
        this.#replay.add(
          { entry: { ...base, ...event, actor, seq: base.seq + 1 }, leafHash: '' },
          { disclosed: {}, approval: command.approval },
        );
        yield* this.disagreements(subject, next);
        this.#state.open!.decisions.pop();
        if (!done) this.#state.open!.done.delete('approve-generate');
      }
    }
  }

  *#compare(subject: Subject, attempts: readonly Attempt[]): Generator<string> {
    const question: Question = { required: this.required, veto: this.veto, attempts };
    const { open } = this.#state;
    const done = open!.done.has('approve-generate');
    if (done !== answered(question)) yield `${say(attempts)}: answered is ${done}`;
    // The act is judged as if the room had come to it, however it did: it must count by itself.
    for (const step of ['approve-generate', 'login-generate']) if (!open!.done.has(step)) open!.done.set(step, MARK);
    // What was taken here is in this replay, not in the world's own ledger.
    const genuine = new Set(open!.decisions.map(({ envelope }) => envelope));
    const state = { ...this.#state, session: { vault: true, root: false } };
    for (const late of [false, true]) {
      const now = this.#world.now + (late ? 2 * MINUTE : 0);
      const allowed = subject.act(
        state,
        { kind: 'ceremony.act', step: 'generate' },
        this.#world.facts({ now, genuine }),
      ).ok;
      if (allowed !== mayAct(question, late)) yield `${say(attempts)}, ${late ? 'late' : 'early'}: act is ${allowed}`;
    }
    open!.done.delete('login-generate');
    if (!done) open!.done.delete('approve-generate');
  }
}

const say = (attempts: readonly Attempt[]): string => attempts.map(({ who, kind }) => `${who} ${kind}`).join(', ');
const product: Subject = { approval: decideApproval, act: decideAct };

const TABLES: [number, number, boolean][] = [];
for (let n = 1; n <= 4; n++) for (let m = 1; m <= n; m++) for (const veto of [true, false]) TABLES.push([n, m, veto]);

describe('every order of every attempt', () => {
  test.each(TABLES)('of %i custodians, %i required, veto %s, ends as the oracle says', (people, required, veto) => {
    const table = new Table(people, required, veto);
    expect([...table.disagreements(product)]).toEqual([]);
    expect(table.nodes).toBeGreaterThanOrEqual(people * KINDS.length);
  });
});

/** The comparison is worth something only if it sees a fault. Each of these is one that somebody could make. */
const PLANTED: Record<string, Subject> = {
  'a decision is forgotten, so the same key decides twice': {
    ...product,
    approval: (state, command, facts) =>
      decideApproval({ ...state, open: { ...state.open!, decisions: [] } }, command, facts),
  },
  'a decline is taken for an approval': {
    ...product,
    act: (state, step, facts) => {
      const decisions = state.open!.decisions.map((d) => ({ ...d, decision: 'approve' as const }));
      return decideAct({ ...state, open: { ...state.open!, decisions } }, step, facts);
    },
  },
  'expiry is not looked at again at use': {
    ...product,
    act: (state, step, facts) => decideAct(state, step, { ...facts, now: state.open!.latest }),
  },
  'one approval fewer is enough': {
    ...product,
    act: (state, step, facts) => {
      const rules = state.policy!.rules.map((rule) => ({
        ...rule,
        all: rule.all.map(({ of, required }) => ({ of, required: Math.max(1, required - 1) })),
      }));
      return decideAct({ ...state, policy: { ...state.policy!, rules } }, step, facts);
    },
  },
};

test.each(Object.entries(PLANTED))('the comparison sees the planted fault: %s', (_, subject) => {
  const table = new Table(3, 2, true);
  expect(table.disagreements(subject).next().done).toBe(false);
});
