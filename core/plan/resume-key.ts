/** Recipe `resume-key@1`: a suspended key becomes active again. */
import type { Crypto } from '../crypto.ts';
import { changeScript, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export function resumeKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'resume-key@1',
    ...changeScript(crypto, 'resume', parameters, {
      title: 'Resume a suspended key',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is to make the suspended key ${label} active again.`,
      act: {
        title: 'Give the key its rights again',
        say: `The key ${label} now becomes active again. From this moment it may sign.`,
      },
      readBack: {
        title: 'Read back the rights of the key',
        say: 'The workstation has asked the HSM again, in a new session. Witness, please compare what it says with the plan.',
      },
    }),
  };
}
