/** Recipe `destroy-key@1`: every object of a key is destroyed on the token, and looked for again afterwards. */
import type { Crypto } from '../crypto.ts';
import type { Recovery } from '../ledger/event.ts';
import { warningInto } from '../lifecycle/profile.ts';
import { isPair, leadTypeOf } from '../lifecycle/purpose.ts';
import { changeScript, profileIn, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

const COPIES: Readonly<Record<Recovery, string>> = {
  none: 'none recorded in this ledger',
  'vendor-clone': 'a clone made with the maker’s own tool, as the plan of the key declares',
  wrapped: 'one wrapped under another key, as the plan of the key declares',
};

/**
 * What can be said of a destroyed key, and no more. Keys are made unextractable and uncopyable, and no recipe makes a
 * copy: the only ones that a ledger knows of are those by which the plan that made the key declares its recovery.
 */
export const notFound = (recovery: Recovery | null): string =>
  `Not found on this token. Known copies: ${COPIES[recovery ?? 'none']}. Copies that were never recorded cannot be excluded.`;

/** The same of a key whose recovery is not at hand, true of every one. */
export const NOT_FOUND =
  'Not found on this token. Known copies: none but what the plan of the key declares. Copies that were never recorded cannot be excluded.';

export function destroyKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'destroy-key@1',
    ...changeScript(crypto, 'destroy', parameters, {
      title: 'Destroy a key',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is to destroy the key ${label}, ${isPair(parameters.key.mechanism) ? 'both halves, ' : ''}on this token.`,
      act: {
        title: 'Destroy the key',
        say: `The HSM now destroys the key ${label}. I type its label, and hold the button.`,
      },
      readBack: {
        title: 'Look for the key once more',
        say: `The workstation has looked for the key ${label} in a new session. ${NOT_FOUND}`,
      },
      irreversible: warningInto(profileIn(parameters), leadTypeOf(parameters.key), 'destroyed'),
      typed: true,
    }),
  };
}
