/**
 * Recipe `remove-key@1`: a destroyed key is not listed any more. Where the published model forgets what was known of it,
 * this one does not: the ledger keeps every entry, and its label is never given to another key.
 */
import type { Crypto } from '../crypto.ts';
import { warningInto } from '../lifecycle/profile.ts';
import { leadTypeOf } from '../lifecycle/purpose.ts';
import { changeScript, profileIn, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export function removeKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'remove-key@1',
    ...changeScript(crypto, 'remove', parameters, {
      title: 'Take a destroyed key off the list',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is that the destroyed key ${label} is not listed any more. The ledger keeps all that happened to it.`,
      act: {
        title: 'Take the key off the list',
        say: `The key ${label} is now taken off the list of keys. Nothing is done on the token.`,
      },
      readBack: {
        title: 'See that the ledger keeps its history',
        say: `The key ${label} is not listed any more. Witness, please confirm that its entries are in the ledger.`,
        kind: 'confirm',
      },
      irreversible: warningInto(profileIn(parameters), leadTypeOf(parameters.key), 'removed'),
    }),
  };
}
