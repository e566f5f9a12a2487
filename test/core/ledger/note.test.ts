import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64, concat, hex, utf8 } from '../../../core/bytes.ts';
import {
  checkpointText,
  formatNote,
  formatVkey,
  isKeyName,
  MAX_SIGNATURES,
  parseCheckpoint,
  parseNote,
  parseVkey,
  signatureLine,
  verifierKey,
  verifyCheckpoint,
  verifyNote,
  type NoteKeyType,
  type VerifierKey,
} from '../../../core/ledger/note.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { countPublishedVectors, publishedVector } from '../published.ts';

/** The example of C2SP signed-note. */
const EXAMPLE_VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const EXAMPLE_NOTE = `This is an example message.

\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

interface Signer {
  readonly key: VerifierKey;
  line(text: string): string;
}

const PAIRS: Readonly<
  Record<string, { type: NoteKeyType; hash: string | null; privateKey: KeyObject; publicKey: KeyObject }>
> = {
  'Ed25519 (0x01)': { type: 'ed25519', hash: null, ...generateKeyPairSync('ed25519') },
  'ECDSA P-256 (0x02)': { type: 'ecdsa', hash: 'sha256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  'ECDSA P-384 (0x02)': { type: 'ecdsa', hash: 'sha256', ...generateKeyPairSync('ec', { namedCurve: 'P-384' }) },
  'RSA 3072 (0xff)': { type: 'rsa', hash: 'sha256', ...generateKeyPairSync('rsa', { modulusLength: 3072 }) },
};
const KINDS = Object.keys(PAIRS);

function signer(kind: string, name: string): Signer {
  const { type, hash, privateKey, publicKey } = PAIRS[kind]!;
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const key = verifierKey(crypto, name, type, spki);
  return { key, line: (text) => signatureLine(name, key.id, sign(hash, utf8(text), privateKey)) };
}

const log = signer('ECDSA P-256 (0x02)', 'ledger.example/vault-1');
const witness = signer('Ed25519 (0x01)', 'witness.example/1');
const root = crypto.sha256(utf8('root'));
const text = checkpointText({ origin: log.key.name, size: 42, root });
const good = formatNote(text, [log.line(text)]);

countPublishedVectors();

describe('signed notes', () => {
  it('verifies the example of C2SP signed-note', async () => {
    const key = parseVkey(crypto, EXAMPLE_VKEY);
    if (!key.ok) throw new Error(key.error.message);
    expect(key.value).toMatchObject({ name: 'example.com/foo', type: 'ed25519' });
    expect(formatVkey(key.value)).toBe(EXAMPLE_VKEY);
    expect(await verifyNote(crypto, EXAMPLE_NOTE, [key.value])).toMatchObject({
      ok: true,
      value: { text: 'This is an example message.\n', signedBy: [key.value] },
    });
    expect((await verifyNote(crypto, EXAMPLE_NOTE.replace('example message', 'exbmple message'), [key.value])).ok).toBe(
      false,
    );
    publishedVector('C2SP signed-note example');
  });

  it.each(KINDS)('verifies a note signed with %s, and carries its key as a vkey', async (kind) => {
    const { key, line } = signer(kind, 'log.example/a');
    expect(parseVkey(crypto, formatVkey(key))).toEqual({ ok: true, value: key });
    const note = formatNote('some text\n', [line('some text\n')]);
    expect((await verifyNote(crypto, note, [key])).ok).toBe(true);
    expect((await verifyNote(crypto, note.replace('some', 'same'), [key])).ok).toBe(false);
  });

  it('derives key ids as the C2SP table says', () => {
    const sha = (...parts: Uint8Array[]) => hex(crypto.sha256(concat(...parts)).slice(0, 4));
    const of = (kind: string) => signer(kind, 'log.example/a').key;
    const [ed, ec, rsa] = [of('Ed25519 (0x01)'), of('ECDSA P-384 (0x02)'), of('RSA 3072 (0xff)')];
    const name = utf8('log.example/a\n');
    expect(hex(ed.id)).toBe(sha(name, new Uint8Array([1]), ed.spki.slice(12)));
    expect(hex(ec.id)).toBe(sha(ec.spki));
    expect(hex(rsa.id)).toBe(sha(name, new Uint8Array([0xff]), utf8('PKIX-RSA-PKCS#1v1.5'), rsa.spki));
  });

  it('ignores signatures of unknown keys, also under a known name or a known key id', async () => {
    const stranger = signatureLine(log.key.name, new Uint8Array([1, 2, 3, 4]), new Uint8Array(70));
    const sameId = signatureLine('other.example', log.key.id, new Uint8Array(70));
    const note = formatNote(text, [stranger, log.line(text), sameId]);
    expect(await verifyNote(crypto, note, [log.key])).toMatchObject({ ok: true, value: { signedBy: [log.key] } });
  });

  it('refuses the whole note for one bad signature of a known key, good ones of others notwithstanding', async () => {
    const bad = signatureLine(witness.key.name, witness.key.id, new Uint8Array(64));
    expect((await verifyNote(crypto, formatNote(text, [log.line(text), bad]), [log.key])).ok).toBe(true);
    expect((await verifyNote(crypto, formatNote(text, [log.line(text), bad]), [log.key, witness.key])).ok).toBe(false);
    const twice = formatNote(text, [log.line(text), signatureLine(log.key.name, log.key.id, new Uint8Array(70))]);
    expect((await verifyNote(crypto, twice, [log.key])).ok).toBe(false);
  });

  it('refuses a note that no known key has signed', async () => {
    expect((await verifyNote(crypto, good, [witness.key])).ok).toBe(false);
    expect((await verifyNote(crypto, good, [])).ok).toBe(false);
  });

  it('accepts sixteen signatures and has a limit', async () => {
    const many = (n: number) => formatNote(text, [log.line(text), ...Array<string>(n - 1).fill(witness.line(text))]);
    expect(await verifyNote(crypto, many(16), [log.key, witness.key])).toMatchObject({
      ok: true,
      value: { signedBy: [log.key, witness.key] },
    });
    expect(parseNote(many(MAX_SIGNATURES)).ok).toBe(true);
    expect(parseNote(many(MAX_SIGNATURES + 1)).ok).toBe(false);
  });

  it('takes the last empty line as the end of the text, so the text may have empty lines', async () => {
    const body = 'first\n\n\u2014 not.a signature\n\nlast\n';
    const note = formatNote(body, [log.line(body)]);
    expect(await verifyNote(crypto, note, [log.key])).toMatchObject({ ok: true, value: { text: body } });
  });

  const line = log.line(text);
  it.each([
    ['no signature', `${text}\n`],
    ['no empty line', text + line],
    ['no newline at its end', good.slice(0, -1)],
    ['an empty line at its end', `${good}\n`],
    ['a carriage return', good.replace('\n', '\r\n')],
    ['a tab', good.replace('42', '42\t')],
    ['a NUL', good.replace('42', '42\0')],
    ['a hyphen for the dash', good.replace('\u2014', '-')],
    ['two spaces', good.replace('\u2014 ', '\u2014  ')],
    ['a space at the end of a line', good.replace(/\n$/, ' \n')],
    ['base64 without padding', `${text}\n\u2014 a ${base64(new Uint8Array(7)).slice(0, -2)}\n`],
    ['a base64 with loose bits', `${text}\n\u2014 a ${base64(new Uint8Array(7)).replace('A==', 'B==')}\n`],
    ['a signature of no bytes', `${text}\n${signatureLine('a', new Uint8Array(4), new Uint8Array())}`],
    ['a key name with a plus', good.replace('vault-1 ', 'vault+1 ')],
    ['a key name with a no-break space', good.replace('vault-1 ', 'vault\u00a01 ')],
    ['a line among the signatures that is not one', `${good}remark\n`],
    ['a lone surrogate', good.replace('42', '\ud800')],
  ])('refuses a note with %s', (_what, note) => {
    expect(parseNote(note).ok).toBe(false);
    expect(parseNote(good).ok).toBe(true);
  });

  it('refuses bytes that are not UTF-8, and notes without end', () => {
    expect(parseNote(concat(utf8(good), new Uint8Array([0xff, 0x0a]))).ok).toBe(false);
    expect(parseNote('a\n'.repeat(600_000) + good).ok).toBe(false);
    expect(parseNote(utf8(good)).ok).toBe(true);
  });

  it('never verifies a note in which a bit was flipped in the text', async () => {
    const bytes = utf8(good);
    const signed = utf8(text).length;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: signed * 8 - 1 }), async (bit) => {
        const changed = bytes.slice();
        changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
        expect((await verifyNote(crypto, changed, [log.key])).ok).toBe(false);
      }),
    );
  });

  it('has one spelling: a note that parses is written again byte for byte', () => {
    const name = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).filter(isKeyName);
    const signature = fc.tuple(
      name,
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 1, maxLength: 80 }),
    );
    const body = fc.array(fc.stringMatching(/^[ -~]{0,20}$/), { maxLength: 5 }).map((lines) => `${lines.join('\n')}\n`);
    fc.assert(
      fc.property(body, fc.array(signature, { minLength: 1, maxLength: 5 }), (words, signatures) => {
        const note = formatNote(
          words,
          signatures.map((parts) => signatureLine(...parts)),
        );
        const read = parseNote(note);
        if (!read.ok) throw new Error(read.error.message);
        expect(read.value.text).toBe(words);
        const again = read.value.signatures.map((one) => signatureLine(one.name, one.id, one.signature));
        expect(formatNote(read.value.text, again)).toBe(note);
      }),
    );
  });
});

describe('verifier keys', () => {
  it.each([
    ['nothing', ''],
    ['another key id', EXAMPLE_VKEY.replace('530d903a', '530d903b')],
    ['another name', EXAMPLE_VKEY.replace('foo', 'fop')],
    ['a key id in upper case', EXAMPLE_VKEY.replace('530d903a', '530D903A')],
    ['a short key', `a+00000000+${base64(new Uint8Array([1, 2, 3]))}`],
    ['an unknown type', `a+00000000+${base64(new Uint8Array(33).fill(4))}`],
    [
      'another identifier after 0xff',
      `a+00000000+${base64(concat(new Uint8Array([0xff]), utf8('OTHER'), new Uint8Array(40)))}`,
    ],
    ['a newline at its end', `${EXAMPLE_VKEY}\n`],
    ['a space in its name', EXAMPLE_VKEY.replace('example.com', 'example com')],
  ])('refuses %s', (_what, vkey) => {
    expect(parseVkey(crypto, vkey).ok).toBe(false);
  });

  it('are not made under names that notes cannot carry', () => {
    for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u2003b', '\ud800'])
      expect(() => verifierKey(crypto, name, 'ecdsa', log.key.spki)).toThrow(TypeError);
    expect(() => verifierKey(crypto, 'a', 'ed25519', log.key.spki)).toThrow(TypeError);
  });
});

describe('checkpoints', () => {
  it('read back what they say', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (size, hash) => {
          const checkpoint = { origin: 'ledger.example/vault-1', size, root: hash };
          expect(parseCheckpoint(checkpointText(checkpoint))).toEqual({ ok: true, value: checkpoint });
        },
      ),
    );
  });

  it('read the published example of tlog-checkpoint, and pass over extension lines', () => {
    const example = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    for (const body of [example, `${example}opaque\nlines\n`])
      expect(parseCheckpoint(body)).toMatchObject({
        ok: true,
        value: { origin: 'example.com/behind-the-sofa', size: 20852163 },
      });
    publishedVector('C2SP tlog-checkpoint example');
  });

  it.each([
    ['no origin', text.replace(log.key.name, '')],
    ['a leading zero', text.replace('\n42\n', '\n042\n')],
    ['a sign', text.replace('\n42\n', '\n+42\n')],
    ['a negative size', text.replace('\n42\n', '\n-1\n')],
    ['a size beyond the safe integers', text.replace('\n42\n', '\n9007199254740993\n')],
    ['a size of hundreds of digits', text.replace('\n42\n', `\n${'9'.repeat(400)}\n`)],
    ['a short root', text.replace(base64(root), base64(root.slice(1)))],
    ['a root in base64url', text.replace(base64(root), base64(new Uint8Array(32).fill(0xfb)).replaceAll('+', '-'))],
    ['an empty extension line', `${text}\nmore\n`],
    ['no newline at its end', text.slice(0, -1)],
    ['two lines', text.split('\n').slice(0, 2).join('\n') + '\n'],
  ])('are refused with %s', (_what, body) => {
    expect(parseCheckpoint(text).ok).toBe(true);
    expect(parseCheckpoint(body).ok).toBe(false);
  });

  it('count only with the signature of the log named as their origin', async () => {
    const both = formatNote(text, [witness.line(text), log.line(text)]);
    expect(await verifyCheckpoint(crypto, both, log.key, [witness.key])).toMatchObject({
      ok: true,
      value: { size: 42, root, signedBy: [witness.key, log.key] },
    });
    const withoutLog = formatNote(text, [witness.line(text)]);
    expect((await verifyCheckpoint(crypto, withoutLog, log.key, [witness.key])).ok).toBe(false);
    const foreign = checkpointText({ origin: 'other.example', size: 42, root });
    expect((await verifyCheckpoint(crypto, formatNote(foreign, [log.line(foreign)]), log.key)).ok).toBe(false);
    const remark = 'not a checkpoint\n';
    expect((await verifyCheckpoint(crypto, formatNote(remark, [log.line(remark)]), log.key)).ok).toBe(false);
  });
});
