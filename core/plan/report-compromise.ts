/**
 * Recipe `report-compromise@1`: someone else may know the key or may have used it. The same approved act blocks the key
 * on the token and records the report. The opening is short, because every minute counts; the air gap is checked at
 * the act all the same.
 */
import type { Crypto } from '../crypto.ts';
import { warningInto } from '../lifecycle/profile.ts';
import { leadTypeOf } from '../lifecycle/purpose.ts';
import { changeScript, profileIn, type ChangeParameters } from './change-key.ts';
import type { CompromiseScript } from './plan.ts';
import { room } from './steps.ts';

export interface CompromiseParameters extends ChangeParameters {
  readonly compromise: CompromiseScript['compromise'];
}

export function reportCompromise(crypto: Crypto, parameters: CompromiseParameters): CompromiseScript {
  const { label } = parameters.key;
  return {
    recipe: 'report-compromise@1',
    ...changeScript(crypto, 'compromise', parameters, {
      title: 'Report a key as compromised',
      opening: [room],
      ask: `The plan is to block the key ${label} and to report it as compromised, since ${parameters.compromise.believed} as far as is known.`,
      act: {
        title: 'Block the key and report the compromise',
        say: `The HSM now takes every right from the key ${label}, and the report goes into the ledger. Everyone who relies on this key must be told.`,
      },
      readBack: {
        title: 'Read back that the key is blocked',
        say: 'The workstation has asked the HSM again, in a new session. Witness, please confirm what it says of the rights of the key.',
      },
      irreversible: warningInto(profileIn(parameters), leadTypeOf(parameters.key), 'compromised'),
    }),
    compromise: parameters.compromise,
  };
}
