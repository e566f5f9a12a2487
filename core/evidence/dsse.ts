/**
 * DSSE envelopes, version 1.0.2 (secure-systems-lab/dsse: protocol.md, envelope.md), in the one spelling Conclave
 * makes and accepts: canonical JSON, standard padded base64, exactly one signature, `keyid` the SHA-256 of the key's
 * SubjectPublicKeyInfo in hex, ECDSA as low-S DER. The key id is a hint and nothing rests on it, but a wrong one is
 * refused, because no byte of evidence may be free.
 */
import * as v from 'valibot';
import { base64, concat, fromBase64, hex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { jcsBytes, parseCanonical } from '../json/jcs.ts';
import { Base64, Hash } from '../ledger/fields.ts';
import { fail, ok, type Result } from '../result.ts';
import { verifySignature } from './signature.ts';

/** Pre-authentication encoding: `"DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`. This is what is signed. */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return concat(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}

export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  /** SHA-256 of the signer's SubjectPublicKeyInfo, hex. */
  readonly keyid: string;
  readonly signature: Uint8Array;
}

const LongBase64 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]*={0,2}$/), v.maxLength(4_000_000));

const schema = v.strictObject({
  payload: LongBase64,
  payloadType: v.pipe(v.string(), v.regex(/^[!-~]{1,128}$/)),
  signatures: v.strictTuple([v.strictObject({ keyid: Hash, sig: Base64 })]),
});

/** The bytes of an envelope. */
export const envelopeBytes = ({ payloadType, payload, keyid, signature }: Envelope): Uint8Array =>
  jcsBytes({ payload: base64(payload), payloadType, signatures: [{ keyid, sig: base64(signature) }] });

/** Reads an envelope; nothing is verified yet. */
export function parseEnvelope(bytes: Uint8Array): Result<Envelope> {
  const json = parseCanonical(bytes);
  if (!json.ok) return json;
  const parsed = v.safeParse(schema, json.value);
  const payload = parsed.success ? fromBase64(parsed.output.payload) : null;
  const signature = parsed.success ? fromBase64(parsed.output.signatures[0].sig) : null;
  if (!parsed.success || !payload || !signature)
    return fail({ code: 'bad-input', message: 'The file is not a DSSE envelope with exactly one signature.' });
  return ok({ payloadType: parsed.output.payloadType, payload, keyid: parsed.output.signatures[0].keyid, signature });
}

/**
 * Whether the envelope is of this type and signed by this key. Parse `envelope.payload` only after this said yes.
 * `spki` is the key that the verifier already holds; the algorithm follows from it.
 */
export async function verifyEnvelope(
  crypto: Crypto,
  spki: Uint8Array,
  payloadType: string,
  envelope: Envelope,
): Promise<boolean> {
  if (envelope.payloadType !== payloadType || envelope.keyid !== hex(crypto.sha256(spki))) return false;
  return verifySignature(crypto, spki, pae(payloadType, envelope.payload), envelope.signature);
}
