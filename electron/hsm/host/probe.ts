/** Finds out what a token can really do. A mechanism in its list is a claim; a signature that verifies is not. */

import { randomBytes } from 'node:crypto';

import { PROBE_LABEL } from '../../../core/ledger/token-call.ts';
import type { ProbeSigningRequest, TemplateAttribute } from '../port.ts';
import { type Context, inSession } from './context.ts';
import { makePair, spkiOf } from './keys.ts';
import { signWith } from './sign.ts';
import { withLogin } from './slots.ts';

const COMMON: readonly TemplateAttribute[] = [{ name: 'CKA_TOKEN', value: false }];

/** Every usage attribute is named here too: some modules refuse a key that is allowed more than its type can do. */
const PRIVATE: readonly TemplateAttribute[] = [
  ...COMMON,
  { name: 'CKA_PRIVATE', value: true },
  { name: 'CKA_SENSITIVE', value: true },
  { name: 'CKA_EXTRACTABLE', value: false },
  { name: 'CKA_SIGN', value: true },
  { name: 'CKA_SIGN_RECOVER', value: false },
  { name: 'CKA_DECRYPT', value: false },
  { name: 'CKA_UNWRAP', value: false },
  { name: 'CKA_DERIVE', value: false },
];

const PUBLIC: readonly TemplateAttribute[] = [
  ...COMMON,
  { name: 'CKA_PRIVATE', value: false },
  { name: 'CKA_VERIFY', value: true },
  { name: 'CKA_VERIFY_RECOVER', value: false },
  { name: 'CKA_ENCRYPT', value: false },
  { name: 'CKA_WRAP', value: false },
];

export function probeSigning(
  context: Context,
  request: ProbeSigningRequest,
): { spki: Uint8Array; signature: Uint8Array } {
  return withLogin(context, request.token, ({ slot }) =>
    // Session objects end with their session (PKCS#11 v2.40 base, section 2.4), whatever happens in between.
    inSession(context, slot, 'write', (session) => {
      const pair = makePair(context, session, {
        mechanism: request.mechanism,
        ckaId: new Uint8Array(randomBytes(20)),
        label: PROBE_LABEL,
        privateTemplate: PRIVATE,
        publicTemplate: PUBLIC,
      });
      const spki = spkiOf(context, session, pair.publicKey);
      return { spki, signature: signWith(context, { slot, session, key: pair.privateKey, ckaId: null }, request) };
    }),
  );
}
