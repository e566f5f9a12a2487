/** The exports folder: writing bundles and sheets, listing them, verifying one against this vault's own genesis sheet. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { headline, nextStep } from '../../core/evidence/verify/verdict.ts';
import { verifyBundle } from '../../core/evidence/verify/verify-bundle.ts';
import type { Check, Report } from '../../core/evidence/verify/report.ts';
import type { Environment } from '../../core/ledger/entry.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { BundleView, CheckView, EvidenceReportView } from '../../contract/views.ts';
import { diskFiles, writeAll } from '../ledger/files.ts';
import type { Vault } from '../ceremony/vault.ts';
import { ACTS } from '../view/event-words.ts';

/** Bundles are a few hundred kilobytes; anything over this is not one. */
const MAX_BUNDLE_BYTES = 50 * 1024 * 1024;

/** Writes a new file, whole or not at all. A name that is taken gets a number. */
export async function writeNewFile(
  folder: string,
  name: string,
  bytes: Uint8Array,
  beforeRename: () => void = () => undefined,
): Promise<Result<string>> {
  const dot = name.lastIndexOf('.');
  try {
    for (let n = 1; n < 1000; n++) {
      const path = join(folder, n === 1 ? name : `${name.slice(0, dot)}-${n}${name.slice(dot)}`);
      const temporary = `${path}.tmp`;
      if ((await diskFiles.read(temporary)) !== null) await diskFiles.remove(temporary);
      const file = await diskFiles.open(temporary, 'create');
      try {
        await writeAll(file, bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      beforeRename();
      try {
        // A link fails where the name is taken; a rename would overwrite.
        await diskFiles.link(temporary, path);
      } catch (error) {
        await diskFiles.remove(temporary);
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw error;
      }
      await diskFiles.remove(temporary);
      await diskFiles.syncFolder(folder);
      return ok(path);
    }
  } catch {
    // Falls through.
  }
  return fail({
    code: 'io',
    message: `${join(folder, name)} cannot be written.`,
    hint: 'Check the free space and permissions.',
  });
}

export async function listBundles(crypto: Crypto, vault: Vault, folder: string): Promise<BundleView[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.zip')).sort();
  const out: BundleView[] = [];
  for (const name of names) {
    const bytes = await readFile(join(folder, name)).catch(() => null);
    if (bytes) out.push(bundleView(crypto, vault, join(folder, name), bytes));
  }
  return out;
}

export function bundleView(crypto: Crypto, vault: Vault | null, path: string, bytes: Uint8Array): BundleView {
  const sha256 = hex(crypto.sha256(bytes));
  const ceremonies = [...(vault?.state.ceremonies.values() ?? [])];
  const ceremony = ceremonies.find(({ bundle }) => bundle === sha256);
  return {
    name: basename(path),
    path,
    sha256,
    bytes: bytes.length,
    ceremony: ceremony?.id ?? '',
    title: ceremony?.plan.script.title ?? '',
    exported: ceremony?.exported ?? '',
  };
}

export async function verifyFile(
  crypto: Crypto,
  vault: Vault,
  path: string,
  options: { readonly genesis: Uint8Array; readonly expect: Environment; readonly now: string },
): Promise<Result<EvidenceReportView>> {
  const bytes = await readFile(path).catch(() => null);
  if (!bytes)
    return fail({ code: 'io', message: `${path} cannot be read.`, hint: 'Check that the medium is mounted.' });
  if (bytes.length > MAX_BUNDLE_BYTES) {
    return fail({
      code: 'evidence',
      message: `${path} is too large to be a bundle.`,
      hint: 'A bundle has at most 50 MB.',
    });
  }
  const { genesis: trust, expect, now } = options;
  const report = await verifyBundle(crypto, new Uint8Array(bytes), { trust, expect, now });
  return report.ok ? ok(reportView(bundleView(crypto, vault, path, bytes), report.value, vault)) : report;
}

/** What no verifier elsewhere can do: the head of the bundle against the ledger of this vault. */
function besideLedger({ bundle, checks }: Report, vault: Vault): CheckView {
  const { head } = bundle;
  const signed = checks.some(({ id, result }) => id === 'ledger.checkpoint' && result === 'PASS');
  const said = (result: CheckView['result'], found: string): CheckView => ({
    id: 'ledger.here',
    title: 'Head in the ledger of this vault',
    result,
    proves: found,
    doesNotProve: 'That this ledger is the only one. Receipts that people keep elsewhere show another.',
  });
  if (!head || !signed) return said('NOT CHECKED', 'The bundle has no head that the log key of this vault signed.');
  const root = vault.rootAt(head.size);
  if (root === null)
    return said('FAIL', `The bundle lies under ${head.size} entries, and the ledger here has ${vault.journal.size}.`);
  return root === head.root
    ? said('PASS', `The ledger here begins with the ${head.size} entries under which the bundle lies.`)
    : said('FAIL', `The first ${head.size} entries of the ledger here are not those under which the bundle lies.`);
}

const checkView = ({ id, title, result, proves, doesNotProve, detail }: Check): CheckView => ({
  id,
  title,
  result,
  // What a failed check would have proven helps nobody: then what was found comes first.
  proves: result === 'PASS' ? proves : (detail ?? proves),
  doesNotProve,
});

const RANK = { FAIL: 0, 'NOT CHECKED': 1, PASS: 2 } as const;

export function reportView(bundle: BundleView, report: Report, vault: Vault): EvidenceReportView {
  const { integrity, origin, keyProtection } = report.verdicts;
  const here = besideLedger(report, vault);
  const checks = [...report.checks.map(checkView), here].sort((a, b) => RANK[a.result] - RANK[b.result]);
  const tally = (result: CheckView['result']): number => checks.filter((check) => check.result === result).length;
  const judged = [...report.checks, { required: here.result === 'FAIL', result: here.result }];
  const { change, notProven, files } = report.bundle;
  return {
    bundle,
    at: report.verifiedAt,
    verdict: headline(judged, report.testOnly),
    summary: `${tally('FAIL')} failed, ${tally('NOT CHECKED')} not checked, ${tally('PASS')} passed. Run offline.`,
    passed: report.passed && here.result !== 'FAIL',
    verdicts: [
      { title: 'Integrity', text: integrity.sentence, ok: integrity.result === 'PASS' },
      { title: 'Origin', text: origin.sentence, ok: origin.result === 'PASS' },
      {
        title: 'Key protection',
        text: keyProtection.sentence,
        ok: keyProtection.level !== null && keyProtection.level !== 'A0',
      },
    ],
    checks,
    change: change && { reason: change.reason, acts: change.acts.map((act) => ({ ...act, title: ACTS[act.act] })) },
    notProven,
    files: files.map(({ name, bytes }) => ({ name, bytes, ok: true })),
    next: nextStep(judged, true),
  };
}
