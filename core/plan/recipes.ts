/** The closed set of recipes, and what each makes of its parameters. */
import type { Crypto } from '../crypto.ts';
import type { Change } from '../lifecycle/change.ts';
import { activateKey } from './activate-key.ts';
import { changeLabel } from './change-label.ts';
import { deleteKey } from './delete-key.ts';
import { disableKey, enableKey } from './switch-key.ts';
import { reactivateKey } from './reactivate-key.ts';
import { removeKey } from './remove-key.ts';
import { scheduleDestruction } from './schedule-destruction.ts';
import { setCryptoperiod } from './set-cryptoperiod.ts';
import { deactivateKey } from './deactivate-key.ts';
import { destroyKey } from './destroy-key.ts';
import { generateKey } from './generate-key.ts';
import { generateSigningKey } from './generate-signing-key.ts';
import type { ChangeRecipe, GenerateScript, Recipe, Script } from './plan.ts';
import { provePossession } from './prove-possession.ts';
import { reportCompromise } from './report-compromise.ts';
import { rotateKey } from './rotate-key.ts';
import { resumeKey } from './resume-key.ts';
import { suspendKey } from './suspend-key.ts';

const CHANGE_OF = {
  'generate-signing-key@1': null,
  'rotate-key@1': null,
  'prove-possession@1': 'prove-possession',
  'activate-key@1': 'activate',
  'change-label@1': 'change-label',
  'set-cryptoperiod@1': 'set-cryptoperiod',
  'reactivate-key@1': 'reactivate',
  'disable-key@1': 'disable',
  'enable-key@1': 'enable',
  'schedule-destruction@1': 'schedule-destruction',
  'delete-key@1': 'delete',
  'remove-key@1': 'remove',
  'generate-key@1': null,
  'suspend-key@1': 'suspend',
  'resume-key@1': 'resume',
  'deactivate-key@1': 'deactivate',
  'report-compromise@1': 'compromise',
  'destroy-key@1': 'destroy',
} as const satisfies Record<Recipe, Change | null>;

export const RECIPE_OF = {
  'prove-possession': 'prove-possession@1',
  activate: 'activate-key@1',
  'change-label': 'change-label@1',
  'set-cryptoperiod': 'set-cryptoperiod@1',
  reactivate: 'reactivate-key@1',
  disable: 'disable-key@1',
  enable: 'enable-key@1',
  'schedule-destruction': 'schedule-destruction@1',
  delete: 'delete-key@1',
  remove: 'remove-key@1',
  suspend: 'suspend-key@1',
  resume: 'resume-key@1',
  deactivate: 'deactivate-key@1',
  compromise: 'report-compromise@1',
  destroy: 'destroy-key@1',
} as const satisfies Record<Change, ChangeRecipe>;

/** The change of state that a script is about, or null where it makes a key. */
export const changeIn = (script: Script): Change | null => CHANGE_OF[script.recipe];

export const isGenerate = (script: Script): script is GenerateScript => changeIn(script) === null;

/** What a script is made of, without what its recipe makes of it. */
export type ScriptParameters = ParametersOf<Script>;
type ParametersOf<S> = S extends Script ? Omit<S, 'v' | 'title' | 'templates' | 'steps'> : never;

/** The script that a recipe makes for its parameters. The same parameters give the same script. */
export function scriptOf(crypto: Crypto, parameters: ScriptParameters): Script {
  switch (parameters.recipe) {
    case 'generate-signing-key@1':
      return generateSigningKey(crypto, parameters.key, parameters.profile);
    case 'rotate-key@1':
      return rotateKey(crypto, parameters);
    case 'prove-possession@1':
      return provePossession(crypto, parameters);
    case 'activate-key@1':
      return activateKey(crypto, parameters);
    case 'change-label@1':
      return changeLabel(crypto, parameters);
    case 'generate-key@1':
      return generateKey(crypto, parameters.key, parameters.profile);
    case 'suspend-key@1':
      return suspendKey(crypto, parameters);
    case 'resume-key@1':
      return resumeKey(crypto, parameters);
    case 'deactivate-key@1':
      return deactivateKey(crypto, parameters);
    case 'report-compromise@1':
      return reportCompromise(crypto, parameters);
    case 'destroy-key@1':
      return destroyKey(crypto, parameters);
    case 'set-cryptoperiod@1':
      return setCryptoperiod(crypto, parameters);
    case 'reactivate-key@1':
      return reactivateKey(crypto, parameters);
    case 'disable-key@1':
      return disableKey(crypto, parameters);
    case 'enable-key@1':
      return enableKey(crypto, parameters);
    case 'schedule-destruction@1':
      return scheduleDestruction(crypto, parameters);
    case 'delete-key@1':
      return deleteKey(crypto, parameters);
    case 'remove-key@1':
      return removeKey(crypto, parameters);
  }
}
