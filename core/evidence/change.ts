/**
 * What a ceremony changed of a key, told from the ledger: the acts, the state of each object before and after, and what
 * the token answered. Producer and verifier both stand on this, so that a statement can be made again from entries.
 */
import type { KeyRecord } from '../lifecycle/replay.ts';
import { HALVES } from '../lifecycle/states.ts';
import { notFound } from '../plan/destroy-key.ts';
import type { DoneAct } from './acts.ts';
import type { Changed } from './statement.ts';

/**
 * @param record The key as the replay has it after these acts.
 * @param acts The committed acts of the ceremony on it, in order.
 */
export const changesOf = (record: KeyRecord, acts: readonly DoneAct[]): Changed[] =>
  acts.map(({ intent, result }) => {
    const { act, step = '', compromise = null } = intent.entry.data;
    const { enforced = null, gone = [], error = null } = result.entry.data;
    const outcome = result.entry.seq;
    const objects = HALVES.flatMap((object) => {
      const moves = record.history.filter(({ half, seq }) => half === object && seq <= outcome);
      const last = moves.at(-1);
      return last ? [{ object, before: last.seq === outcome ? last.from : last.to, after: last.to }] : [];
    });
    const words = gone.length > 0 ? notFound(record.recovery) : null;
    return { act, step, intent: intent.entry.seq, outcome, objects, enforced, gone, error, compromise, words };
  });
