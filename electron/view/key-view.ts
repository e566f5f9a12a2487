/** Keys as the ledger replays them. */
import { fromBase64, hex } from '../../core/bytes.ts';
import type { CeremonyState, VaultState } from '../../core/ceremony/state.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Attribute } from '../../core/ledger/fields.ts';
import { CHANGES, refusedChange, statesAfter, type Change } from '../../core/lifecycle/change.ts';
import { isPresent, operationsOf, warningOf } from '../../core/lifecycle/profile.ts';
import type { KeyEvent, KeyRecord } from '../../core/lifecycle/replay.ts';
import { HALVES, type Half } from '../../core/lifecycle/states.ts';
import { expectedOf, PAIR } from '../../core/lifecycle/template.ts';
import { initials } from '../../core/people/person.ts';
import { changeIn, RECIPE_OF } from '../../core/plan/recipes.ts';
import { FATE_STEP } from '../../core/plan/rotate-key.ts';
import { ruleFor, type Action } from '../../core/quorum/policy.ts';
import { tally } from '../../core/quorum/count.ts';
import type { KeyLink, KeyView, PossibleChange } from '../../contract/views.ts';
import type { Vault } from '../ceremony/vault.ts';

export function keyView(crypto: Crypto, { state }: Vault, record: KeyRecord): KeyView {
  const { profile } = state.keys;
  const expected = expectedOf(profile, record.label, record.mechanism, record);
  return {
    key: record.key,
    label: record.label,
    mechanism: record.mechanism,
    purpose: 'sign',
    privateState: record.private,
    publicState: record.public,
    spkiSha256: hex(crypto.sha256(fromBase64(record.spki) ?? new Uint8Array())),
    created: record.history[0]?.time ?? '',
    active: record.history.find(({ half, to }) => half === 'private' && to === 'active')?.time ?? null,
    history: told(record.history).map((event) => ({
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
    may: HALVES.flatMap((half) => operationsOf(profile, PAIR[half], record[half], record.enabled)),
    changes: [...rotation(state, record), ...CHANGES.flatMap((change) => possible(state, record, change))],
    compromises: record.compromises,
    readAt: record.readAt,
    ceremony: record.ceremony,
  };
}

const byHalf = (template: { readonly [H in Half]: readonly Attribute[] }): KeyView['attributes'] =>
  HALVES.flatMap((half) => template[half].map((attribute) => ({ ...attribute, half })));

/** One line for a change of both halves; a line of its own where the public half went another way. */
const told = (history: readonly KeyEvent[]): KeyEvent[] =>
  history.filter(
    (event) =>
      event.half === 'private' ||
      !history.some(({ half, seq, to }) => half === 'private' && seq === event.seq && to === event.to),
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
  if (!HALVES.some((half) => isPresent(state.keys.profile, record[half]))) return [];
  const to = { private: record.private, public: record.public };
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
  const moved = HALVES.find((half) => record[half] !== to[half]);
  const warning = moved && warningOf(profile, PAIR[moved], record[moved], to[moved]);
  return [
    {
      change,
      recipe: RECIPE_OF[change],
      to,
      quorum: quorumOf(state, change),
      warning: warning ?? null,
    },
  ];
}
