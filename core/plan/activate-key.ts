/** Recipe `activate-key@1`: a key that an earlier ceremony left pre-active becomes active. */
import type { Crypto } from '../crypto.ts';
import { warningInto } from '../lifecycle/profile.ts';
import { PAIR } from '../lifecycle/template.ts';
import { changeScript, profileIn, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, testSignature, workstation } from './steps.ts';

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
        say: `The key ${label} now becomes active. From this moment it may sign.`,
      },
      readBack: {
        title: 'Read back the rights of the key',
        say: 'The workstation has asked the HSM again, in a new session. Witness, please compare what it says with the plan.',
      },
      then: [testSignature],
      irreversible: warningInto(profileIn(parameters), PAIR.private, 'active'),
    }),
  };
}
