/**
 * Recipe `generate-signing-key@1`: a signature key pair that nobody can have again. It is what `generate-key@1` makes of
 * these parameters, under its own name, so that plans from before the other one are still what their recipe says.
 */
import type { Crypto } from '../crypto.ts';
import type { ProfileId } from '../lifecycle/states.ts';
import { generateSteps, generateTemplates } from './generate-key.ts';
import type { SigningScript } from './plan.ts';

export type GenerateParameters = SigningScript['key'];

export const generateSigningKey = (crypto: Crypto, key: GenerateParameters, profile?: ProfileId): SigningScript => ({
  v: 1,
  recipe: 'generate-signing-key@1',
  title: 'Generate a signing key',
  ...(profile === undefined ? {} : { profile }),
  key,
  templates: generateTemplates(crypto, key),
  steps: generateSteps(key),
});
