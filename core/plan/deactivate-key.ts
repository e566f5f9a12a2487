/**
 * Recipe `deactivate-key@1`: the end of a key's use. Where the profile never deactivates a private signature key, as SP
 * 800-57 does, that object is destroyed, and the public one is deactivated and goes on verifying what was signed.
 */
import type { Crypto } from '../crypto.ts';
import { targetStates } from '../lifecycle/change.ts';
import { isPresent, warningInto } from '../lifecycle/profile.ts';
import { leadOf, objectsOf } from '../lifecycle/purpose.ts';
import { changeScript, profileIn, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export function deactivateKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label, purpose, mechanism } = parameters.key;
  const profile = profileIn(parameters);
  const objects = objectsOf(purpose, mechanism)!;
  const lead = leadOf(objects);
  const stays = isPresent(profile, targetStates(profile, 'deactivate', objects)?.[lead] ?? '');
  return {
    recipe: 'deactivate-key@1',
    ...changeScript(crypto, 'deactivate', parameters, {
      title: stays ? 'Deactivate a key' : 'Deactivate a signing key',
      opening: [room, workstation, ledgerRoot],
      ...(stays
        ? {
            ask: `The plan is to end the use of the key ${label}. It stays on the token, with the rights of a deactivated key.`,
            act: {
              title: 'Take away the rights of an active key',
              say: `The HSM now takes from the key ${label} the rights that a deactivated key does not have.`,
            },
            readBack: {
              title: 'Read back what the key may do',
              say: 'The workstation has asked the HSM again, in a new session. Witness, please compare what it says with the plan.',
            },
            irreversible: warningInto(profile, objects[lead]!, 'deactivated'),
          }
        : {
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
          }),
    }),
  };
}
