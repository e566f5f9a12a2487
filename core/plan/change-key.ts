/**
 * What the recipes that change the state of a key have in common: the room is checked, the quorum approves, the act is
 * done, and the room compares what the HSM then says. Each recipe has a file of its own with its words.
 */
import type { Crypto } from '../crypto.ts';
import { ACT_OF, targetStates, type Change } from '../lifecycle/change.ts';
import { halvesOf, objectsOf, type ObjectTypes } from '../lifecycle/purpose.ts';
import type { Profile } from '../lifecycle/profile.ts';
import { profileOf } from '../lifecycle/profiles/index.ts';
import { FIRST_PROFILE, type ProfileId } from '../lifecycle/states.ts';
import { templateSha256, usageTemplate } from '../lifecycle/template.ts';
import { ending } from './generate-key.ts';
import type { ChangeScript, Step, Template } from './plan.ts';
import { login } from './steps.ts';

export interface ChangeParameters {
  readonly key: ChangeScript['key'];
  /** Why, in the words of whoever plans it. Approved with the plan and read aloud. */
  readonly reason: string;
  /** Of the vault; the first one where it is absent. */
  readonly profile?: ProfileId | undefined;
}

/** The profile that a script is made for. */
export const profileIn = ({ profile }: { readonly profile?: ProfileId | undefined }): Profile =>
  profileOf(profile ?? FIRST_PROFILE);

/** Of changes that set nothing on the token. */
const nothingOf = (objects: ObjectTypes): Template => Object.fromEntries(halvesOf(objects).map((half) => [half, []]));

interface Words {
  readonly title: string;
  /** The steps before the approval. */
  readonly opening: readonly Step[];
  /** What the custodians are asked, after the name of the key. */
  readonly ask: string;
  readonly act: { readonly title: string; readonly say: string };
  /** `confirm`: nothing is asked of the token, because the change is one of the ledger alone. */
  readonly readBack: { readonly title: string; readonly say: string; readonly kind?: 'confirm' };
  /** Steps between the read-back and the end. */
  readonly then?: readonly Step[];
  readonly irreversible?: string | undefined;
  /** Whether the label is typed before the act. */
  readonly typed?: boolean;
  /** What the token must report afterwards, where that does not follow from the states. */
  readonly template?: Template;
}

/** The parts of a script that follow from its words. */
export function changeScript(
  crypto: Crypto,
  change: Change,
  parameters: ChangeParameters,
  words: Words,
): Pick<ChangeScript, 'v' | 'title' | 'profile' | 'key' | 'reason' | 'templates' | 'steps'> {
  const { key, reason, profile } = parameters;
  const table = profileIn(parameters);
  // What the token is told, usage attribute by usage attribute, follows from where the change takes the key.
  const objects = objectsOf(key.purpose, key.mechanism)!;
  const states = targetStates(table, change, objects);
  const template = words.template ?? (states ? usageTemplate(table, states, objects) : nothingOf(objects));
  return {
    v: 1,
    title: words.title,
    ...(profile === undefined ? {} : { profile }),
    key,
    reason,
    templates: [{ step: change, template, sha256: templateSha256(crypto, key.mechanism, template) }],
    steps: [
      ...words.opening,
      {
        id: `approve-${change}`,
        kind: 'approve',
        title: 'Approve the plan',
        leader: 'administrator',
        say: `${words.ask} Custodians, read the plan in your hand, compare its digest, and decide. The reason is: ${reason}`,
        confirmedBy: [],
        action: change,
        for: change,
      },
      login(`login-${change}`, 'Log in to the token'),
      {
        id: change,
        kind: 'act',
        title: words.act.title,
        leader: 'administrator',
        say: words.act.say,
        confirmedBy: ['administrator'],
        act: ACT_OF[change],
        action: change,
        ...(words.irreversible === undefined ? {} : { irreversible: words.irreversible }),
        ...(words.typed ? { typed: 'label' as const } : {}),
      },
      {
        id: 'read-back',
        kind: words.readBack.kind ?? 'read-back',
        title: words.readBack.title,
        leader: 'administrator',
        say: words.readBack.say,
        confirmedBy: ['administrator', 'witness'],
      },
      ...(words.then ?? []),
      ...ending(key),
    ],
  };
}
