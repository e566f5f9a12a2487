/**
 * `token.sync` and `token.record`: findings of an inventory resolved. What came of it is asked by another inventory: every
 * object of the token is looked at again, and only what is then seen is said.
 */
import { fromHex } from '../../../core/bytes.ts';
import { cureOf, sameDrift, type Drift } from '../../../core/inventory/drift.ts';
import { ok, type Failure, type Result } from '../../../core/result.ts';
import { refusal } from '../../../core/rules.ts';
import type { AttributeName, ObjectClass } from '../../hsm/port.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { callOf } from './block.ts';

const asked = ({ intent }: ActContext): readonly Drift[] => intent.data.drift ?? [];

/** @param settled Whether a finding of the plan is resolved, by whether the token still shows it. */
async function look(
  context: ActContext,
  settled: (shown: boolean) => boolean,
  words: { readonly none: string; readonly some: string; readonly all: string },
  failure: Failure | null = null,
): Promise<ActOutcome> {
  const now = await context.drift();
  if (!now.ok) return { outcome: 'unknown', failure: now.error };
  const left = asked(context).flatMap((finding, i) =>
    settled(now.value.some((one) => sameDrift(one, finding))) ? [] : [i],
  );
  if (left.length === 0) return { outcome: 'committed', found: words.all };
  const because = {
    ...refusal('READBACK-1', `${left.length} of ${asked(context).length} findings.`),
    ...callOf(failure),
  };
  return left.length === asked(context).length
    ? { outcome: 'not-committed', left, failure: failure ?? because, found: words.none }
    : { outcome: 'committed', left, failure: because, found: words.some };
}

const FIXED = {
  none: 'The HSM shows every difference as before.',
  some: 'The HSM shows some of the differences as before.',
  all: 'The HSM shows none of the differences any more.',
};

/** Objects go first: while there are two in one place, an attribute of one of them cannot be set. */
const inOrder = (drifts: readonly Drift[]): Drift[] =>
  [...drifts].sort((a, b) => Number(cureOf(b) === 'destroy') - Number(cureOf(a) === 'destroy'));

async function cure({ hsm, token }: ActContext, drift: Drift): Promise<Result<unknown>> {
  const at = { token, ckaId: fromHex(drift.object) ?? new Uint8Array(), class: drift.class as ObjectClass };
  switch (cureOf(drift)) {
    case 'destroy':
      return hsm.destroyListed({ ...at, sha256: drift.sha256! });
    case 'set':
      return hsm.setAttributes({
        ...at,
        attributes: [{ name: drift.name as AttributeName, value: drift.expected! }],
      });
    case null:
      return ok(null);
  }
}

export const sync: ActRunner = {
  async run(context) {
    let failure: Failure | null = null;
    for (const drift of inOrder(asked(context))) {
      const done = await cure(context, drift);
      if (!done.ok && done.error.code === 'hsm-lost') return { outcome: 'unknown', failure: done.error };
      // What one place refuses keeps nobody from bringing the others in order.
      if (!done.ok) failure ??= done.error;
    }
    context.crash('hsm-after-call');
    return look(context, (shown) => !shown, FIXED, failure);
  },
  find: (context) => look(context, (shown) => !shown, FIXED),
};

const KEPT = {
  none: 'The HSM shows none of what was to be recorded.',
  some: 'The HSM does not show all of what was to be recorded.',
  all: 'The HSM shows all of what was to be recorded.',
};

/** Nothing is asked of the token but what it shows: what it does not show any more is not recorded. */
export const record: ActRunner = {
  run: (context) => look(context, (shown) => shown, KEPT),
  find: (context) => look(context, (shown) => shown, KEPT),
};
