/** `key.activate`: sets what activation sets on both halves, then reads both again. */
import { fromHex } from '../../../core/bytes.ts';
import { afterSetAttributes } from '../../../core/ceremony/recovery.ts';
import { refusal } from '../../../core/rules.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { forToken } from './generate.ts';
import { templateIn } from './key-objects.ts';
import { readPair } from './read-pair.ts';

export const activate: ActRunner = {
  async run(context) {
    const { hsm, token, intent } = context;
    const ckaId = fromHex(intent.data.key!)!;
    const template = templateIn(context);
    for (const [half, attributes] of [
      ['public-key', template.public],
      ['private-key', template.private],
    ] as const) {
      const set = await hsm.setAttributes({ token, ckaId, class: half, attributes: forToken(attributes) });
      if (set.ok) continue;
      if (set.error.code === 'hsm-lost') return { outcome: 'unknown', failure: set.error };
      return { ...(await activate.find(context)), failure: set.error };
    }
    context.crash('hsm-after-call');
    return activate.find(context);
  },

  /** The private half decides: a key that may sign is active, whatever its public half says. */
  async find(context: ActContext): Promise<ActOutcome> {
    const { hsm, token, intent, record } = context;
    const template = templateIn(context);
    const key = intent.data.key!;
    const pair = await readPair(hsm, token, fromHex(key)!);
    if (!pair.ok) return { outcome: 'unknown', key, failure: pair.error };
    const { attributes } = pair.value;
    const { outcome, rest, found } = afterSetAttributes({
      wanted: template.private,
      beside: template.public,
      was: record?.attributes.private ?? [],
      now: attributes.private,
      nowBeside: attributes.public,
    });
    return {
      outcome,
      key,
      attributes,
      found,
      ...(rest === 'attributes' ? { failure: refusal('READBACK-1', 'CKA_VERIFY (public).') } : {}),
    };
  },
};
