/**
 * Taking from a key the rights that its next state does not have, every one of them for the most part: the private object
 * first. A token that never takes
 * rights away does not stop it. The state is then kept by procedure, and the result says so.
 */
import type { Failure } from '../../../core/result.ts';
import { refusal } from '../../../core/rules.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { afterFailure, leadIn, named, readObjects, recorded, setUsage, templateIn, wrongIn } from './key-objects.ts';

/** @param always Whether it is done even where an object of the key is not on the token any more. */
export function blocking(always: boolean): ActRunner {
  /** @param never What the token answered where it never takes such a right away. */
  const find = async (context: ActContext, never: Failure | null = null): Promise<ActOutcome> => {
    const key = context.intent.data.key!;
    const objects = await readObjects(context);
    if (!objects.ok) return { outcome: 'unknown', key, failure: objects.error };
    const { attributes, there, gone } = objects.value;
    const missing = recorded(context).filter((half) => !there.includes(half));
    const common = { key, attributes, ...(gone.length === 0 ? {} : { gone }) };
    if (missing.length > 0 && !always) {
      const failure = refusal('READBACK-1', `The ${missing.join(' and the ')} object is not on the token.`);
      return { ...common, outcome: 'not-committed', failure };
    }
    const wrong = wrongIn(templateIn(context), objects.value);
    if (wrong.length === 0) {
      return {
        ...common,
        outcome: 'committed',
        enforced: 'device',
        found: 'The key has the rights of its state and no other.',
      };
    }
    if (never === null && wrong.some(({ half }) => half === leadIn(context))) {
      return {
        ...common,
        outcome: 'not-committed',
        found: 'The key still has a right that its state does not have.',
      };
    }
    return {
      ...common,
      outcome: 'committed',
      enforced: 'procedure',
      failure: { ...refusal('LIFECYCLE-3', named(wrong)), ...callOf(never) },
      found: 'The token left a right to the key.',
    };
  };

  return {
    async run(context) {
      const objects = await readObjects(context);
      if (!objects.ok) return afterFailure(context, objects.error, find);
      const set = await setUsage(context, objects.value.there);
      if (!set.ok) return afterFailure(context, set.error, find);
      context.crash('hsm-after-call');
      return find(context, set.value);
    },
    find: (context) => find(context),
  };
}

/** What the token answered, for the entry. */
export const callOf = (failure: Failure | null): Pick<Failure, 'call' | 'rv'> => ({
  ...(failure?.call === undefined ? {} : { call: failure.call }),
  ...(failure?.rv === undefined ? {} : { rv: failure.rv }),
});
