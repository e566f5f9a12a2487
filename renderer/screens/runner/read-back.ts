import type { KeyView } from '../../../contract/views.ts';
import type { Half } from '../../../core/lifecycle/states.ts';
import { isUsage } from '../../../core/lifecycle/template.ts';

export interface ComparedAttribute {
  readonly half: Half;
  readonly name: string;
  readonly plan: string;
  /** Undefined where the HSM did not report it. */
  readonly hsm: string | undefined;
  readonly equal: boolean;
  /** A right that the state forbids and the token did not take away. People keep to the state. */
  readonly byProcedure: boolean;
}

/**
 * What the state of the key demands beside what the HSM reported: every attribute of the template, and what the token
 * must say of a key that it made itself. The screen shows; whether the step may be confirmed is decided by the engine.
 */
export function compared(key: KeyView): ComparedAttribute[] {
  return key.expected.map(({ half, name, value }) => {
    const found = key.attributes.find((one) => one.half === half && one.name === name)?.value;
    return {
      half,
      name,
      plan: String(value),
      hsm: found === undefined ? undefined : String(found),
      equal: found === value,
      byProcedure: found !== value && key.enforced === 'procedure' && isUsage(half, name),
    };
  });
}

/** Why the read-back cannot be confirmed, as far as the screen can tell. */
export const differs = (key: KeyView | null): boolean =>
  key === null || compared(key).some(({ equal, byProcedure }) => !equal && !byProcedure);
