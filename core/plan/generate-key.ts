/**
 * Recipe `generate-key@1`: a quorum generates a key inside the HSM for one purpose, the room reads it back, and, where the
 * plan says so, the quorum makes it active and the key is tried. The script says everything that is the same in a
 * rehearsal and in production. `generate-signing-key@1` makes the same steps for the keys that there were first.
 */
import type { Crypto } from '../crypto.ts';
import { MECHANISMS } from '../lifecycle/mechanism.ts';
import { isPair, objectsOf } from '../lifecycle/purpose.ts';
import type { ProfileId } from '../lifecycle/states.ts';
import { activationOf, preActiveTemplate, templateSha256, type Template } from '../lifecycle/template.ts';
import type { Mechanism, Purpose } from '../ledger/fields.ts';
import type { GenerateScript, KeyScript, RecoveryPlan, Step } from './plan.ts';
import { confirm, exporting, login, logout, ledgerRoot, room, workstation } from './steps.ts';

export type GenerateKeyParameters = KeyScript['key'];

interface Words {
  /** What is made, after "one" and a size. */
  readonly noun: string;
  /** What it may do from its activation on. */
  readonly may: string;
  /** How it is tried, read aloud. */
  readonly tried: string;
}

const PAIR_WORDS: Readonly<Partial<Record<Purpose, Words>>> = {
  sign: {
    noun: 'signing key pair',
    may: 'sign',
    tried:
      'The key signs a random challenge. The workstation verifies the signature outside the HSM, with the public key you heard.',
  },
  decrypt: {
    noun: 'decryption key pair',
    may: 'decrypt',
    tried:
      'The workstation encrypts a random challenge outside the HSM, with the public key you heard. The key decrypts it inside, and both are compared.',
  },
  wrap: {
    noun: 'key transport pair',
    may: 'unwrap other keys',
    tried:
      'The workstation wraps a throw-away key outside the HSM, with the public key you heard. The HSM unwraps it inside, and both are compared.',
  },
  derive: {
    noun: 'key agreement pair',
    may: 'derive other keys',
    tried:
      'The key agrees on a secret with a throw-away key of the workstation. What both sides come to is compared outside the HSM.',
  },
};

const SECRET_WORDS: Readonly<Partial<Record<Purpose, Words>>> = {
  wrap: {
    noun: 'wrapping key',
    may: 'wrap and unwrap other keys',
    tried: 'The HSM wraps a throw-away key with the new one and unwraps it again. Both are compared.',
  },
  encrypt: {
    noun: 'encryption key',
    may: 'encrypt and decrypt',
    tried: 'The HSM encrypts a random challenge with the key and decrypts it again. Both are compared.',
  },
  derive: {
    noun: 'derivation key',
    may: 'derive other keys',
    tried: 'The HSM derives a throw-away key from a random challenge, twice. Both are compared.',
  },
  mac: {
    noun: 'authentication key',
    may: 'make and verify authentication codes',
    tried: 'The HSM makes an authentication code of a random challenge and verifies it.',
  },
};

/** What is made of a key for this purpose, in words. */
export function keyWords({ purpose, mechanism }: { readonly purpose: Purpose; readonly mechanism: Mechanism }): Words {
  const words = (isPair(mechanism) ? PAIR_WORDS : SECRET_WORDS)[purpose];
  // The schema of plans has no other combinations.
  if (!words) throw new Error(`no key of ${mechanism} is made to ${purpose}`);
  return words;
}

/** How the plan declares that the key can be had again, as it is read aloud. */
export function recoveryAloud(recovery: RecoveryPlan): string {
  if (recovery.kind === 'none') return recovery.reason;
  return `It can be had again from a clone, which is made with the maker’s own tool: ${recovery.reason}`;
}

/** The certificate request is a signature of the new key's own. Other keys have no such proof. */
const proves = (purpose: Purpose): boolean => purpose === 'sign';

/** A bundle is about a public key and what it signed. Of other keys the ledger is the evidence. */
export const hasBundle = ({ purpose }: { readonly purpose: Purpose }): boolean => purpose === 'sign';

const request: Step = {
  id: 'request',
  kind: 'act',
  title: 'Make the certificate request',
  leader: 'administrator',
  say: 'The new key now signs one certificate request, to prove that this token holds it. The right to sign is set for this one signature and cleared again.',
  confirmedBy: ['administrator'],
  act: 'key.certify-request',
};

/** What shows that an active key does what it is for, in words that are read aloud. */
export function tryKey(key: { readonly purpose: Purpose; readonly mechanism: Mechanism }): Step {
  const common = {
    kind: 'act',
    leader: 'administrator',
    say: keyWords(key).tried,
    confirmedBy: ['administrator'],
  } as const;
  return key.purpose === 'sign'
    ? {
        ...common,
        confirmedBy: [...common.confirmedBy],
        id: 'test-signature',
        title: 'Make and verify a test signature',
        act: 'key.test-signature',
      }
    : { ...common, confirmedBy: [...common.confirmedBy], id: 'test-use', title: 'Try the key', act: 'key.test-use' };
}

/** How every ceremony about a key ends: with its evidence, or the word that the ledger is all of it. */
export const ending = (key: { readonly purpose: Purpose }): Step[] =>
  hasBundle(key)
    ? [exporting, logout('close', 'Log out and close', 'I log out. This ceremony is closed. Thank you.')]
    : [
        logout(
          'close',
          'Log out and close',
          'I log out. No bundle is made of a key that does not sign: the ledger is the evidence of this ceremony. It is closed. Thank you.',
        ),
      ];

export function generateSteps(key: GenerateKeyParameters): Step[] {
  const { label, mechanism, purpose, initialState, recovery } = key;
  const { name } = MECHANISMS[mechanism];
  const pair = isPair(mechanism);
  const { noun, may } = keyWords(key);
  const what = pair ? 'key pair' : 'key';
  const purposeAloud = purpose === 'sign' ? '' : ` It is a ${noun}.`;

  const until = key.cryptoperiod
    ? ` It may ${may} until the end of ${key.cryptoperiod.originatorEnd}${key.cryptoperiod.recipientEnd === undefined ? '' : `, and what it protected may be used until the end of ${key.cryptoperiod.recipientEnd}`}.`
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
      say: `The plan is to generate one ${name} ${what} with the label ${label}.${purposeAloud}${until} Custodians, read the plan in your hand, compare its digest, and decide.`,
      confirmedBy: [],
      action: 'generate',
      for: 'generate',
    },
    login('login-generate', 'Log in to the token'),
    {
      id: 'generate',
      kind: 'act',
      title: `Generate the ${noun} inside the HSM`,
      leader: 'administrator',
      say: pair
        ? `The HSM will now create a new key pair, ${label}. The private key is made inside the device. It cannot be read back from it. ${recoveryAloud(recovery)}`
        : `The HSM will now create a new key, ${label}. It is made inside the device. It cannot be read back from it. ${recoveryAloud(recovery)}`,
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
    pair
      ? confirm(
          'fingerprint',
          'Read the fingerprint aloud',
          `I read the fingerprint of the public key of ${label} in words. Witness, please write it down.`,
        )
      : confirm(
          'identifier',
          'Read the identifier aloud',
          `I read the identifier that the ledger gave to the key ${label}. Witness, please write it down. A secret key has no fingerprint.`,
        ),
    ...(proves(purpose) ? [request] : []),
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
      say: `Custodians, you have heard the ${pair ? 'fingerprint' : 'identifier'} of ${label}. Decide whether it becomes active.`,
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
      say: `The key ${label} now becomes active. From this moment it may ${may}.`,
      confirmedBy: ['administrator'],
      act: 'key.activate',
      action: 'activate',
      irreversible: 'A key that was active never becomes pre-active again.',
    },
    tryKey(key),
  ];

  const closing: Step[] = [
    ...(recovery.kind === 'vendor-clone'
      ? [
          confirm(
            'clone',
            'Clone the key with the maker’s tool',
            `This happens outside of this software. ${recovery.reason} Witness, please confirm that the clone was made, and where it is kept.`,
          ),
        ]
      : []),
    ...ending(key),
  ];
  return [...opening, ...(initialState === 'active' ? activation : []), ...closing];
}

/** The attribute templates of its steps. */
export function generateTemplates(crypto: Crypto, key: GenerateKeyParameters): GenerateScript['templates'] {
  const { label, mechanism, purpose, initialState } = key;
  const entry = (step: string, template: Template) => ({
    step,
    template,
    sha256: templateSha256(crypto, mechanism, template),
  });
  return [
    entry('generate', preActiveTemplate(label, mechanism)),
    ...(initialState === 'active' ? [entry('activate', activationOf(objectsOf(purpose, mechanism)!))] : []),
  ];
}

export function generateKey(crypto: Crypto, key: GenerateKeyParameters, profile?: ProfileId): KeyScript {
  return {
    v: 1,
    recipe: 'generate-key@1',
    title: `Generate ${/^[aeiou]/.test(keyWords(key).noun) ? 'an' : 'a'} ${keyWords(key).noun}`,
    ...(profile === undefined ? {} : { profile }),
    key,
    templates: generateTemplates(crypto, key),
    steps: generateSteps(key),
  };
}
