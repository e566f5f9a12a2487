/** DER, keys, signatures, certificates and requests: against OpenSSL and against every changed byte. */
import { spawnSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { concat, hex, utf8 } from '../../core/bytes.ts';
import { certificationRequest, parseRequest, provesPossession, requestToSign } from '../../core/evidence/csr.ts';
import { elements, members, oid, readUnsigned, sequence, tlv, unsigned } from '../../core/evidence/der.ts';
import { fromPem, pem } from '../../core/evidence/pem.ts';
import { isLowS, lowS, verifySignature } from '../../core/evidence/signature.ts';
import { keyKind, signNameOf, type SignName } from '../../core/evidence/spki.ts';
import {
  attestationFields,
  BUNDLE_SIGNING_EKU,
  certificate,
  certificateToSign,
  chainProblem,
  parseCertificate,
  rootFields,
  type CertificateFields,
} from '../../core/evidence/x509.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { makeKey, type Kind, type StandIn } from './keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'conclave-certificates-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const openssl = (...args: string[]) => spawnSync('openssl', args, { encoding: 'utf8' });

const KINDS = ['ec-p256', 'ec-p384', 'ec-p521', 'rsa-3072'] as const satisfies readonly Kind[];
const VAULT = '6e0a3c6e-93a0-4c1f-9b1a-1f2e3d4c5b6a';
const DATES = { notBefore: '2026-03-18T09:00:00Z', notAfter: '2051-03-18T09:00:00Z' };
const AT = Date.parse('2030-01-01T00:00:00Z');

function chain(rootKind: Kind = 'ec-p384', leafKind: Kind = 'ec-p256', dates = DATES) {
  const [root, leaf] = [makeKey(rootKind), makeKey(leafKind)];
  const sign = (fields: CertificateFields, by: StandIn = root): Uint8Array =>
    certificate(fields, by.sign(certificateToSign(fields)));
  const request = { vault: VAULT, ...dates, rootSpki: root.spki };
  const fields = {
    root: rootFields(crypto, request),
    leaf: attestationFields(crypto, { ...request, spki: leaf.spki }),
  };
  return { root, leaf, fields, sign, rootDer: sign(fields.root), leafDer: sign(fields.leaf) };
}

test.for(KINDS)('OpenSSL verifies a chain under an operator root with %s, and reads our usage', (kind) => {
  const { rootDer, leafDer } = chain(kind);
  const root = file('root.pem', pem('CERTIFICATE', rootDer));
  const leaf = file('leaf.pem', pem('CERTIFICATE', leafDer));
  const args = ['verify', '-x509_strict', '-no-CApath', '-no-CAstore', '-attime', String(AT / 1000), '-CAfile', root];
  const verified = openssl(...args, leaf);
  expect(verified.stderr + verified.stdout).toContain(`${leaf}: OK`);
  const shown = openssl('x509', '-in', leaf, '-noout', '-text').stdout;
  expect(shown).toContain(BUNDLE_SIGNING_EKU);
  expect(shown).toContain('CA:FALSE');
  expect(new X509Certificate(leafDer).checkIssued(new X509Certificate(rootDer))).toBe(true);
});

test('our own check of the chain agrees, and refuses each way in which it can be wrong', async () => {
  const one = chain();
  const problem = (rootDer: Uint8Array, leafDer: Uint8Array, at = AT) => chainProblem(crypto, rootDer, leafDer, at);
  expect(await problem(one.rootDer, one.leafDer)).toBeNull();
  const two = chain();
  expect(await problem(two.rootDer, one.leafDer)).toContain('another key');
  expect(await problem(one.leafDer, one.leafDer)).toContain('operator root');
  expect(await problem(one.rootDer, one.rootDer)).toContain('agreed form');
  const forged = one.sign(one.fields.leaf, two.root);
  expect(await problem(one.rootDer, forged)).toContain('has not signed the attestation key certificate');
  expect(await problem(one.sign(one.fields.root, two.root), one.leafDer)).toContain('has not signed its own');
  expect(await problem(one.rootDer, one.leafDer, Date.parse('2026-03-18T08:59:59Z'))).toContain('not valid');
  expect(await problem(one.rootDer, one.leafDer, Date.parse('2051-03-18T09:00:01Z'))).toContain('not valid');
  const other = one.sign({ ...one.fields.leaf, issuer: 'Someone else' });
  expect(await problem(one.rootDer, other)).toContain('another issuer');
  const wrongId = one.sign({ ...one.fields.leaf, subjectKeyId: new Uint8Array(20) });
  expect(await problem(one.rootDer, wrongId)).toContain('key identifier');
});

test('no byte of a certificate can be changed without notice', async () => {
  const { rootDer, leafDer } = chain();
  for (let at = 0; at < leafDer.length; at++) {
    const altered = leafDer.slice();
    altered[at] = altered[at]! ^ 1;
    expect(await chainProblem(crypto, rootDer, altered, AT), `byte ${at}`).not.toBeNull();
  }
});

test('a certificate by OpenSSL itself, with extensions of its own, is not of the agreed form', () => {
  const key = join(folder, 'self.key');
  const cert = join(folder, 'self.der');
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-outform',
    'DER',
    '-out',
    cert,
    '-subj',
    '/CN=x',
  );
  const made = openssl('x509', '-inform', 'DER', '-in', cert, '-outform', 'PEM').stdout;
  const der = fromPem('CERTIFICATE', utf8(made));
  expect(der).not.toBeNull();
  expect(parseCertificate(der!)).toBeNull();
});

const REQUESTS: readonly (readonly [Kind, SignName])[] = [
  ['ec-p256', 'ecdsa-sha256'],
  ['ec-p384', 'ecdsa-sha384'],
  ['rsa-3072', 'rsa-pss-sha256'],
  ['rsa-3072', 'rsa-pkcs1-sha256'],
];

test.for(REQUESTS)('OpenSSL verifies a request of %s with %s, and so do we', async ([kind, name]) => {
  const key = makeKey(kind);
  const fields = { commonName: 'ALD-CS-2026-A', spki: key.spki };
  const signature = key.sign(requestToSign(fields), name === 'rsa-pkcs1-sha256' ? 'pkcs1' : 'evidence');
  const der = certificationRequest(fields, name, signature);
  const path = file('request.pem', pem('CERTIFICATE REQUEST', der));
  expect(openssl('req', '-in', path, '-verify', '-noout').stderr).toContain('verify OK');
  const request = parseRequest(der)!;
  expect(request.commonName).toBe('ALD-CS-2026-A');
  expect(await provesPossession(crypto, request)).toBe(true);
  const swapped = parseRequest(certificationRequest({ ...fields, spki: makeKey(kind).spki }, name, signature))!;
  expect(await provesPossession(crypto, swapped)).toBe(false);
});

test('no byte of a request can be changed without notice', async () => {
  const key = makeKey('ec-p384');
  const fields = { commonName: 'K', spki: key.spki };
  const der = certificationRequest(fields, 'ecdsa-sha384', key.sign(requestToSign(fields)));
  for (let at = 0; at < der.length; at++) {
    const altered = der.slice();
    altered[at] = altered[at]! ^ 1;
    const request = parseRequest(altered);
    expect(request !== null && (await provesPossession(crypto, request)), `byte ${at}`).toBe(false);
  }
});

test.for([...KINDS, 'ed25519'] as const)(
  'the kind of a %s key is read, and no trailing byte is let through',
  (kind) => {
    const { spki } = makeKey(kind);
    const read = keyKind(spki);
    expect(read).not.toBeNull();
    expect(keyKind(concat(spki, new Uint8Array(1)))).toBeNull();
    expect(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).asymmetricKeyType).toBe(read!.kind);
  },
);

test('a signature counts in its low-S form only, and normalising keeps it valid', async () => {
  const key = makeKey('ec-p256');
  const message = utf8('m');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const low = key.sign(message);
  const [r, s] = members(low)!.map((item) => readUnsigned(item)!) as [Uint8Array, Uint8Array];
  const highS = (order - BigInt(`0x${hex(s)}`)).toString(16).padStart(64, '0');
  const high = sequence(unsigned(r), unsigned(new Uint8Array(Buffer.from(highS, 'hex'))));
  const signName = signNameOf(keyKind(key.spki)!);
  expect(signName).toBe('ecdsa-sha256');
  expect(await crypto.verify({ kind: 'ecdsa', hash: 'sha256' }, key.spki, message, high)).toBe(true);
  expect(isLowS('P-256', high)).toBe(false);
  expect(await verifySignature(crypto, key.spki, message, high)).toBe(false);
  expect(hex(lowS('P-256', high)!)).toBe(hex(low));
  expect(await verifySignature(crypto, key.spki, message, low)).toBe(true);
});

test.for([
  ['a long form length', '3081060201010201ff'],
  ['a padded integer', '300702020001020101'],
  ['a negative integer', '30060201ff020101'],
  ['a zero', '3006020100020101'],
  ['a third number', '3009020101020101020101'],
  ['a trailing byte', '300602010102010100'],
  ['nothing', ''],
])('an ECDSA signature with %s is refused', ([, text]) => {
  expect(isLowS('P-256', new Uint8Array(Buffer.from(text!, 'hex')))).toBe(false);
  expect(lowS('P-256', new Uint8Array(Buffer.from(text!, 'hex')))).toBeNull();
});

test('a signature by an RSA key of 2048 bits is not accepted as evidence', async () => {
  const { generateKeyPairSync, sign, constants } = await import('node:crypto');
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  const signature = sign('sha256', Buffer.from('m'), {
    key: privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  });
  expect(keyKind(spki)).toEqual({ kind: 'rsa', bits: 2048 });
  expect(await verifySignature(crypto, spki, utf8('m'), new Uint8Array(signature))).toBe(false);
});

test('DER elements are read as they were written, whatever their length', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), (bodies) => {
      const items = bodies.map((body) => tlv(0x04, body));
      const read = members(sequence(...items))!;
      expect(read.map(({ bytes }) => hex(bytes))).toEqual(items.map(hex));
    }),
  );
});

test('arbitrary bytes never make the DER, certificate, request or key readers throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      elements(bytes);
      expect(parseCertificate(bytes)).toBeNull();
      expect(parseRequest(bytes)).toBeNull();
      expect(keyKind(bytes)).toBeNull();
    }),
  );
});

test('an arc of 128 bits is written as OpenSSL reads it', () => {
  const path = file('oid.der', oid(BUNDLE_SIGNING_EKU));
  expect(openssl('asn1parse', '-inform', 'DER', '-in', path).stdout).toContain(BUNDLE_SIGNING_EKU);
});

test('PEM is read in its one form only', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (der) => {
      const text = pem('PUBLIC KEY', der);
      expect(hex(fromPem('PUBLIC KEY', text)!)).toBe(hex(der));
      expect(fromPem('CERTIFICATE', text)).toBeNull();
      expect(fromPem('PUBLIC KEY', concat(utf8('\n'), text))).toBeNull();
      expect(fromPem('PUBLIC KEY', concat(text, utf8('x')))).toBeNull();
    }),
  );
});
