/** `key.activate`: sets what activation sets on every object of the key, then reads them again. */
import { fromHex } from '../../../core/bytes.ts';
import { afterSetAttributes } from '../../../core/ceremony/recovery.ts';
import { halvesOf } from '../../../core/lifecycle/purpose.ts';
import { refusal } from '../../../core/rules.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { leadIn, objectsIn, setUsage, templateIn } from './key-objects.ts';
import { readKey } from './read-key.ts';

export const activate: ActRunner = {
  async run(context) {
    // The secret object last: it decides.
    const set = await setUsage(context, [...halvesOf(objectsIn(context))].reverse());
    const failure = set.ok ? set.value : set.error;
    if (failure?.code === 'hsm-lost') return { outcome: 'unknown', failure };
    if (failure) return { ...(await activate.find(context)), failure };
    context.crash('hsm-after-call');
    return activate.find(context);
  },

  /** The secret object decides: a key that has its own rights is active, whatever its public half says. */
  async find(context: ActContext): Promise<ActOutcome> {
    const { hsm, token, intent, record } = context;
    const key = intent.data.key!;
    const objects = objectsIn(context);
    const lead = leadIn(context);
    const read = await readKey(hsm, token, fromHex(key)!, objects);
    if (!read.ok) return { outcome: 'unknown', key, failure: read.error };
    const { attributes } = read.value;
    const wanted = templateIn(context);
    const { outcome, rest, found } = afterSetAttributes({
      wanted: wanted[lead] ?? [],
      beside: wanted.public ?? [],
      was: [...(record?.attributes[lead] ?? [])],
      now: attributes[lead] ?? [],
      nowBeside: attributes.public ?? [],
    });
    const left = (wanted.public ?? []).map(({ name }) => `${name} (public)`).join(', ');
    return {
      outcome,
      key,
      attributes,
      found,
      ...(rest === 'attributes' ? { failure: refusal('READBACK-1', `${left}.`) } : {}),
    };
  },
};
