/** Recipe `activate-key@1`: a key that an earlier ceremony left pre-active becomes active. */
import type { Crypto } from '../crypto.ts';
import { warningInto } from '../lifecycle/profile.ts';
import { leadTypeOf } from '../lifecycle/purpose.ts';
import { changeScript, profileIn, type ChangeParameters } from './change-key.ts';
import { keyWords, tryKey } from './generate-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export function activateKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'activate-key@1',
    ...changeScript(crypto, 'activate', parameters, {
      title: 'Activate a key',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is to make the pre-active key ${label} active.`,
      act: {
        title: 'Make the key active',
        say: `The key ${label} now becomes active. From this moment it may ${keyWords(parameters.key).may}.`,
      },
      readBack: {
        title: 'Read back the rights of the key',
        say: 'The workstation has asked the HSM again, in a new session. Witness, please compare what it says with the plan.',
      },
      then: [tryKey(parameters.key)],
      irreversible: warningInto(profileIn(parameters), leadTypeOf(parameters.key), 'active'),
    }),
  };
}
