import { FIRST_PROFILE } from '../../lifecycle/states.ts';
import { isPresent } from '../../lifecycle/profile.ts';
import { attributesOf, differences, usageTemplate } from '../../lifecycle/template.ts';
import { jcs } from '../../json/jcs.ts';
import { doneActs, type DoneAct } from '../acts.ts';
import { changesOf } from '../change.ts';
import { changeIn, type Changed } from '../statement.ts';
import type { Opened } from './opened.ts';
import { failed, judge, notApplicable, unchecked, type Checks, type Outcome } from './outcome.ts';

const MADE_HERE = 'The key was made in this ceremony.';

/** The acts of a change as the statement has them, beside the same as the ledger tells them. */
interface Told {
  readonly claimed: readonly Changed[];
  readonly found: readonly Changed[];
  readonly acts: readonly DoneAct[];
}

/** Runs where the statement is about a change and there is something to compare it with. */
const ofChange = (find: (told: Told, bundle: Opened) => Outcome) => (bundle: Opened) => {
  const { statement, leaves, record } = bundle;
  if (!statement.ok || !leaves?.ok) return unchecked();
  const change = changeIn(statement.value.predicate);
  if (!change) return notApplicable(MADE_HERE);
  if (!record) return unchecked();
  const acts = doneActs(leaves.value, record.key);
  return find({ claimed: change.acts, found: changesOf(record, acts), acts }, bundle);
};

/** The first of these members in which statement and ledger differ, in words. */
function difference({ claimed, found }: Told, members: readonly (keyof Changed)[]): string | null {
  const said = (acts: readonly Changed[], member: keyof Changed): string => jcs(acts.map((act) => act[member]));
  if (claimed.length !== found.length) return 'The statement tells of other acts than the ledger.';
  const wrong = members.find((member) => said(claimed, member) !== said(found, member));
  return wrong === undefined
    ? null
    : `In ${wrong}, the statement says ${said(claimed, wrong)} and the ledger ${said(found, wrong)}.`;
}

const moves = ({ found }: Told): string =>
  found
    .flatMap(({ objects }) => objects)
    .map(({ object, before, after }) => `${object}: ${before === after ? `still ${after}` : `${before} to ${after}`}`)
    .join(', ');

/** Whether what was read of the objects bears out what is said of enforcement, and of what is gone. */
function unborne({ found, acts }: Told, { replay, record }: Opened): string | null {
  if (!replay || !record) return null;
  const { profile } = replay;
  for (const [i, { act, objects, enforced, gone }] of found.entries()) {
    const read = acts[i]?.result.entry.data.attributes;
    if (!read) continue;
    const states = Object.fromEntries(objects.map(({ object, after }) => [object, after]));
    const there = objects.filter(({ object }) => !gone.includes(object));
    const present = gone.find((object) => attributesOf(read, object).length > 0);
    if (present) return `After ${act} the ${present} object is said to be gone, and attributes of it were read.`;
    const unread = there.find(
      ({ object, after }) => isPresent(profile, after) && attributesOf(read, object).length === 0,
    );
    if (unread) return `After ${act} nothing was read of the ${unread.object} object, and it is not said to be gone.`;
    const enabled = act === 'key.disable' || act === 'key.enable' ? act === 'key.enable' : record.enabled;
    const usage = usageTemplate(profile, { ...states, enabled }, record.objects);
    const wrong = differences(usage, read).filter(({ half }) => !gone.includes(half));
    if (enforced === 'device' && wrong[0])
      return `After ${act} the device is said to enforce the state, and ${wrong[0].name} of the ${wrong[0].half} object does not.`;
    if (enforced === 'procedure' && wrong.length === 0)
      return `After ${act} the state is said to be kept by procedure, and the attributes enforce it.`;
  }
  return null;
}

export const lifecycleChecks: Checks = {
  'lifecycle.history': ({ statement, leaves, earlier, record }) => {
    if (!statement.ok || !leaves?.ok) return unchecked();
    if (!earlier) return failed('An entry from before this ceremony is missing or cannot be read.');
    if (!changeIn(statement.value.predicate))
      return judge(earlier.length > 0 ? 'Entries are given from before the key was made.' : null, MADE_HERE);
    const first = leaves.value[0]?.entry.seq ?? 0;
    const used = (record?.entries ?? []).filter((seq) => seq < first);
    const given = earlier.map(({ entry }) => entry.seq);
    if (!record || used.length === 0) return failed('The entries given do not record that this key was made.');
    const spare = given.find((seq) => !used.includes(seq));
    return judge(
      spare === undefined ? null : `Entry ${spare} is given, and the state of this key does not follow from it.`,
      `${used.length} entries, from ${used[0]} on.`,
    );
  },
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
  'lifecycle.change': ofChange((told, { statement, plan }) => {
    const change = statement.ok ? changeIn(statement.value.predicate) : null;
    if (!plan || !change) return unchecked();
    const { script } = plan;
    if (change.recipe !== script.recipe || !('reason' in script) || change.reason !== script.reason)
      return failed('The plan has another recipe or gives another reason.');
    const reported = 'compromise' in script ? script.compromise : null;
    const wrong = told.found.find(({ compromise }) => jcs(compromise) !== jcs(reported));
    if (wrong) return failed('The ledger has another report of the compromise than the plan.');
    return judge(difference(told, ['act', 'step', 'intent', 'outcome', 'objects', 'compromise']), `${moves(told)}.`);
  }),
  'lifecycle.enforced': ofChange((told, bundle) => {
    const wrong = difference(told, ['enforced', 'gone', 'error', 'words']) ?? unborne(told, bundle);
    const last = told.found.at(-1);
    const said = [
      ...(last?.enforced === 'device' ? ['By the device.'] : []),
      ...(last?.enforced === 'procedure' ? ['By procedure, not by the device.'] : []),
      ...(last?.words == null ? [] : [`${last.gone.join(' and ')}: ${last.words}`]),
    ];
    return judge(wrong, said.length > 0 ? said.join(' ') : undefined);
  }),
};
