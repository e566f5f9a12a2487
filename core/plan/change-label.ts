/** Recipe `change-label@1`: every object of a key gets another CKA_LABEL. The key, its CKA_ID and its state stay. */
import type { Crypto } from '../crypto.ts';
import { halvesOf, objectsOf } from '../lifecycle/purpose.ts';
import { changeScript, type ChangeParameters } from './change-key.ts';
import type { LabelScript } from './plan.ts';
import { ledgerRoot, room, workstation } from './steps.ts';

export interface LabelParameters extends ChangeParameters {
  readonly newLabel: string;
}

export function changeLabel(crypto: Crypto, parameters: LabelParameters): LabelScript {
  const { label, purpose, mechanism } = parameters.key;
  const { newLabel } = parameters;
  const objects = halvesOf(objectsOf(purpose, mechanism)!);
  return {
    recipe: 'change-label@1',
    ...changeScript(crypto, 'change-label', parameters, {
      title: 'Change the label of a key',
      opening: [room, workstation, ledgerRoot],
      ask: `The plan is that the key ${label} is called ${newLabel} from now on.`,
      act: {
        title: 'Write the new label',
        say: `The HSM now writes the label ${newLabel} on the key ${label}. Programs that look for the old label will not find the key any more.`,
      },
      readBack: {
        title: 'Read back the label',
        say: `The workstation has asked the HSM again, in a new session. Witness, please confirm that the key is called ${newLabel}.`,
      },
      template: Object.fromEntries(objects.map((half) => [half, [{ name: 'CKA_LABEL', value: newLabel }]])),
    }),
    newLabel,
  };
}
