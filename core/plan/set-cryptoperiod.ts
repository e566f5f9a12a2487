/**
 * Recipe `set-cryptoperiod@1`: until when a key may protect, and until when recipients may use what it protected. The
 * days stand in the ledger alone: tokens hold dates for reference only (PKCS#11 v2.40 base, section 4.7.2), and some
 * cannot read back what they were given.
 */
import type { Crypto } from '../crypto.ts';
import { changeScript, type ChangeParameters } from './change-key.ts';
import type { CryptoperiodScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export interface CryptoperiodParameters extends ChangeParameters {
  readonly cryptoperiod: CryptoperiodScript['cryptoperiod'];
}

export function setCryptoperiod(crypto: Crypto, parameters: CryptoperiodParameters): CryptoperiodScript {
  const { label } = parameters.key;
  const { originatorEnd, recipientEnd } = parameters.cryptoperiod;
  const days = `Its originator use ends on ${originatorEnd}${recipientEnd === undefined ? '' : `, its recipient use on ${recipientEnd}`}.`;
  return {
    recipe: 'set-cryptoperiod@1',
    ...changeScript(crypto, 'set-cryptoperiod', parameters, {
      title: 'Set the cryptoperiod of a key',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is to give the key ${label} a cryptoperiod. ${days}`,
      act: {
        title: 'Record the cryptoperiod',
        say: `The cryptoperiod of the key ${label} now goes into the ledger. ${days}`,
      },
      readBack: {
        title: 'Read the days aloud',
        say: `I read the days from the ledger: ${days} Witness, please compare them with the plan.`,
        kind: 'confirm',
      },
    }),
    cryptoperiod: parameters.cryptoperiod,
  };
}
