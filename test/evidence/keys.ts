/** Keys made by Node that stand in for those of a token, of an operator root and of custodians. */
import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { lowS } from '../../core/evidence/signature.ts';
import type { Curve } from '../../core/evidence/spki.ts';

export interface StandIn {
  readonly spki: Uint8Array;
  /** As Conclave signs with a key of this kind; `sha256` for the log, whose notes take SHA-256 with every curve. */
  sign(message: Uint8Array, use?: 'evidence' | 'note' | 'pkcs1'): Uint8Array;
}

const CURVES = {
  'ec-p256': ['P-256', 'sha256'],
  'ec-p384': ['P-384', 'sha384'],
  'ec-p521': ['P-521', 'sha512'],
} as const;

export type Kind = keyof typeof CURVES | 'rsa-3072' | 'rsa-4096' | 'ed25519';

const standIn = (keys: { publicKey: KeyObject; privateKey: KeyObject }, signer: StandIn['sign']): StandIn => ({
  spki: new Uint8Array(keys.publicKey.export({ format: 'der', type: 'spki' })),
  sign: signer,
});

export function makeKey(kind: Kind): StandIn {
  if (kind === 'ed25519') {
    const keys = generateKeyPairSync('ed25519');
    return standIn(keys, (message) => new Uint8Array(sign(null, message, keys.privateKey)));
  }
  if (kind === 'rsa-3072' || kind === 'rsa-4096') {
    const keys = generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(4)) });
    return standIn(keys, (message, use = 'evidence') => {
      const padding =
        use === 'evidence'
          ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
          : { padding: constants.RSA_PKCS1_PADDING };
      return new Uint8Array(sign('sha256', message, { key: keys.privateKey, ...padding }));
    });
  }
  const [curve, hash] = CURVES[kind];
  const keys = generateKeyPairSync('ec', { namedCurve: curve });
  return standIn(keys, (message, use = 'evidence') => {
    const signature = sign(use === 'note' ? 'sha256' : hash, message, { key: keys.privateKey, dsaEncoding: 'der' });
    return lowS(curve satisfies Curve, new Uint8Array(signature))!;
  });
}
