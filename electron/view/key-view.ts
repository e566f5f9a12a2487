/** Keys as the ledger replays them. */
import { spkiSha256 } from '../../core/ceremony/decide-plan.ts';
import type { CeremonyState, VaultState } from '../../core/ceremony/state.ts';
import type { Crypto } from '../../core/crypto.ts';
import { CHANGES, refusedChange, statesAfter, type Change } from '../../core/lifecycle/change.ts';
import { isPresent, operationsOf, warningOf } from '../../core/lifecycle/profile.ts';
import { stateOf, type KeyEvent, type KeyRecord } from '../../core/lifecycle/replay.ts';
import { HALVES, type Half } from '../../core/lifecycle/states.ts';
import { halvesOf, leadOf } from '../../core/lifecycle/purpose.ts';
import { expectedOf, type Template } from '../../core/lifecycle/template.ts';
import { initials } from '../../core/people/person.ts';
import { changeIn, RECIPE_OF } from '../../core/plan/recipes.ts';
import { FATE_STEP } from '../../core/plan/rotate-key.ts';
import { ruleFor, type Action } from '../../core/quorum/policy.ts';
import { tally } from '../../core/quorum/count.ts';
import type { KeyLink, KeyView, PossibleChange } from '../../contract/views.ts';
import type { Vault } from '../ceremony/vault.ts';

export function keyView(crypto: Crypto, { state }: Vault, record: KeyRecord): KeyView {
  const { profile } = state.keys;
  const { objects } = record;
  const halves = halvesOf(objects);
  const lead = leadOf(objects);
  const expected = expectedOf(profile, record.label, record.mechanism, record, objects);
  return {
    key: record.key,
    label: record.label,
    mechanism: record.mechanism,
    purpose: record.purpose,
    privateState: stateOf(record),
    publicState: record.public ?? null,
    spkiSha256: spkiSha256(crypto, record),
    recovery: record.recovery,
    created: record.history[0]?.time ?? '',
    active: record.history.find(({ half, to }) => half === lead && to === 'active')?.time ?? null,
    history: told(record.history, lead).map((event) => ({
      seq: event.seq,
      time: event.time,
      half: event.half,
      from: event.from,
      to: event.to,
      by: approvers(state, record.key, event),
    })),
    attributes: byHalf(record.attributes),
    expected: byHalf(expected),
    enforced: record.enforced,
    predecessor: link(state, record.predecessor),
    successor: link(state, record.successor),
    enabled: record.enabled,
    destroyAfter: record.destroyAfter,
    may: halves.flatMap((half) => operationsOf(profile, objects[half]!, record[half] ?? '', record.enabled)),
    changes: [...rotation(state, record), ...CHANGES.flatMap((change) => possible(state, record, change))],
    compromises: record.compromises,
    readAt: record.readAt,
    ceremony: record.ceremony,
  };
}

const byHalf = (template: Template): KeyView['attributes'] =>
  HALVES.flatMap((half) => (template[half] ?? []).map((attribute) => ({ ...attribute, half })));

/** One line for a change of every object; a line of its own where the public half went another way. */
const told = (history: readonly KeyEvent[], lead: Half): KeyEvent[] =>
  history.filter(
    (event) =>
      event.half === lead ||
      !history.some(({ half, seq, to }) => half === lead && seq === event.seq && to === event.to),
  );

/** Who approved the act by which the key came into a state. */
function approvers(state: VaultState, key: string, { ceremony: id, from }: KeyEvent): string {
  const ceremony = state.ceremonies.get(id);
  const step =
    ceremony &&
    (changeIn(ceremony.plan.script) ??
      (ceremony.plan.subject?.key === key ? FATE_STEP : from === 'none' ? 'generate' : 'activate'));
  return approvedBy(state, ceremony, step);
}

const approvedBy = (state: VaultState, ceremony: CeremonyState | undefined, step: string | undefined): string =>
  (ceremony?.decisions ?? [])
    .filter((decision) => decision.decision === 'approve' && decision.step === step)
    .map(({ person }) => initials(state.people.get(person)?.name ?? person))
    .join(' ');

function link({ keys }: VaultState, key: string | null): KeyLink | null {
  const record = key === null ? undefined : keys.keys.get(key);
  return record ? { key: record.key, label: record.label } : null;
}

/** A key can be followed by another one for as long as something of it is on the token. */
function rotation(state: VaultState, record: KeyRecord): PossibleChange[] {
  if (!HALVES.some((half) => isPresent(state.keys.profile, record[half] ?? ''))) return [];
  const to = { private: stateOf(record), public: record.public ?? null };
  return [{ change: 'rotate', recipe: 'rotate-key@1', to, quorum: quorumOf(state, 'rotate'), warning: null }];
}

/** How many decide on an action; null where no rule of the policy allows it. */
function quorumOf({ policy }: VaultState, action: Action): PossibleChange['quorum'] {
  const rule = policy && ruleFor(policy, action);
  const [group] = policy && rule ? tally(policy, rule, []) : [];
  return group ? { required: group.required, of: group.members } : null;
}

/** The change as it can be planned, or nothing where the profile does not allow it. */
function possible(state: VaultState, record: KeyRecord, change: Change): PossibleChange[] {
  const { profile } = state.keys;
  if (refusedChange(profile, change, record) !== null) return [];
  const to = statesAfter(profile, change, record);
  const { objects } = record;
  const moved = halvesOf(objects).find((half) => record[half] !== to[half]);
  const warning = moved && warningOf(profile, objects[moved]!, record[moved] ?? '', to[moved] ?? '');
  return [
    {
      change,
      recipe: RECIPE_OF[change],
      to: { private: to[leadOf(objects)]!, public: to.public ?? null },
      quorum: quorumOf(state, change),
      warning: warning ?? null,
    },
  ];
}
