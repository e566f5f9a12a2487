/**
 * Recipe `rotate-key@1`: a key is made to follow another one, becomes active, and is linked to it in the ledger. What
 * becomes of the predecessor is chosen in the plan, and decided on by its own quorum when its successor signs.
 */
import type { Crypto } from '../crypto.ts';
import { ACT_OF, targetStates } from '../lifecycle/change.ts';
import { warningInto } from '../lifecycle/profile.ts';
import { leadOf, leadTypeOf, objectsOf } from '../lifecycle/purpose.ts';
import { templateSha256, usageTemplate } from '../lifecycle/template.ts';
import { profileIn } from './change-key.ts';
import { generateKey } from './generate-key.ts';
import type { Fate, RotateScript, Step } from './plan.ts';
import { login, logout } from './steps.ts';

export type RotateParameters = Pick<RotateScript, 'key' | 'reason' | 'predecessor' | 'profile'>;

/** What is done with the predecessor, in words. */
const FATES: Readonly<
  Record<Exclude<Fate, 'keep'>, { readonly ask: string; readonly title: string; readonly say: string }>
> = {
  suspend: {
    ask: 'is suspended, so that it may do nothing until it is resumed',
    title: 'Suspend the predecessor',
    say: 'The HSM now takes every right from it. It can be resumed by another ceremony.',
  },
  deactivate: {
    ask: 'is deactivated, so that it protects nothing new',
    title: 'Deactivate the predecessor',
    say: 'The HSM now takes from it what a deactivated key does not have. I type its label, and hold the button.',
  },
  destroy: {
    ask: 'is destroyed, so that it cannot be used by anyone any more',
    title: 'Destroy the predecessor',
    say: 'The HSM now destroys it. I type its label, and hold the button.',
  },
};

export function rotateKey(crypto: Crypto, parameters: RotateParameters): RotateScript {
  const { key, reason, predecessor, profile } = parameters;
  const { label, fate } = predecessor;
  const made = generateKey(crypto, { ...key, initialState: 'active' }, profile);
  // What becomes of the predecessor comes before the evidence is written, or before the end where there is none.
  const end = made.steps.some(({ kind }) => kind === 'export') ? 'export' : 'close';
  const kept = fate === 'keep' ? 'stays as it is' : FATES[fate].ask;
  const steps = made.steps.flatMap((step): Step[] => {
    if (step.id === 'approve-generate') {
      return [
        {
          ...step,
          say: `The plan is to make the key ${key.label}, which follows the key ${label}. The key ${label} ${kept}. Custodians, read the plan in your hand, compare its digest, and decide. The reason is: ${reason}`,
          action: 'rotate',
        },
      ];
    }
    if (step.id === 'generate') return [{ ...step, action: 'rotate' }];
    return step.id === end ? [...ending(parameters), step] : [step];
  });
  const table = profileIn(parameters);
  const objects = objectsOf(key.purpose, predecessor.mechanism)!;
  const states = fate === 'keep' ? null : targetStates(table, fate, objects);
  const template = states && usageTemplate(table, states, objects);
  return {
    ...made,
    recipe: 'rotate-key@1',
    title: 'Rotate a key',
    key: { ...key, initialState: 'active' },
    reason,
    predecessor,
    templates: [
      ...made.templates,
      ...(template ? [{ step: FATE_STEP, template, sha256: templateSha256(crypto, key.mechanism, template) }] : []),
    ],
    steps,
  };
}

/** The step that changes the predecessor. */
export const FATE_STEP = 'predecessor';

/** The steps about the predecessor; none where it stays as it is. */
function ending(parameters: RotateParameters): Step[] {
  const { key, predecessor } = parameters;
  const { label, fate } = predecessor;
  if (fate === 'keep') return [];
  const { title, say } = FATES[fate];
  const old = { purpose: key.purpose, mechanism: predecessor.mechanism };
  const objects = objectsOf(old.purpose, old.mechanism)!;
  const to = targetStates(profileIn(parameters), fate, objects)?.[leadOf(objects)];
  const irreversible = to && warningInto(profileIn(parameters), leadTypeOf(old), to);
  return [
    logout(
      'logout-successor',
      'Log out for the last decision',
      'I log out. The token is closed while the custodians decide.',
    ),
    {
      id: 'approve-predecessor',
      kind: 'approve',
      title: 'Approve what becomes of the predecessor',
      leader: 'administrator',
      say: `Custodians, the successor signs. Decide whether the key ${label} ${FATES[fate].ask}.`,
      confirmedBy: [],
      action: fate,
      for: FATE_STEP,
    },
    login('login-predecessor', 'Log in once more'),
    {
      id: FATE_STEP,
      kind: 'act',
      title,
      leader: 'administrator',
      say: `Now the key ${label}, and not its successor. ${say}`,
      confirmedBy: ['administrator'],
      act: ACT_OF[fate],
      action: fate,
      of: 'predecessor',
      ...(irreversible === undefined || irreversible === null ? {} : { irreversible }),
      ...(fate === 'suspend' ? {} : { typed: 'label' as const }),
    },
    {
      id: 'read-back-old',
      kind: 'read-back',
      title: 'Read back what is left of the predecessor',
      leader: 'administrator',
      say: `The workstation has asked the HSM again, in a new session. Witness, please compare what it says of the key ${label} with the plan.`,
      confirmedBy: ['administrator', 'witness'],
      of: 'predecessor',
    },
  ];
}
