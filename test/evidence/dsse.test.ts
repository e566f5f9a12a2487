import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base64, fromHex, hex, utf8 } from '../../core/bytes.ts';
import { envelopeBytes, pae, parseEnvelope, verifyEnvelope, type Envelope } from '../../core/evidence/dsse.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { must } from './factory.ts';
import { makeKey, type Kind } from './keys.ts';

const sha256 = (bytes: Uint8Array): string => hex(crypto.sha256(bytes));

const bytes = fc.uint8Array({ maxLength: 200 });
const envelopes = fc.record({
  payloadType: fc.stringMatching(/^[a-z]{1,12}\/[a-z.+-]{1,20}$/),
  payload: bytes,
  keyid: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hex),
  signature: bytes,
});

test("the encoding of the DSSE protocol's own example", () => {
  expect(hex(pae('http://example.com/HelloWorld', utf8('hello world')))).toBe(
    hex(utf8('DSSEv1 29 http://example.com/HelloWorld 11 hello world')),
  );
});

test('lengths in the encoding count bytes, not characters', () => {
  expect(hex(pae('é', utf8('→')))).toBe(hex(utf8('DSSEv1 2 é 3 →')));
});

test('two different pairs of type and payload never have one encoding', () => {
  fc.assert(
    fc.property(fc.string(), bytes, fc.string(), bytes, (typeA, a, typeB, b) => {
      fc.pre(typeA.isWellFormed() && typeB.isWellFormed() && (typeA !== typeB || hex(a) !== hex(b)));
      expect(hex(pae(typeA, a))).not.toBe(hex(pae(typeB, b)));
    }),
  );
});

test('an envelope is read as it was written', () => {
  fc.assert(
    fc.property(envelopes, (envelope) => {
      expect(must(parseEnvelope(envelopeBytes(envelope)))).toEqual(envelope);
    }),
  );
});

test('every single changed byte gives another envelope or none', () => {
  fc.assert(
    fc.property(envelopes, fc.nat(), fc.integer({ min: 1, max: 255 }), (envelope, at, flip) => {
      const file = envelopeBytes(envelope);
      const i = at % file.length;
      file[i] = file[i]! ^ flip;
      const read = parseEnvelope(file);
      if (read.ok) expect(read.value).not.toEqual(envelope);
    }),
  );
});

const sample: Envelope = { payloadType: 'a/b', payload: utf8('x?>'), keyid: '0'.repeat(64), signature: utf8('sig') };
const text = new TextDecoder().decode(envelopeBytes(sample));

test.for([
  ['two signatures', text.replace(/\[(\{.*\})\]/, '[$1,$1]')],
  ['no signature', text.replace(/\[.*\]/, '[]')],
  ['unpadded base64', text.replace('c2ln', 'c2l')],
  ['URL-safe base64', text.replace('eD8+', 'eD8-')],
  ['white space', text.replace(',', ', ')],
  ['another order of members', '{"payloadType":"a/b","payload":"","signatures":[]}'],
  ['a duplicate member', text.replace('{', '{"payload":"AAAA",')],
  ['an extra member', text.replace('{', '{"a":1,')],
  ['a byte order mark', `\uFEFF${text}`],
])('an envelope with %s is refused', ([, altered]) => {
  expect(altered).not.toBe(text);
  expect(parseEnvelope(utf8(altered!)).ok).toBe(false);
});

const KINDS: readonly Kind[] = ['ed25519', 'ec-p256', 'ec-p384', 'ec-p521', 'rsa-3072'];

test.for(KINDS)('a signature by %s verifies, and not over another payload, type, key or key id', async (kind) => {
  const [key, stranger] = [makeKey(kind), makeKey(kind)];
  const payload = utf8('{"a":1}');
  const signature = key.sign(pae('a/b', payload));
  const envelope: Envelope = { payloadType: 'a/b', payload, keyid: sha256(key.spki), signature };
  const verify = (changed: Partial<Envelope>, spki = key.spki, type = 'a/b') =>
    verifyEnvelope(crypto, spki, type, { ...envelope, ...changed });
  expect(await verify({})).toBe(true);
  expect(await verify({ payload: utf8('{"a":2}') })).toBe(false);
  expect(await verify({}, key.spki, 'a/c')).toBe(false);
  expect(await verify({ payloadType: 'a/c' }, key.spki, 'a/c')).toBe(false);
  expect(await verify({ keyid: sha256(stranger.spki) })).toBe(false);
  expect(await verify({ keyid: sha256(stranger.spki) }, stranger.spki)).toBe(false);
});

test('the raw r and s of the DSSE example are not accepted: ECDSA signatures are DER here', async () => {
  const key = makeKey('ec-p256');
  const payload = utf8('hello world');
  const envelope = { payloadType: 'a/b', payload, keyid: sha256(key.spki), signature: fromHex('11'.repeat(64))! };
  expect(await verifyEnvelope(crypto, key.spki, 'a/b', envelope)).toBe(false);
  expect(base64(envelope.signature)).toHaveLength(88);
});
