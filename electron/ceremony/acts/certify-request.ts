/**
 * `key.certify-request`: the new key signs one PKCS#10 request (RFC 2986), its proof of possession. A pre-active key
 * may not sign, so CKA_SIGN is set for this one signature and cleared again, whatever happened in between.
 */
import { fromBase64, fromHex } from '../../../core/bytes.ts';
import { afterRequest } from '../../../core/ceremony/recovery.ts';
import { certificationRequest, requestToSign } from '../../../core/evidence/csr.ts';
import { keyKind, signNameOf } from '../../../core/evidence/spki.ts';
import { fail, ok, type Result } from '../../../core/result.ts';
import { plannedKey } from '../../../core/plan/plan.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { readPair } from './read-key.ts';
import { signAndVerify } from './sign-and-verify.ts';

/** The bytes the request's signature is over. */
export function requestBody(label: string, spkiBase64: string): Result<Uint8Array> {
  const spki = fromBase64(spkiBase64);
  if (!spki || !keyKind(spki)) return fail({ code: 'internal', message: 'The ledger has no usable public key.' });
  return ok(requestToSign({ commonName: label, spki }));
}

const setSign = ({ hsm, token, intent }: ActContext, value: boolean) =>
  hsm.setAttributes({
    token,
    ckaId: fromHex(intent.data.key!)!,
    class: 'private-key',
    attributes: [{ name: 'CKA_SIGN', value }],
  });

export const certifyRequest: ActRunner = {
  async run(context) {
    const { hsm, token, plan, intent } = context;
    const key = intent.data.key!;
    const pair = await readPair(hsm, token, fromHex(key)!);
    if (!pair.ok) return { outcome: 'not-committed', key, failure: pair.error };
    const { spki } = pair.value;
    const label = plannedKey(plan).label;

    const allowed = await setSign(context, true);
    if (!allowed.ok) return afterFailure(context, allowed.error);
    context.crash('csr-flag-set');
    const signed = await signAndVerify(
      context,
      fromHex(key)!,
      spki,
      requestToSign({ commonName: label, spki }),
      'subject',
    );
    context.crash('csr-after-sign');
    const cleared = await setSign(context, false);
    if (!signed.ok) return afterFailure(context, signed.error);
    // A request is worth nothing while its key keeps a right that its state does not have.
    if (!cleared.ok) return afterFailure(context, cleared.error);
    const request = certificationRequest({ commonName: label, spki }, signNameOf(keyKind(spki)!), signed.value);
    const blob = await context.putBlob(request);
    const attributes = await readPair(hsm, token, fromHex(key)!);
    return {
      outcome: 'committed',
      key,
      blobs: [blob],
      ...(attributes.ok ? { attributes: attributes.value.attributes } : {}),
    };
  },

  /**
   * Whether a signature was made cannot be asked of the token. A request is harmless, so the outcome is that it does
   * not exist; what must not stay is the right to sign.
   */
  async find(context) {
    const { hsm, token, intent } = context;
    const key = intent.data.key!;
    const before = await readPair(hsm, token, fromHex(key)!);
    if (!before.ok) return { outcome: 'unknown', key, failure: before.error };
    const open = before.value.attributes.private.some(({ name, value }) => name === 'CKA_SIGN' && value === true);
    const { outcome, rest, found } = afterRequest(open);
    if (rest === 'right-to-sign') {
      const cleared = await setSign(context, false);
      if (!cleared.ok) return { outcome: 'unknown', key, failure: cleared.error };
    }
    const after = await readPair(hsm, token, fromHex(key)!);
    const attributes = after.ok ? { attributes: after.value.attributes } : {};
    return { outcome, key, ...attributes, found };
  },
};

async function afterFailure(context: ActContext, failure: NonNullable<ActOutcome['failure']>): Promise<ActOutcome> {
  if (failure.code === 'hsm-lost') return { outcome: 'unknown', key: context.intent.data.key!, failure };
  return { ...(await certifyRequest.find(context)), failure };
}
