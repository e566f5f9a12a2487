/**
 * What became of an act that was interrupted, from what the token answers. One row for each kind of PKCS#11 call that
 * changes a token or uses a key, whether or not a recipe does it yet: how the token is asked, and what each answer means.
 *
 * Nothing is ever repeated from here. `not-committed` lets people do the step again under the rules of the ceremony;
 * `unknown` never does: it takes a new plan and a new quorum.
 */
import type { Outcome } from '../ledger/event.ts';
import type { Attribute } from '../ledger/fields.ts';

export interface Finding {
  readonly outcome: Outcome;
  /**
   * What the act left behind beside its outcome. `half`: of a key pair, to be removed. `right-to-sign`: CKA_SIGN of a key
   * that may not sign, to be cleared. `attributes`: some that do not decide are not as wanted. `no-user-pin`: an
   * initialised token that nobody can log in to. Each is dealt with as an act of its own, or is a finding.
   */
  readonly rest: 'half' | 'right-to-sign' | 'attributes' | 'no-user-pin' | null;
  /** What the token holds, in words. */
  readonly found: string;
}

const finding = (outcome: Outcome, found: string, rest: Finding['rest'] = null): Finding => ({ outcome, rest, found });

/** Objects under one CKA_ID, as a fresh session finds them. */
export interface Halves {
  readonly private: number;
  readonly public: number;
}

/** C_GenerateKeyPair. The CKA_ID is derived from the intent, so that nothing else can have made what is found under it. */
export function afterGenerate(now: Halves): Finding {
  if (now.private > 1 || now.public > 1) return finding('unknown', 'More objects have the CKA_ID than one act makes.');
  if (now.private + now.public === 2) return finding('committed', 'Both halves of the key are on the token.');
  if (now.private + now.public === 0) return finding('not-committed', 'No such key is on the token.');
  const half = now.private === 1 ? 'private' : 'public';
  return finding(
    'not-committed',
    `Only the ${half} half of the key is on the token. It is not a key and must be removed.`,
    'half',
  );
}

/** C_GenerateKey, of one secret key. */
export function afterGenerateSecret(objects: number): Finding {
  if (objects > 1) return finding('unknown', 'More objects have the CKA_ID than one act makes.');
  return objects === 1
    ? finding('committed', 'The key is on the token.')
    : finding('not-committed', 'No such key is on the token.');
}

/** C_UnwrapKey makes one object, again under the CKA_ID of its intent. */
export function afterUnwrap(objects: number): Finding {
  if (objects > 1) return finding('unknown', 'More objects have the CKA_ID than one act makes.');
  return objects === 1
    ? finding('committed', 'The unwrapped key is on the token.')
    : finding('not-committed', 'No such key is on the token.');
}

/** C_DestroyObject of all objects under one CKA_ID, which were `before` when the intent was written. */
export function afterDestroy(before: number, now: number): Finding {
  if (now === 0) return finding('committed', 'No object with this CKA_ID is on the token any more.');
  if (now === before) return finding('not-committed', 'Every object with this CKA_ID is still on the token.');
  return now < before
    ? finding('not-committed', `${now} of ${before} objects with this CKA_ID are still on the token.`, 'half')
    : finding('unknown', 'More objects have the CKA_ID than there were before.');
}

const same = (a: Attribute | undefined, b: Attribute): boolean => a?.value === b.value;
const named = (list: readonly Attribute[], { name }: Attribute): Attribute | undefined =>
  list.find((one) => one.name === name);

export interface AttributeChange {
  /** Attributes as the act sets them. Those of `beside` are set too, and do not decide. */
  readonly wanted: readonly Attribute[];
  readonly beside?: readonly Attribute[];
  /** As they were when the intent was written; what is not there was not known. */
  readonly was: readonly Attribute[];
  /** As a fresh session reads them now. One that cannot be read is left out. */
  readonly now: readonly Attribute[];
  readonly nowBeside?: readonly Attribute[];
}

/** C_SetAttributeValue. A token may set some attributes of a call and not others, so each is read. */
export function afterSetAttributes({ wanted, beside = [], was, now, nowBeside = [] }: AttributeChange): Finding {
  const set = wanted.filter((one) => same(named(now, one), one));
  if (set.length === wanted.length) {
    const rest = beside.filter((one) => !same(named(nowBeside, one), one)).map(({ name }) => name);
    return rest.length === 0
      ? finding('committed', 'The token reports every attribute as it was to be set.')
      : finding('committed', `The attributes that decide are set; ${rest.join(', ')} was not changed.`, 'attributes');
  }
  const untouched = wanted.every((one) => {
    const before = named(was, one);
    return before !== undefined && same(named(now, one), before);
  });
  if (untouched) return finding('not-committed', 'The token reports every attribute as it was before.');
  const names = wanted.filter((one) => !set.includes(one)).map(({ name }) => name);
  return finding('unknown', `Some attributes were set and some were not: ${names.join(', ')}.`);
}

/** C_Sign. A signature leaves no trace on the token. It may exist, and is never made again on its own. */
export const afterSign = (): Finding =>
  finding('unknown', 'The token does not tell whether this signature was made. None was kept.');

/** One use of a key whose output is not kept, such as C_Decrypt of a challenge. */
export const afterUse = (): Finding =>
  finding('not-committed', 'Nothing of this use stays on the token, and no output of it was kept.');

/** C_WrapKey. The wrapped key may have left the token, and leaves no trace on it. */
export const afterWrap = (): Finding =>
  finding('unknown', 'The token does not tell whether the key was wrapped. No wrapped key was kept.');

/** A certificate request is one signature and worth nothing without its record; what must not stay is the right to sign. */
export const afterRequest = (maySign: boolean): Finding =>
  maySign
    ? finding(
        'not-committed',
        'The key was found with the right to sign. It was cleared. No request was kept.',
        'right-to-sign',
      )
    : finding('not-committed', 'The key has no right to sign, as it should be. No request was kept.');

/**
 * What one login showed. Only people know the PINs, so they type the one that should be in force; each wrong one counts
 * against the token's limit, so it is tried once, and not at all when the token says that few tries are left.
 */
export type PinAnswer = 'new' | 'old' | 'neither' | 'not-tried';

const FEW_TRIES: readonly string[] = ['CKF_USER_PIN_COUNT_LOW', 'CKF_USER_PIN_FINAL_TRY', 'CKF_USER_PIN_LOCKED'];

/** Whether a PIN may be tried at all to find out which one is in force. */
export const mayTryPin = (flags: readonly string[]): boolean => !flags.some((flag) => FEW_TRIES.includes(flag));

/** C_SetPIN, and C_InitPIN of a token that had a user PIN. */
export function afterSetPin(opens: PinAnswer): Finding {
  switch (opens) {
    case 'new':
      return finding('committed', 'The new PIN opens the token.');
    case 'old':
      return finding('not-committed', 'The old PIN opens the token.');
    case 'neither':
      return finding('unknown', 'Neither PIN opens the token.');
    case 'not-tried':
      return finding('unknown', 'No PIN was tried, because the token says that few tries are left.');
  }
}

/** C_InitPIN. A token that had no user PIN says by a flag whether it has one now. */
export function afterInitPin(state: {
  readonly had: boolean;
  readonly has: boolean;
  readonly opens: PinAnswer;
}): Finding {
  if (state.had) return afterSetPin(state.opens);
  return state.has
    ? finding('committed', 'The token says that it has a user PIN now.')
    : finding('not-committed', 'The token says that it has no user PIN.');
}

export interface TokenState {
  readonly initialized: boolean;
  readonly label: string;
  /** CKF_USER_PIN_INITIALIZED. */
  readonly userPin: boolean;
}

/**
 * C_InitToken, with C_InitPIN where `withPin`. On a token that was in use it destroys every object, so an object that was
 * known to be there tells; otherwise the label and the flags do.
 */
export function afterInitToken(
  was: TokenState,
  now: TokenState,
  wanted: { readonly label: string; readonly withPin: boolean },
  known: 'there' | 'gone' | 'none' = 'none',
): Finding {
  const done = now.initialized && now.label === wanted.label;
  if (!now.initialized || (!done && was.initialized && now.label === was.label)) {
    return finding('not-committed', 'The token is as it was before.');
  }
  if (!done)
    return finding('unknown', `The token has the label ${now.label}, which is neither the old nor the new one.`);
  if (was.initialized && known === 'there')
    return finding('not-committed', 'An object from before is still on the token.');
  if (was.initialized && was.label === wanted.label && known === 'none') {
    return finding('unknown', 'The old and the new label are the same, and no object from before is known.');
  }
  return wanted.withPin && !now.userPin
    ? finding('not-committed', 'The token is initialised and has no user PIN. Nobody can use it.', 'no-user-pin')
    : finding('committed', 'The token is initialised.');
}

/** How the token is asked about each kind of call. docs/ledger.md has the same table. */
export const ASKED = {
  C_GenerateKeyPair: 'Objects under the CKA_ID that is derived from the intent',
  C_GenerateKey: 'Objects under the CKA_ID that is derived from the intent',
  C_UnwrapKey: 'Objects under the CKA_ID that is derived from the intent',
  C_DestroyObject: 'Objects under the CKA_ID that the intent names',
  C_SetAttributeValue: 'The attributes, read one by one in a fresh session',
  C_Sign: 'Nothing: the outcome is unknown, and is never made again on its own',
  C_WrapKey: 'Nothing: the outcome is unknown, and is never made again on its own',
  C_SetPIN: 'One login with the PIN that should be in force, unless few tries are left',
  C_InitPIN: 'Its flag for a user PIN; where it had one before, as for C_SetPIN',
  C_InitToken: 'Label and flags; where it was in use before, an object that was known to be on it',
} as const;
