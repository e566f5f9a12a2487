import { equal, fromUtf8, hex } from '../../bytes.ts';
import { entryFile, FILE, headFile, proofFile } from '../names.ts';
import { guide, readme, sha256Sums } from '../texts.ts';
import type { Opened } from './opened.ts';
import { failed, judge, unchecked, type Checks } from './outcome.ts';

/** In every bundle, whatever it is about. */
const ALWAYS: readonly string[] = [
  FILE.readme,
  FILE.sums,
  FILE.guide,
  FILE.statement,
  FILE.signature,
  FILE.envelope,
  FILE.publicKey,
  FILE.certificate,
  FILE.root,
  FILE.plan,
  FILE.minutes,
  FILE.range,
  FILE.rangeProof,
  FILE.disclosures,
];

const list = (names: readonly string[]): string => names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');

/** The exact names that statement, ledger and approvals call for, or null where one of them cannot be read. */
function expectedFiles({ statement, issued, approvals, unreadableApprovals }: Opened): Set<string> | null {
  if (!statement.ok || !issued || unreadableApprovals.length > 0) return null;
  const { log, evidence } = statement.value.predicate;
  const seqs = [...log.events.map(({ seq }) => seq), issued.intent, issued.result];
  const heads = [log.checkpointAtIssue.size, ...approvals.map(({ approval }) => approval.ledgerHead.size)];
  return new Set([
    ...ALWAYS,
    ...evidence.map(({ name }) => name),
    ...seqs.flatMap((seq) => [entryFile(seq), proofFile(seq)]),
    ...heads.map(headFile),
  ]);
}

/** Where the digest lines of SHA256SUMS and of the files differ. */
function sumsProblem(bundle: Opened): string | null {
  const found = bundle.files.get(FILE.sums);
  if (!found) return 'SHA256SUMS is missing.';
  if (equal(found, sha256Sums(bundle.crypto, bundle.files))) return null;
  const stated = new Map((fromUtf8(found) ?? '').split('\n').map((line) => [line.slice(66), line.slice(0, 64)]));
  const differ = [...bundle.files].filter(
    ([name, bytes]) => name !== FILE.sums && stated.get(name) !== hex(bundle.crypto.sha256(bytes)),
  );
  return differ.length > 0
    ? `The digest of ${list(differ.map(([name]) => name))} is another than the one listed.`
    : 'SHA256SUMS lists files that are not here, or is not in its one agreed form.';
}

export const containerChecks: Checks = {
  'container.files': (bundle) => {
    const missing = ALWAYS.filter((name) => !bundle.files.has(name));
    if (missing.length > 0) return failed(`Missing: ${list(missing)}.`);
    const expected = expectedFiles(bundle);
    if (!expected) return unchecked();
    const absent = [...expected].filter((name) => !bundle.files.has(name));
    const added = [...bundle.files.keys()].filter((name) => !expected.has(name));
    const parts = [
      ...(absent.length > 0 ? [`Missing: ${list(absent)}.`] : []),
      ...(added.length > 0 ? [`Not part of this bundle: ${list(added)}.`] : []),
    ];
    return judge(parts.length > 0 ? parts.join(' ') : null, `${bundle.files.size} files.`);
  },
  'container.sums': (bundle) => judge(sumsProblem(bundle)),
  'container.texts': (bundle) => {
    const { statement, leaves, issued, files } = bundle;
    const last = leaves?.ok ? leaves.value.at(-1) : undefined;
    if (!statement.ok || !leaves?.ok || !last || !issued) return unchecked();
    const parts = {
      statement: statement.value,
      files,
      first: leaves.value[0]!.entry.seq,
      size: last.entry.seq + 1,
      time: last.entry.clock.wall,
      issued,
    };
    const differs = (name: string, bytes: Uint8Array): string[] =>
      equal(files.get(name) ?? new Uint8Array(0), bytes) ? [] : [name];
    const wrong = [...differs(FILE.readme, readme(statement.value)), ...differs(FILE.guide, guide(parts))];
    return judge(
      wrong.length > 0 ? `${list(wrong)} is not the text that belongs to this bundle. Do not follow it.` : null,
    );
  },
};
