/**
 * The two certificates of a vault (RFC 5280): the operator root, self-signed, and the attestation key's, issued by it.
 * Both have one fixed form. A reader takes the fields out, builds the certificate again from them and compares every
 * byte, so nothing can hide in a certificate that this file does not put there.
 *
 * Private keys are elsewhere: `certificateToSign` gives the bytes, whoever holds the key signs, `certificate` joins.
 */
import { equal, fromUtf8, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import {
  bitString,
  context,
  DER_TRUE,
  members,
  octetString,
  oid,
  readBitString,
  readUnsigned,
  sequence,
  set,
  TAG,
  tlv,
  unsigned,
  utf8String,
  type Element,
} from './der.ts';
import { algorithmIdentified, algorithmIdentifier } from './signature-algorithm.ts';
import { verifySignature } from './signature.ts';
import { keyKind, signNameOf, type SignName } from './spki.ts';

/**
 * Extended key usage "signs Conclave attestation bundles, and nothing else". An arc under a UUID (ITU-T X.667) needs no
 * registration. It is not id-kp-attestationKey: this key signs what software on the workstation passes to it.
 */
export const BUNDLE_SIGNING_EKU = '2.25.114932398694217109365959867684896173167';

const COMMON_NAME = oid('2.5.4.3');
const SUBJECT_KEY_IDENTIFIER = oid('2.5.29.14');
const KEY_USAGE = oid('2.5.29.15');
const BASIC_CONSTRAINTS = oid('2.5.29.19');
const AUTHORITY_KEY_IDENTIFIER = oid('2.5.29.35');
const EXTENDED_KEY_USAGE = oid('2.5.29.37');

export type CertificateRole = 'operator-root' | 'attestation-key';

export interface CertificateFields {
  readonly role: CertificateRole;
  /** Up to 20 bytes, positive, no leading zero byte. */
  readonly serial: Uint8Array;
  readonly issuer: string;
  readonly subject: string;
  /** UTC, whole seconds: `2026-03-18T09:00:00Z`. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** SubjectPublicKeyInfo of the subject, DER. */
  readonly spki: Uint8Array;
  /** Key identifier of the issuer. */
  readonly issuerKeyId: Uint8Array;
  readonly subjectKeyId: Uint8Array;
  readonly algorithm: SignName;
}

/** RFC 7093 section 2, method 1: the leftmost 160 bits of SHA-256 over the key bits. */
export function keyIdentifier(crypto: Crypto, spki: Uint8Array): Uint8Array {
  return crypto.sha256(readBitString(members(spki)?.[1]) ?? new Uint8Array(0)).slice(0, 20);
}

/** Names as Conclave gives them: the vault's UUID and no names of people or firms. */
export const rootName = (vault: string): string => `Conclave operator root ${vault}`;
export const attestationName = (vault: string): string => `Conclave attestation key ${vault}`;

/** A serial number from a digest over what makes the certificate unique, so that no random source is needed. */
export function serialFor(crypto: Crypto, role: CertificateRole, spki: Uint8Array, notBefore: string): Uint8Array {
  const bytes = crypto.sha256(sequence(utf8String(role), utf8String(notBefore), spki)).slice(0, 16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes;
}

const distinguishedName = (commonName: string): Uint8Array =>
  sequence(set(sequence(COMMON_NAME, utf8String(commonName))));

/** RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime after. */
function time(value: string): Uint8Array {
  const digits = value.replace(/[-:T]/g, '');
  return Number(value.slice(0, 4)) < 2050
    ? tlv(TAG.utcTime, utf8(digits.slice(2)))
    : tlv(TAG.generalizedTime, utf8(digits));
}

function readTime(item: Element | undefined): string | null {
  const text = item && fromUtf8(item.body);
  const digits = item?.tag === TAG.utcTime ? `20${text}` : item?.tag === TAG.generalizedTime ? text : null;
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits ?? '') ?? [];
  if (s === undefined) return null;
  const value = `${y}-${mo}-${d}T${h}:${mi}:${s}Z`;
  const at = Date.parse(value);
  return Number.isNaN(at) || new Date(at).toISOString() !== value.replace('Z', '.000Z') ? null : value;
}

const extension = (id: Uint8Array, critical: boolean, value: Uint8Array): Uint8Array =>
  critical ? sequence(id, DER_TRUE, octetString(value)) : sequence(id, octetString(value));

function extensions(fields: CertificateFields): Uint8Array {
  const root = fields.role === 'operator-root';
  return sequence(
    extension(
      BASIC_CONSTRAINTS,
      true,
      // A root that may issue end-entity certificates only, or no authority at all.
      root ? sequence(DER_TRUE, unsigned(new Uint8Array([0]))) : sequence(),
    ),
    // keyCertSign is bit 5, digitalSignature bit 0.
    extension(KEY_USAGE, true, root ? bitString(new Uint8Array([0x04]), 2) : bitString(new Uint8Array([0x80]), 7)),
    ...(root ? [] : [extension(EXTENDED_KEY_USAGE, true, sequence(oid(BUNDLE_SIGNING_EKU)))]),
    extension(SUBJECT_KEY_IDENTIFIER, false, octetString(fields.subjectKeyId)),
    extension(AUTHORITY_KEY_IDENTIFIER, false, sequence(tlv(0x80, fields.issuerKeyId))),
  );
}

/** The TBSCertificate: the bytes that the issuer signs. */
export const certificateToSign = (fields: CertificateFields): Uint8Array =>
  sequence(
    context(0, unsigned(new Uint8Array([2]))), // v3
    unsigned(fields.serial),
    algorithmIdentifier(fields.algorithm),
    distinguishedName(fields.issuer),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    distinguishedName(fields.subject),
    fields.spki,
    context(3, extensions(fields)),
  );

/** The certificate, DER. `signature` is over `certificateToSign(fields)`. */
export const certificate = (fields: CertificateFields, signature: Uint8Array): Uint8Array =>
  sequence(certificateToSign(fields), algorithmIdentifier(fields.algorithm), bitString(signature));

export interface CertificateRequest {
  readonly vault: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** SubjectPublicKeyInfo of the operator root, DER. */
  readonly rootSpki: Uint8Array;
}

/** Fields of the operator root's own certificate. Throws `TypeError` on a key that cannot sign evidence. */
export function rootFields(
  crypto: Crypto,
  { vault, notBefore, notAfter, rootSpki }: CertificateRequest,
): CertificateFields {
  const kind = keyKind(rootSpki);
  if (!kind) throw new TypeError('not a public key');
  const keyId = keyIdentifier(crypto, rootSpki);
  return {
    role: 'operator-root',
    serial: serialFor(crypto, 'operator-root', rootSpki, notBefore),
    issuer: rootName(vault),
    subject: rootName(vault),
    notBefore,
    notAfter,
    spki: rootSpki,
    issuerKeyId: keyId,
    subjectKeyId: keyId,
    algorithm: signNameOf(kind),
  };
}

/** Fields of the attestation key's certificate, to be signed by the operator root. */
export function attestationFields(
  crypto: Crypto,
  request: CertificateRequest & { readonly spki: Uint8Array },
): CertificateFields {
  const root = rootFields(crypto, request);
  return {
    ...root,
    role: 'attestation-key',
    serial: serialFor(crypto, 'attestation-key', request.spki, request.notBefore),
    subject: attestationName(request.vault),
    spki: request.spki,
    subjectKeyId: keyIdentifier(crypto, request.spki),
  };
}

export interface Certificate extends CertificateFields {
  readonly der: Uint8Array;
  readonly toSign: Uint8Array;
  readonly signature: Uint8Array;
}

function readName(item: Element | undefined): string | null {
  const outer = item && members(item.bytes);
  const inner = outer?.[0] && members(outer[0].bytes, TAG.set);
  const pair = inner?.[0] && members(inner[0].bytes);
  return pair?.[1]?.tag === TAG.utf8String ? fromUtf8(pair[1].body) : null;
}

/** The value of an extension by its identifier. */
function extensionValue(list: readonly Element[], id: Uint8Array): Uint8Array | null {
  for (const item of list) {
    const parts = members(item.bytes);
    const value = parts?.[parts.length - 1];
    if (parts?.[0] && equal(parts[0].bytes, id) && value?.tag === TAG.octetString) return value.body;
  }
  return null;
}

/** Reads a certificate of one of the two forms, or gives null. Nothing is verified but the form. */
export function parseCertificate(der: Uint8Array): Certificate | null {
  const outer = members(der);
  const signature = readBitString(outer?.[2]);
  const algorithm = outer?.[1] && algorithmIdentified(outer[1].bytes);
  const tbs = outer?.length === 3 ? members(outer[0]!.bytes) : null;
  if (!tbs || tbs.length !== 8 || !signature || !algorithm) return null;
  const serial = readUnsigned(tbs[1]);
  const issuer = readName(tbs[3]);
  const subject = readName(tbs[5]);
  const validity = members(tbs[4]!.bytes);
  const notBefore = readTime(validity?.[0]);
  const notAfter = readTime(validity?.[1]);
  const wrapped = members(tbs[7]!.bytes, 0xa3);
  const list = wrapped?.[0] && members(wrapped[0].bytes);
  const subjectKey = list && extensionValue(list, SUBJECT_KEY_IDENTIFIER);
  const authority = list && extensionValue(list, AUTHORITY_KEY_IDENTIFIER);
  const subjectKeyId = subjectKey && members(tlv(TAG.sequence, subjectKey))?.[0]?.body;
  const issuerKeyId = authority && members(authority)?.[0]?.body;
  if (!serial || serial.length > 20 || issuer === null || subject === null || !notBefore || !notAfter) return null;
  if (!list || !subjectKeyId || !issuerKeyId) return null;
  const role = extensionValue(list, EXTENDED_KEY_USAGE) ? 'attestation-key' : 'operator-root';
  const spki = tbs[6]!.bytes;
  const fields = {
    role,
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
    issuerKeyId,
    subjectKeyId,
    algorithm,
  } as const;
  if (!equal(certificate(fields, signature), der)) return null;
  return { ...fields, der, toSign: outer[0]!.bytes, signature };
}

/** Why a chain of exactly two certificates does not hold at a moment (milliseconds since 1970), or null. */
export async function chainProblem(
  crypto: Crypto,
  rootDer: Uint8Array,
  leafDer: Uint8Array,
  at: number,
): Promise<string | null> {
  const root = parseCertificate(rootDer);
  const leaf = parseCertificate(leafDer);
  if (!root || root.role !== 'operator-root') return 'The operator root is not a certificate in the agreed form.';
  if (!leaf || leaf.role !== 'attestation-key') return 'The attestation key certificate is not in the agreed form.';
  if (root.issuer !== root.subject || leaf.issuer !== root.subject)
    return 'The attestation key certificate names another issuer than this operator root.';
  for (const { spki, subjectKeyId } of [root, leaf])
    if (!equal(subjectKeyId, keyIdentifier(crypto, spki))) return 'A key identifier does not belong to its key.';
  if (!equal(root.issuerKeyId, root.subjectKeyId) || !equal(leaf.issuerKeyId, root.subjectKeyId))
    return 'The attestation key certificate names another key of its issuer.';
  if (!(await verifySignature(crypto, root.spki, root.toSign, root.signature, root.algorithm)))
    return 'The operator root has not signed its own certificate.';
  if (!(await verifySignature(crypto, root.spki, leaf.toSign, leaf.signature, leaf.algorithm)))
    return 'The operator root has not signed the attestation key certificate.';
  for (const { subject, notBefore, notAfter } of [root, leaf])
    // Written so that a time which is none fails too.
    if (!(at >= Date.parse(notBefore) && at <= Date.parse(notAfter)))
      return `The certificate of ${subject} was not valid at the time of the checkpoint.`;
  return null;
}
