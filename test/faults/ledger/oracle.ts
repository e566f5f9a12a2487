/**
 * What must hold whatever happened, judged from the bytes on the medium and the objects on the token alone. Written from
 * the specification; it imports nothing of the product's core.
 */
import { createHash } from 'node:crypto';
import type { FakeToken, Use } from './token.ts';
import type { Told } from './world.ts';

interface Line {
  readonly hash: string;
  readonly seq: number;
  readonly type: string;
  readonly data: {
    readonly act?: string;
    readonly key?: string;
    readonly intent?: string;
    readonly outcome?: string;
  };
}

export function linesOf(bytes: Uint8Array): Line[] {
  const text = Buffer.from(bytes).toString('utf8');
  const whole = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
  return whole.flatMap((line) => {
    try {
      return [{ ...(JSON.parse(line.slice(65)) as Omit<Line, 'hash'>), hash: line.slice(0, 64) }];
    } catch {
      return [];
    }
  });
}

const closes = ({ type }: Line): boolean => type === 'act.result' || type === 'act.recovered';

/** Which acts a use of the token can belong to. */
const MAY: Readonly<Record<Use['call'], readonly string[]>> = {
  generate: ['key.generate'],
  set: ['key.activate', 'key.certify-request'],
  destroy: ['key.discard-half'],
  sign: ['key.certify-request', 'key.test-signature', 'statement.sign'],
};

/** Sizes of the heads that the token keeps, by the second line of each note. */
const headSizes = (token: FakeToken): number[] =>
  token.data
    .filter(({ label }) => label === 'conclave-head')
    .map(({ value }) => Number(Buffer.from(value).toString('utf8').split('\n')[1]));

/** Why a use of the token was not announced, or null where it was: on the medium, and under a head on the token. */
export function unannounced(use: Use, medium: Uint8Array, token: FakeToken): string | null {
  if (use.label === 'conclave-log-key' && use.call === 'sign') return null;
  const lines = linesOf(medium);
  const open = lines.filter(
    (line) => line.type === 'act.intent' && !lines.some((other) => closes(other) && other.data.intent === line.hash),
  );
  const [intent, ...more] = open;
  const what = `${use.call} of ${use.label}`;
  if (!intent || more.length > 0) return `${what}: ${open.length} intents were open`;
  if (!MAY[use.call].includes(intent.data.act ?? '')) return `${what}: the open intent was ${intent.data.act}`;
  const key = intent.data.act === 'key.generate' ? intent.hash.slice(0, 40) : intent.data.key;
  if (intent.data.act !== 'statement.sign' && key !== use.ckaId) return `${what}: the intent was about another key`;
  if (Math.max(0, ...headSizes(token)) <= intent.seq) return `${what}: no head on the token covered the intent`;
  return null;
}

/** Everything that is wrong with the end of a story: none, where all is as it must be. */
export function violations(medium: Uint8Array, token: FakeToken, told: readonly Told[]): string[] {
  const found: string[] = [];
  const lines = linesOf(medium);
  let previous = '0'.repeat(64);
  Buffer.from(medium)
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .forEach((line, seq) => {
      const leaf = line.slice(65);
      const hash = createHash('sha256')
        .update(Buffer.from([0]))
        .update(leaf)
        .digest('hex');
      const entry = JSON.parse(leaf) as { seq: number; prev: string };
      if (hash !== line.slice(0, 64) || entry.seq !== seq || entry.prev !== previous)
        found.push(`the chain breaks at ${seq}`);
      previous = hash;
    });
  for (const { size, last } of told) {
    if (lines[size - 1]?.hash !== last) found.push(`entry ${size - 1} was acknowledged and is lost`);
  }
  for (const intent of lines.filter(({ type }) => type === 'act.intent')) {
    const outcomes = lines.filter((line) => closes(line) && line.data.intent === intent.hash);
    if (outcomes.length !== 1)
      found.push(`the intent ${intent.seq} (${intent.data.act}) has ${outcomes.length} outcomes`);
    const outcome = outcomes[0]?.data.outcome;
    const id = intent.hash.slice(0, 40);
    if (intent.data.act === 'key.generate') {
      const halves = token.keys.filter(({ ckaId }) => ckaId === id).length;
      if (outcome === 'committed' && halves !== 2)
        found.push(`${id} is in the ledger, and ${halves} halves on the token`);
      if (outcome === 'not-committed' && halves !== 0) found.push(`${id} is not in the ledger, and on the token`);
    }
    if (intent.data.act === 'key.activate' && outcome !== 'unknown') {
      const half = token.keys.find((one) => one.ckaId === intent.data.key && one.class === 'private-key');
      const later = lines.some(
        (line) =>
          closes(line) &&
          line.seq > intent.seq &&
          line.data.act === 'key.activate' &&
          line.data.outcome === 'committed',
      );
      if (half?.attributes.get('CKA_SIGN') !== later)
        found.push(`the activation ${intent.seq} is not what the token says`);
    }
  }
  const heads = headSizes(token);
  if (heads.length !== 1) found.push(`the token keeps ${heads.length} heads`);
  return found;
}
