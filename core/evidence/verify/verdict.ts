/** Three verdicts, shown apart: whether it is whole, where it comes from, and what is known about the key's protection. */
import type { Predicate } from '../statement.ts';
import { ASSURANCE, CATALOGUE, SENTENCES } from './catalogue.ts';
import type { AssuranceLevel, Check, CheckResult, KeyProtection, Report, Verdict } from './report.ts';

/**
 * Makers of devices whose PKCS#11 module names them so. The name is only reported by software and gives no assurance of
 * its own: it separates known software tokens and unknown modules (A0) from modules of known devices (A1).
 */
const DEVICE_MAKERS: readonly RegExp[] = [
  /^yubico/i,
  /^(safenet|thales|gemalto)/i,
  /^(ncipher|entrust)/i,
  /^utimaco/i,
  /^securosys/i,
  /^(cardcontact|www\.cardcontact\.de)/i,
  /^nitrokey/i,
  /^marvell/i,
  /^cavium/i,
];

type Judged = Pick<Check, 'required' | 'result'>;

const worst = (checks: readonly Judged[]): CheckResult => {
  const required = checks.filter((check) => check.required);
  if (required.some(({ result }) => result === 'FAIL')) return 'FAIL';
  return required.some(({ result }) => result === 'NOT CHECKED') ? 'NOT CHECKED' : 'PASS';
};

const of = (checks: readonly Check[], verdict: (typeof CATALOGUE)[Check['id']]['verdict']): CheckResult =>
  worst(checks.filter(({ id }) => CATALOGUE[id].verdict === verdict));

/** A0 for software tokens and modules nobody here knows, A1 otherwise. More needs evidence from the device itself. */
export function assurance({ environment, module, token }: Predicate): AssuranceLevel {
  const named = [module.manufacturer, module.description, token.manufacturer, token.model].join(' ');
  if (environment === 'rehearsal' || /soft|kryoptic|opencryptoki|simulator/i.test(named)) return 'A0';
  const known = DEVICE_MAKERS.some((maker) => maker.test(module.manufacturer) && maker.test(token.manufacturer));
  return known ? 'A1' : 'A0';
}

export function verdicts(checks: readonly Check[], predicate: Predicate | null): Report['verdicts'] {
  const verdict = (result: CheckResult, sentences: Readonly<Record<CheckResult, string>>): Verdict => ({
    result,
    sentence: sentences[result],
  });
  const integrity = verdict(of(checks, 'integrity'), SENTENCES.integrity);
  const origin = verdict(of(checks, 'origin'), SENTENCES.origin);
  return { integrity, origin, keyProtection: protection(checks, predicate, integrity, origin) };
}

function protection(
  checks: readonly Check[],
  predicate: Predicate | null,
  integrity: Verdict,
  origin: Verdict,
): KeyProtection {
  if (of(checks, 'key-protection') === 'FAIL') return { level: null, sentence: SENTENCES.protection.contradiction };
  if (!predicate || integrity.result !== 'PASS' || origin.result !== 'PASS')
    return { level: null, sentence: SENTENCES.protection.none };
  const level = assurance(predicate);
  return { level, sentence: ASSURANCE[level] };
}

export function headline(checks: readonly Judged[], testOnly: boolean): string {
  const result = worst(checks);
  if (result === 'PASS') return testOnly ? SENTENCES.headline.test : SENTENCES.headline.pass;
  const sentence = result === 'FAIL' ? SENTENCES.headline.fail : SENTENCES.headline.incomplete;
  return testOnly ? `TEST ONLY: ${sentence[0]!.toLowerCase()}${sentence.slice(1)}` : sentence;
}

export function nextStep(checks: readonly Judged[], trusted: boolean): string {
  const result = worst(checks);
  if (result === 'PASS') return SENTENCES.next.pass;
  return result === 'FAIL' || trusted ? SENTENCES.next.fail : SENTENCES.next.trust;
}
