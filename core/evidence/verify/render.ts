/** A report as text for a terminal and as JSON for machines. Same content, same order. */
import { groups } from '../../bytes.ts';
import type { Check, Report } from './report.ts';
import { linesOf, printable } from '../../terminal.ts';

const { wrap, labelled } = linesOf(96);

function checkLines({ result, title, id, required, proves, doesNotProve, detail }: Check): string[] {
  return [
    `${result.padEnd(12)}${title}  [${id}]${required ? '' : '  (informative)'}`,
    ...(detail === undefined ? [] : labelled('Found', detail)),
    ...(result === 'PASS' ? labelled('Proves', proves) : labelled('Would prove', proves)),
    ...labelled('Does not prove', doesNotProve),
    '',
  ];
}

/** What the statement says was changed, and what it does not prove by that. */
function changeLines({ change, notProven }: Report['bundle']): string[] {
  if (!change) return [];
  const said = (label: string, text: string): string[] => wrap(`${label.padEnd(14)}${printable(text)}`, '  ');
  return [
    'What the statement says was changed',
    ...change.acts.flatMap(({ act, objects, enforced, words, error, compromise }) => [
      ...said('Act', act),
      ...objects.flatMap(({ object, before, after }) =>
        said(`${object} object`, before === after ? `still ${after}` : `${before} to ${after}`),
      ),
      ...(enforced === null ? [] : said('Kept', KEPT[enforced])),
      ...(words === null ? [] : said('Destroyed', words)),
      ...(error ? said('Token', `${error.call}: ${error.rv}`) : []),
      ...(compromise ? said('Reported', `${compromise.reason}, believed since ${compromise.believed}`) : []),
    ]),
    ...said('Reason', change.reason),
    '',
    'What it says it does not prove',
    ...notProven.flatMap((line) => wrap(`- ${printable(line)}`, '  ')),
    '',
  ];
}

const KEPT = { device: 'By the device.', procedure: 'By procedure, not by the device.' } as const;

export function renderText(report: Report): string {
  const { bundle, verdicts, counts, trust } = report;
  const { integrity, origin, keyProtection } = verdicts;
  const facts: readonly (readonly [string, string | null])[] = [
    ['Bundle', bundle.id],
    ['Ceremony', bundle.ceremony],
    ['Environment', bundle.environment],
    ['Key', bundle.key && `${bundle.key.label}, ${bundle.key.state}`],
    ['Public key', bundle.key && groups(bundle.key.spkiSha256).join(' ')],
    ['Sealed at', bundle.sealedAt && `${bundle.sealedAt}, by the workstation clock`],
    ['Archive', groups(bundle.sha256).join(' ')],
    [
      'Trust',
      trust.sha256
        ? `${trust.kind === 'genesis' ? 'genesis sheet' : 'root fingerprint only'} ${trust.sha256}`
        : 'none given',
    ],
    ['Run at', report.verifiedAt],
  ];
  return [
    ...(report.testOnly ? ['TEST ONLY', ''] : []),
    report.headline,
    `${counts.failed} failed, ${counts.notChecked} not checked, ${counts.passed} passed.`,
    '',
    ...facts.flatMap(([label, value]) => (value === null ? [] : [`${label.padEnd(14)}${printable(value)}`])),
    '',
    ...wrap(`Integrity       ${integrity.result}. ${integrity.sentence}`, '  '),
    ...wrap(`Origin          ${origin.result}. ${origin.sentence}`, '  '),
    ...wrap(
      `Key protection  ${keyProtection.level === null ? '' : `${keyProtection.level}. `}${keyProtection.sentence}`,
      '  ',
    ),
    '',
    ...changeLines(bundle),
    ...report.checks.flatMap(checkLines),
    ...wrap(`Next: ${report.next}`, ''),
    '',
  ].join('\n');
}

/** The report as JSON text. Member names and ids are stable; sentences may be reworded. */
export const renderJson = (report: Report): string => `${JSON.stringify(report, null, 2)}\n`;
