/**
 * What must hold after a kill, judged from the journal's bytes and from the token as OpenSC reads it. Written from RFC
 * 6962, PKCS #11 and the text of the ledger; it imports nothing of the product.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a window was told: so many entries, with this Merkle root (hex). */
export interface Acknowledged {
  readonly size: number;
  readonly root: string;
}

export interface Where {
  readonly dataDir: string;
  readonly userPin: string;
}

interface Entry {
  readonly hash: string;
  readonly seq: number;
  readonly prev: string;
  readonly type: string;
  readonly data: {
    readonly act?: string;
    readonly key?: string;
    readonly intent?: string;
    readonly outcome?: string;
    readonly label?: string;
  };
}

interface KeyObject {
  readonly half: string;
  readonly id: string;
  readonly signs: boolean;
}

const sha256 = (...parts: (Uint8Array | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** RFC 6962 section 2.1, by its own recursion. */
function treeRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.from([1]), treeRoot(leaves.slice(0, split)), treeRoot(leaves.slice(split)));
}

/** The whole lines of the journal. A last line without its end was acknowledged to nobody. */
function journal({ dataDir }: Where): Entry[] {
  const text = readFileSync(join(dataDir, 'vault', 'ledger', 'journal.jsonl'), 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => ({ ...(JSON.parse(line.slice(65)) as Omit<Entry, 'hash'>), hash: line.slice(0, 64) }));
}

function listed({ dataDir, userPin }: Where): string[] {
  const args = ['--module', '/usr/lib/softhsm/libsofthsm2.so', '--token-label', 'conclave-rehearsal', '--login'];
  const text = execFileSync('pkcs11-tool', [...args, '--pin', userPin, '--list-objects'], {
    encoding: 'utf8',
    env: { ...process.env, SOFTHSM2_CONF: join(dataDir, 'softhsm', 'softhsm2.conf') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return text.split(/^(?=\S)/m);
}

const line = (block: string, name: string): string =>
  new RegExp(`^ +${name}: +(.*)$`, 'm').exec(block)?.[1]?.trim() ?? '';

const keysIn = (blocks: readonly string[]): KeyObject[] =>
  blocks.flatMap((block) => {
    const half = /^(Private|Public) Key Object/.exec(block)?.[1];
    return half === undefined
      ? []
      : [{ half, id: line(block, 'ID').toLowerCase(), signs: /\bsign\b/.test(line(block, 'Usage')) }];
  });

const headsIn = (blocks: readonly string[]): number =>
  blocks.filter((block) => block.startsWith('Data object') && block.includes("'conclave-head'")).length;

const makes = ({ type, data }: Entry): boolean => type === 'act.intent' && (data.act ?? '').endsWith('.generate');
const closes = ({ type }: Entry): boolean => type === 'act.result' || type === 'act.recovered';

/** What holds at every moment, also right after a kill: nothing acknowledged is lost, nothing was done unannounced. */
export function afterKill(where: Where, told: readonly Acknowledged[]): string[] {
  const found: string[] = [];
  const entries = journal(where);
  const text = readFileSync(join(where.dataDir, 'vault', 'ledger', 'journal.jsonl'), 'utf8').split('\n');
  const leaves = entries.map((_, i) => sha256(Buffer.from([0]), text[i]!.slice(65)));
  for (const [i, entry] of entries.entries()) {
    const before = i === 0 ? '0'.repeat(64) : entries[i - 1]!.hash;
    if (leaves[i]!.toString('hex') !== entry.hash || entry.prev !== before || entry.seq !== i)
      found.push(`the chain breaks at ${i}`);
  }
  for (const { size, root } of told) {
    if (entries.length < size) found.push(`${size} entries were acknowledged, and ${entries.length} are there`);
    else if (treeRoot(leaves.slice(0, size)).toString('hex') !== root) found.push(`the first ${size} entries changed`);
  }
  const blocks = listed(where);
  const announced = new Set(entries.filter(makes).map(({ hash }) => hash.slice(0, 40)));
  for (const { half, id } of keysIn(blocks)) {
    if (!announced.has(id)) found.push(`the ${half} key ${id} is on the token and no intent announced it`);
  }
  for (const { id, signs, half } of keysIn(blocks)) {
    const may = entries.some(
      ({ type, data }) =>
        type === 'act.intent' && data.key === id && ['key.activate', 'key.certify-request'].includes(data.act ?? ''),
    );
    const own = entries.find((entry) => makes(entry) && entry.hash.startsWith(id))?.data.act !== 'key.generate';
    if (half === 'Private' && signs && !may && !own) found.push(`the key ${id} may sign and no intent announced it`);
  }
  const heads = headsIn(blocks);
  if (heads < 1 || heads > 2) found.push(`the token keeps ${heads} heads`);
  return found;
}

/** What must hold once the application has recovered: each intent has one outcome, and it is what the token says. */
export function afterRecovery(where: Where, told: readonly Acknowledged[]): string[] {
  const found = afterKill(where, told);
  const entries = journal(where);
  const blocks = listed(where);
  const keys = keysIn(blocks);
  for (const intent of entries.filter(({ type }) => type === 'act.intent')) {
    const outcomes = entries.filter((entry) => closes(entry) && entry.data.intent === intent.hash);
    const { act } = intent.data;
    if (outcomes.length !== 1) found.push(`the intent ${intent.seq} (${act}) has ${outcomes.length} outcomes`);
    const outcome = outcomes[0]?.data.outcome;
    const id = intent.hash.slice(0, 40);
    if (act === 'key.generate') {
      const halves = keys.filter((one) => one.id === id).length;
      if (outcome === 'committed' && halves !== 2) found.push(`key ${id} is in the ledger, and ${halves} halves there`);
      if (outcome === 'not-committed' && halves !== 0) found.push(`key ${id} is not in the ledger, and on the token`);
    }
    if (act === 'key.activate' && outcome !== 'unknown') {
      const signs = keys.some((one) => one.half === 'Private' && one.id === intent.data.key && one.signs);
      const later = entries.some(
        (entry) => closes(entry) && entry.data.act === 'key.activate' && entry.data.outcome === 'committed',
      );
      if (signs !== later) found.push(`the activation ${intent.seq} is not what the token says`);
    }
  }
  const heads = headsIn(blocks);
  if (heads !== 1) found.push(`the token keeps ${heads} heads after the recovery`);
  return found;
}

/** How many entries close an intent, by type, for the counts. */
export function outcomesIn(where: Where): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { type, data } of journal(where).filter(closes)) {
    const name = `${type} ${data.outcome}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
