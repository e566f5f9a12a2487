/** The ledger before this one: whether the first entry here really goes on from the other folder. */
import { hex } from '../bytes.ts';
import { judgeSuccession, OldLedger, policyOf, type Continued } from '../continuity/succession.ts';
import type { Crypto } from '../crypto.ts';
import type { Environment } from './entry.ts';
import { parseCheckpoint, parseNote } from './note.ts';
import type { LedgerCheck, LedgerReport } from './report.ts';
import { RULES } from '../rules.ts';
import { walkJournal, type LedgerSource } from './walk.ts';

/** The first entry of a ledger that goes on from another one. */
export interface Beginning {
  readonly continued: Continued;
  readonly environment: Environment;
  readonly at: number;
}

const id = 'ledger.before';

export const noneBefore: LedgerCheck = {
  id,
  result: 'NOT CHECKED',
  policy: null,
  found: 'This ledger does not say that it goes on from another one.',
};

/** Declared and agreed on at the beginning; a finding for ever. */
const gap = ({ missing }: Continued): string =>
  missing === 0 ? '' : ` ${RULES['CONTINUITY-12'].message} A receipt showed ${missing} of them.`;

export function notGiven(begins: Beginning): LedgerCheck {
  const { origin, size, missing } = begins.continued;
  return {
    id,
    result: missing > 0 ? 'NOTE' : 'NOT CHECKED',
    policy: missing > 0 ? 'CONTINUITY-12' : null,
    found: `This ledger says that it goes on from ${size} entries of ${origin}. That folder was not given.${gap(begins.continued)}`,
  };
}

const document = (source: LedgerSource, sha256: string): Uint8Array | null =>
  source.blobs().includes(sha256) ? source.blob(sha256) : null;

/** @param report On the folder before, which must have nothing wrong itself. */
export async function beforeCheck(
  crypto: Crypto,
  {
    source,
    origin,
    begins,
  }: { readonly source: LedgerSource; readonly origin: string; readonly begins: Beginning | null },
  before: LedgerSource,
  report: LedgerReport,
): Promise<LedgerCheck> {
  const failed = (found: string, policy: LedgerCheck['policy'] = 'CONTINUITY-11'): LedgerCheck => ({
    id,
    result: 'FAIL',
    policy,
    found,
  });
  if (!begins) return failed('This ledger does not say that it goes on from another one.');
  if (!report.passed) {
    const wrong = report.checks.find(({ result }) => result === 'FAIL');
    return failed(`The ledger before this one does not verify. ${wrong?.found ?? ''}`, wrong?.policy ?? null);
  }
  const { continued, environment, at } = begins;
  const note = document(source, continued.head);
  const parsed = note ? parseNote(note) : null;
  const head = parsed?.ok === true ? parseCheckpoint(parsed.value.text) : null;
  const wanted = new Set([continued.size, head?.ok === true ? head.value.size : 0]);
  const roots = new Map<number, string>();
  const old = new OldLedger();
  const walk = walkJournal(crypto, before, ({ entry }, _disclosures, verifier) => {
    old.add(entry);
    if (wanted.has(verifier.size)) roots.set(verifier.size, hex(verifier.root()));
  });
  const { size } = walk.verifier;
  const policy = policyOf(crypto, old, old.policySha256 === null ? null : document(before, old.policySha256));
  const judged = await judgeSuccession(
    crypto,
    { old, size, policy, rootAt: (n) => roots.get(n) ?? null },
    { continued, origin, environment, at, blob: (sha256) => document(source, sha256) },
  );
  if (!judged.ok) {
    const { message, policy: rule } = judged.error;
    return failed(message, rule === 'QUORUM-1' || rule === 'QUORUM-5' || rule === 'QUORUM-6' ? rule : 'CONTINUITY-11');
  }
  const who =
    continued.by === 'log-key'
      ? 'Its log key signed an end that names this ledger.'
      : `${continued.approvals.length} of its people agreed, as its policy asks, because its log key could not be used.`;
  const found = `The first entry goes on from all ${continued.size} entries there. ${who}${gap(continued)}`;
  return continued.missing > 0
    ? { id, result: 'NOTE', policy: 'CONTINUITY-12', found }
    : { id, result: 'PASS', policy: null, found };
}
