/** Recipe `reactivate-key@1`: a deactivated key becomes active again, where the profile has that way. */
import type { Crypto } from '../crypto.ts';
import { changeScript, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export function reactivateKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'reactivate-key@1',
    ...changeScript(crypto, 'reactivate', parameters, {
      title: 'Reactivate a deactivated key',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is to make the deactivated key ${label} active again.`,
      act: {
        title: 'Give the key its rights again',
        say: `The key ${label} now becomes active again. From this moment it may be used.`,
      },
      readBack: {
        title: 'Read back the rights of the key',
        say: 'The workstation has asked the HSM again, in a new session. Witness, please compare what it says with the plan.',
      },
    }),
  };
}
