import type { CeremonyView, PlanView, StepView } from '../../../contract/views.ts';
import { MECHANISMS } from '../../../core/lifecycle/mechanism.ts';
import { objectsOf, wordsOf } from '../../../core/lifecycle/purpose.ts';
import { HALVES, type Half } from '../../../core/lifecycle/states.ts';
import { activationOf, meaningOfChange } from '../../../core/lifecycle/template.ts';
import { text } from '../../messages/en.ts';
import { shortDigest } from '../../ui/digest/rows.ts';
import { utcMinute } from '../../ui/shell/status.ts';
import { subjectOf, type StepSubject } from './subject.ts';
import type { ParameterRow, ParametersView } from './view.ts';

/** Those that everybody in the room should look at; the others are behind "Show all". */
const MAIN = ['CKA_LABEL', 'CKA_SENSITIVE', 'CKA_EXTRACTABLE', 'CKA_SIGN', 'CKA_COPYABLE'];

const words = text.runner.meaning;

const mechanismRow = ({ mechanism, purpose }: PlanView): ParameterRow[] => {
  if (mechanism === null || purpose === null) return [];
  const { ckm, name } = MECHANISMS[mechanism];
  return [{ name: ckm, value: name, meaning: words.curve(wordsOf(purpose, mechanism)) }];
};

function generation(plan: PlanView): { rows: ParameterRow[]; all: ParameterRow[] } {
  const attribute = ({ name, value, meaning }: PlanView['attributes'][number]): ParameterRow => ({
    name,
    value: String(value),
    meaning,
  });
  const half = (which: Half): ParameterRow[] =>
    plan.attributes
      .filter((one) => one.half === which)
      .map((one) => ({ ...attribute(one), meaning: words.onOtherHalf(one.meaning, words.half[which]) }));
  return {
    rows: [
      ...mechanismRow(plan),
      ...MAIN.flatMap((name) => plan.attributes.filter((one) => one.half !== 'public' && one.name === name)).map(
        attribute,
      ),
    ],
    all: [...mechanismRow(plan), ...HALVES.flatMap(half)],
  };
}

const keyRows = ({ plan }: CeremonyView, { key, label }: StepSubject): ParameterRow[] => [
  ...(plan.mechanism === null || plan.purpose === null
    ? []
    : [{ name: 'CKA_LABEL', value: label, meaning: wordsOf(plan.purpose, key?.mechanism ?? plan.mechanism) }]),
  ...(key && key.spkiSha256 !== null
    ? [{ name: words.fingerprint, value: shortDigest(key.spkiSha256), meaning: words.fingerprintDetail }]
    : key
      ? [{ name: 'CKA_ID', value: key.key, meaning: words.id }]
      : []),
];

const REQUEST: readonly ParameterRow[] = [
  { name: words.digestOf, value: 'PKCS #10', meaning: words.request },
  { name: 'CKA_SIGN', value: words.once, meaning: words.onceDetail },
];

/** Why, and every attribute that is set. Where nothing is set, the objects are destroyed. */
function changeRows({ does, attributes }: PlanView): ParameterRow[] {
  if (does.change === null) return [];
  if ('findings' in does) {
    return [
      { name: text.change.reason, value: '', meaning: does.reason },
      ...does.findings.map(({ rule, sentence, cure }) => ({ name: rule, value: cure, meaning: sentence })),
    ];
  }
  const { change, reason, compromise, newLabel, cryptoperiod, hold } = does;
  return [
    { name: text.change.reason, value: text.change.title[change], meaning: reason },
    ...(newLabel === null
      ? []
      : [{ name: text.change.newLabel, value: newLabel, meaning: text.change.follows[change] }]),
    ...(cryptoperiod === null
      ? []
      : [
          { name: text.change.originatorEnd, value: cryptoperiod.originatorEnd, meaning: text.change.originatorHint },
          {
            name: text.change.recipientEnd,
            value: cryptoperiod.recipientEnd ?? text.change.notSet,
            meaning: text.change.recipientHint,
          },
        ]),
    ...(hold === null ? [] : [{ name: text.change.hold, value: String(hold), meaning: text.change.follows[change] }]),
    ...(compromise
      ? [
          {
            name: text.change.believed,
            value: utcMinute(compromise.believed),
            meaning: text.change.kindDetail[compromise.reason],
          },
        ]
      : []),
    ...(change === 'prove-possession' ? REQUEST : []),
    ...attributes.map(({ name, value, half, meaning }) => ({
      name,
      value: String(value),
      meaning: words.onOtherHalf(meaning, words.half[half]),
    })),
  ];
}

function rowsFor(ceremony: CeremonyView, step: StepView): { rows: ParameterRow[]; all: ParameterRow[] } {
  const { act = '' } = step;
  if (act === 'key.generate') return generation(ceremony.plan);
  const subject = subjectOf(ceremony, step);
  const key = keyRows(ceremony, subject);
  if (step.of === 'predecessor' && subject.change !== null) {
    const { change, reason } = subject;
    const rows = [
      ...key,
      { name: text.change.reason, value: text.change.title[change], meaning: reason ?? '' },
      { name: text.change.effect, value: text.change.title[change], meaning: text.change.follows[change] },
    ];
    return { rows, all: rows };
  }
  if (ceremony.plan.does.change !== null) {
    const rows = [...key, ...changeRows(ceremony.plan)];
    return { rows, all: rows };
  }
  const { purpose, mechanism } = ceremony.plan;
  if (purpose === null || mechanism === null) return { rows: key, all: key };
  const objects = objectsOf(purpose, mechanism) ?? {};
  const activation = activationOf(objects);
  const changes: Readonly<Record<string, ParameterRow[]>> = {
    'key.activate': [
      ...HALVES.flatMap((half) =>
        (activation[half] ?? []).map(({ name, value }) => ({
          name,
          value: String(value),
          meaning: words.onOtherHalf(meaningOfChange(name, value, objects[half]!), words.half[half]),
        })),
      ),
    ],
    'key.certify-request': [...REQUEST],
    'key.test-use': [{ name: words.tried, value: words.challenge, meaning: text.plan.purposes[purpose].only }],
    'key.test-signature': [{ name: words.digestOf, value: words.challenge, meaning: words.challengeDetail }],
  };
  const rows = [...key, ...(changes[act] ?? [])];
  return { rows, all: rows };
}

/** What the step does to the token, as the approved plan says; undefined for steps that do nothing there. */
export function parametersOf(ceremony: CeremonyView, step: StepView): ParametersView | undefined {
  const asked = step.kind === 'approve' ? ceremony.steps.find(({ id }) => id === step.for) : undefined;
  const act = asked?.act ?? step.act;
  if (act === undefined) return undefined;
  const approvedIn = ceremony.steps.findIndex((one) => one.kind === 'approve' && one.for === step.id) + 1;
  const title = asked
    ? text.runner.parameters.asked
    : approvedIn > 0
      ? text.runner.parameters.approved(approvedIn)
      : text.runner.parameters.plain;
  return {
    title,
    planSha256: ceremony.plan.sha256,
    ...rowsFor(ceremony, asked ?? step),
    mustBeSeen: step.kind === 'act',
  };
}
