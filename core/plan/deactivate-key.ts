/**
 * Recipe `deactivate-key@1`: the end of a signature key's cryptoperiod. The private key is destroyed, because SP 800-57
 * never deactivates one; the public key is deactivated and goes on verifying what was signed.
 */
import type { Crypto } from '../crypto.ts';
import { NIST_R5 } from '../lifecycle/profiles/nist-sp800-57.ts';
import { usageTemplate } from '../lifecycle/template.ts';
import { changeScript, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export function deactivateKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'deactivate-key@1',
    ...changeScript(crypto, 'deactivate', parameters, {
      title: 'Deactivate a signing key',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is to end the use of the key ${label}. Its private half is destroyed. Its public half stays, to verify what was signed.`,
      act: {
        title: 'Destroy the private half, keep the public half',
        say: `The HSM now destroys the private half of the key ${label}. Its public half stays and may verify.`,
      },
      readBack: {
        title: 'Read back what is left of the key',
        say: 'The workstation has asked the HSM again, in a new session. Witness, please confirm that the private half was not found on this token.',
      },
      irreversible: 'A destroyed private key cannot be brought back. Nothing can be signed with this key again.',
      typed: true,
      template: usageTemplate(NIST_R5, { private: 'destroyed', public: 'deactivated' }),
    }),
  };
}
