/** AlgorithmIdentifiers of the signatures in certificates and requests (RFC 5758, RFC 4055, RFC 8410). */
import { equal } from '../bytes.ts';
import { context, DER_NULL, oid, sequence, unsigned } from './der.ts';
import type { SignName } from './spki.ts';

const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'), DER_NULL);

const IDENTIFIERS: Readonly<Record<SignName, Uint8Array>> = {
  ed25519: sequence(oid('1.3.101.112')),
  'ecdsa-sha256': sequence(oid('1.2.840.10045.4.3.2')),
  'ecdsa-sha384': sequence(oid('1.2.840.10045.4.3.3')),
  'ecdsa-sha512': sequence(oid('1.2.840.10045.4.3.4')),
  'rsa-pkcs1-sha256': sequence(oid('1.2.840.113549.1.1.11'), DER_NULL),
  'rsa-pss-sha256': sequence(
    oid('1.2.840.113549.1.1.10'),
    sequence(
      context(0, SHA256),
      context(1, sequence(oid('1.2.840.113549.1.1.8'), SHA256)),
      context(2, unsigned(new Uint8Array([32]))),
    ),
  ),
};

export const algorithmIdentifier = (name: SignName): Uint8Array => IDENTIFIERS[name];

/** The signature algorithm that this AlgorithmIdentifier names, or null. */
export const algorithmIdentified = (bytes: Uint8Array): SignName | null =>
  (Object.keys(IDENTIFIERS) as SignName[]).find((name) => equal(IDENTIFIERS[name], bytes)) ?? null;
