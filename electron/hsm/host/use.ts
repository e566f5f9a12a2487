/**
 * One use of one key, whatever it is made for: how it is found out that a key can do what its state allows, and that the
 * token refuses the rest. Objects that are made for it live in the session of the call and go with it.
 *
 * Sources: PKCS#11 v2.40 current mechanisms, sections 2.1.8 (OAEP), 2.3.12 (ECDH), 2.11 to 2.15 (AES), 2.20 (HMAC).
 */

import { createHash, randomBytes } from 'node:crypto';

import type { Mechanism } from 'pkcs11js';

import { ATTRIBUTES, type AttributeName } from '../attribute.ts';
import type { SignAlgorithm, UseAlgorithm, UseOperation, UseRequest } from '../port.ts';
import { readOne, type RawAttribute } from './attribute-codec.ts';
import { call, type Context, type Handle, inSession, refuse, tokenCall } from './context.ts';
import { ecdsaRaw } from './ecdsa.ts';
import { CKF } from './flags.ts';
import { curveOf } from './keys.ts';
import { exactlyOne } from './objects.ts';
import { prepare, signWith } from './sign.ts';
import { withLogin } from './slots.ts';

const CKO_SECRET_KEY = 4;
const CKK_GENERIC_SECRET = 0x10;

/** Parameter types of the binding (CK_PARAMS_…). */
const PARAMS = { aesCbc: 1, gcm: 25, rsaOaep: 4, ecdh: 6 } as const;

interface Algorithm {
  readonly operations: readonly UseOperation[];
  /** Length of the random value that goes before the ciphertext. */
  readonly iv?: number;
  readonly mechanism: (iv: Buffer, data: Buffer) => Mechanism;
}

const plain =
  (mechanism: number): Algorithm['mechanism'] =>
  () => ({ mechanism });

const hmac = (mechanism: number): Algorithm => ({ operations: ['sign', 'verify'], mechanism: plain(mechanism) });

/** Everything but signatures of key pairs, which `sign.ts` knows. */
const ALGORITHMS: Readonly<Record<Exclude<UseAlgorithm, SignAlgorithm>, Algorithm>> = {
  'rsa-oaep-sha1': {
    operations: ['encrypt', 'decrypt', 'wrap', 'unwrap'],
    // CKM_RSA_PKCS_OAEP with CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED.
    mechanism: () => ({
      mechanism: 0x09,
      parameter: { type: PARAMS.rsaOaep, hashAlg: 0x220, mgf: 1, source: 1 },
    }),
  },
  'aes-gcm': {
    operations: ['encrypt', 'decrypt'],
    iv: 12,
    mechanism: (iv) => ({ mechanism: 0x1087, parameter: { type: PARAMS.gcm, iv, ivBits: 96, tagBits: 128 } }),
  },
  'aes-cbc-pad': {
    operations: ['encrypt', 'decrypt', 'wrap', 'unwrap'],
    iv: 16,
    mechanism: (iv) => ({ mechanism: 0x1085, parameter: iv }),
  },
  'aes-cmac': { operations: ['sign', 'verify'], mechanism: plain(0x108a) },
  'aes-kw': { operations: ['wrap', 'unwrap'], mechanism: plain(0x2109) },
  'aes-cbc-derive': {
    operations: ['derive'],
    mechanism: (_iv, data) => ({
      mechanism: 0x1105,
      parameter: { type: PARAMS.aesCbc, iv: Buffer.alloc(16), data },
    }),
  },
  ecdh: {
    operations: ['derive'],
    // CKM_ECDH1_DERIVE with CKD_NULL.
    mechanism: (_iv, data) => ({ mechanism: 0x1050, parameter: { type: PARAMS.ecdh, kdf: 1, publicData: data } }),
  },
  'hmac-sha256': hmac(0x251),
  'hmac-sha384': hmac(0x261),
  'hmac-sha512': hmac(0x271),
};

const isSignature = (algorithm: UseAlgorithm): algorithm is SignAlgorithm => !Object.hasOwn(ALGORITHMS, algorithm);

/** As large as what OAEP or a wrapping adds to the longest input. */
const ROOM = 8192;

interface Used {
  readonly context: Context;
  readonly slot: Handle;
  readonly session: Handle;
  readonly key: Handle;
  readonly request: UseRequest;
}

export function use(context: Context, request: UseRequest): Uint8Array {
  const { token, operation, algorithm, signature } = request;
  const allowed = isSignature(algorithm) ? ['sign', 'verify'] : ALGORITHMS[algorithm].operations;
  if (!allowed.includes(operation))
    refuse({ code: 'bad-input', message: `Nothing is done to ${operation} by ${algorithm}.` });
  if ((operation === 'verify') !== (signature !== undefined)) {
    refuse({ code: 'bad-input', message: 'A signature is needed to verify, and for nothing else.' });
  }
  return withLogin(context, token, ({ slot }) =>
    // Session objects are made in some of these calls, and such a session must be one that may write.
    inSession(context, slot, 'write', (session) => {
      const key = exactlyOne(context, session, request);
      const used = { context, slot, session, key, request };
      return isSignature(algorithm) ? byPair(used, algorithm) : Uint8Array.from(other(used, ALGORITHMS[algorithm]));
    }),
  );
}

/** By a key pair. */
function byPair({ context, slot, session, key, request }: Used, algorithm: SignAlgorithm): Uint8Array {
  const { operation, data, ckaId } = request;
  if (operation === 'sign') return signWith(context, { slot, session, key, ckaId }, { algorithm, data });
  const { mechanism, input, isEcdsa } = prepare(context, { slot, session, key }, algorithm, data, CKF.VERIFY);
  const given = Buffer.from(request.signature!);
  const size = isEcdsa ? curveOf(context, session, key).bytes : 0;
  const signature = isEcdsa ? ecdsaRaw(given, size) : given;
  if (signature === null) return refuse({ code: 'bad-input', message: 'The signature does not have its form.' });
  return verified({ context, slot, session, key, request }, mechanism, input, signature);
}

function verified({ context, session, key, request }: Used, mechanism: Mechanism, input: Buffer, signature: Buffer) {
  const { lib } = context;
  call(context, 'C_VerifyInit', () => {
    lib.C_VerifyInit(session, mechanism, key);
  });
  const right = tokenCall(context, about('C_Verify', request), () => lib.C_Verify(session, input, signature));
  if (!right) {
    refuse({
      code: 'hsm',
      call: 'C_Verify',
      rv: 'CKR_SIGNATURE_INVALID',
      library: context.library,
      message: 'The token says that the signature is not right.',
    });
  }
  return new Uint8Array();
}

const about = <C extends string>(name: C, { ckaId, data }: UseRequest) => ({
  call: name,
  key: Buffer.from(ckaId).toString('hex'),
  sha256: createHash('sha256').update(data).digest('hex'),
});

function other(used: Used, { iv: length = 0, mechanism: of }: Algorithm): Uint8Array {
  const { context, session, key, request } = used;
  const { lib } = context;
  const { operation } = request;
  const given = Buffer.from(request.data);
  const opens = operation === 'decrypt' || operation === 'unwrap';
  const iv = opens ? given.subarray(0, length) : randomBytes(length);
  const data = opens ? given.subarray(length) : given;
  const mechanism = of(iv, data);
  const room = Buffer.alloc(ROOM);
  switch (operation) {
    case 'sign':
      call(context, 'C_SignInit', () => {
        lib.C_SignInit(session, mechanism, key);
      });
      return tokenCall(context, about('C_Sign', request), () => lib.C_Sign(session, data, room));
    case 'verify':
      return verified(used, mechanism, data, Buffer.from(request.signature!));
    case 'encrypt':
      call(context, 'C_EncryptInit', () => {
        lib.C_EncryptInit(session, mechanism, key);
      });
      return Buffer.concat([
        iv,
        tokenCall(context, about('C_Encrypt', request), () => lib.C_Encrypt(session, data, room)),
      ]);
    case 'decrypt':
      call(context, 'C_DecryptInit', () => {
        lib.C_DecryptInit(session, mechanism, key);
      });
      return tokenCall(context, about('C_Decrypt', request), () => lib.C_Decrypt(session, data, room));
    case 'wrap': {
      const carried = tokenCall(context, { call: 'C_CreateObject', session: true }, () =>
        lib.C_CreateObject(session, [...throwAway(), raw('CKA_VALUE', data)]),
      );
      const wrapped = tokenCall(context, about('C_WrapKey', request), () =>
        lib.C_WrapKey(session, mechanism, key, carried, room),
      );
      return Buffer.concat([iv, wrapped]);
    }
    case 'unwrap':
      return digestOf(
        used,
        tokenCall(context, { ...about('C_UnwrapKey', request), session: true }, () =>
          lib.C_UnwrapKey(session, mechanism, key, data, throwAway()),
        ),
      );
    case 'derive': {
      const bytes = request.algorithm === 'ecdh' ? curveOf(context, session, key).bytes : data.length;
      const template = [...throwAway(), raw('CKA_VALUE_LEN', bytes)];
      return digestOf(
        used,
        tokenCall(context, { ...about('C_DeriveKey', request), session: true }, () =>
          lib.C_DeriveKey(session, mechanism, key, template),
        ),
      );
    }
  }
}

const raw = (name: AttributeName, value: boolean | number | Buffer): RawAttribute => ({
  type: ATTRIBUTES[name].type,
  value,
});

/** A secret that lives in this session, may do nothing, and whose value can be read, so that its digest can be taken. */
const throwAway = (): RawAttribute[] => [
  raw('CKA_CLASS', CKO_SECRET_KEY),
  raw('CKA_KEY_TYPE', CKK_GENERIC_SECRET),
  raw('CKA_TOKEN', false),
  raw('CKA_PRIVATE', true),
  raw('CKA_SENSITIVE', false),
  raw('CKA_EXTRACTABLE', true),
  ...(['CKA_SIGN', 'CKA_VERIFY', 'CKA_ENCRYPT', 'CKA_DECRYPT', 'CKA_WRAP', 'CKA_UNWRAP', 'CKA_DERIVE'] as const).map(
    (name) => raw(name, false),
  ),
];

/** SHA-256 of the value of a secret that this session made: enough to compare, and no way out for a key. */
function digestOf({ context, session }: Used, secret: Handle): Uint8Array {
  const { value } = readOne(context, session, secret, 'CKA_VALUE');
  if (!(value instanceof Uint8Array)) {
    return refuse({
      code: 'hsm',
      call: 'C_GetAttributeValue',
      library: context.library,
      message: 'The value of the key that was made for this call cannot be read.',
    });
  }
  const digest = createHash('sha256').update(value).digest();
  value.fill(0);
  return Uint8Array.from(digest);
}
