import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64, utf8 } from '../../../core/bytes.ts';
import { leafHash } from '../../../core/ledger/entry.ts';
import { consistencyProof, inclusionProof, rootOf } from '../../../core/ledger/merkle.ts';
import { checkpointText, formatNote, signatureLine, verifierKey } from '../../../core/ledger/note.ts';
import {
  formatConsistencyFile,
  formatInclusionFile,
  parseConsistencyFile,
  parseInclusionFile,
  verifyConsistencyFile,
  verifyInclusionFile,
  type ConsistencyFile,
  type InclusionFile,
} from '../../../core/ledger/proof.ts';
import type { Result } from '../../../core/result.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const logKey = verifierKey(
  crypto,
  'ledger.example/vault-1',
  'ecdsa',
  new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
);

function seal(size: number, root: Uint8Array): string {
  const text = checkpointText({ origin: logKey.name, size, root });
  return formatNote(text, [signatureLine(logKey.name, logKey.id, sign('sha256', utf8(text), privateKey))]);
}

const tree = Array.from({ length: 11 }, (_, i) => leafHash(crypto, new Uint8Array([i])));
const checkpoint = seal(11, rootOf(crypto, tree));
const inclusion: InclusionFile = { index: 6, proof: inclusionProof(crypto, tree, 6), checkpoint };
const consistency: ConsistencyFile = { oldSize: 5, proof: consistencyProof(crypto, tree, 5), checkpoint };
const oldRoot = rootOf(crypto, tree.slice(0, 5));

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe('tlog-proof files', () => {
  it('have the bytes of the format', () => {
    const [first, second] = inclusion.proof;
    expect(formatInclusionFile({ ...inclusion, extra: utf8('x') })).toMatch(
      `c2sp.org/tlog-proof@v1\nextra eA==\nindex 6\n${base64(first!)}\n${base64(second!)}\n`,
    );
    expect(formatInclusionFile({ index: 0, proof: [], checkpoint })).toBe(
      `c2sp.org/tlog-proof@v1\nindex 0\n\n${checkpoint}`,
    );
  });

  it('prove each entry of the sealed tree and no other', async () => {
    for (const [index, hash] of tree.entries()) {
      const text = formatInclusionFile({ index, proof: inclusionProof(crypto, tree, index), checkpoint });
      const file = value(parseInclusionFile(utf8(text)));
      expect(await verifyInclusionFile(crypto, file, hash, logKey)).toMatchObject({ ok: true, value: { size: 11 } });
      expect((await verifyInclusionFile(crypto, file, tree[(index + 1) % 11]!, logKey)).ok).toBe(false);
    }
  });

  it('prove nothing under the checkpoint of another key', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' });
    const key = verifierKey(crypto, logKey.name, 'ecdsa', new Uint8Array(other));
    expect((await verifyInclusionFile(crypto, inclusion, tree[6]!, key)).ok).toBe(false);
  });

  const text = formatInclusionFile(inclusion);
  it.each([
    ['another header', text.replace('@v1', '@v2')],
    ['no header', text.slice(text.indexOf('\n') + 1)],
    ['a leading zero in the index', text.replace('index 6', 'index 06')],
    ['an index that is not a number', text.replace('index 6', 'index six')],
    ['two spaces', text.replace('index 6', 'index  6')],
    ['no index', text.replace('index 6\n', '')],
    ['extra data after the index', text.replace('index 6\n', 'index 6\nextra eA==\n')],
    ['extra data that is not base64', text.replace('index 6\n', 'extra !\nindex 6\n')],
    ['extra data twice', text.replace('index 6\n', 'extra eA==\nextra eA==\nindex 6\n')],
    ['a short hash', text.replace(base64(inclusion.proof[0]!), base64(inclusion.proof[0]!.slice(1)))],
    ['a hash without padding', text.replace(base64(inclusion.proof[0]!), base64(inclusion.proof[0]!).slice(0, -1))],
    ['a carriage return', text.replace('index 6\n', 'index 6\r\n')],
    ['no checkpoint', text.slice(0, text.indexOf('\n\n') + 2)],
    ['an unsigned checkpoint', text.slice(0, text.lastIndexOf('\n\n') + 1)],
    ['64 hashes', formatInclusionFile({ ...inclusion, proof: Array<Uint8Array>(64).fill(tree[0]!) })],
    ['nothing in it', ''],
  ])('are refused with %s', (_what, changed) => {
    expect(parseInclusionFile(text).ok).toBe(true);
    expect(changed).not.toBe(text);
    expect(parseInclusionFile(changed).ok).toBe(false);
  });

  it('have one spelling: what parses is written again byte for byte, also after a flipped bit', () => {
    const bytes = utf8(formatInclusionFile({ ...inclusion, extra: utf8('extra') }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length * 8 - 1 }), (bit) => {
        const changed = bytes.slice();
        changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
        const read = parseInclusionFile(changed);
        if (read.ok) expect(utf8(formatInclusionFile(read.value))).toEqual(changed);
      }),
      { numRuns: 500 },
    );
  });
});

describe('consistency files', () => {
  it('prove that the sealed tree begins with an older one', async () => {
    const file = value(parseConsistencyFile(utf8(formatConsistencyFile(consistency))));
    expect(await verifyConsistencyFile(crypto, file, oldRoot, logKey)).toMatchObject({ ok: true, value: { size: 11 } });
    expect((await verifyConsistencyFile(crypto, file, tree[0]!, logKey)).ok).toBe(false);
    expect((await verifyConsistencyFile(crypto, { ...file, oldSize: 4 }, oldRoot, logKey)).ok).toBe(false);
  });

  it('are the request of tlog-witness: old size, hashes, empty line, checkpoint', () => {
    const lines = consistency.proof.map(base64).join('\n');
    expect(formatConsistencyFile(consistency)).toBe(`old 5\n${lines}\n\n${checkpoint}`);
    expect(parseConsistencyFile(`old 0\n\n${checkpoint}`)).toEqual({
      ok: true,
      value: { oldSize: 0, proof: [], checkpoint },
    });
  });

  const text = formatConsistencyFile(consistency);
  it.each([
    ['no old size', text.slice(text.indexOf('\n') + 1)],
    ['a leading zero', text.replace('old 5', 'old 05')],
    ['another word', text.replace('old 5', 'new 5')],
    ['a hash in hex', text.replace(base64(consistency.proof[0]!), 'ab'.repeat(32))],
    ['64 hashes', formatConsistencyFile({ ...consistency, proof: Array<Uint8Array>(64).fill(tree[0]!) })],
    ['no checkpoint', 'old 5\n\n'],
    ['nothing in it', ''],
  ])('are refused with %s', (_what, changed) => {
    expect(parseConsistencyFile(text).ok).toBe(true);
    expect(parseConsistencyFile(changed).ok).toBe(false);
  });
});
