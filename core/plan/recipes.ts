/** The closed set of recipes, and what each makes of its parameters. */
import type { Crypto } from '../crypto.ts';
import type { Change } from '../lifecycle/change.ts';
import { deactivateKey } from './deactivate-key.ts';
import { destroyKey } from './destroy-key.ts';
import { generateSigningKey } from './generate-signing-key.ts';
import type { AgreementScript, ChangeRecipe, ChangeScript, GenerateScript, Recipe, Script } from './plan.ts';
import { recordHsm } from './record-hsm.ts';
import { reportCompromise } from './report-compromise.ts';
import { resumeKey } from './resume-key.ts';
import { suspendKey } from './suspend-key.ts';
import { syncHsm } from './sync-hsm.ts';

const CHANGE_OF = {
  'generate-signing-key@1': null,
  'suspend-key@1': 'suspend',
  'resume-key@1': 'resume',
  'deactivate-key@1': 'deactivate',
  'report-compromise@1': 'compromise',
  'destroy-key@1': 'destroy',
  'sync-hsm@1': null,
  'record-hsm@1': null,
} as const satisfies Record<Recipe, Change | null>;

export const RECIPE_OF = {
  suspend: 'suspend-key@1',
  resume: 'resume-key@1',
  deactivate: 'deactivate-key@1',
  compromise: 'report-compromise@1',
  destroy: 'destroy-key@1',
} as const satisfies Record<Change, ChangeRecipe>;

/** The change of state that a script is about, or null where it makes a key or resolves findings. */
export const changeIn = (script: Script): Change | null => CHANGE_OF[script.recipe];

export const isAgreement = (script: Script): script is AgreementScript => 'items' in script;

export const isGenerate = (script: Script): script is GenerateScript =>
  changeIn(script) === null && !isAgreement(script);

/** What a script is made of, without what its recipe makes of it. */
export type ScriptParameters =
  Pick<GenerateScript, 'recipe' | 'profile' | 'key'> | ParametersOf<ChangeScript | AgreementScript>;
type ParametersOf<S> = S extends ChangeScript | AgreementScript
  ? Omit<S, 'v' | 'title' | 'templates' | 'steps'>
  : never;

/** The script that a recipe makes for its parameters. The same parameters give the same script. */
export function scriptOf(crypto: Crypto, parameters: ScriptParameters): Script {
  switch (parameters.recipe) {
    case 'generate-signing-key@1':
      return generateSigningKey(crypto, parameters.key, parameters.profile);
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
    case 'sync-hsm@1':
      return syncHsm(crypto, parameters);
    case 'record-hsm@1':
      return recordHsm(crypto, parameters);
  }
}
