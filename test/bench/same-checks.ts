/**
 * The checks of the Go verifier and no others, put together from the product's own parts: leaf hash, strict canonical form,
 * sequence, chain, one environment, root and signature at every stored checkpoint. It serves one number of the benchmark.
 */
import { hex, utf8 } from '../../core/bytes.ts';
import { leafHash, NO_PREVIOUS, parseProfile } from '../../core/ledger/entry.ts';
import { CompactRange } from '../../core/ledger/merkle.ts';
import { parseVkey, verifyCheckpoint } from '../../core/ledger/note.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { readStored } from '../../core/ledger/heads.ts';
import { folder, ledgerAt, linesOf } from '../../standalone/ledger/files.ts';

function must(good: boolean, what: string): void {
  if (good) return;
  process.stdout.write(`WRONG ${what}\n`);
  process.exit(1);
}

const [dir = '', vkey = ''] = process.argv.slice(2);
const key = parseVkey(crypto, vkey);
must(key.ok, 'key');
const heads = new Map(readStored(ledgerAt(dir).checkpoints()).map((head) => [head.says!.size, head]));
for (const { note } of heads.values())
  must(key.ok && (await verifyCheckpoint(crypto, note, key.value)).ok, 'signature of a checkpoint');

const range = new CompactRange(crypto);
let previous = NO_PREVIOUS;
let environment: unknown;
for (const { bytes, whole } of linesOf(folder(dir).journal)) {
  const seq = range.size;
  must(whole && bytes[64] === 0x20, `line ${seq}: form`);
  const leaf = bytes.subarray(65);
  const hash = leafHash(crypto, leaf);
  const name = hex(hash);
  must(
    utf8(name).every((digit, i) => digit === bytes[i]),
    `line ${seq}: leaf hash`,
  );
  const json = parseProfile(leaf);
  must(json.ok, `line ${seq}: canonical form`);
  const entry = (json.ok ? json.value : {}) as Record<string, unknown>;
  must(entry.v === 1 && entry.seq === seq, `line ${seq}: sequence`);
  must(entry.prev === previous, `line ${seq}: chain`);
  environment ??= entry.environment;
  must(entry.environment === environment, `line ${seq}: environment`);
  previous = name;
  range.append(hash);
  const head = heads.get(range.size);
  if (head) must(hex(range.root()) === hex(head.says!.root), `checkpoint ${range.size}: root`);
  heads.delete(range.size);
}
must(heads.size === 0, 'a checkpoint covers more');
process.stdout.write(`OK ${range.size} ${hex(range.root())}\n`);
