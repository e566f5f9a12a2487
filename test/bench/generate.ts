/**
 * Writes a large ledger without waiting for the disk after each entry: the same lines the journal would have written, with
 * clocks that run as clocks do, sealed at some sizes by a key made for it.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { hex, utf8 } from '../../core/bytes.ts';
import { disclosureDigest, encodeDisclosure } from '../../core/ledger/disclosure.ts';
import { leafBytes, leafHash, NO_PREVIOUS, type Entry } from '../../core/ledger/entry.ts';
import { CompactRange } from '../../core/ledger/merkle.ts';
import { checkpointText, formatNote, formatVkey, signatureLine, verifierKey } from '../../core/ledger/note.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { sample } from '../ledger/entries.ts';

const BEGIN = Date.parse('2026-04-22T08:00:00.000Z');

export interface Generated {
  readonly dir: string;
  readonly vkey: string;
  readonly bytes: number;
}

/** `size` entries in `dir`, sealed at every power of ten and at the end. */
export function generateLedger(dir: string, size: number): Generated {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const key = verifierKey(crypto, 'ledger.example/bench', 'ecdsa', spki);
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
        wall: new Date(BEGIN + seq * 20).toISOString(),
        mono: seq * 20_000,
        boot: '00000000-0000-4000-8000-000000000001',
      },
      disclosures: encoded.map((text) => disclosureDigest(crypto, text)).sort(),
      ...event,
    } as Entry);
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
      const text = checkpointText({ origin: key.name, size: range.size, root: range.root() });
      const signature = sign('sha256', utf8(text), privateKey);
      const note = formatNote(text, [signatureLine(key.name, key.id, signature)]);
      writeFileSync(join(dir, 'checkpoints', `${range.size}.note`), note);
    }
  }
  closeSync(journal);
  closeSync(sidecar);
  return { dir, vkey: formatVkey(key), bytes };
}
