/**
 * Recipe `record-hsm@1`: what the HSM says is recorded, with a reason. The HSM is not changed. An object that is missing
 * is recorded as destroyed where the profile has that way, and as lost where it has not; an object that the ledger does
 * not have is acknowledged; an attribute that differs is accepted with its value.
 */
import type { Crypto } from '../crypto.ts';
import { agreementScript, places, type AgreementParameters } from './agree.ts';
import type { AgreementScript } from './plan.ts';

export function recordHsm(crypto: Crypto, parameters: AgreementParameters): AgreementScript {
  const { items } = parameters;
  const missing = items.filter(({ finding }) => finding.id === 'DRIFT-2').length;
  return {
    recipe: 'record-hsm@1',
    title: 'Record what the HSM says',
    ...agreementScript(crypto, parameters, {
      id: 'record',
      ask: `The plan is to record what the HSM says in ${places(items.length)}, and to live with it. Each is listed in the plan.`,
      act: {
        title: 'Look again, and record what the HSM says',
        say: 'The workstation now looks at every object of the HSM again, and records what the plan lists. The HSM is not changed.',
      },
      readBack: {
        title: 'Compare what was recorded',
        say: 'The ledger now says what the HSM says. Witness, please confirm that it recorded all that the plan lists.',
      },
      irreversible:
        missing === 0
          ? undefined
          : 'What is missing is recorded as gone. A key that is recorded as destroyed is never used again.',
    }),
  };
}
