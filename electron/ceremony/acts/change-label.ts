/** `key.change-label`: CKA_LABEL of each object of the key, then both are read again. */
import { refusal } from '../../../core/rules.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { afterFailure, idOf, named, readObjects, recorded, templateIn, wrongIn } from './key-objects.ts';
import { CLASS_OF } from './read-key.ts';

/** A label on one object and not on the other is no answer: the step is done again, and writes both. */
async function find(context: ActContext): Promise<ActOutcome> {
  const key = context.intent.data.key!;
  const objects = await readObjects(context);
  if (!objects.ok) return { outcome: 'unknown', key, failure: objects.error };
  const { attributes, there } = objects.value;
  const missing = recorded(context).filter((half) => !there.includes(half));
  if (missing.length > 0) {
    const failure = refusal('READBACK-1', `The ${missing.join(' and the ')} half is not on the token.`);
    return { outcome: 'not-committed', key, attributes, failure };
  }
  const wrong = wrongIn(templateIn(context), objects.value);
  return wrong.length === 0
    ? { outcome: 'committed', key, attributes, found: 'Every object of the key has the new label.' }
    : { outcome: 'not-committed', key, attributes, found: `The label is not on every object: ${named(wrong)}` };
}

export const changeLabel: ActRunner = {
  async run(context) {
    const { hsm, token } = context;
    const label = context.intent.data.label!;
    for (const half of recorded(context)) {
      const attributes = [{ name: 'CKA_LABEL', value: label } as const];
      const set = await hsm.setAttributes({ token, ckaId: idOf(context), class: CLASS_OF[half], attributes });
      if (!set.ok) return afterFailure(context, set.error, find);
    }
    context.crash('hsm-after-call');
    return find(context);
  },
  find,
};
