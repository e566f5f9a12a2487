/**
 * `key.test-signature`: the active key signs a random challenge; the signature is verified outside the HSM with the
 * exported public key. A signature that may exist without a record is never made again on its own.
 */
import { fromHex } from '../../../core/bytes.ts';
import { afterSign } from '../../../core/ceremony/recovery.ts';
import type { Failure } from '../../../core/result.ts';
import type { ActRunner } from './act.ts';
import { readPair } from './read-key.ts';
import { signAndVerify } from './sign-and-verify.ts';

export const CHALLENGE_BYTES = 32;

export const testSignature: ActRunner = {
  async run(context) {
    const { hsm, token, intent, material } = context;
    const key = intent.data.key!;
    if (!material) return { outcome: 'not-committed', key, failure: noChallenge };
    const pair = await readPair(hsm, token, fromHex(key)!);
    if (!pair.ok) return { outcome: 'not-committed', key, failure: pair.error };
    const signed = await signAndVerify(context, fromHex(key)!, pair.value.spki, material, 'subject');
    context.crash('hsm-after-call');
    if (!signed.ok) return { outcome: 'unknown', key, failure: signed.error };
    const blobs = [await context.putBlob(material), await context.putBlob(signed.value)];
    return { outcome: 'committed', key, blobs };
  },

  find({ intent }) {
    const { outcome, found } = afterSign();
    return Promise.resolve({ outcome, key: intent.data.key!, found });
  },
};

const noChallenge: Failure = { code: 'internal', message: 'The challenge is missing.' };
