/**
 * Recipe `schedule-destruction@1`: the key may do nothing from now on, and its destruction waits. The profile's provider
 * would destroy it when the time has passed; a workstation that may be off for months does not, so that a second quorum
 * destroys it then, by `destroy-key@1`.
 */
import type { Crypto } from '../crypto.ts';
import { warningInto } from '../lifecycle/profile.ts';
import { leadTypeOf } from '../lifecycle/purpose.ts';
import { changeScript, profileIn, type ChangeParameters } from './change-key.ts';
import type { ScheduleScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export interface ScheduleParameters extends ChangeParameters {
  /** Days. */
  readonly hold: number;
}

export function scheduleDestruction(crypto: Crypto, parameters: ScheduleParameters): ScheduleScript {
  const { label } = parameters.key;
  const { hold } = parameters;
  return {
    recipe: 'schedule-destruction@1',
    ...changeScript(crypto, 'schedule-destruction', parameters, {
      title: 'Begin the wait for a destruction',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is that the key ${label} waits ${hold} days for its destruction. Until a second quorum destroys it, it may do nothing.`,
      act: {
        title: 'Block the key and begin the wait',
        say: `The HSM now takes every right from the key ${label}. Its destruction waits ${hold} days, and then for a second quorum. I type its label, and hold the button.`,
      },
      readBack: {
        title: 'Read back that the key is blocked',
        say: 'The workstation has asked the HSM again, in a new session. Witness, please confirm what it says of the rights of the key.',
      },
      irreversible: warningInto(profileIn(parameters), leadTypeOf(parameters.key), 'pending-destruction'),
      typed: true,
    }),
    hold,
  };
}
