/** The table of start-up states, row by row, and what no row may let pass. */
import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import {
  hasEffect,
  judgeAnchor,
  readAnchors,
  type Anchor,
  type AnchorVerdict,
  type LedgerOnDisk,
} from '../../../core/ledger/anchor.ts';
import type { Entry } from '../../../core/ledger/entry.ts';
import { EVENT_TYPES } from '../../../core/ledger/event.ts';
import { rootOf } from '../../../core/ledger/merkle.ts';
import { checkpointText, formatNote, signatureLine, verifierKey } from '../../../core/ledger/note.ts';
import type { Result } from '../../../core/result.ts';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';

/** `c`: chained only. `i`, `r`: an intent and its result. `u`: an outcome recorded as unknown. */
type Kind = 'c' | 'i' | 'r' | 'u';

const TYPES = { c: 'command.refused', i: 'act.intent', r: 'act.result', u: 'act.recovered' } as const;

const entryOf = (kind: Kind, seq: number): Entry =>
  ({ seq, type: TYPES[kind], data: { outcome: kind === 'u' ? 'unknown' : 'committed' } }) as unknown as Entry;

interface Ledger {
  readonly kinds: string;
  /** Leaves with another salt are another history. */
  readonly salt?: (seq: number) => string;
  readonly checkpointed?: number;
}

function disk({ kinds, salt = () => '', checkpointed = 0 }: Ledger): LedgerOnDisk {
  const entries = [...kinds].map((kind, seq) => entryOf(kind as Kind, seq));
  const hashes = entries.map(({ seq }) => crypto.sha256(utf8(`${kinds[seq]} ${seq} ${salt(seq)}`)));
  return {
    size: entries.length,
    checkpointed,
    rootAt: (size) => rootOf(crypto, hashes.slice(0, size)),
    entriesFrom: (size) => entries.slice(size),
  };
}

const at = (ledger: LedgerOnDisk, size: number): Anchor => ({ size, root: ledger.rootAt(size), note: `${size}` });
const judge = (ledger: LedgerOnDisk, anchors: readonly Anchor[], foreign = 0) =>
  judgeAnchor(ledger, { anchors, foreign });
const policyOf = (result: Result<AnchorVerdict>): string =>
  result.ok ? result.value.state : `${result.error.code} ${result.error.policy}`;

describe('a ledger and the head on its token', () => {
  const ledger = disk({ kinds: 'ccircir' });

  test('of the same size and root are equal', () => {
    expect(judge(ledger, [at(ledger, 7)])).toEqual({
      ok: true,
      value: { state: 'equal', size: 7, following: 0, unsealed: null, heads: 1, foreign: 0 },
    });
  });

  test('with any number of entries without an effect after it are shown as chained only', () => {
    const longer = disk({ kinds: 'ccircircccccuccc' });
    expect(judge(longer, [at(longer, 7)])).toMatchObject({
      value: { state: 'chained-only', size: 7, following: 9, unsealed: null },
    });
  });

  test.each([
    ['ccircirci', 8],
    ['ccircirr', 7],
    ['ccircircic', 8],
    ['ccirciriuc', 7],
  ])('with one entry about the token after it are as a power cut leaves them: %s', (kinds, seq) => {
    const longer = disk({ kinds });
    expect(judge(longer, [at(longer, 7)])).toMatchObject({ value: { state: 'unsealed', unsealed: seq } });
  });

  test.each(['ccircirir', 'ccircircicrc', 'ccircirrr'])(
    'with more than one after it are refused with ANCHOR-3: %s',
    (kinds) => {
      const longer = disk({ kinds });
      expect(policyOf(judge(longer, [at(longer, 7)]))).toBe('ledger ANCHOR-3');
    },
  );

  test('cut at any length below the head are refused with ANCHOR-1', () => {
    for (let size = 0; size < 7; size++) {
      expect(policyOf(judge(disk({ kinds: 'ccircir'.slice(0, size) }), [at(ledger, 7)]))).toBe('ledger ANCHOR-1');
    }
  });

  test('that differ in any one entry under the head are refused with ANCHOR-2', () => {
    for (let changed = 0; changed < 7; changed++) {
      const other = disk({ kinds: 'ccircirccc', salt: (seq) => (seq === changed ? 'x' : '') });
      expect(policyOf(judge(other, [at(ledger, 7)]))).toBe('ledger ANCHOR-2');
    }
  });

  test('that is not there are refused with ANCHOR-4, also where an object has its name', () => {
    expect(policyOf(judge(ledger, []))).toBe('ledger ANCHOR-4');
    const foreign = judge(ledger, [], 1);
    expect(policyOf(foreign)).toBe('ledger ANCHOR-4');
    expect(!foreign.ok && foreign.error.message).toContain('not signed by the log key');
  });

  test('that is older than a signed checkpoint on disk are refused with ANCHOR-5', () => {
    const newer = disk({ kinds: 'ccircirccc', checkpointed: 9 });
    expect(policyOf(judge(newer, [at(newer, 7)]))).toBe('ledger ANCHOR-5');
    expect(policyOf(judge(newer, [at(newer, 9)]))).toBe('chained-only');
  });

  test('of which a power cut left two count by the larger, and both must be of this ledger', () => {
    const longer = disk({ kinds: 'ccircirccc' });
    expect(judge(longer, [at(longer, 5), at(longer, 7)])).toMatchObject({ value: { size: 7, following: 3, heads: 2 } });
    expect(judge(longer, [at(longer, 7), at(longer, 5)])).toMatchObject({ value: { size: 7, following: 3 } });
    const other = disk({ kinds: 'ccircirccc', salt: () => 'x' });
    expect(policyOf(judge(longer, [at(other, 5), at(longer, 7)]))).toBe('ledger ANCHOR-2');
    expect(policyOf(judge(disk({ kinds: 'ccirci' }), [at(longer, 5), at(longer, 7)]))).toBe('ledger ANCHOR-1');
  });

  test('beside objects of its name that its key did not sign says how many there are', () => {
    expect(judge(ledger, [at(ledger, 7)], 2)).toMatchObject({ value: { state: 'equal', foreign: 2 } });
  });
});

test('a disk changed behind an honest head passes only where nothing under the head is gone and one entry about the token at most came after', () => {
  const kind = fc.constantFrom<Kind>('c', 'c', 'i', 'r');
  fc.assert(
    fc.property(
      fc.array(kind, { minLength: 1, maxLength: 12 }),
      fc.array(kind, { maxLength: 4 }),
      fc.nat(16),
      fc.array(kind, { maxLength: 4 }),
      (sealed, tail, cut, forged) => {
        const anchor = at(disk({ kinds: sealed.join('') }), sealed.length);
        const kept = Math.min(cut, sealed.length + tail.length);
        const kinds = [...sealed, ...tail].slice(0, kept).join('') + forged.join('');
        // What was kept is as it was; what was forged is of another history.
        const verdict = judge(disk({ kinds, salt: (seq) => (seq < kept ? '' : 'forged') }), [anchor]);
        const about = [...kinds.slice(sealed.length)].filter((one) => one !== 'c').length;
        expect(verdict.ok).toBe(kept >= sealed.length && about <= 1);
      },
    ),
    { numRuns: 500 },
  );
});

test('entries without an effect are these; every other type is about the token or the trust in it', () => {
  const chained = EVENT_TYPES.filter(
    (type) => !hasEffect({ type, data: { outcome: 'committed' } } as unknown as Entry),
  );
  expect(chained.sort()).toEqual([
    'approval.declined',
    'approval.given',
    'calls.reconciled',
    'ceremony.closed',
    'checkpoint.cosigned',
    'clock.read',
    'command.refused',
    'evidence.exported',
    'exception.recorded',
    'hsm.lost',
    'inventory.taken',
    'ledger.ended',
    'ledger.tail-quarantined',
    'plan.frozen',
    'receipt.given',
    'receipt.presented',
    'receipt.skipped',
    'session.closed',
    'session.opened',
    'session.refused',
    'step.done',
    'token.enforcement',
    'workstation.started',
  ]);
});

test('values of data objects are heads where the log key signed them for this ledger, and foreign otherwise', async () => {
  const keys = generateKeyPairSync('ed25519');
  const spki = new Uint8Array(keys.publicKey.export({ format: 'der', type: 'spki' }));
  const logKey = verifierKey(crypto, 'ledger.example/a', 'ed25519', spki);
  const head = (size: number, name = 'ledger.example/a'): Uint8Array => {
    const text = checkpointText({ origin: name, size, root: new Uint8Array(32).fill(size) });
    const { id } = verifierKey(crypto, name, 'ed25519', spki);
    const signature = new Uint8Array(sign(null, utf8(text), keys.privateKey));
    return utf8(formatNote(text, [signatureLine(name, id, signature)]));
  };
  const spoiled = head(3);
  spoiled[20]! ^= 1;
  const values = [head(1), head(2), spoiled, head(4, 'ledger.example/b'), utf8('a note'), new Uint8Array()];
  const { anchors, foreign } = await readAnchors(crypto, values, logKey);
  expect(anchors.map(({ size }) => size)).toEqual([1, 2]);
  expect(foreign).toBe(4);
});
