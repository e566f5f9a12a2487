/**
 * PKCS#10 certification requests (RFC 2986): the proof that whoever asked held the private key. One fixed form, without
 * attributes; the reader rebuilds it and compares every byte.
 */
import { equal, fromUtf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { bitString, context, members, oid, readBitString, sequence, set, TAG, unsigned, utf8String } from './der.ts';
import { algorithmIdentified, algorithmIdentifier } from './signature-algorithm.ts';
import { verifySignature } from './signature.ts';
import type { SignName } from './spki.ts';

const COMMON_NAME = oid('2.5.4.3');

export interface RequestFields {
  /** The key's label. */
  readonly commonName: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
}

/** The CertificationRequestInfo: the bytes that the subject's key signs. */
export const requestToSign = ({ commonName, spki }: RequestFields): Uint8Array =>
  sequence(
    unsigned(new Uint8Array([0])),
    sequence(set(sequence(COMMON_NAME, utf8String(commonName)))),
    spki,
    context(0),
  );

/** The request, DER. `signature` is over `requestToSign(fields)`. */
export const certificationRequest = (fields: RequestFields, algorithm: SignName, signature: Uint8Array): Uint8Array =>
  sequence(requestToSign(fields), algorithmIdentifier(algorithm), bitString(signature));

export interface ParsedRequest extends RequestFields {
  readonly algorithm: SignName;
  readonly signature: Uint8Array;
  readonly toSign: Uint8Array;
}

/** Reads a request of this form, or gives null. Nothing is verified but the form. */
export function parseRequest(der: Uint8Array): ParsedRequest | null {
  const outer = members(der);
  const info = outer?.length === 3 ? members(outer[0]!.bytes) : null;
  const algorithm = outer?.[1] && algorithmIdentified(outer[1].bytes);
  const signature = readBitString(outer?.[2]);
  if (info?.length !== 4 || !algorithm || !signature) return null;
  const relative = members(info[1]!.bytes)?.[0];
  const pair = relative && members(relative.bytes, TAG.set)?.[0];
  const value = pair && members(pair.bytes)?.[1];
  const commonName = value?.tag === TAG.utf8String ? fromUtf8(value.body) : null;
  if (commonName === null) return null;
  const fields = { commonName, spki: info[2]!.bytes };
  if (!equal(certificationRequest(fields, algorithm, signature), der)) return null;
  return { ...fields, algorithm, signature, toSign: outer[0]!.bytes };
}

/** Whether the request is signed by the very key it is about. */
export const provesPossession = (crypto: Crypto, request: ParsedRequest): Promise<boolean> =>
  verifySignature(crypto, request.spki, request.toSign, request.signature, request.algorithm, 'subject');
