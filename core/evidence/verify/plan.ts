import { hex } from '../../bytes.ts';
import { templateSha256 } from '../../lifecycle/template.ts';
import { scriptSha256 } from '../../plan/freeze.ts';
import { doneActs } from '../acts.ts';
import { isGenerate } from '../../plan/recipes.ts';
import { RULES } from '../../rules.ts';
import { FILE } from '../names.ts';
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
  'plan.binding': ({ statement, plan, leaves }) => {
    if (!statement.ok || !plan || !leaves?.ok) return unchecked();
    const { predicate } = statement.value;
    const { key } = plan.script;
    if (!isGenerate(plan.script)) return judge(`${RULES['EVIDENCE-1'].message} (EVIDENCE-1)`);
    const same: readonly (readonly [string, boolean])[] = [
      ['ceremony', plan.ceremony === predicate.ceremony.id],
      ['environment', plan.environment === predicate.environment],
      ['vault', plan.vault === predicate.vault],
      ['HSM serial', plan.hsm.serial === predicate.token.serial],
      ['HSM label', plan.hsm.label === predicate.token.label],
      ['key label', key.label === predicate.key.label],
      ['kind of key', key.mechanism === predicate.key.mechanism],
      ['policy', plan.policySha256 === predicate.ceremony.policySha256],
    ];
    const wrong = same.find(([, holds]) => !holds);
    if (wrong) return judge(`Plan and statement differ in the ${wrong[0]}.`);
    const made = doneActs(leaves.value, predicate.key.ckaId).find(
      ({ result }) => result.entry.data.act === 'key.generate',
    );
    if (!made) return unchecked();
    if (made.intent.entry.data.label !== key.label) return judge('The ledger announced another label than the plan.');
    return judge(
      Date.parse(made.intent.entry.clock.wall) < Date.parse(plan.expires)
        ? null
        : 'The plan had expired when the key was made.',
    );
  },
};
