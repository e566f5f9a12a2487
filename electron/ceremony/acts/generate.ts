/** `key.generate`: C_GenerateKeyPair or C_GenerateKey by the approved template, read back in a fresh session and compared. */
import { base64, fromHex } from '../../../core/bytes.ts';
import { afterGenerate, afterGenerateSecret } from '../../../core/ceremony/recovery.ts';
import { halvesOf, isPair } from '../../../core/lifecycle/purpose.ts';
import { attributesOf, differences, madeInside } from '../../../core/lifecycle/template.ts';
import { keyIdOf } from '../../../core/lifecycle/replay.ts';
import type { Attribute } from '../../../core/ledger/fields.ts';
import { plannedKey, templateOf } from '../../../core/plan/plan.ts';
import { refusal } from '../../../core/rules.ts';
import type { AttributeName, TemplateAttribute } from '../../hsm/port.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { named, objectsIn } from './key-objects.ts';
import { readKey } from './read-key.ts';

/** For the port, which takes CKA_LABEL apart and the length of a secret key from its mechanism. */
export const forToken = (attributes: readonly Attribute[] = []): TemplateAttribute[] =>
  attributes
    .filter(({ name }) => name !== 'CKA_LABEL' && name !== 'CKA_VALUE_LEN')
    .map(({ name, value }) => ({ name: name as AttributeName, value }));

export const generate: ActRunner = {
  async run(context) {
    const { hsm, token, plan, intent } = context;
    const template = templateOf(plan, intent.step ?? '')!.template;
    const { label, mechanism } = plannedKey(plan);
    const common = { token, ckaId: fromHex(keyIdOf(intent.leafHash))!, label };
    const made = isPair(mechanism)
      ? await hsm.generateKeyPair({
          ...common,
          mechanism,
          privateTemplate: forToken(template.private),
          publicTemplate: forToken(template.public),
        })
      : await hsm.generateKey({ ...common, mechanism, template: forToken(template.secret) });
    context.crash('hsm-after-call');
    if (made.ok) {
      const read = await readBack(context);
      context.crash('hsm-after-read-back');
      return read;
    }
    if (made.error.code === 'hsm-lost') return { outcome: 'unknown', failure: made.error };
    // A module may report a failure and have made the key all the same. The token decides.
    return { ...(await generate.find(context)), failure: made.error };
  },

  async find(context) {
    const { hsm, token, intent } = context;
    const ckaId = fromHex(keyIdOf(intent.leafHash))!;
    const found = await hsm.findKeys({ token, ckaId });
    if (!found.ok) return { outcome: 'unknown', failure: found.error };
    const count = (objectClass: string) => found.value.filter((object) => object.class === objectClass).length;
    const {
      outcome,
      rest,
      found: words,
    } = isPair(plannedKey(context.plan).mechanism)
      ? afterGenerate({ private: count('private-key'), public: count('public-key') })
      : afterGenerateSecret(count('secret-key'));
    if (outcome === 'committed') return { ...(await readBack(context)), found: words };
    return { outcome, found: words, ...(rest === 'half' ? { key: keyIdOf(intent.leafHash) } : {}) };
  },
};

async function readBack(context: ActContext): Promise<ActOutcome> {
  const { hsm, token, plan, intent } = context;
  const key = keyIdOf(intent.leafHash);
  const objects = objectsIn(context);
  const read = await readKey(hsm, token, fromHex(key)!, objects);
  if (!read.ok) return { outcome: 'unknown', key, failure: read.error };
  const { attributes, spki } = read.value;
  const { template } = templateOf(plan, intent.step ?? '')!;
  const inside = madeInside(plannedKey(plan).mechanism);
  const expected = Object.fromEntries(
    halvesOf(objects).map((half) => [half, [...attributesOf(template, half), ...attributesOf(inside, half)]]),
  );
  const wrong = differences(expected, attributes);
  return {
    outcome: 'committed',
    key,
    ...(spki === null ? {} : { spki: base64(spki) }),
    attributes,
    ...(wrong.length === 0 ? {} : { failure: refusal('READBACK-1', named(wrong)) }),
  };
}
