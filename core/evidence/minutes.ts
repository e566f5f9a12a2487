/**
 * The minutes of a ceremony: who confirmed which step when, what was decided, done, refused and noted. They are made
 * from the plan and the ledger alone, so that a verifier makes them again and compares every byte.
 */
import type { Crypto } from '../crypto.ts';
import { hex } from '../bytes.ts';
import { jcsBytes, type Json } from '../json/jcs.ts';
import { disclosed } from '../ledger/disclosure.ts';
import type { Entry } from '../ledger/entry.ts';
import type { Plan } from '../plan/plan.ts';
import { isGenerate } from '../plan/recipes.ts';
import type { Disclosures, Leaf } from './range-file.ts';

type Line = { readonly [key: string]: Json | undefined };

/** One line of the minutes for an entry, or null where the entry is not part of what the room did. */
function line(entry: Entry, said: Readonly<Record<string, string>>): Line {
  const base = { seq: entry.seq, time: entry.clock.wall, what: entry.type, by: entry.actor.person ?? entry.actor.role };
  switch (entry.type) {
    case 'step.done':
      return { ...base, step: entry.data.step, confirmed: entry.data.confirmed };
    case 'approval.given':
    case 'approval.declined':
      return { ...base, step: entry.data.step, person: entry.data.person, envelope: entry.data.envelope };
    case 'exception.recorded':
      return { ...base, step: entry.data.step, note: said['note'] };
    case 'command.refused': {
      const { policy, command, step, person, count } = entry.data;
      return { ...base, policy, command, step, person, count };
    }
    case 'session.opened':
      return { ...base, token: entry.data.token };
    case 'session.refused':
      return { ...base, token: entry.data.token, error: entry.data.error };
    case 'session.closed':
      return { ...base, reason: entry.data.reason };
    case 'act.intent':
      // Recovery is not in entries from before it was declared there: their minutes stay what they were.
      return { ...base, act: entry.data.act, step: entry.data.step, recovery: entry.data.recovery };
    case 'act.result': {
      const { act, outcome, error, gone, enforced } = entry.data;
      return { ...base, act, outcome, error, gone, enforced };
    }
    case 'calls.reconciled':
      return { ...base, calls: entry.data.calls, writes: entry.data.writes, findings: entry.data.findings };
    case 'act.recovered': {
      const { act, outcome, found, gone, enforced } = entry.data;
      return { ...base, act, outcome, found, gone, enforced };
    }
    default:
      return base;
  }
}

/** The bytes of `ceremony/minutes.json`, over the given leaves in order. */
export function minutes(crypto: Crypto, plan: Plan, leaves: readonly Leaf[], disclosures: Disclosures): Uint8Array {
  const because = isGenerate(plan.script) ? plan.script.key.recovery.reason : undefined;
  const lines = leaves.map(({ entry }) => {
    const said = line(entry, disclosed(crypto, entry.disclosures, disclosures.get(entry.seq) ?? []));
    return said['recovery'] === undefined ? said : { ...said, because };
  });
  const done = new Map<string, Line>();
  for (const item of lines) if (item['what'] === 'step.done') done.set(item['step'] as string, item);
  return jcsBytes({
    v: 1,
    type: 'conclave-minutes',
    ceremony: plan.ceremony,
    environment: plan.environment,
    title: plan.script.title,
    plan: hex(crypto.sha256(jcsBytes(plan))),
    people: plan.people.map(({ person, role, name, key }) => ({ person, role, name, key })),
    steps: plan.script.steps.map(({ id, title, kind }) => {
      const entry = done.get(id);
      return {
        id,
        title,
        kind,
        done: entry ? { time: entry['time'], seq: entry['seq'], confirmed: entry['confirmed'] } : null,
      };
    }),
    entries: lines,
  });
}
