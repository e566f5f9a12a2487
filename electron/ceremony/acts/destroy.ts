/** `key.destroy`: C_DestroyObject of each object that is there, the secret one first; then all are looked for again. */
import { refusal } from '../../../core/rules.ts';
import { notFound } from '../../../core/plan/destroy-key.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { afterFailure, idOf, readObjects, recorded } from './key-objects.ts';
import { CLASS_OF } from './read-key.ts';

async function find(context: ActContext): Promise<ActOutcome> {
  const key = context.intent.data.key!;
  const objects = await readObjects(context);
  if (!objects.ok) return { outcome: 'unknown', key, failure: objects.error };
  const { gone, there, attributes } = objects.value;
  const expected = recorded(context);
  // What cannot be brought back decides: without the loss of the private object, nothing was destroyed.
  const [first] = expected;
  if (first === undefined || !gone.includes(first)) {
    return { outcome: 'not-committed', key, attributes, found: 'The key is still on the token.' };
  }
  const left = expected.filter((half) => there.includes(half));
  if (left.length === 0) {
    return {
      outcome: 'committed',
      key,
      gone,
      attributes,
      enforced: 'device',
      found: notFound(context.record?.recovery ?? null),
    };
  }
  return {
    outcome: 'committed',
    key,
    gone,
    attributes,
    failure: refusal('LIFECYCLE-4', `The ${left.join(' and the ')} half.`),
    found: `The secret object is not on the token any more; the ${left.join(' and the ')} half is.`,
  };
}

export const destroy: ActRunner = {
  async run(context) {
    const { hsm, token } = context;
    const objects = await readObjects(context);
    if (!objects.ok) return afterFailure(context, objects.error, find);
    for (const half of objects.value.there) {
      const destroyed = await hsm.destroyObject({ token, ckaId: idOf(context), class: CLASS_OF[half] });
      if (!destroyed.ok) return afterFailure(context, destroyed.error, find);
      context.crash('destroy-after-object');
    }
    context.crash('hsm-after-call');
    return find(context);
  },
  find,
};
