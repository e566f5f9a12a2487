/**
 * `key.discard-half`: destroys the one half of a key pair that an interrupted generation left. It is refused for a
 * CKA_ID that has both halves: that is a key, and keys are destroyed only by a ceremony of their own.
 */
import { fromHex } from '../../../core/bytes.ts';
import { afterDestroy } from '../../../core/ceremony/recovery.ts';
import type { ObjectClass } from '../../hsm/port.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';

async function look({ hsm, token, intent }: ActContext) {
  const ckaId = fromHex(intent.data.key!)!;
  const found = await hsm.findKeys({ token, ckaId });
  return found.ok ? { ok: true as const, ckaId, classes: found.value.map((object) => object.class) } : found;
}

export const discardHalf: ActRunner = {
  async run(context): Promise<ActOutcome> {
    const key = context.intent.data.key!;
    const before = await look(context);
    if (!before.ok) return { outcome: 'unknown', key, failure: before.error };
    const [only] = before.classes;
    if (before.classes.length !== 1 || only === 'other') {
      return {
        outcome: 'not-committed',
        key,
        failure: { code: 'internal', message: 'There is not exactly one half to remove.' },
      };
    }
    const destroyed = await context.hsm.destroyObject({
      token: context.token,
      ckaId: before.ckaId,
      class: only as ObjectClass,
    });
    return destroyed.ok
      ? { outcome: 'committed', key }
      : { ...(await discardHalf.find(context)), failure: destroyed.error };
  },

  async find(context): Promise<ActOutcome> {
    const key = context.intent.data.key!;
    const now = await look(context);
    if (!now.ok) return { outcome: 'unknown', key, failure: now.error };
    const { outcome, found } = afterDestroy(1, now.classes.length);
    return { outcome, key, found };
  },
};
