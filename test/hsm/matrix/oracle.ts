/**
 * What may be done with a key in a state, written down from the published tables a second time. It imports nothing from
 * core, so that what is wrong there is found here.
 *
 * Sources: SP 800-57 Part 1 Rev. 5, sections 5.1.1 and 7, and the initial public draft of Rev. 6; IBM Cloud, key states of
 * managed keys; Securosys365 DKE, key management.
 */

/** `conditional`: only under conditions that no token can check, so that the token refuses and people decide. */
type Right = 'yes' | 'no' | 'conditional';

interface StateRights {
  readonly protect: Right;
  readonly process: Right;
  /** The object is not on the token any more. */
  readonly gone?: true;
}

const ALL: StateRights = { protect: 'yes', process: 'yes' };
const NOTHING: StateRights = { protect: 'no', process: 'no' };
const OLD: StateRights = { protect: 'no', process: 'yes' };
const PEOPLE: StateRights = { protect: 'no', process: 'conditional' };
const GONE: StateRights = { ...NOTHING, gone: true };

const REVISION_6 = {
  'pre-active': NOTHING,
  active: ALL,
  suspended: PEOPLE,
  compromised: PEOPLE,
  destroyed: GONE,
};

export const STATES: Readonly<Record<string, Readonly<Record<string, StateRights>>>> = {
  'nist-sp800-57@r5': { ...REVISION_6, deactivated: OLD },
  'nist-sp800-57@r6ipd': REVISION_6,
  'ibm-uko': {
    'pre-active': NOTHING,
    active: ALL,
    deactivated: NOTHING,
    'pending-destruction': NOTHING,
    destroyed: GONE,
    removed: GONE,
  },
  'securosys-dke': {
    'pre-active': NOTHING,
    active: ALL,
    'active, not enabled': ALL,
    deactivated: NOTHING,
    compromised: NOTHING,
    deleted: GONE,
  },
};

/** What a type of key does to protect, and to process what was protected. */
const OPERATIONS: Readonly<Record<string, readonly [protect: readonly string[], process: readonly string[]]>> = {
  'private-signature': [['sign'], []],
  'public-verification': [[], ['verify']],
  'private-decryption': [[], ['decrypt']],
  'public-encryption': [['encrypt'], []],
  'private-key-transport': [[], ['unwrap']],
  'public-key-transport': [['wrap'], []],
  'private-key-agreement': [['derive'], []],
  'public-key-agreement': [[], []],
  'symmetric-wrapping': [['wrap'], ['unwrap']],
  'symmetric-encryption': [['encrypt'], ['decrypt']],
  'symmetric-authentication': [['sign'], ['verify']],
};

/** SP 800-57: private signature keys are destroyed at the end of their cryptoperiod, and never deactivated. */
export const isNever = (profile: string, type: string, state: string): boolean =>
  profile === 'nist-sp800-57@r5' && type === 'private-signature' && state === 'deactivated';

/** What the token must answer when a key of this type is asked to do this in this state. */
export function expected(profile: string, type: string, state: string, operation: string): string {
  const rights = STATES[profile]![state]!;
  if (rights.gone) return 'no object';
  const [protect, process] = OPERATIONS[type]!;
  // The switch `enabled` of DKE stands beside the state and blocks decryption alone.
  if (state === 'active, not enabled' && operation === 'decrypt') return 'CKR_KEY_FUNCTION_NOT_PERMITTED';
  const allowed =
    (rights.protect === 'yes' && protect.includes(operation)) ||
    (rights.process === 'yes' && process.includes(operation));
  return allowed ? 'CKR_OK' : 'CKR_KEY_FUNCTION_NOT_PERMITTED';
}

/** Whether people may decide that it is done, although the token refuses it. */
export const isForPeople = (profile: string, type: string, state: string, operation: string): boolean =>
  STATES[profile]![state]!.process === 'conditional' && OPERATIONS[type]![1].includes(operation);
