import type { CeremonyView, KeyView } from '../../../contract/views.ts';
import { madeInside } from '../../../core/lifecycle/template.ts';

export interface ComparedAttribute {
  readonly half: 'private' | 'public';
  readonly name: string;
  readonly plan: string;
  /** Undefined where the HSM did not report it. */
  readonly hsm: string | undefined;
  readonly equal: boolean;
}

/**
 * The plan beside what the HSM reported: every attribute of the template, and what the token must say of a key that
 * it made itself. The screen shows; whether the step may be confirmed is decided by the engine.
 */
export function compared({ plan }: CeremonyView, key: KeyView): ComparedAttribute[] {
  const inside = madeInside(plan.mechanism);
  return (['private', 'public'] as const).flatMap((half) =>
    [...plan.attributes.filter((one) => one.half === half), ...inside[half]].map(({ name, value }) => {
      const found = key.attributes.find((one) => one.half === half && one.name === name)?.value;
      return {
        half,
        name,
        plan: String(value),
        hsm: found === undefined ? undefined : String(found),
        equal: found === value,
      };
    }),
  );
}
