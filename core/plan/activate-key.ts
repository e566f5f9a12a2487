/** Recipe `activate-key@1`: a key that an earlier ceremony left pre-active becomes active. */
import type { Crypto } from '../crypto.ts';
import { warningOf } from '../lifecycle/profile.ts';
import { NIST_R5 } from '../lifecycle/profiles/nist-sp800-57.ts';
import { PAIR, usageTemplate } from '../lifecycle/template.ts';
import { changeScript, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, testSignature, workstation } from './steps.ts';

export function activateKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  const irreversible = warningOf(NIST_R5, PAIR.private, 'pre-active', 'active');
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
      ...(irreversible === undefined ? {} : { irreversible }),
      template: usageTemplate(NIST_R5, { private: 'active', public: 'active' }),
    }),
  };
}
