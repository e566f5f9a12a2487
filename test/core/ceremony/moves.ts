/** What can happen to a vault in any order, right or wrong, for random walks over ceremonies. */
import fc from 'fast-check';
import type { Command } from '../../../core/ceremony/decide.ts';
import type { Approval } from '../../../core/quorum/approval.ts';
import { HOUR, MINUTE } from './chain.ts';
import { member } from './member.ts';
import type { World } from './world.ts';

/** One thing that somebody does, or that happens, in any order and as wrongly as it comes. */
export type Move = (world: World) => void;

/** A digest of nothing that exists. */
export const WRONG = 'd'.repeat(64);
const PEOPLE = ['administrator-1', 'custodian-1', 'custodian-2', 'custodian-3', 'witness-1', 'custodian-9'];
const STEPS = ['room', 'approve-generate', 'generate', 'read-back', 'request', 'activate', 'export', 'constructor'];
export const software = { version: '0.1.0', manifest: WRONG };

const person = fc.constantFrom(...PEOPLE);
/** The right step more often than not, or nothing would ever get far. */
const step = fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constantFrom(...STEPS) });
const here = (world: World, named: string | null): string => named ?? world.step ?? 'none';

const command = (make: (step: string) => Command) =>
  step.map(
    (named): Move =>
      (world) =>
        void world.try(make(here(world, named))),
  );

const approvalChange: fc.Arbitrary<Partial<Approval>> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Partial<Approval>>(
      { planSha256: WRONG },
      { decision: 'decline', reason: 'No.' },
      { decision: 'decline' },
      { hsm: { serial: '1' } },
      { environment: 'production' },
      { ledgerHead: { size: 3, root: WRONG } },
      { step: 'activate' },
      { step: 'generate' },
    ),
  },
);

const outcomes = fc.constantFrom('committed', 'committed', 'committed', 'not-committed', 'unknown');

/** Every move, the useful ones more often. */
export const MOVES: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: command((s) => ({ kind: 'ceremony.confirm', step: s, confirmed: ['administrator-1', 'witness-1'] })),
  },
  {
    weight: 1,
    arbitrary: fc.array(person, { maxLength: 3 }).map(
      (confirmed): Move =>
        (world) =>
          void world.try({ kind: 'ceremony.confirm', step: here(world, null), confirmed }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(...PEOPLE), approvalChange).map(
      ([who, change]): Move =>
        (world) =>
          world.state.open && world.submit(world.approval(who, change)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(person, person).map(
      ([who, signer]): Move =>
        (world) =>
          world.state.open && world.submit(world.approval(who), member(signer)),
    ),
  },
  {
    weight: 4,
    arbitrary: step.map((named): Move => (world) => {
      if (world.ask({ kind: 'ceremony.login', step: here(world, named) }).ok) world.opened();
    }),
  },
  // A session may be opened or closed by the workstation at any time, for a recovery or after a loss.
  {
    weight: 1,
    arbitrary: fc.constantFrom('vault', 'operator-root').map(
      (t): Move =>
        (world) =>
          world.state.open && world.opened(t),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('logout', 'pause', 'host-lost').map(
      (reason): Move =>
        (world) =>
          void world.add({ type: 'session.closed', data: { reason } } as never),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(step, outcomes, fc.boolean()).map(([named, outcome, crash]): Move => (world) => {
      const begun = world.try({ kind: 'ceremony.act', step: here(world, named) });
      if (!begun.ok) return;
      if (crash) world.add({ type: 'workstation.started', data: { software, entries: 1, interfacesUp: 0 } });
      world.finish(begun.value[0]!, { outcome });
    }),
  },
  // An act whose outcome stays open for a while.
  { weight: 1, arbitrary: command((s) => ({ kind: 'ceremony.act', step: s })) },
  {
    weight: 2,
    arbitrary: outcomes.map((outcome): Move => (world) => {
      const [open] = world.state.intents.values();
      const line = world.lines[open?.seq ?? -1];
      if (line && world.state.open) world.finish(line, { outcome });
    }),
  },
  {
    weight: 3,
    arbitrary: step.map((named): Move => (world) => {
      const decision = world.ask({ kind: 'ceremony.logout', step: here(world, named) });
      if (decision.ok) world.addHere({ type: 'session.closed', data: { reason: 'logout' } });
    }),
  },
  {
    weight: 2,
    arbitrary: step.map((named): Move => (world) => {
      if (world.ask({ kind: 'ceremony.export', step: here(world, named) }).ok) world.exported();
    }),
  },
  { weight: 1, arbitrary: command((s) => ({ kind: 'ceremony.recordException', step: s, note: 'The lamp broke.' })) },
  { weight: 1, arbitrary: fc.constant<Move>((world) => void world.try({ kind: 'ceremony.stop', reason: 'Enough.' })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('root-2026', 'root-2027').map((label): Move => (world) => {
      const plan = world.plan({ label });
      if (world.ask(world.freezing(plan)).ok) world.freeze(plan);
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(MINUTE, HOUR, 9 * HOUR, -HOUR).map(
      (ms): Move =>
        (world) =>
          void (world.now += ms),
    ),
  },
  // Entries that a damaged or forged ledger could hold out of their order.
  {
    weight: 1,
    arbitrary: fc.constantFrom(...STEPS).map(
      (s): Move =>
        (world) =>
          world.state.open && world.addHere({ type: 'step.done', data: { step: s, confirmed: [] } }),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Move>((world) => world.bindToken('operator-root', '1')) },
);
