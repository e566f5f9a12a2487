import { hex } from '../../bytes.ts';
import { templateSha256 } from '../../lifecycle/template.ts';
import { scriptSha256 } from '../../plan/freeze.ts';
import { doneActs } from '../acts.ts';
import { replayKeys } from '../../lifecycle/replay.ts';
import type { Plan } from '../../plan/plan.ts';
import { FILE } from '../names.ts';
import { changeIn, type Predicate } from '../statement.ts';
import type { Opened } from './opened.ts';
import { failed, judge, unchecked, type Checks } from './outcome.ts';

export const planChecks: Checks = {
  'plan.hashes': ({ crypto, files, statement, plan, leaves }) => {
    if (!plan) return failed('The plan cannot be read, or is not in canonical form.');
    if (!statement.ok || !leaves?.ok) return unchecked();
    const { ceremony } = statement.value.predicate;
    const sha256 = hex(crypto.sha256(files.get(FILE.plan)!));
    const script = scriptSha256(crypto, plan.script);
    if (plan.scriptSha256 !== script)
      return judge('The script of the plan does not have the digest that stands beside it.');
    const { mechanism } = plan.script.key;
    for (const { step, template, sha256: stated } of plan.script.templates)
      if (templateSha256(crypto, mechanism, template) !== stated)
        return judge(`The attribute template of ${step} does not have the digest that stands beside it.`);
    if (ceremony.planSha256 !== sha256 || ceremony.scriptSha256 !== script)
      return judge('The statement is about another plan.');
    const frozen = leaves.value.filter(({ entry }) => entry.type === 'plan.frozen');
    const entry = frozen[0]?.entry;
    return judge(
      frozen.length === 1 && entry?.type === 'plan.frozen' && entry.data.plan === sha256 && entry.data.script === script
        ? null
        : 'The ledger records the freezing of another plan, or of none.',
      `Plan ${sha256}`,
    );
  },
  'plan.binding': (bundle) => {
    const { statement, plan, leaves } = bundle;
    if (!statement.ok || !plan || !leaves?.ok) return unchecked();
    const { predicate } = statement.value;
    const { key } = plan.script;
    const same: readonly (readonly [string, boolean])[] = [
      ['ceremony', plan.ceremony === predicate.ceremony.id],
      ['environment', plan.environment === predicate.environment],
      ['vault', plan.vault === predicate.vault],
      ['HSM serial', plan.hsm.serial === predicate.token.serial],
      ['HSM label', plan.hsm.label === predicate.token.label],
      ['key label', key.label === (labelBefore(bundle, predicate) ?? predicate.key.label)],
      ['kind of key', key.mechanism === predicate.key.mechanism],
      ['policy', plan.policySha256 === predicate.ceremony.policySha256],
    ];
    const wrong = same.find(([, holds]) => !holds);
    if (wrong) return judge(`Plan and statement differ in the ${wrong[0]}.`);
    const acts = doneActs(leaves.value, predicate.key.ckaId);
    const late = acts.find(({ intent }) => !(Date.parse(intent.entry.clock.wall) < Date.parse(plan.expires)));
    if (late) return judge(`The plan had expired at ${late.intent.entry.data.act}.`);
    if (changeIn(predicate)) return judge(otherKey(plan, predicate));
    const made = acts.find(({ result }) => result.entry.data.act === 'key.generate');
    if (!made) return unchecked();
    return judge(
      made.intent.entry.data.label === key.label ? null : 'The ledger announced another label than the plan.',
    );
  },
};

/** The label that the key had before the ceremony, where it existed. */
const labelBefore = ({ earlier }: Opened, { key, lifecycle }: Predicate): string | undefined =>
  replayKeys(
    (earlier ?? []).map(({ entry, hash }) => ({ entry, leafHash: hex(hash) })),
    lifecycle.profile,
  ).keys.get(key.ckaId)?.label;

/** The plan of a change names the key that it is about. */
const otherKey = ({ subject }: Plan, { key }: Predicate): string | null =>
  subject?.key === key.ckaId && subject.spkiSha256 === key.spkiSha256 ? null : 'The plan is about another key.';
