/**
 * Recipes `disable-key@1` and `enable-key@1`: the switch that some profiles have beside the state. While it is off, what
 * it blocks is refused by the token; the state of the key stays, and the switch can be turned again.
 */
import type { Crypto } from '../crypto.ts';
import { halvesOf, objectsOf } from '../lifecycle/purpose.ts';
import { usageTemplate } from '../lifecycle/template.ts';
import { changeScript, profileIn, type ChangeParameters } from './change-key.ts';
import type { ChangeScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

const READ_BACK = {
  title: 'Read back the rights of the key',
  say: 'The workstation has asked the HSM again, in a new session. Witness, please compare what it says with the plan.',
};

/** Only active keys have the switch. */
function rights(parameters: ChangeParameters, enabled: boolean) {
  const objects = objectsOf(parameters.key.purpose, parameters.key.mechanism)!;
  const states = Object.fromEntries(halvesOf(objects).map((half) => [half, 'active']));
  return usageTemplate(profileIn(parameters), { ...states, enabled }, objects);
}

export function disableKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'disable-key@1',
    ...changeScript(crypto, 'disable', parameters, {
      title: 'Switch a key off',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is to switch the key ${label} off for a while. It stays active, and can be switched on by another ceremony.`,
      act: {
        title: 'Switch the key off',
        say: `The HSM now takes from the key ${label} the rights that the switch blocks.`,
      },
      readBack: READ_BACK,
      template: rights(parameters, false),
    }),
  };
}

export function enableKey(crypto: Crypto, parameters: ChangeParameters): ChangeScript {
  const { label } = parameters.key;
  return {
    recipe: 'enable-key@1',
    ...changeScript(crypto, 'enable', parameters, {
      title: 'Switch a key on',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is to switch the key ${label} on again.`,
      act: {
        title: 'Switch the key on',
        say: `The key ${label} now gets the rights of its state again.`,
      },
      readBack: READ_BACK,
      template: rights(parameters, true),
    }),
  };
}
