/** `key.resume` and its like: a key gets rights again that it had before, the public object first. */
import { refusal } from '../../../core/rules.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { halvesOf } from '../../../core/lifecycle/purpose.ts';
import {
  afterFailure,
  leadIn,
  named,
  objectsIn,
  readObjects,
  recorded,
  setUsage,
  templateIn,
  wrongIn,
} from './key-objects.ts';

/** The secret object decides: a key whose own rights are there is active, whatever its public half says. */
async function find(context: ActContext): Promise<ActOutcome> {
  const key = context.intent.data.key!;
  const objects = await readObjects(context);
  if (!objects.ok) return { outcome: 'unknown', key, failure: objects.error };
  const { attributes, there } = objects.value;
  const wrong = wrongIn(templateIn(context), objects.value);
  const missing = recorded(context).some((half) => !there.includes(half));
  if (missing || wrong.some(({ half }) => half === leadIn(context))) {
    return { outcome: 'not-committed', key, attributes, found: 'The key does not have the rights that it should get.' };
  }
  return {
    outcome: 'committed',
    key,
    attributes,
    enforced: 'device',
    ...(wrong.length === 0 ? {} : { failure: refusal('READBACK-1', named(wrong)) }),
    found: 'The key has its rights again.',
  };
}

export const resume: ActRunner = {
  async run(context) {
    const set = await setUsage(context, [...halvesOf(objectsIn(context))].reverse());
    if (!set.ok) return afterFailure(context, set.error, find);
    context.crash('hsm-after-call');
    const now = await find(context);
    return set.value === null ? now : { ...now, failure: set.value };
  },
  find,
};
