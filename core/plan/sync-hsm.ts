/** Recipe `sync-hsm@1`: the HSM is brought to what the ledger says. Attributes are set back, and objects destroyed. */
import type { Crypto } from '../crypto.ts';
import { cureOf } from '../inventory/drift.ts';
import { agreementScript, places, type AgreementParameters } from './agree.ts';
import type { AgreementScript } from './plan.ts';

export function syncHsm(crypto: Crypto, parameters: AgreementParameters): AgreementScript {
  const { items } = parameters;
  const destroys = items.filter(({ finding }) => cureOf(finding) === 'destroy').length;
  return {
    recipe: 'sync-hsm@1',
    title: 'Bring the HSM to the ledger',
    ...agreementScript(crypto, parameters, {
      id: 'sync',
      ask: `The plan is to bring the HSM to what the ledger says in ${places(items.length)}. Each is listed in the plan.`,
      act: {
        title: 'Change the HSM as the ledger says',
        say: 'The HSM is now changed in the places that the plan lists, and in no other.',
      },
      readBack: {
        title: 'Read back that HSM and ledger agree there',
        say: 'The workstation has looked at every object of the HSM again. Witness, please confirm that it found none of these differences any more.',
      },
      irreversible:
        destroys === 0
          ? undefined
          : `${destroys === 1 ? 'One object is' : `${destroys} objects are`} destroyed on the HSM. That cannot be undone.`,
    }),
  };
}
