/** Generates key pairs and rebuilds their public keys. */

import { createPublicKey, type JsonWebKey } from 'node:crypto';

import { ATTRIBUTES } from '../attribute.ts';
import type {
  AttributeName,
  GenerateRequest,
  GenerateSecretRequest,
  KeyMechanism,
  ObjectSummary,
  SecretMechanism,
  TokenRef,
} from '../port.ts';
import { encode, readOne, type RawAttribute } from './attribute-codec.ts';
import { type Context, type Handle, inSession, refuse, tokenCall } from './context.ts';
import { exactlyOne, findKeys } from './objects.ts';
import { withLogin } from './slots.ts';

const CKM_RSA_PKCS_KEY_PAIR_GEN = 0x0000;
const CKM_EC_KEY_PAIR_GEN = 0x1040;
const CKK_RSA = 0x00;
const CKK_EC = 0x03;
const CKK_EC_EDWARDS = 0x40;
/** PKCS#11 v3.0; the binding has no name for it, and takes the number. */
const CKM_EC_EDWARDS_KEY_PAIR_GEN = 0x1055;
const CKO_PUBLIC_KEY = 2;
const CKO_PRIVATE_KEY = 3;
const CKO_SECRET_KEY = 4;

/** Key type, generation mechanism and length in bytes of secret keys. */
const SECRETS: Readonly<Record<SecretMechanism, readonly [keyType: number, generation: number, bytes: number]>> = {
  'aes-128': [0x1f, 0x1080, 16],
  'aes-192': [0x1f, 0x1080, 24],
  'aes-256': [0x1f, 0x1080, 32],
  // CKK_GENERIC_SECRET: every module with HMAC takes it, and few have the key types of single hashes.
  'hmac-sha256': [0x10, 0x350, 32],
  'hmac-sha384': [0x10, 0x350, 48],
  'hmac-sha512': [0x10, 0x350, 64],
};

interface Curve {
  readonly jwk: 'P-256' | 'P-384' | 'P-521';
  /** DER of the named curve's object identifier, the value of CKA_EC_PARAMS (RFC 5480 section 2.1.1.1). */
  readonly params: string;
  readonly bytes: number;
}

export const CURVES: readonly Curve[] = [
  { jwk: 'P-256', params: '06082a8648ce3d030107', bytes: 32 },
  { jwk: 'P-384', params: '06052b81040022', bytes: 48 },
  { jwk: 'P-521', params: '06052b81040023', bytes: 66 },
];

const EC: Readonly<Partial<Record<KeyMechanism, Curve>>> = {
  'ec-p256': CURVES[0]!,
  'ec-p384': CURVES[1]!,
  'ec-p521': CURVES[2]!,
};

/** DER of id-Ed25519 (RFC 8410 section 3), the value of CKA_EC_PARAMS. */
const ED25519_PARAMS = Buffer.from('06032b6570', 'hex');

/** DER SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 section 4). */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** PrintableString `edwards25519`, in hex. */
const EDWARDS_NAME = '130c656477617264733235353139';

const RSA_BITS: Readonly<Partial<Record<KeyMechanism, number>>> = {
  'rsa-2048': 2048,
  'rsa-3072': 3072,
  'rsa-4096': 4096,
};

const raw = (name: AttributeName, value: boolean | number | Buffer): RawAttribute => ({
  type: ATTRIBUTES[name].type,
  value,
});

/** The public half's parameters, from which the token derives everything else. */
function parameters(mechanism: KeyMechanism): RawAttribute[] {
  if (mechanism === 'ed25519') return [raw('CKA_EC_PARAMS', ED25519_PARAMS)];
  const curve = EC[mechanism];
  if (curve !== undefined) return [raw('CKA_EC_PARAMS', Buffer.from(curve.params, 'hex'))];
  return [raw('CKA_MODULUS_BITS', RSA_BITS[mechanism]!), raw('CKA_PUBLIC_EXPONENT', Buffer.from([0x01, 0x00, 0x01]))];
}

export function generateKeyPair(
  context: Context,
  request: GenerateRequest,
): { privateKey: ObjectSummary; publicKey: ObjectSummary } {
  const { token, ckaId } = request;
  notThere(context, 'C_GenerateKeyPair', request);
  withLogin(context, token, ({ slot }) =>
    inSession(context, slot, 'write', (session) => {
      makePair(context, session, request);
    }),
  );

  // What counts is what another session sees: a module may report success for half a pair.
  const found = findKeys(context, { token, ckaId });
  const [privateKey, ...morePrivate] = found.filter((object) => object.class === 'private-key');
  const [publicKey, ...morePublic] = found.filter((object) => object.class === 'public-key');
  if (!privateKey || !publicKey || morePrivate.length > 0 || morePublic.length > 0) {
    return refuse({
      code: 'hsm',
      call: 'C_GenerateKeyPair',
      rv: 'CKR_OK',
      library: context.library,
      message: 'The library reports success, but a fresh session does not find exactly one key pair with this CKA_ID.',
      hint: 'Look at the token’s inventory before anything else is done with this key.',
    });
  }
  return { privateKey, publicKey };
}

export function generateKey(context: Context, request: GenerateSecretRequest): ObjectSummary {
  const { token, mechanism, ckaId, label } = request;
  notThere(context, 'C_GenerateKey', request);
  const [keyType, generation, length] = SECRETS[mechanism];
  const template = [
    raw('CKA_CLASS', CKO_SECRET_KEY),
    raw('CKA_KEY_TYPE', keyType),
    raw('CKA_ID', Buffer.from(ckaId)),
    raw('CKA_LABEL', Buffer.from(label)),
    raw('CKA_VALUE_LEN', length),
    ...request.template.map(encode),
  ];
  withLogin(context, token, ({ slot }) =>
    inSession(context, slot, 'write', (session) => {
      const about = { call: 'C_GenerateKey', key: Buffer.from(ckaId).toString('hex'), label } as const;
      tokenCall(context, about, () => context.lib.C_GenerateKey(session, { mechanism: generation }, template));
    }),
  );
  const [made, ...more] = findKeys(context, { token, ckaId });
  if (made?.class !== 'secret-key' || more.length > 0) {
    return refuse({
      code: 'hsm',
      call: 'C_GenerateKey',
      rv: 'CKR_OK',
      library: context.library,
      message:
        'The library reports success, but a fresh session does not find exactly one secret key with this CKA_ID.',
      hint: 'Look at the token’s inventory before anything else is done with this key.',
    });
  }
  return made;
}

/** No second key is made under a CKA_ID or a label that the token already has. */
function notThere(
  context: Context,
  name: 'C_GenerateKey' | 'C_GenerateKeyPair',
  { token, ckaId, label }: Pick<GenerateRequest, 'token' | 'ckaId' | 'label'>,
): void {
  const taken = (policy: 'HSM-3' | 'HSM-4', what: string): never =>
    refuse({
      code: 'refused',
      policy,
      call: name,
      library: context.library,
      message: `The token already has a key with this ${what}, so no second one is made.`,
      hint: 'Find out in the ledger and on the token which act made it.',
    });
  if (findKeys(context, { token, ckaId }).length > 0) taken('HSM-3', 'CKA_ID');
  if (findKeys(context, { token, label }).length > 0) taken('HSM-4', 'label');
}

/** C_GenerateKeyPair, and nothing around it. */
export function makePair(
  context: Context,
  session: Handle,
  request: Pick<GenerateRequest, 'mechanism' | 'ckaId' | 'label' | 'privateTemplate' | 'publicTemplate'>,
): { privateKey: Handle; publicKey: Handle } {
  const { mechanism, ckaId, label } = request;
  const [keyType, generation] =
    mechanism === 'ed25519'
      ? [CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN]
      : EC[mechanism] !== undefined
        ? [CKK_EC, CKM_EC_KEY_PAIR_GEN]
        : [CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN];
  const identity = (objectClass: number): RawAttribute[] => [
    raw('CKA_CLASS', objectClass),
    raw('CKA_KEY_TYPE', keyType),
    raw('CKA_ID', Buffer.from(ckaId)),
    raw('CKA_LABEL', Buffer.from(label)),
  ];
  const publicTemplate = [...identity(CKO_PUBLIC_KEY), ...parameters(mechanism), ...request.publicTemplate.map(encode)];
  const privateTemplate = [...identity(CKO_PRIVATE_KEY), ...request.privateTemplate.map(encode)];
  const lasting = request.privateTemplate.some(({ name, value }) => name === 'CKA_TOKEN' && value === true);
  const about = {
    call: 'C_GenerateKeyPair',
    key: Buffer.from(ckaId).toString('hex'),
    label,
    ...(lasting ? {} : { session: true }),
  } as const;
  return tokenCall(context, about, () =>
    context.lib.C_GenerateKeyPair(session, { mechanism: generation }, publicTemplate, privateTemplate),
  );
}

export function publicKeySpki(context: Context, token: TokenRef, ckaId: Uint8Array): Uint8Array {
  return withLogin(context, token, ({ slot }) =>
    inSession(context, slot, 'read', (session) => {
      const object = exactlyOne(context, session, { ckaId, class: 'public-key' });
      return spkiOf(context, session, object);
    }),
  );
}

/** The curve of a key, from its CKA_EC_PARAMS. */
export function curveOf(context: Context, session: Handle, object: Handle): Curve {
  const params = readOne(context, session, object, 'CKA_EC_PARAMS').raw;
  return (
    CURVES.find((curve) => curve.params === params) ??
    unreadable(context, 'The key’s curve is none of P-256, P-384 and P-521 by name.')
  );
}

/**
 * Rebuilt from the key's own numbers, because CKA_PUBLIC_KEY_INFO is empty or missing on most modules. The DER comes
 * out of Node's own encoder, which also refuses a point that is not on the curve.
 */
export function spkiOf(context: Context, session: Handle, object: Handle): Uint8Array {
  const bytes = (name: AttributeName): Uint8Array => {
    const { value } = readOne(context, session, object, name);
    return value instanceof Uint8Array ? value : unreadable(context, `The public key’s ${name} cannot be read.`);
  };
  const keyType = readOne(context, session, object, 'CKA_KEY_TYPE').value;
  if (keyType === CKK_EC_EDWARDS) return edwardsSpki(context, session, object, bytes('CKA_EC_POINT'));
  let jwk: JsonWebKey;
  if (keyType === CKK_EC) {
    const curve = curveOf(context, session, object);
    const point = ecPoint(bytes('CKA_EC_POINT'), curve.bytes);
    if (point === null) return unreadable(context, 'The public key’s CKA_EC_POINT is not an uncompressed point.');
    const b64 = (part: Uint8Array): string => Buffer.from(part).toString('base64url');
    jwk = {
      kty: 'EC',
      crv: curve.jwk,
      x: b64(point.subarray(1, 1 + curve.bytes)),
      y: b64(point.subarray(1 + curve.bytes)),
    };
  } else if (keyType === CKK_RSA) {
    const b64 = (part: Uint8Array): string => Buffer.from(part.subarray(leadingZeros(part))).toString('base64url');
    jwk = { kty: 'RSA', n: b64(bytes('CKA_MODULUS')), e: b64(bytes('CKA_PUBLIC_EXPONENT')) };
  } else {
    return unreadable(context, 'The public key is neither an elliptic curve key nor an RSA key.');
  }
  try {
    return Uint8Array.from(createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' }));
  } catch {
    return unreadable(context, 'The public key on the token is not a valid key.');
  }
}

function edwardsSpki(context: Context, session: Handle, object: Handle, point: Uint8Array): Uint8Array {
  const params = readOne(context, session, object, 'CKA_EC_PARAMS').raw;
  // By object identifier, or by the name that PKCS#11 v3.0 (mechanisms, 2.3.10) also allows.
  if (params !== ED25519_PARAMS.toString('hex') && params !== EDWARDS_NAME) {
    return unreadable(context, 'The key’s curve is none of those that are known here.');
  }
  const wrapped = point.length === 34 && point[0] === 0x04 && point[1] === 32;
  if (!wrapped && point.length !== 32) return unreadable(context, 'The public key’s CKA_EC_POINT has not 32 bytes.');
  const spki = Buffer.concat([ED25519_SPKI, point.subarray(point.length - 32)]);
  try {
    return Uint8Array.from(
      createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({ type: 'spki', format: 'der' }),
    );
  } catch {
    return unreadable(context, 'The public key on the token is not a valid key.');
  }
}

/**
 * The uncompressed point. The standard wraps it in an OCTET STRING (PKCS#11 v2.40 mechanisms, 2.3.3); some modules
 * return it bare. Both begin with 0x04, so the length decides.
 */
export function ecPoint(value: Uint8Array, size: number): Uint8Array | null {
  const length = 1 + 2 * size;
  const bare = value.length === length;
  const header = length < 128 ? [0x04, length] : [0x04, 0x81, length];
  const wrapped = value.length === header.length + length && header.every((byte, i) => value[i] === byte);
  if (!bare && !wrapped) return null;
  const point = value.subarray(value.length - length);
  return point[0] === 0x04 ? point : null;
}

function leadingZeros(bytes: Uint8Array): number {
  const at = bytes.findIndex((byte) => byte !== 0);
  return at < 0 ? bytes.length : at;
}

const unreadable = (context: Context, message: string): never =>
  refuse({ code: 'hsm', call: 'C_GetAttributeValue', library: context.library, message });
