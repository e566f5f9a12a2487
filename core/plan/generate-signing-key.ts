/**
 * Recipe `generate-signing-key@1`: a quorum generates a signature key pair inside the HSM, the room reads it back,
 * and, where the plan says so, the quorum makes it active. The script says everything that is the same in a
 * rehearsal and in production.
 */
import type { Crypto } from '../crypto.ts';
import { ACTIVATION, MECHANISMS, preActiveTemplate, templateSha256 } from '../lifecycle/template.ts';
import type { ProfileId } from '../lifecycle/states.ts';
import type { GenerateScript, Step } from './plan.ts';
import { confirm, exporting, login, logout, ledgerRoot, room, testSignature, workstation } from './steps.ts';

export type GenerateParameters = GenerateScript['key'];

export function generateSigningKey(crypto: Crypto, key: GenerateParameters, profile?: ProfileId): GenerateScript {
  const { name } = MECHANISMS[key.mechanism];
  const generation = preActiveTemplate(key.label);
  const template = (step: string, of: typeof generation) => ({
    step,
    template: of,
    sha256: templateSha256(crypto, key.mechanism, of),
  });

  const until = key.cryptoperiod
    ? ` It may sign until the end of ${key.cryptoperiod.originatorEnd}${key.cryptoperiod.recipientEnd === undefined ? '' : `, and be verified until the end of ${key.cryptoperiod.recipientEnd}`}.`
    : '';
  const opening: Step[] = [
    room,
    workstation,
    ledgerRoot,
    {
      id: 'approve-generate',
      kind: 'approve',
      title: 'Approve the plan',
      leader: 'administrator',
      say: `The plan is to generate one ${name} key pair with the label ${key.label}.${until} Custodians, read the plan in your hand, compare its digest, and decide.`,
      confirmedBy: [],
      action: 'generate',
      for: 'generate',
    },
    login('login-generate', 'Log in to the token'),
    {
      id: 'generate',
      kind: 'act',
      title: 'Generate the signing key pair inside the HSM',
      leader: 'administrator',
      say: `The HSM will now create a new key pair, ${key.label}. The private key is made inside the device. It cannot be read back from it. ${key.recovery.reason}`,
      confirmedBy: ['administrator'],
      act: 'key.generate',
      action: 'generate',
      irreversible: 'A key made in error can only be destroyed.',
    },
    {
      id: 'read-back',
      kind: 'read-back',
      title: 'Read back the key attributes',
      leader: 'administrator',
      say: 'The workstation has asked the HSM again, in a new session. Witness, please compare what it says with the plan.',
      confirmedBy: ['administrator', 'witness'],
    },
    confirm(
      'fingerprint',
      'Read the fingerprint aloud',
      `I read the fingerprint of the public key of ${key.label} in words. Witness, please write it down.`,
    ),
    {
      id: 'request',
      kind: 'act',
      title: 'Make the certificate request',
      leader: 'administrator',
      say: 'The new key now signs one certificate request, to prove that this token holds it. The right to sign is set for this one signature and cleared again.',
      confirmedBy: ['administrator'],
      act: 'key.certify-request',
    },
  ];

  const activation: Step[] = [
    logout(
      'logout-request',
      'Log out for the second decision',
      'I log out. The token is closed while the custodians decide.',
    ),
    {
      id: 'approve-activate',
      kind: 'approve',
      title: 'Approve the activation',
      leader: 'administrator',
      say: `Custodians, you have heard the fingerprint of ${key.label}. Decide whether it becomes active.`,
      confirmedBy: [],
      action: 'activate',
      for: 'activate',
    },
    login('login-activate', 'Log in to activate'),
    {
      id: 'activate',
      kind: 'act',
      title: 'Make the key active',
      leader: 'administrator',
      say: `The key ${key.label} now becomes active. From this moment it may sign.`,
      confirmedBy: ['administrator'],
      act: 'key.activate',
      action: 'activate',
      irreversible: 'A key that was active never becomes pre-active again.',
    },
    testSignature,
  ];

  const closing: Step[] = [
    exporting,
    logout('close', 'Log out and close', 'I log out. This ceremony is closed. Thank you.'),
  ];

  return {
    v: 1,
    recipe: 'generate-signing-key@1',
    title: 'Generate a signing key',
    ...(profile === undefined ? {} : { profile }),
    key,
    templates: [
      template('generate', generation),
      ...(key.initialState === 'active' ? [template('activate', ACTIVATION)] : []),
    ],
    steps: [...opening, ...(key.initialState === 'active' ? activation : []), ...closing],
  };
}
