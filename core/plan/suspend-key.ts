/** Recipe `suspend-key@1`: a key is taken out of use for a while. It can be resumed. */
import type { Crypto } from '../crypto.ts';
import { changeScript, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export function suspendKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'suspend-key@1',
    ...changeScript(crypto, 'suspend', parameters, {
      title: 'Suspend a key',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is to suspend the key ${label}. It can be resumed by another ceremony.`,
      act: {
        title: 'Take away every right of the key',
        say: `The HSM now takes every right from the key ${label}. From this moment it may not sign.`,
      },
      readBack: {
        title: 'Read back that the key may do nothing',
        say: 'The workstation has asked the HSM again, in a new session. Witness, please confirm that every right is gone.',
      },
    }),
  };
}
