/**
 * Recipe `delete-key@1`: an active or pre-active key is removed from the HSM, as Securosys365 DKE defines its deletion.
 * On the token it is a destruction, with the same words for what cannot be excluded.
 */
import type { Crypto } from '../crypto.ts';
import { warningInto } from '../lifecycle/profile.ts';
import { leadTypeOf } from '../lifecycle/purpose.ts';
import { changeScript, profileIn, type ChangeParameters } from './change-key.ts';
import { NOT_FOUND } from './destroy-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export function deleteKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'delete-key@1',
    ...changeScript(crypto, 'delete', parameters, {
      title: 'Delete a key',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is to delete the key ${label} from this token.`,
      act: {
        title: 'Delete the key',
        say: `The HSM now deletes the key ${label}. I type its label, and hold the button.`,
      },
      readBack: {
        title: 'Look for the key once more',
        say: `The workstation has looked for the key ${label} in a new session. ${NOT_FOUND}`,
      },
      irreversible: warningInto(profileIn(parameters), leadTypeOf(parameters.key), 'deleted'),
      typed: true,
    }),
  };
}
