/**
 * What SoftHSM does not enforce, so that it is kept by procedure: what it answered, what holds instead, and the test that
 * shows it. `traps.test.ts` takes its names from here and compares the answers; `docs/lifecycle-matrix.md` is made of it.
 */
export interface NotEnforced {
  readonly what: string;
  readonly answers: readonly string[];
  readonly instead: string;
  /** Name of the test in `traps.test.ts`. */
  readonly test: string;
}

export const BY_PROCEDURE = {
  copy: {
    what: 'A disabled key can be copied with its rights given back, where it was made to be copied',
    answers: ['C_SignInit: CKR_KEY_FUNCTION_NOT_PERMITTED', 'C_CopyObject: CKR_OK', 'C_Sign by the copy: CKR_OK'],
    instead:
      'Conclave makes every key with CKA_COPYABLE false; a copy of such a key is refused with CKR_ACTION_PROHIBITED, and the attribute cannot be set back.',
    test: 'a copy of a disabled key signs, and says of itself that it was made inside and never left',
  },
  enable: {
    what: 'Whoever has the user PIN can set a usage attribute back',
    answers: ['C_SetAttributeValue: CKR_OK', 'C_Sign: CKR_OK'],
    instead:
      'The ledger is the authority on the state. The attributes are read again at every act and inventory, and one that differs is a finding.',
    test: 'a right that a state took away is given back by another program with the user PIN, and is seen at the next reading',
  },
  flight: {
    what: 'A signature that was begun before a change of state is completed after it',
    answers: ['C_SignInit: CKR_OK', 'C_SetAttributeValue: CKR_OK', 'C_Sign: CKR_OK'],
    instead:
      'The HSM host begins and ends every operation in a session of one call, and closes it. It cannot close the sessions of another program; that none uses the token during a ceremony is kept by people.',
    test: 'a signature that was begun before a change of state is completed after it, and a closed session ends it',
  },
  dates: {
    what: 'CKA_START_DATE and CKA_END_DATE stop nothing, and of private objects they cannot be read',
    answers: [
      'C_SetAttributeValue of CKA_END_DATE in the past: CKR_OK',
      'C_GetAttributeValue of CKA_END_DATE: CKR_GENERAL_ERROR',
      'C_Sign: CKR_OK',
    ],
    instead:
      'Cryptoperiods are kept in the ledger. No date is written to a token, and one that is there proves nothing.',
    test: 'a date in the past stops nothing, cannot be read of a private object, and breaks no other reading',
  },
  login: {
    what: 'A public object that is not private is altered and destroyed by anyone, with no login',
    answers: ['C_SetAttributeValue: CKR_OK', 'C_DestroyObject: CKR_OK'],
    instead: 'Conclave makes public objects with CKA_PRIVATE true. Without a login they are not found.',
    test: 'a public object with CKA_PRIVATE false is altered and destroyed without a login, and one of ours is not even found',
  },
  defaults: {
    what: 'A usage attribute that is left out of the template is true, but for CKA_DERIVE',
    answers: ['C_GenerateKeyPair: CKR_OK', 'C_GenerateKey: CKR_OK'],
    instead: 'The HSM host refuses a template that does not name every usage and protection attribute (HSM-1).',
    test: 'usage attributes that are left out at generation are true, and a secret key is not even sensitive',
  },
  frozen: {
    what: 'A key that cannot be modified can still be destroyed',
    answers: ['C_SetAttributeValue: CKR_ACTION_PROHIBITED', 'C_DestroyObject: CKR_OK'],
    instead: 'Nothing is made of CKA_MODIFIABLE false as a protection against destruction.',
    test: 'CKR_ACTION_PROHIBITED is misnamed by the binding and rightly named by us, and such a key is still destroyed',
  },
} as const satisfies Record<string, NotEnforced>;
