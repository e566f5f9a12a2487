import { constants, createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, hex, utf8 } from '../../core/bytes.ts';
import { RSA_MIN_BITS, SUBJECT_RSA_MIN_BITS, type SignatureAlgorithm } from '../../core/crypto.ts';
import { nodeCrypto as crypto } from '../../electron/crypto.ts';
import { nodeCrypto as standalone } from '../../standalone/crypto.ts';

const message = utf8('the text that was signed');
const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }));
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

interface Row {
  readonly name: string;
  readonly algorithm: SignatureAlgorithm;
  readonly spki: Uint8Array;
  readonly signature: Uint8Array;
}

function row(name: string, algorithm: SignatureAlgorithm, pair: { publicKey: KeyObject; privateKey: KeyObject }): Row {
  const hash = algorithm.kind === 'ed25519' ? null : algorithm.hash;
  const padding = algorithm.kind === 'rsa-pss' ? pss : {};
  const signature = new Uint8Array(sign(hash, message, { key: pair.privateKey, ...padding }));
  return { name, algorithm, spki: spkiOf(pair.publicKey), signature };
}

const GOOD: readonly Row[] = [
  row('Ed25519', { kind: 'ed25519' }, generateKeyPairSync('ed25519')),
  row('ECDSA P-256 with SHA-256', { kind: 'ecdsa', hash: 'sha256' }, ec('P-256')),
  row('ECDSA P-384 with SHA-384', { kind: 'ecdsa', hash: 'sha384' }, ec('P-384')),
  row('ECDSA P-521 with SHA-512', { kind: 'ecdsa', hash: 'sha512' }, ec('P-521')),
  row('RSA PSS', { kind: 'rsa-pss', hash: 'sha256' }, rsa(RSA_MIN_BITS)),
  row('RSA PKCS #1 v1.5', { kind: 'rsa-pkcs1', hash: 'sha256' }, rsa(RSA_MIN_BITS)),
];

const verify = ({ algorithm, spki, signature }: Row, text = message): Promise<boolean> =>
  crypto.verify(algorithm, spki, text, signature);
const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));

describe('the Node cryptography', () => {
  it('hashes as FIPS 180-4 says', () => {
    expect(hex(crypto.sha256(utf8('abc')))).toBe(createHash('sha256').update('abc').digest('hex'));
    expect(hex(crypto.sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each(GOOD)('accepts $name, and refuses it with anything changed', async (good) => {
    expect(await verify(good)).toBe(true);
    expect(await verify(good, utf8('another text'))).toBe(false);
    expect(await verify({ ...good, signature: flip(good.signature) })).toBe(false);
    expect(await verify({ ...good, signature: new Uint8Array() })).toBe(false);
    expect(await verify({ ...good, signature: concat(good.signature, new Uint8Array(1)) })).toBe(false);
    expect(await verify({ ...good, spki: concat(good.spki, new Uint8Array(1)) })).toBe(false);
    expect(await verify({ ...good, spki: good.spki.slice(0, -1) })).toBe(false);
    expect(await verify({ ...good, spki: new Uint8Array() })).toBe(false);
  });

  it.each(GOOD)('refuses $name where the caller expects another algorithm', async (good) => {
    for (const { algorithm } of GOOD)
      if (JSON.stringify(algorithm) !== JSON.stringify(good.algorithm))
        expect(await verify({ ...good, algorithm })).toBe(false);
  });

  it('refuses curves and moduli that the product does not accept', async () => {
    expect(await verify(row('secp256k1', { kind: 'ecdsa', hash: 'sha256' }, ec('secp256k1')))).toBe(false);
    expect(await verify(row('RSA 1024', { kind: 'rsa-pkcs1', hash: 'sha256' }, rsa(1024)))).toBe(false);
  });

  it('draws the line for RSA where the tools without Conclave draw it', async () => {
    for (const bits of [2048, RSA_MIN_BITS - 8, RSA_MIN_BITS]) {
      const { algorithm, spki, signature } = row('', { kind: 'rsa-pss', hash: 'sha256' }, rsa(bits));
      const believed = [crypto, standalone].map((one) => one.verify(algorithm, spki, message, signature));
      const right = bits >= RSA_MIN_BITS;
      expect(await Promise.all(believed), `${bits} bits`).toEqual([right, right]);
    }
  });

  it('draws another line for the key that a ceremony is about, whose signature is no evidence', async () => {
    for (const bits of [2040, SUBJECT_RSA_MIN_BITS]) {
      const { algorithm, spki, signature } = row('', { kind: 'rsa-pss', hash: 'sha256' }, rsa(bits));
      const own = { ...algorithm, by: 'subject' } as SignatureAlgorithm;
      const believed = [crypto, standalone].map((one) => one.verify(own, spki, message, signature));
      const right = bits >= SUBJECT_RSA_MIN_BITS;
      expect(await Promise.all(believed), `${bits} bits`).toEqual([right, right]);
    }
  });
});
