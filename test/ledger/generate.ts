/**
 * Writes a large ledger without waiting for the disk after each entry: the same lines the journal would have written, with
 * clocks that run as clocks do, sealed at some sizes by a key made for it.
 */
import { generateKeyPairSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { hex, utf8 } from '../../core/bytes.ts';
import { disclosureDigest, encodeDisclosure } from '../../core/ledger/disclosure.ts';
import { leafBytes, leafHash, NO_PREVIOUS } from '../../core/ledger/entry.ts';
import { CompactRange } from '../../core/ledger/merkle.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { sample } from './entries.ts';
import { head, signer, type Signer } from './go/logs.ts';

const BEGIN = Date.parse('2026-04-22T08:00:00.000Z');

/** A log key of its own for each ledger that names none. */
export const newSigner = (origin = 'ledger.example/generated'): Signer =>
  signer('ecdsa', generateKeyPairSync('ec', { namedCurve: 'P-256' }), origin);

export interface GenerateOptions {
  readonly by?: Signer;
  /** Another branch from this entry on: the same things, said to have happened an hour later. */
  readonly branch?: number;
}

export interface Generated {
  readonly dir: string;
  readonly by: Signer;
  readonly bytes: number;
  readonly root: Uint8Array;
}

/** `size` entries in `dir`, sealed at every power of ten and at the end. */
export function generateLedger(dir: string, size: number, options: GenerateOptions = {}): Generated {
  const { by = newSigner(), branch = Infinity } = options;
  mkdirSync(join(dir, 'checkpoints'), { recursive: true });
  const journal = openSync(join(dir, 'journal.jsonl'), 'w');
  const sidecar = openSync(join(dir, 'disclosures.jsonl'), 'w');
  const range = new CompactRange(crypto);
  let previous: Uint8Array | undefined;
  let lines: Buffer[] = [];
  let beside = '';
  let bytes = 0;
  for (let seq = 0; seq < size; seq++) {
    const { event, ceremony, actor, disclose } = sample(seq, previous);
    const encoded = Object.entries(disclose ?? {}).map(([name, value]) =>
      encodeDisclosure(crypto.sha256(utf8(`${seq} ${name}`)).slice(0, 16), { name, value }),
    );
    beside += encoded.map((text) => `${seq} ${text}\n`).join('');
    const leaf = leafBytes({
      v: 1,
      seq,
      prev: previous ? hex(previous) : NO_PREVIOUS,
      ceremony,
      environment: 'rehearsal',
      actor,
      clock: {
        wall: new Date(BEGIN + seq * 20 + (seq < branch ? 0 : 3_600_000)).toISOString(),
        mono: seq * 20_000 + (seq < branch ? 0 : 3_600_000_000),
        boot: '00000000-0000-4000-8000-000000000001',
      },
      disclosures: encoded.map((text) => disclosureDigest(crypto, text)).sort(),
      ...event,
    });
    previous = leafHash(crypto, leaf);
    range.append(previous);
    lines.push(Buffer.from(`${hex(previous)} `), Buffer.from(leaf), Buffer.from('\n'));
    if (range.size % 10_000 === 0 || range.size === size) {
      const chunk = Buffer.concat(lines);
      bytes += chunk.length;
      writeSync(journal, chunk);
      writeSync(sidecar, beside);
      lines = [];
      beside = '';
    }
    if (/^10*$/.test(String(range.size)) || range.size === size) {
      const note = head(range.size, range.root(), [by], by.key.name);
      writeFileSync(join(dir, 'checkpoints', `${range.size}.note`), note);
    }
  }
  closeSync(journal);
  closeSync(sidecar);
  return { dir, by, bytes, root: range.root() };
}
