import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hex, utf8 } from '../../../core/bytes.ts';
import { pgpWords } from '../../../core/digest/words.ts';
import { judgeReceipt, readHead, type Known } from '../../../core/ledger/heads.ts';
import { checkpointText, formatNote, signatureLine, verifierKey } from '../../../core/ledger/note.ts';
import { readReceipt, receiptText, withSignaturesOf } from '../../../core/ledger/receipt.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';

const pair = generateKeyPairSync('ed25519');
const spki = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }));
const ORIGIN = 'ledger.example/vault-1';
const logKey = verifierKey(crypto, ORIGIN, 'ed25519', spki);
const root = crypto.sha256(utf8('root'));
const noteOf = (size: number, of = root) => {
  const text = checkpointText({ origin: ORIGIN, size, root: of });
  return formatNote(text, [signatureLine(ORIGIN, logKey.id, new Uint8Array(sign(null, utf8(text), pair.privateKey)))]);
};
const note = noteOf(42);
const words = {
  environment: 'rehearsal',
  vault: 'Étoile, vault 1',
  holder: 'Ada Lovelace',
  role: 'custodian',
  given: '2026-11-03 09:00:00',
} as const;
const receipt = receiptText(words, note);
const read = (text: string) => readReceipt('receipt.txt', utf8(text));

describe('a receipt', () => {
  it('says in words whose it is, of which ledger, how many entries and which root', () => {
    for (const part of ['TEST ONLY', 'Étoile, vault 1', 'Ada Lovelace, custodian', '2026-11-03 09:00:00', '42'])
      expect(receipt).toContain(part);
    for (const group of hex(root).match(/.{4}/g)!) expect(receipt).toContain(group);
    for (const word of pgpWords(hex(root))) expect(receipt).toContain(word);
    expect(receipt.endsWith(note)).toBe(true);
    expect(receiptText({ ...words, environment: 'production' }, note)).not.toContain('TEST ONLY');
  });

  it('is read as the note in it, as is a bare note', () => {
    for (const text of [receipt, note]) expect(read(text)).toMatchObject({ says: { origin: ORIGIN, size: 42, root } });
    expect(new TextDecoder().decode(read(receipt).note)).toBe(note);
  });

  it('is read after it went through another system’s line ends, byte order mark and empty last lines', () => {
    for (const text of [receipt.replaceAll('\n', '\r\n'), `\uFEFF${receipt}`, `${receipt}\n\n`, receipt.trimEnd()])
      expect(read(text)).toMatchObject({ says: { size: 42 } });
  });

  it('is none where its words are those of another root, or its note is no checkpoint', () => {
    const other = noteOf(42, crypto.sha256(utf8('other')));
    for (const text of [
      receipt.slice(0, -note.length) + other,
      receipt.replace(pgpWords(hex(root))[3]!, 'aardvark'),
      receipt.slice(0, -note.length),
      receipt.replace('\u2014 ', '- '),
      'x'.repeat(200_000),
      '',
    ])
      expect(read(text).says).toBeNull();
    expect(() => receiptText(words, 'no note')).toThrow(TypeError);
  });

  it('shows a ledger that was cut off, one that was forked, and one that it does not belong to, by name', async () => {
    const known = (change: Partial<Known> = {}): Known => ({
      size: 50,
      roots: new Map([[42, root]]),
      complete: true,
      logKey,
      cosigners: [],
      ...change,
    });
    const policy = async (text: string, change?: Partial<Known>) => {
      const { result, policy: id } = await judgeReceipt(crypto, read(text), known(change));
      return id ?? result;
    };
    expect(await policy(receipt)).toBe('PASS');
    expect(await policy(receipt, { size: 40, roots: new Map() })).toBe('RECEIPT-1');
    expect(await policy(receipt, { roots: new Map([[42, crypto.sha256(root)]]) })).toBe('RECEIPT-2');
    expect(await policy(receipt.replace('\n42\n', '\n41\n'))).toBe('RECEIPT-3');
    expect(await policy('nothing')).toBe('RECEIPT-3');
    expect(await policy(receipt, { logKey: null })).toBe('NOT CHECKED');
  });

  it('can be shortened to the signatures of one person and the log, for a code on paper', () => {
    const more =
      note +
      signatureLine('a', new Uint8Array(4), new Uint8Array(72)) +
      signatureLine('b', new Uint8Array(4), new Uint8Array(72));
    const short = withSignaturesOf(more, [ORIGIN, 'b'])!;
    expect(short).toBe(note + signatureLine('b', new Uint8Array(4), new Uint8Array(72)));
    expect(readHead('', utf8(short)).says).toMatchObject({ size: 42 });
    expect(withSignaturesOf('nothing', ['b'])).toBeNull();
  });
});
