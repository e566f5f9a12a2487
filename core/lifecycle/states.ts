/**
 * Key states and transitions of NIST SP 800-57 Part 1 Revision 5, section 7, as data. The state is held per object:
 * a private signature key is destroyed from active while its public key may be deactivated.
 *
 * What stands here is the table; what each state lets a key do on the token is in template.ts.
 */

export const KEY_STATES = ['pre-active', 'active', 'suspended', 'deactivated', 'compromised', 'destroyed'] as const;
export type KeyState = (typeof KEY_STATES)[number];

export interface Transition {
  readonly from: KeyState | 'none';
  readonly to: KeyState;
  /** What the standard says about it, in short. */
  readonly condition: string;
  /** Both halves of a key pair move together. */
  readonly bothHalves?: boolean;
  /** Does not hold for private signature keys, which never enter deactivated. */
  readonly notForPrivateSignatureKeys?: boolean;
}

/** Any pair that is not listed is refused. */
export const TRANSITIONS: readonly Transition[] = [
  { from: 'none', to: 'pre-active', condition: 'On generation.' },
  { from: 'pre-active', to: 'active', condition: 'On a date or an event; the cryptoperiod begins.' },
  { from: 'pre-active', to: 'compromised', condition: 'Integrity or confidentiality is suspect.', bothHalves: true },
  { from: 'pre-active', to: 'destroyed', condition: 'Never needed.', bothHalves: true },
  { from: 'active', to: 'suspended', condition: 'A reason is required.', bothHalves: true },
  { from: 'active', to: 'deactivated', condition: 'The cryptoperiod ended.', notForPrivateSignatureKeys: true },
  { from: 'active', to: 'compromised', condition: 'Suspect. Revoke and give notice.', bothHalves: true },
  { from: 'active', to: 'destroyed', condition: 'The cryptoperiod ended, or the key is not needed.' },
  { from: 'suspended', to: 'active', condition: 'The reason for suspension is gone.' },
  {
    from: 'suspended',
    to: 'deactivated',
    condition: 'No compromise; originator use ended.',
    notForPrivateSignatureKeys: true,
  },
  { from: 'suspended', to: 'compromised', condition: 'Suspect. Revoke and give notice.', bothHalves: true },
  { from: 'suspended', to: 'destroyed', condition: 'No compromise; not needed.' },
  { from: 'deactivated', to: 'compromised', condition: 'Suspect. Revoke and give notice.' },
  { from: 'deactivated', to: 'destroyed', condition: 'No longer needed.' },
  { from: 'compromised', to: 'destroyed', condition: 'At once for private signature keys.' },
];

export const mayMove = (from: KeyState | 'none', to: KeyState, half: 'private' | 'public'): boolean =>
  TRANSITIONS.some((t) => t.from === from && t.to === to && !(half === 'private' && t.notForPrivateSignatureKeys));
