import type { CeremonyView, PresenceView, StepView } from '../../../contract/views.ts';
import { text } from '../../messages/en.ts';

/** The people of the roles that a step names, role by role, in the order of the script. */
export const confirmers = ({ people }: CeremonyView, { confirmedBy }: StepView): PresenceView[] =>
  confirmedBy.flatMap((role) => people.filter((person) => person.role === role));

/** Why the ticks do not make a confirmation yet: one person of each role, no more. */
export function notConfirmed(ceremony: CeremonyView, step: StepView, ticked: readonly string[]): string | undefined {
  const roles = confirmers(ceremony, step)
    .filter(({ person }) => ticked.includes(person))
    .map(({ role }) => role);
  const word = (role: PresenceView['role']): string => text.runner.role[role].toLowerCase();
  const missing = step.confirmedBy.filter((role) => !roles.includes(role));
  if (missing.length > 0) return text.steps.confirm.missing(missing.map(word));
  const twice = step.confirmedBy.find((role) => roles.filter((one) => one === role).length > 1);
  return twice === undefined ? undefined : text.steps.confirm.tooMany(word(twice));
}
