/** `key.generate`: C_GenerateKeyPair by the approved template, read back in a fresh session and compared. */
import { fromHex } from '../../../core/bytes.ts';
import { afterGenerate } from '../../../core/ceremony/recovery.ts';
import { differences, madeInside } from '../../../core/lifecycle/template.ts';
import { keyIdOf } from '../../../core/lifecycle/replay.ts';
import type { Attribute } from '../../../core/ledger/fields.ts';
import { plannedKey, templateOf } from '../../../core/plan/plan.ts';
import { refusal } from '../../../core/rules.ts';
import type { AttributeName, TemplateAttribute } from '../../hsm/port.ts';
import type { ActContext, ActOutcome, ActRunner } from './act.ts';
import { readPair } from './read-pair.ts';

/** For the port, which takes CKA_LABEL apart. */
export const forToken = (attributes: readonly Attribute[]): TemplateAttribute[] =>
  attributes
    .filter(({ name }) => name !== 'CKA_LABEL')
    .map(({ name, value }) => ({ name: name as AttributeName, value }));

export const generate: ActRunner = {
  async run(context) {
    const { hsm, token, plan, intent } = context;
    const template = templateOf(plan, intent.step ?? '')!.template;
    const made = await hsm.generateKeyPair({
      token,
      mechanism: plannedKey(plan).mechanism,
      ckaId: fromHex(keyIdOf(intent.leafHash))!,
      label: plannedKey(plan).label,
      privateTemplate: forToken(template.private),
      publicTemplate: forToken(template.public),
    });
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
    } = afterGenerate({
      private: count('private-key'),
      public: count('public-key'),
    });
    if (outcome === 'committed') return { ...(await readBack(context)), found: words };
    return { outcome, found: words, ...(rest === 'half' ? { key: keyIdOf(intent.leafHash) } : {}) };
  },
};

async function readBack({ hsm, token, plan, intent }: ActContext): Promise<ActOutcome> {
  const key = keyIdOf(intent.leafHash);
  const pair = await readPair(hsm, token, fromHex(key)!);
  if (!pair.ok) return { outcome: 'unknown', key, failure: pair.error };
  const { attributes, spkiBase64 } = pair.value;
  const template = templateOf(plan, intent.step ?? '')!.template;
  const inside = madeInside(plannedKey(plan).mechanism);
  const wrong = differences(
    { private: [...template.private, ...inside.private], public: [...template.public, ...inside.public] },
    attributes,
  );
  return {
    outcome: 'committed',
    key,
    spki: spkiBase64,
    attributes,
    ...(wrong.length === 0
      ? {}
      : { failure: refusal('READBACK-1', wrong.map(({ half, name }) => `${name} (${half})`).join(', ') + '.') }),
  };
}
