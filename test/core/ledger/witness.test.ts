import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { readAnswer } from '../../../core/ledger/cosigner.ts';
import { consistencyProof, rootOf } from '../../../core/ledger/merkle.ts';
import { checkpointText, formatNote, signatureLine, verifierKey } from '../../../core/ledger/note.ts';
import { formatConsistencyFile } from '../../../core/ledger/proof.ts';
import { answerRequest, type SeenHead } from '../../../core/ledger/witness.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';

const keys = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) };
};
const [log, own, stranger] = [keys(), keys(), keys()];
const ORIGIN = 'ledger.example/vault-1';
const logKey = verifierKey(crypto, ORIGIN, 'ed25519', log.spki);
const witnessKey = verifierKey(crypto, 'witness.example/w1', 'cosignature', own.spki);

const leaves = (n: number, salt = '') => Array.from({ length: n }, (_, i) => crypto.sha256(utf8(`${salt}${i}`)));
const MAIN = leaves(40);
/** The same first twenty entries, then others. */
const FORK = [...MAIN.slice(0, 20), ...leaves(20, 'fork')];

const headAt = (tree: readonly Uint8Array[], size: number): SeenHead => ({
  size,
  root: rootOf(crypto, tree.slice(0, size)),
});

function request(tree: readonly Uint8Array[], oldSize: number, size: number, by = log): string {
  const text = checkpointText({ origin: ORIGIN, ...headAt(tree, size) });
  const checkpoint = formatNote(text, [
    signatureLine(ORIGIN, logKey.id, new Uint8Array(sign(null, utf8(text), by.privateKey))),
  ]);
  return formatConsistencyFile({
    oldSize,
    proof: consistencyProof(crypto, tree.slice(0, size), Math.min(oldSize, size)),
    checkpoint,
  });
}

const ask = (body: string, last: SeenHead | null) =>
  answerRequest(crypto, body, { logKey, witnessKey, last, time: 1_800_000_000 });
const idOf = async (body: string, last: SeenHead | null) => {
  const answer = await ask(body, last);
  return answer.ok ? 'cosigned' : answer.error.policy;
};

describe('a witness', () => {
  it('cosigns a first head, and then every head that continues its last one, itself included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(40), fc.integer({ min: 1, max: 40 }), async (from, to) => {
        const [oldSize, size] = from <= to ? [from, to] : [to, from];
        const last = oldSize === 0 ? null : headAt(MAIN, oldSize);
        const answer = await ask(request(MAIN, oldSize, size), last);
        if (!answer.ok) throw new Error(answer.error.message);
        const { head, cosigning } = answer.value;
        expect(head).toEqual(headAt(MAIN, size));
        const text = checkpointText({ origin: ORIGIN, ...head });
        const line = cosigning.line(new Uint8Array(sign(null, cosigning.payload, own.privateKey)));
        expect(await readAnswer(crypto, line, text, [witnessKey])).toMatchObject({ ok: true, value: [{ line }] });
      }),
    );
  });

  const REFUSED: readonly (readonly [id: string, what: string, body: () => string, last: SeenHead | null])[] = [
    ['WITNESS-1', 'is no request', () => 'hello', null],
    ['WITNESS-1', 'begins after its own end', () => request(MAIN, 12, 10), headAt(MAIN, 12)],
    ['WITNESS-2', 'is signed by another key', () => request(MAIN, 0, 10, stranger), null],
    ['WITNESS-3', 'is older than the last head', () => request(MAIN, 5, 10), headAt(MAIN, 12)],
    ['WITNESS-4', 'has another root at the same size', () => request(FORK, 30, 30), headAt(MAIN, 30)],
    ['WITNESS-4', 'is a fork that claims to continue it', () => request(FORK, 30, 40), headAt(MAIN, 30)],
    ['WITNESS-4', 'has a proof of another tree', () => request(FORK, 25, 40), headAt(MAIN, 25)],
    ['WITNESS-5', 'begins at a smaller head than the last', () => request(MAIN, 5, 20), headAt(MAIN, 10)],
    ['WITNESS-5', 'begins at a larger head than the last', () => request(MAIN, 15, 20), headAt(MAIN, 10)],
    ['WITNESS-5', 'begins at nothing although there is a last head', () => request(MAIN, 0, 20), headAt(MAIN, 10)],
  ];
  it.each(REFUSED)('%s: refuses what %s', async (id, _what, body, last) => {
    expect(await idOf(body(), last)).toBe(id);
  });

  it('never cosigns two heads that are not one ledger, whatever the order of requests', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ fork: fc.boolean(), size: fc.integer({ min: 1, max: 40 }), honest: fc.boolean() }), {
          maxLength: 12,
        }),
        async (requests) => {
          let last: SeenHead | null = null;
          for (const { fork, size, honest } of requests) {
            const tree = fork ? FORK : MAIN;
            const known: SeenHead | null = last;
            const oldSize: number = honest && known !== null ? Math.min(known.size, size) : 0;
            const answer: Awaited<ReturnType<typeof ask>> = await ask(request(tree, oldSize, size), known);
            if (!answer.ok) continue;
            const { head } = answer.value;
            if (known !== null) {
              expect(head.size).toBeGreaterThanOrEqual(known.size);
              // The tree that was cosigned now begins with the one cosigned before.
              expect(rootOf(crypto, tree.slice(0, known.size))).toEqual(known.root);
            }
            last = head;
          }
        },
      ),
    );
  });
});
