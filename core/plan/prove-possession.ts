/**
 * Recipe `prove-possession@1`: a pre-active key signs one certificate request. It is the one thing that SP 800-57 lets
 * such a key do. The right to sign is given for this one signature, as an act of its own in the ledger, and taken away.
 */
import type { Crypto } from '../crypto.ts';
import { usageTemplate } from '../lifecycle/template.ts';
import { changeScript, profileIn, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export function provePossession(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'prove-possession@1',
    ...changeScript(crypto, 'prove-possession', parameters, {
      title: 'Make a certificate request',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is that the pre-active key ${label} signs one certificate request. It stays pre-active.`,
      act: {
        title: 'Sign the certificate request',
        say: `The key ${label} now signs one certificate request, to prove that this token holds it. The right to sign is set for this one signature and cleared again.`,
      },
      readBack: {
        title: 'Read back that the key may do nothing',
        say: 'The workstation has asked the HSM again, in a new session. Witness, please confirm that the right to sign is gone.',
      },
      // As the token must report it afterwards; approvals are bound to it.
      template: usageTemplate(profileIn(parameters), { private: 'pre-active', public: 'pre-active' }),
    }),
  };
}
