/** Rules about how long a key is used, and about agreement between the ledger and the HSM. */
import type { Rule } from '../rules.ts';

export const KEY_RULES = {
  'DRIFT-1': {
    message: 'A right of a key is another on the HSM than by its state.',
    hint: 'Somebody with the PIN changed it. Set it back by a ceremony, or record what the HSM says, with a reason.',
  },
  'DRIFT-2': {
    message: 'An object of a key is not on the HSM any more.',
    hint: 'It cannot be brought back from here. Find out who removed it, and record it by a ceremony.',
  },
  'DRIFT-3': {
    message: 'The HSM holds an object that the ledger does not have.',
    hint: 'Find out whose it is. Have it destroyed, or acknowledged with a reason, by a ceremony.',
  },
  'DRIFT-4': {
    message: 'An attribute of a key is another on the HSM than it was made with.',
    hint: 'Set it back by a ceremony where the HSM allows that. Otherwise record it, or destroy the key.',
  },
  'DRIFT-5': {
    message: 'The HSM holds a copy of a key, or an object of a key that is gone by the ledger.',
    hint: 'Find out who made it. Have it destroyed by a ceremony. Whoever has used it may have used the key.',
  },
  'DRIFT-6': {
    message: 'What the plan would resolve is not what the last inventory found.',
    hint: 'Take an inventory, and plan from what it shows.',
  },
  'DRIFT-7': {
    message: 'This cannot be brought to what the ledger says by anything that is done on the HSM.',
    hint: 'Record what the HSM says, with a reason.',
  },
  'PERIOD-1': {
    message: 'The originator use of a key ends soon.',
    hint: 'Plan the key that follows it, so that both are there while people change over.',
  },
  'PERIOD-2': {
    message: 'The originator use of a key is over, and the key may still protect. Its rotation is overdue.',
    hint: 'Plan its end, or give it another cryptoperiod with a reason. The clock is only as right as the workstation’s.',
  },
  'PERIOD-3': {
    message: 'The recipient use of a key ends soon.',
    hint: 'Find out what is still protected by it, and protect that anew or give the key another cryptoperiod.',
  },
  'PERIOD-4': {
    message: 'The recipient use of a key is over, and the key may still process.',
    hint: 'Plan its end, or give it another cryptoperiod with a reason. The clock is only as right as the workstation’s.',
  },
  'PERIOD-5': {
    message: 'The originator use would end before it begins.',
    hint: 'Choose a later day, or look at the clock of the workstation.',
  },
  'PERIOD-6': {
    message: 'The recipient use would end before the originator use does.',
    hint: 'Recipients need the key at least as long as its originator. Choose a later day for them.',
  },
  'PERIOD-7': {
    message: 'The waiting time before the destruction of a key has passed.',
    hint: 'Plan the destruction, which takes a quorum of its own, or leave the key as it waits.',
  },
} as const satisfies Record<string, Rule>;
