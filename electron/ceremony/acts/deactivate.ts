/**
 * `key.deactivate`: where the profile keeps a deactivated private key on the token, the rights of an active one are taken
 * from it. Where it does not, as for a signature key by SP 800-57, the public object keeps the right to verify and no other, then the private object is destroyed. What
 * cannot be undone comes last and decides what the act came to.
 */
import { refusal } from '../../../core/rules.ts';
import type { Failure } from '../../../core/result.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { blocking, callOf } from './block.ts';
import {
  afterFailure,
  idOf,
  leadIn,
  named,
  readObjects,
  recorded,
  setUsage,
  templateIn,
  wrongIn,
} from './key-objects.ts';
import { CLASS_OF } from './read-key.ts';

const inPlace = blocking(false);

/** Whether the plan leaves the private object on the token. */
const stays = (context: ActContext): boolean => (templateIn(context)[leadIn(context)] ?? []).length > 0;

async function find(context: ActContext, never: Failure | null = null): Promise<ActOutcome> {
  const key = context.intent.data.key!;
  const objects = await readObjects(context);
  if (!objects.ok) return { outcome: 'unknown', key, failure: objects.error };
  const { gone, there, attributes } = objects.value;
  if (there.includes('private')) {
    return { outcome: 'not-committed', key, attributes, found: 'The private half is still on the token.' };
  }
  const wrong = wrongIn(templateIn(context), objects.value);
  // With the private half gone before, the rights of the public one are all there was to do.
  if (!recorded(context).includes('private') && wrong.length > 0 && never === null) {
    return { outcome: 'not-committed', key, attributes, found: 'The public half has other rights than it should.' };
  }
  const common = { outcome: 'committed', key, gone, attributes } as const;
  if (wrong.length === 0) {
    return { ...common, enforced: 'device', found: 'The private half was not found on this token.' };
  }
  return {
    ...common,
    enforced: 'procedure',
    failure: { ...refusal('LIFECYCLE-3', named(wrong)), ...callOf(never) },
    found: 'The private half was not found on this token. The public half has other rights than it should.',
  };
}

export const deactivate: ActRunner = {
  async run(context) {
    if (stays(context)) return inPlace.run(context);
    const { hsm, token } = context;
    const objects = await readObjects(context);
    if (!objects.ok) return afterFailure(context, objects.error, find);
    const { there } = objects.value;
    const set = await setUsage(
      context,
      there.filter((half) => half === 'public'),
    );
    if (!set.ok) return afterFailure(context, set.error, find);
    if (there.includes('private')) {
      const destroyed = await hsm.destroyObject({ token, ckaId: idOf(context), class: CLASS_OF.private });
      if (!destroyed.ok) return afterFailure(context, destroyed.error, find);
    }
    context.crash('hsm-after-call');
    return find(context, set.value);
  },
  find: (context) => (stays(context) ? inPlace.find(context) : find(context)),
};
