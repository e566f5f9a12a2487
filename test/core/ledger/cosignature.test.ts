import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64, concat, fromBase64, hex, utf8 } from '../../../core/bytes.ts';
import { cosignedMessage, readTimestamped, timestamped } from '../../../core/ledger/cosignature.ts';
import { cosignerKey, cosigning, readAnswer, withLines } from '../../../core/ledger/cosigner.ts';
import {
  checkpointText,
  formatNote,
  formatVkey,
  parseNote,
  parseVkey,
  signatureLine,
  verifierKey,
  verifyCheckpoint,
  verifyNote,
} from '../../../core/ledger/note.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { countPublishedVectors, publishedVector } from '../published.ts';

countPublishedVectors();

const spkiOf = (key: KeyObject) => new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));

/** An Ed25519 key from its 32-byte seed (RFC 8410 section 7). */
const fromSeed = (seed: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });

/** sigsum-go, pkg/checkpoint/checkpoint_test.go: its key is the seed 0x11 and zeros, its time 1234. */
const SIGSUM = {
  seed: new Uint8Array(32).fill(0).with(0, 17),
  text: 'example.org/log\n10\nHA5HAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n',
  time: 1234,
  witness: 'example.org/witness',
  line: '\u2014 example.org/witness ys8uUAAAAAAAAATSftMzceM8zssdZ9jin9SjwIxzx9iADMf63VqirX2hafol9RsqNqbofIz0LVRqHXI2kpEBSki5RTXFtxz1vo9+Cg==\n',
  otherId:
    '\u2014 example.org/witness yX8uUAAAAAAAAATSftMzceM8zssdZ9jin9SjwIxzx9iADMf63VqirX2hafol9RsqNqbofIz0LVRqHXI2kpEBSki5RTXFtxz1vo9+Cg==\n',
  otherName:
    '\u2014 example.org/witness-2 ys8uUAAAAAAAAATSftMzceM8zssdZ9jin9SjwIxzx9iADMf63VqirX2hafol9RsqNqbofIz0LVRqHXI2kpEBSki5RTXFtxz1vo9+Cg==\n',
  tooLong:
    '\u2014 example.org/witness ys8uUAAAAAAAAATSftMzceM8zssdZ9jin9SjwIxzx9iADMf63VqirX2hafol9RsqNqbofIz0LVRqHXI2kpEBSki5RTXFtxz1vo9+CgXX\n',
  log: {
    origin: 'sigsum.org/v1/tree/e796172b92befd62d9dc67e41c2f5bc9d3100a3023b20b1ca40288dd1c679e69',
    signature: 'gJ2ho0n8F8olcerUF1FFdv235A/5as/coWrpLrtE7ovMeP5whgwouYExowG/lTznxu6OUGjjt5yJQ6bXtTcf718MqAQ=',
  },
};

const key = fromSeed(SIGSUM.seed);
const spki = spkiOf(key);
const witness = verifierKey(crypto, SIGSUM.witness, 'cosignature', spki);

describe('cosignature/v1', () => {
  it('is made and verified to the byte as by sigsum-go', async () => {
    const { payload, line } = cosigning(witness, SIGSUM.text, SIGSUM.time);
    expect(line(new Uint8Array(sign(null, payload, key)))).toBe(SIGSUM.line);
    expect(await verifyNote(crypto, formatNote(SIGSUM.text, [SIGSUM.line]), [witness])).toMatchObject({
      ok: true,
      value: { signedBy: [witness] },
    });
    publishedVector('sigsum-go cosignature');
    for (const line of [SIGSUM.otherId, SIGSUM.otherName])
      expect((await verifyNote(crypto, formatNote(SIGSUM.text, [SIGSUM.line, line]), [witness])).ok).toBe(true);
    for (const line of [SIGSUM.otherId, SIGSUM.otherName, SIGSUM.tooLong]) {
      expect((await verifyNote(crypto, formatNote(SIGSUM.text, [line]), [witness])).ok).toBe(false);
      publishedVector('sigsum-go line that is not of this witness');
    }
  });

  it('stands beside the log signature that sigsum-go publishes', async () => {
    const { origin, signature } = SIGSUM.log;
    const log = verifierKey(crypto, origin, 'ed25519', spki);
    const text = checkpointText({ origin, size: 10, root: fromBase64(`HA5H${'A'.repeat(39)}=`)! });
    const note = `${text}\n\u2014 ${origin} ${signature}\n`;
    expect((await verifyCheckpoint(crypto, note, log, [witness])).ok).toBe(true);
    const { payload, line } = cosigning(witness, text, 5);
    const cosigned = withLines(note, [line(new Uint8Array(sign(null, payload, key)))]);
    expect(await verifyCheckpoint(crypto, cosigned, log, [witness])).toMatchObject({
      ok: true,
      value: { signedBy: [log, witness] },
    });
    publishedVector('sigsum-go checkpoint');
  });

  it('signs the message and reads the time of the example of C2SP tlog-cosignature', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    expect(cosignedMessage(1_679_315_147, text)).toEqual(utf8(`cosignature/v1\ntime 1679315147\n${text}`));
    const line =
      'jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==';
    const bytes = fromBase64(line)!;
    expect(hex(bytes.subarray(0, 4))).toBe('8d66cf3f');
    expect(readTimestamped(bytes.subarray(4))).toMatchObject({ time: 1_679_315_147 });
    expect(timestamped(readTimestamped(bytes.subarray(4))!)).toEqual(bytes.slice(4));
    publishedVector('C2SP tlog-cosignature example');
  });

  it('has verifier keys of type 0x04 with the key ids that sigsum-go publishes', () => {
    const parsed = parseVkey(crypto, 'example.org/key+57bfe580+BAFFLINGNESS+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
    expect(parsed).toMatchObject({ ok: true, value: { type: 'cosignature', name: 'example.org/key' } });
    expect(parsed.ok && formatVkey(parsed.value)).toBe(
      'example.org/key+57bfe580+BAFFLINGNESS+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    );
    expect(parseVkey(crypto, 'example.org/key+01020304+BAFFLINGNESS+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA').ok).toBe(false);
    publishedVector('sigsum-go verifier key');
  });

  it('is no plain Ed25519 signature, and a plain one is no cosignature, under one key', async () => {
    const plain = verifierKey(crypto, SIGSUM.witness, 'ed25519', spki);
    expect(hex(plain.id)).not.toBe(hex(witness.id));
    const signed = signatureLine(plain.name, witness.id, new Uint8Array(sign(null, utf8(SIGSUM.text), key)));
    expect((await verifyNote(crypto, formatNote(SIGSUM.text, [signed]), [witness])).ok).toBe(false);
    const relabelled = signatureLine(
      plain.name,
      plain.id,
      fromBase64(SIGSUM.line.split(' ')[2]!.trimEnd())!.subarray(4),
    );
    expect((await verifyNote(crypto, formatNote(SIGSUM.text, [relabelled]), [plain])).ok).toBe(false);
  });

  it('does not survive any changed bit of time, signature or text', async () => {
    const bytes = fromBase64(SIGSUM.line.split(' ')[2]!.trimEnd())!;
    for (let bit = 32; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const line = `\u2014 ${SIGSUM.witness} ${base64(changed)}\n`;
      expect((await verifyNote(crypto, formatNote(SIGSUM.text, [line]), [witness])).ok).toBe(false);
    }
    const other = SIGSUM.text.replace('10', '11');
    expect((await verifyNote(crypto, formatNote(other, [SIGSUM.line]), [witness])).ok).toBe(false);
  });

  it('carries every time there is, and refuses what is none', () => {
    fc.assert(
      fc.property(
        fc.nat(Number.MAX_SAFE_INTEGER),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        (time, signature) => {
          expect(readTimestamped(timestamped({ time, signature }))).toEqual({ time, signature });
        },
      ),
    );
    for (const length of [0, 71, 73]) expect(readTimestamped(new Uint8Array(length))).toBeNull();
    expect(readTimestamped(new Uint8Array(72).fill(0xff))).toBeNull();
    for (const time of [-1, 1.5, 2 ** 53]) {
      expect(() => timestamped({ time, signature: new Uint8Array(64) })).toThrow(RangeError);
    }
  });
});

describe('people as cosigners', () => {
  const origin = 'conclave.example/vault/test';
  const person = (privateKey: KeyObject) => ({ person: 'custodian-1', spki: base64(spkiOf(privateKey)) });
  const text = checkpointText({ origin, size: 7, root: crypto.sha256(utf8('root')) });

  it('sign as cosignature/v1 with a key file, and as ECDSA with a card on P-256 or P-384', async () => {
    const cases = [
      [generateKeyPairSync('ed25519').privateKey, 'cosignature', null],
      [generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'ecdsa', 'sha256'],
      [generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'ecdsa', 'sha256'],
    ] as const;
    for (const [privateKey, type, hash] of cases) {
      const known = cosignerKey(crypto, origin, person(privateKey))!;
      expect(known).toMatchObject({ type, name: `${origin}/custodian-1` });
      const { payload, line } = cosigning(known, text, 1_800_000_000);
      const answer = line(new Uint8Array(sign(hash, payload, privateKey)));
      expect(await readAnswer(crypto, answer, text, [known])).toEqual({
        ok: true,
        value: [{ key: known, line: answer, time: type === 'cosignature' ? 1_800_000_000 : null }],
      });
      expect((await readAnswer(crypto, answer, text.replace('7', '8'), [known])).ok).toBe(false);
    }
  });

  it('cosign with no other kind of key', () => {
    for (const privateKey of [
      generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
      generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey,
    ])
      expect(cosignerKey(crypto, origin, person(privateKey))).toBeNull();
    expect(cosignerKey(crypto, origin, { person: 'custodian-1', spki: '' })).toBeNull();
  });

  it('have their lines taken from an answer; strangers are passed over, other text is refused', async () => {
    const privateKey = generateKeyPairSync('ed25519').privateKey;
    const known = cosignerKey(crypto, origin, person(privateKey))!;
    const { payload, line } = cosigning(known, text, 3);
    const own = line(new Uint8Array(sign(null, payload, privateKey)));
    const stranger = signatureLine('witness.example/w9', new Uint8Array(4), new Uint8Array(72));
    const read = (answer: string) => readAnswer(crypto, answer, text, [known]);
    expect(await read(stranger + own)).toMatchObject({ ok: true, value: [{ line: own }] });
    expect(await read(stranger)).toEqual({ ok: true, value: [] });
    const bad = signatureLine(known.name, known.id, concat(new Uint8Array(71), new Uint8Array([1])));
    for (const answer of [own + bad, '', 'no lines\n', `x\n\n${own}`, own.trimEnd(), own.replace('\n', '\r\n')])
      expect((await read(answer)).ok).toBe(false);
  });

  it('are added to a note once', () => {
    const note = formatNote(text, [signatureLine(origin, new Uint8Array(4), new Uint8Array(64))]);
    const lines = ['a', 'b'].map((name) => signatureLine(name, new Uint8Array(4), new Uint8Array(72)));
    const both = withLines(withLines(note, [lines[0]!]), [lines[0]!, lines[1]!, lines[1]!]);
    expect(both).toBe(note + lines.join(''));
    expect(parseNote(both)).toMatchObject({ ok: true });
  });
});
