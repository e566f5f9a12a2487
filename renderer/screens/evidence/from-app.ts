/** Bundles and the report on one of them, as the screen shows them. */
import type { BundleView, EvidenceReportView } from '../../../contract/views.ts';
import { text } from '../../messages/en.ts';
import { utcClock } from '../../ui/shell/status.ts';
import { VERDICTS } from '../ledger/from-app.ts';
import type { BundleDetail, BundleEntry, ChangeView, ReportView } from './view.ts';

const words = text.evidenceScreen;

const moment = (iso: string): string => (iso === '' ? '' : `${utcClock(new Date(iso))} ${text.utc}`);

export const bundleEntry = ({ sha256, name, ceremony, title, exported }: BundleView): BundleEntry => ({
  id: sha256,
  name,
  detail: ceremony === '' ? words.elsewhere : `${title}. ${ceremony}, ${moment(exported)}`,
});

export function bundleDetail(
  { sha256, name, ceremony, exported, bytes, path }: BundleView,
  listed: boolean,
  report: EvidenceReportView | undefined,
): BundleDetail {
  return {
    id: sha256,
    name,
    ceremony: ceremony === '' ? words.elsewhere : ceremony,
    exported: moment(exported),
    size: words.bytes(bytes),
    path,
    listed,
    files: (report?.files ?? []).map((file) => ({ name: file.name, size: words.bytes(file.bytes), good: file.ok })),
  };
}

function changeView(
  { acts, reason }: NonNullable<EvidenceReportView['change']>,
  notProven: readonly string[],
): ChangeView {
  return {
    acts: acts.map(({ title, objects, enforced, words: gone, error, compromise }) => ({
      name: title,
      moves: objects.map(({ object, before, after }) => ({
        object: words.objects[object],
        before: before === 'none' ? undefined : before,
        after,
      })),
      facts: [
        ...(enforced === null
          ? []
          : [{ name: words.kept, text: words.enforced[enforced], warn: enforced === 'procedure' }]),
        ...(error ? [{ name: words.answered, text: `${error.call}: ${error.rv}`, warn: true }] : []),
        ...(gone === null ? [] : [{ name: words.gone, text: gone, warn: false }]),
        ...(compromise
          ? [
              {
                name: words.reported,
                text: words.since(text.change.kinds[compromise.reason], compromise.believed),
                warn: true,
              },
            ]
          : []),
      ],
    })),
    reason,
    notProven,
  };
}

export function reportView(report: EvidenceReportView, rehearsal: boolean): ReportView {
  // The headline of a rehearsal begins with the words already; a failure's says them in the same place.
  const said = report.verdict.startsWith(words.testOnly);
  return {
    good: report.passed,
    testOnly: rehearsal || said,
    title: rehearsal && !said ? `${words.testOnly}: ${report.verdict}` : report.verdict,
    summary: `${report.summary} ${words.ranAt(utcClock(new Date(report.at)))}`,
    verdicts: report.verdicts.map(({ title, text: sentence, ok }) => ({ title, text: sentence, good: ok })),
    checks: report.checks.map(({ id, title, result, proves, doesNotProve }) => ({
      id,
      verdict: VERDICTS[result],
      name: title,
      proves,
      provesNot: doesNotProve,
    })),
    change: report.change ? changeView(report.change, report.notProven) : undefined,
    next: report.next === '' ? undefined : report.next,
  };
}
