/**
 * Kinds of key objects and what each is made to do. A state says whether a key may protect (apply protection) or
 * process (use what was protected); the kind says which operations those are, and PKCS#11 which attribute allows them.
 *
 * Sources: SP 800-57 Part 1 Rev. 5, section 5.1.1 (key types) and section 7 (protect and process);
 * PKCS#11 v2.40 base, sections 4.7 to 4.10 (usage attributes by object class).
 */
export type ObjectClass = 'private' | 'public' | 'secret';

export type Operation = 'sign' | 'verify' | 'encrypt' | 'decrypt' | 'wrap' | 'unwrap' | 'derive';

interface Kind {
  readonly object: ObjectClass;
  readonly protect: readonly Operation[];
  readonly process: readonly Operation[];
}

export const KEY_TYPES = {
  'private-signature': { object: 'private', protect: ['sign'], process: [] },
  'public-verification': { object: 'public', protect: [], process: ['verify'] },
  'private-authentication': { object: 'private', protect: ['sign'], process: [] },
  'public-authentication': { object: 'public', protect: [], process: ['verify'] },
  // The standard's transport keys carry keys; keys that open data have types of their own, so that neither may do both.
  'private-key-transport': { object: 'private', protect: [], process: ['unwrap'] },
  'public-key-transport': { object: 'public', protect: ['wrap'], process: [] },
  'private-decryption': { object: 'private', protect: [], process: ['decrypt'] },
  'public-encryption': { object: 'public', protect: ['encrypt'], process: [] },
  'private-key-agreement': { object: 'private', protect: ['derive'], process: [] },
  // The token never uses it: C_DeriveKey takes the other side's public key as a parameter.
  'public-key-agreement': { object: 'public', protect: [], process: [] },
  'symmetric-authentication': { object: 'secret', protect: ['sign'], process: ['verify'] },
  'symmetric-encryption': { object: 'secret', protect: ['encrypt'], process: ['decrypt'] },
  'symmetric-wrapping': { object: 'secret', protect: ['wrap'], process: ['unwrap'] },
  'key-derivation': { object: 'secret', protect: ['derive'], process: [] },
  'random-bit-generation': { object: 'secret', protect: ['derive'], process: [] },
  'ephemeral-agreement': { object: 'private', protect: ['derive'], process: [] },
} as const satisfies Record<string, Kind>;

export type KeyType = keyof typeof KEY_TYPES;

/** Every usage attribute of an object class, with the operation it allows. Recovery is allowed to no key here. */
export const USAGE: Readonly<Record<ObjectClass, readonly (readonly [name: string, allows: Operation | null])[]>> = {
  private: [
    ['CKA_SIGN', 'sign'],
    ['CKA_SIGN_RECOVER', null],
    ['CKA_DECRYPT', 'decrypt'],
    ['CKA_UNWRAP', 'unwrap'],
    ['CKA_DERIVE', 'derive'],
  ],
  public: [
    ['CKA_VERIFY', 'verify'],
    ['CKA_VERIFY_RECOVER', null],
    ['CKA_ENCRYPT', 'encrypt'],
    ['CKA_WRAP', 'wrap'],
  ],
  secret: [
    ['CKA_SIGN', 'sign'],
    ['CKA_VERIFY', 'verify'],
    ['CKA_ENCRYPT', 'encrypt'],
    ['CKA_DECRYPT', 'decrypt'],
    ['CKA_WRAP', 'wrap'],
    ['CKA_UNWRAP', 'unwrap'],
    ['CKA_DERIVE', 'derive'],
  ],
};
