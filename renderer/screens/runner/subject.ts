import type { CeremonyView, KeyView, StepView } from '../../../contract/views.ts';
import type { Change } from '../../../core/lifecycle/change.ts';

/** The key that a step is about, and what is changed of it. */
export interface StepSubject {
  /** Null where the step makes a key, or does something with one that changes nothing. */
  readonly change: Change | null;
  readonly label: string;
  readonly reason: string | null;
  readonly key: KeyView | null;
}

export function subjectOf({ plan, key, predecessor }: CeremonyView, { of }: Pick<StepView, 'of'>): StepSubject {
  const { does, label } = plan;
  // Findings of an inventory are about no single key.
  if ('findings' in does) return { change: null, label, reason: does.reason, key: null };
  if (does.change !== null) return { change: does.change, label, reason: does.reason, key };
  const { rotation } = does;
  if (of !== 'predecessor' || rotation === null) return { change: null, label, reason: null, key };
  const change = rotation.fate === 'keep' ? null : rotation.fate;
  return { change, label: rotation.label, reason: rotation.reason, key: predecessor };
}
