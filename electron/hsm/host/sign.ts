/** Signs. The message is hashed here, so that the same code serves modules with and without combined mechanisms. */

import { createHash } from 'node:crypto';

import type { SignAlgorithm, SignRequest } from '../port.ts';
import { readOne } from './attribute-codec.ts';
import { call, type Context, type Handle, inSession, refuse, tokenCall } from './context.ts';
import { ecdsaDer } from './ecdsa.ts';
import { CKF } from './flags.ts';
import { curveOf } from './keys.ts';
import { exactlyOne } from './objects.ts';
import { withLogin } from './slots.ts';

const CKK_RSA = 0x00;
const CKK_EC = 0x03;
const CKK_EC_EDWARDS = 0x40;

interface Scheme {
  readonly keyType: number;
  /** Null where the mechanism takes the message itself. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  /** The mechanism that signs a digest. */
  readonly raw: number;
  /** The mechanism that hashes and signs, used where the token lacks the other. */
  readonly combined: number;
  /** CKM_… of hash and mask generation function, for PSS. */
  readonly pss?: { readonly hashAlg: number; readonly mgf: number; readonly saltLen: number };
  /** DER of DigestInfo before the digest (RFC 8017 section 9.2, note 1), for PKCS#1 v1.5. */
  readonly digestInfo?: string;
}

const SCHEMES: Readonly<Record<SignAlgorithm, Scheme>> = {
  // CKM_EDDSA of PKCS#11 v3.0, by number: the binding has no name for it. Without parameters it is pure Ed25519.
  ed25519: { keyType: CKK_EC_EDWARDS, hash: null, raw: 0x1057, combined: 0x1057 },
  'ecdsa-sha256': { keyType: CKK_EC, hash: 'sha256', raw: 0x1041, combined: 0x1044 },
  'ecdsa-sha384': { keyType: CKK_EC, hash: 'sha384', raw: 0x1041, combined: 0x1045 },
  'ecdsa-sha512': { keyType: CKK_EC, hash: 'sha512', raw: 0x1041, combined: 0x1046 },
  'rsa-pss-sha256': {
    keyType: CKK_RSA,
    hash: 'sha256',
    raw: 0x0d,
    combined: 0x43,
    pss: { hashAlg: 0x250, mgf: 2, saltLen: 32 },
  },
  'rsa-pss-sha384': {
    keyType: CKK_RSA,
    hash: 'sha384',
    raw: 0x0d,
    combined: 0x44,
    pss: { hashAlg: 0x260, mgf: 3, saltLen: 48 },
  },
  'rsa-pkcs1-sha256': {
    keyType: CKK_RSA,
    hash: 'sha256',
    raw: 0x01,
    combined: 0x40,
    digestInfo: '3031300d060960864801650304020105000420',
  },
};

/** CK_PARAMS_RSA_PSS of the binding. */
const PSS_PARAMS = 5;

export function sign(context: Context, request: SignRequest): Uint8Array {
  const { token, ckaId } = request;
  // In a session of its own: after a failure the operation would stay active, and the next signature would fail.
  return withLogin(context, token, ({ slot }) =>
    inSession(context, slot, 'read', (session) => {
      const key = exactlyOne(context, session, { ckaId, class: 'private-key' });
      return signWith(context, { slot, session, key, ckaId }, request);
    }),
  );
}

/** One signature in a session that is used for nothing else. `ckaId` is null for a key that lives in this session only. */
export function signWith(
  context: Context,
  {
    slot,
    session,
    key,
    ckaId,
  }: { readonly slot: Handle; readonly session: Handle; readonly key: Handle; readonly ckaId: Uint8Array | null },
  { algorithm, data }: Pick<SignRequest, 'algorithm' | 'data'>,
): Uint8Array {
  const { isEcdsa, mechanism, input } = prepare(context, { slot, session, key }, algorithm, data, CKF.SIGN);
  call(context, 'C_SignInit', () => context.lib.C_SignInit(session, mechanism, key));
  const about = {
    call: 'C_Sign',
    sha256: createHash('sha256').update(data).digest('hex'),
    ...(ckaId === null ? { session: true } : { key: Buffer.from(ckaId).toString('hex') }),
  } as const;
  const signature = tokenCall(context, about, () => context.lib.C_Sign(session, input, Buffer.alloc(1024)));
  if (!isEcdsa) return Uint8Array.from(signature);
  const curve = curveOf(context, session, key);
  return (
    ecdsaDer(signature, curve.jwk) ??
    refuse({
      code: 'hsm',
      call: 'C_Sign',
      library: context.library,
      message: 'The token returned an ECDSA signature that is not two numbers in the range of the curve.',
    })
  );
}

export interface Prepared {
  readonly mechanism: {
    mechanism: number;
    parameter?: { type: number; hashAlg: number; mgf: number; saltLen: number };
  };
  /** The message or its digest, as the mechanism wants it. */
  readonly input: Buffer;
  readonly isEcdsa: boolean;
}

/** What the token is told for an algorithm, by the mechanisms that it has for signing or verifying (`flag`). */
export function prepare(
  context: Context,
  { slot, session, key }: { readonly slot: Handle; readonly session: Handle; readonly key: Handle },
  algorithm: SignAlgorithm,
  data: Uint8Array,
  flag: number,
): Prepared {
  const scheme = SCHEMES[algorithm];
  const keyType = readOne(context, session, key, 'CKA_KEY_TYPE').value;
  if (keyType !== scheme.keyType) {
    refuse({ code: 'bad-input', message: `The key is not of the type that ${algorithm} needs.` });
  }
  const offered = new Set(
    call(context, 'C_GetMechanismList', () => context.lib.C_GetMechanismList(slot)).filter((type) =>
      [scheme.raw, scheme.combined].includes(type),
    ),
  );
  const can = (type: number): boolean =>
    offered.has(type) &&
    (call(context, 'C_GetMechanismInfo', () => context.lib.C_GetMechanismInfo(slot, type)).flags & flag) !== 0;
  const prepared = (mechanism: number, input: Uint8Array): Prepared => ({
    mechanism: { mechanism, ...(scheme.pss === undefined ? {} : { parameter: { type: PSS_PARAMS, ...scheme.pss } }) },
    input: Buffer.from(input),
    isEcdsa: scheme.keyType === CKK_EC,
  });
  if (can(scheme.raw)) {
    if (scheme.hash === null) return prepared(scheme.raw, data);
    const digest = createHash(scheme.hash).update(data).digest();
    return prepared(scheme.raw, Buffer.concat([Buffer.from(scheme.digestInfo ?? '', 'hex'), digest]));
  }
  if (can(scheme.combined)) return prepared(scheme.combined, data);
  return refuse({
    code: 'hsm',
    call: 'C_GetMechanismList',
    library: context.library,
    message: `The token offers no mechanism for ${algorithm}.`,
    hint: 'Choose another algorithm, or a token that supports this one.',
  });
}
