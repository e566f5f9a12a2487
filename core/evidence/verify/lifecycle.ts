import { FIRST_PROFILE } from '../../lifecycle/states.ts';
import { judge, unchecked, type Checks } from './outcome.ts';

export const lifecycleChecks: Checks = {
  'lifecycle.state': ({ statement, replay, record, plan }) => {
    if (!statement.ok || !replay) return unchecked();
    if (!record) return judge('The ledger does not record that this key was made.');
    const impossible = replay.impossible[0];
    if (impossible !== undefined) return judge(`Entry ${impossible} claims a change of state that is not allowed.`);
    const { lifecycle, key } = statement.value.predicate;
    if (plan && (plan.script.profile ?? FIRST_PROFILE) !== lifecycle.profile)
      return judge(`The statement says ${lifecycle.profile}; the plan was made for another profile.`);
    const since = record.history.findLast(({ half }) => half === 'private')?.time;
    if (lifecycle.state !== record.private || lifecycle.publicState !== record.public || lifecycle.since !== since)
      return judge(`The statement says ${lifecycle.state}; the ledger says ${record.private}.`);
    return judge(
      key.label === record.label ? null : 'The ledger has another label for this key.',
      `${record.private} since ${since}.`,
    );
  },
};
