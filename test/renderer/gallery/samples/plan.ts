import type { PlanOptionsView } from '../../../../contract/views.ts';
import { PURPOSES } from '../../../../core/lifecycle/purpose.ts';

/** A token without Ed25519 and without AES of 192 bits, in a vault whose policy forbids RSA 2048. */
export const planOptions: PlanOptionsView = {
  kinds: PURPOSES.flatMap(({ purpose, mechanisms }) =>
    mechanisms.map((mechanism) => ({
      purpose,
      mechanism,
      refused:
        mechanism === 'ed25519'
          ? ({ by: 'token', words: 'The token does not offer CKM_EC_EDWARDS_KEY_PAIR_GEN.' } as const)
          : mechanism === 'aes-192'
            ? ({ by: 'token', words: 'The token makes no key of the size of AES 192 with CKM_AES_KEY_GEN.' } as const)
            : mechanism === 'rsa-2048' || purpose === 'derive'
              ? ({ by: 'policy', words: 'The policy of this vault does not allow this kind of key.' } as const)
              : null,
    })),
  ),
  unasked: null,
};
