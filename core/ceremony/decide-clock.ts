/** Whether a reading of an outside clock goes into the ledger: two people, and a time that can be meant. */
import type { NewEntry } from '../ledger/event.ts';
import { ok, type Result } from '../result.ts';
import { refuse } from '../rules.ts';
import type { Facts } from './decide.ts';
import type { VaultState } from './state.ts';

export interface ClockCommand {
  readonly kind: 'clock.read';
  /** UTC, as the outside clock showed it. */
  readonly reading: string;
  /** Seconds by which the clock and the hand that typed may be off. */
  readonly uncertainty: number;
  /** Which clock it was. */
  readonly source: string;
  /** Who read the clock, and who saw it and confirms. */
  readonly reader: string;
  readonly witness: string;
}

/** A reading further from the workstation's clock is a slip of the hand, or a clock to be set first. Milliseconds. */
const FARTHEST = 86_400_000;

export function decideClock(state: VaultState, command: ClockCommand, facts: Facts): Result<NewEntry[]> {
  const { reading, uncertainty, source } = command;
  const reader = state.people.get(command.reader);
  const witness = state.people.get(command.witness);
  const watches = witness?.role === 'witness' || witness?.role === 'auditor';
  if (!reader || !watches || reader.person === witness.person) return refuse('READING-1');
  if (Math.abs(Date.parse(reading) - facts.now) > FARTHEST) return refuse('READING-2');
  return ok([
    {
      event: {
        type: 'clock.read',
        data: { reading, uncertainty, confirmed: [reader.person, witness.person] },
      },
      ceremony: state.open?.id ?? null,
      actor: { role: reader.role, person: reader.person },
      disclose: { source },
    },
  ]);
}
