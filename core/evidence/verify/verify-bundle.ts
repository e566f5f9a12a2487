/**
 * Verifies a bundle for a stranger: bytes and trust in, report out. Nothing is fetched, nothing is written, and no
 * input makes it throw.
 */
import { hex } from '../../bytes.ts';
import type { Crypto } from '../../crypto.ts';
import type { Environment } from '../../ledger/entry.ts';
import { fail, ok, type Result } from '../../result.ts';
import { readGenesis, type Trust } from '../genesis-file.ts';
import { changeIn } from '../statement.ts';
import { readZip } from '../zip.ts';
import { approvalChecks } from './approvals.ts';
import { CATALOGUE, CHECK_IDS, groupOf, SENTENCES, type CheckId } from './catalogue.ts';
import { certificateChecks, sealedAt } from './certificate.ts';
import { containerChecks } from './container.ts';
import { keyChecks } from './key.ts';
import { ledgerChecks } from './ledger.ts';
import { lifecycleChecks } from './lifecycle.ts';
import { openBundle, type Opened } from './opened.ts';
import { failed, pass, unchecked, type Checks, type Outcome } from './outcome.ts';
import { planChecks } from './plan.ts';
import type { Check, Report } from './report.ts';
import { statementChecks } from './statement.ts';
import { trustChecks, vendorChecks } from './trust.ts';
import { headline, nextStep, verdicts } from './verdict.ts';

export interface VerifyOptions {
  /** The bytes of `genesis.json`, from outside the bundle. */
  readonly trust?: Uint8Array;
  /** SHA-256 of the operator root certificate, 64 hex digits. Alone it leaves quorum and log unchecked. */
  readonly rootFingerprint?: string;
  readonly expect: Environment;
  /** UTC. Shown in the report; certificates are judged at the time of the checkpoint. */
  readonly now: string;
}

const CHECKS: Checks = {
  ...containerChecks,
  ...statementChecks,
  ...certificateChecks,
  ...keyChecks,
  ...planChecks,
  ...approvalChecks,
  ...ledgerChecks,
  ...lifecycleChecks,
  ...trustChecks,
  ...vendorChecks,
};

const RANK = { FAIL: 0, 'NOT CHECKED': 1, PASS: 2 } as const;

function toCheck(id: CheckId, outcome: Outcome): Check {
  const { title, required, proves, doesNotProve } = CATALOGUE[id];
  const detail = outcome.detail ?? (outcome.result === 'NOT CHECKED' ? SENTENCES.notReached : undefined);
  return {
    id,
    group: groupOf(id),
    title,
    required: required && outcome.required !== false,
    result: outcome.result,
    proves,
    doesNotProve,
    ...(detail === undefined ? {} : { detail }),
  };
}

async function runChecks(bundle: Opened | null, zip: Outcome): Promise<Check[]> {
  const checks: Check[] = [];
  for (const id of CHECK_IDS) {
    if (id === 'container.zip') {
      checks.push(toCheck(id, zip));
      continue;
    }
    const check = CHECKS[id];
    checks.push(toCheck(id, bundle && check ? await check(bundle) : unchecked()));
  }
  return checks
    .map((check, i) => ({ check, i }))
    .sort((a, b) => RANK[a.check.result] - RANK[b.check.result] || a.i - b.i)
    .map(({ check }) => check);
}

/** What the caller believes, or why it cannot be used. */
export function readTrust(crypto: Crypto, { trust, rootFingerprint }: VerifyOptions): Result<Trust | null> {
  if (rootFingerprint !== undefined && !/^[0-9a-f]{64}$/.test(rootFingerprint))
    return fail({ code: 'bad-input', message: 'The root fingerprint must be 64 lower-case hex digits.' });
  if (!trust) return ok(null);
  const read = readGenesis(crypto, trust);
  if (read.ok && rootFingerprint !== undefined && read.value.genesis.operatorRoot.sha256 !== rootFingerprint)
    return fail({ code: 'bad-input', message: 'The root fingerprint is not that of the genesis sheet.' });
  return read;
}

/** The report. Fails only where the trust given cannot be used; a bad bundle is a report that says so. */
export async function verifyBundle(
  crypto: Crypto,
  archive: Uint8Array,
  options: VerifyOptions,
): Promise<Result<Report>> {
  const trust = readTrust(crypto, options);
  if (!trust.ok) return trust;
  const { expect, now } = options;
  const rootFingerprint = options.rootFingerprint ?? null;
  const zip = readZip(archive);
  const bundle = zip.ok
    ? await openBundle(crypto, zip.value, { trust: trust.value, rootFingerprint, expect, now })
    : null;
  const checks = await runChecks(bundle, zip.ok ? pass() : failed(zip.error.message));
  const statement = bundle?.statement.ok ? bundle.statement.value.predicate : null;
  const testOnly = expect === 'rehearsal' || statement?.environment === 'rehearsal';
  const passed = checks.every(({ required, result }) => !required || result === 'PASS');
  const tally = (result: Check['result']): number => checks.filter((check) => check.result === result).length;
  return ok({
    v: 1,
    type: 'conclave-verification-report',
    testOnly,
    passed,
    headline: headline(checks, testOnly),
    counts: { passed: tally('PASS'), failed: tally('FAIL'), notChecked: tally('NOT CHECKED') },
    next: nextStep(checks, trust.value !== null),
    expect,
    verifiedAt: now,
    bundle: {
      sha256: hex(crypto.sha256(archive)),
      bytes: archive.length,
      files: bundle ? [...bundle.files].map(([name, bytes]) => ({ name, bytes: bytes.length })) : [],
      id: statement?.bundleId ?? null,
      environment: statement?.environment ?? null,
      ceremony: statement?.ceremony.id ?? null,
      key: statement && {
        label: statement.key.label,
        spkiSha256: statement.key.spkiSha256,
        state: statement.lifecycle.state,
      },
      change: statement && changeIn(statement),
      notProven: statement?.notProven ?? [],
      sealedAt: bundle && sealedAt(bundle),
      head: bundle?.checkpoint ? { ...bundle.checkpoint, root: hex(bundle.checkpoint.root) } : null,
    },
    trust: trust.value
      ? { kind: 'genesis', sha256: trust.value.sha256 }
      : { kind: rootFingerprint === null ? 'none' : 'root-fingerprint', sha256: rootFingerprint },
    verdicts: verdicts(checks, statement),
    checks,
  });
}
