/** The objects of a key as the token has them: which are there, and what their usage attributes allow. */
import { fromHex } from '../../../core/bytes.ts';
import { isPresent } from '../../../core/lifecycle/profile.ts';
import { halvesOf, leadOf, objectsOf, type ObjectTypes } from '../../../core/lifecycle/purpose.ts';
import { HALVES, type Half } from '../../../core/lifecycle/states.ts';
import { differences, type Difference } from '../../../core/lifecycle/template.ts';
import { plannedKey, templateOf, type Template } from '../../../core/plan/plan.ts';
import { ok, type Failure, type Result } from '../../../core/result.ts';
import type { ActContext, ActOutcome } from './act.ts';
import { forToken } from './generate.ts';
import { CLASS_OF, readHalf, type ReadAttributes } from './read-key.ts';

export interface KeyObjects {
  readonly there: readonly Half[];
  readonly gone: Half[];
  /** Of an object that is not there, none. */
  readonly attributes: ReadAttributes;
}

/** What the key acted on consists of; where there is none yet, the one that the plan makes. */
export const objectsIn = ({ plan, record }: Pick<ActContext, 'plan' | 'record'>): ObjectTypes => {
  const { purpose, mechanism } = plannedKey(plan);
  return record?.objects ?? objectsOf(purpose, mechanism)!;
};

/** The object that decides: the private one of a pair, or the secret key. */
export const leadIn = (context: Pick<ActContext, 'plan' | 'record'>): Half => leadOf(objectsIn(context));

export const idOf = ({ intent }: ActContext): Uint8Array => fromHex(intent.data.key!)!;

/** What the act's step tells the token. */
export const templateIn = ({ plan, intent }: ActContext): Template => templateOf(plan, intent.step ?? '')!.template;

/** Objects that the ledger says are there. */
export const recorded = ({ record, profile }: ActContext): Half[] =>
  HALVES.filter((half) => isPresent(profile, record?.[half] ?? ''));

/** Looks for every object of the key, and reads those that are there, each in a fresh session. */
export async function readObjects(context: ActContext): Promise<Result<KeyObjects>> {
  const { hsm, token } = context;
  const ckaId = idOf(context);
  const found = await hsm.findKeys({ token, ckaId });
  if (!found.ok) return found;
  const halves = halvesOf(objectsIn(context));
  const there = halves.filter((half) => found.value.some((object) => object.class === CLASS_OF[half]));
  const attributes: ReadAttributes = Object.fromEntries(halves.map((half) => [half, []]));
  for (const half of there) {
    const read = await readHalf(hsm, token, ckaId, half);
    if (!read.ok) return read;
    attributes[half] = read.value;
  }
  return ok({ there, gone: halves.filter((half) => !there.includes(half)), attributes });
}

/** Where the objects that are there differ from what they were told. */
export function wrongIn(template: Template, { there, attributes }: KeyObjects): Difference[] {
  return differences(Object.fromEntries(there.map((half) => [half, template[half]])), attributes);
}

/** Answers by which a token says that it never takes such a right away. Others may be gone at the next try. */
const NEVER: ReadonlySet<string> = new Set([
  'CKR_ATTRIBUTE_READ_ONLY',
  'CKR_ACTION_PROHIBITED',
  'CKR_FUNCTION_NOT_SUPPORTED',
  // It said yes, and reads otherwise.
  'CKR_OK',
]);

/**
 * Sets the template on the objects named, in their order. The value is the answer of a token that never does this, or
 * null; every other failure is one.
 */
export async function setUsage(context: ActContext, halves: readonly Half[]): Promise<Result<Failure | null>> {
  const { hsm, token } = context;
  const template = templateIn(context);
  let never: Failure | null = null;
  for (const half of halves) {
    const attributes = forToken(template[half] ?? []);
    if (attributes.length === 0) continue;
    const request = { token, ckaId: idOf(context), class: CLASS_OF[half], attributes };
    const set = await hsm.setAttributes(request);
    if (set.ok) continue;
    if (!NEVER.has(set.error.rv ?? '')) return set;
    never ??= set.error;
  }
  return ok(never);
}

/** In words, for a refusal. */
export const named = (wrong: readonly Difference[]): string =>
  `${wrong.map(({ half, name }) => `${name} (${half})`).join(', ')}.`;

/** What a failed call came to: nothing is known of a lost host, and the token is asked otherwise. */
export async function afterFailure(
  context: ActContext,
  failure: Failure,
  find: (context: ActContext) => Promise<ActOutcome>,
): Promise<ActOutcome> {
  const key = context.intent.data.key!;
  if (failure.code === 'hsm-lost') return { outcome: 'unknown', key, failure };
  return { ...(await find(context)), failure };
}
