/** One key in full: its objects, what each may do and who keeps to that, and its lifecycle as the profile's table has it. */
import { fail, ok, type Result } from '../../core/result.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Attribute } from '../../core/ledger/fields.ts';
import { keyInTime, periodsOf } from '../../core/lifecycle/cryptoperiod.ts';
import { KEY_TYPES, USAGE, type KeyType, type Operation } from '../../core/lifecycle/key-type.ts';
import { isPresent, mayMove, reachable, stateRow, type Profile } from '../../core/lifecycle/profile.ts';
import type { KeyRecord } from '../../core/lifecycle/replay.ts';
import { halvesOf } from '../../core/lifecycle/purpose.ts';
import { expectedOf } from '../../core/lifecycle/template.ts';
import type { AttributeView, KeyDetailView, KeyObjectView, LifecycleView, UseView } from '../../contract/key-views.ts';
import type { Vault } from '../ceremony/vault.ts';
import { dueOf } from './key-list.ts';
import { keyView } from './key-view.ts';

/** @param now Milliseconds since 1970, by the workstation. */
export function keyDetail(crypto: Crypto, vault: Vault, key: string, now: number): Result<KeyDetailView> {
  const { keys } = vault.state;
  const { profile } = keys;
  const record = keys.keys.get(key);
  if (!record) return fail({ code: 'not-found', message: 'The ledger has no such key.' });
  return ok({
    ...keyView(crypto, vault, record),
    lifecycle: lifecycleView(profile, record.enabled),
    objects: objectsOf(profile, record),
    periods: periodsOf(keyInTime(profile, record)),
    due: dueOf(keys, now).filter((one) => one.key === key),
  });
}

/** @param enabled Whether the switches of the profile are on. */
export const lifecycleView = (profile: Profile, enabled = true): LifecycleView => ({
  profile: profile.id,
  title: profile.title,
  states: profile.states.map(({ state, name, words }) => ({ state, name, words })),
  switches: profile.switches.map(({ name, blocks }) => ({ name, on: enabled, blocks })),
});

/** The ways of an object of this kind, without those from states that it can never be in. */
export function edgesOf(profile: Profile, type: KeyType): KeyObjectView['edges'] {
  const reached = reachable(profile, type, 'none');
  return profile.transitions
    .filter(({ from, to }) => mayMove(profile, type, from, to) && (from === 'none' || reached.has(from)))
    .map(({ from, to, conditions }) => ({ from, to, note: conditions }));
}

function objectsOf(profile: Profile, record: KeyRecord): KeyObjectView[] {
  const { objects, label, mechanism, enabled } = record;
  const expected = expectedOf(profile, label, mechanism, record, objects);
  return halvesOf(objects).map((object) => {
    const [type, state, read] = [objects[object]!, record[object] ?? '', record.attributes[object] ?? []];
    return {
      object,
      type,
      state,
      edges: edgesOf(profile, type),
      uses: usesOf(profile, type, state, read, enabled),
      attributes: isPresent(profile, state) ? sideBySide(expected[object] ?? [], read) : [],
    };
  });
}

/** Every operation of the kind: what state and switch say of it, and whether the token was last seen to keep to that. */
export function usesOf(
  profile: Profile,
  type: KeyType,
  state: string,
  read: readonly Attribute[],
  enabled = true,
): UseView[] {
  const row = stateRow(profile, state);
  const { object, protect, process } = KEY_TYPES[type];
  const off = enabled ? [] : profile.switches.flatMap(({ blocks }) => blocks);
  const use = (operation: Operation, permission: UseView['now']): UseView => {
    const now = off.includes(operation) ? 'no' : permission;
    const name = USAGE[object].find(([, allows]) => allows === operation)?.[0];
    const value = read.find((attribute) => attribute.name === name)?.value;
    // The token may say yes or no. What lies between is left to people.
    const kept = value !== undefined && now !== 'conditional' && value === (now === 'yes');
    return { operation, now, by: !row || row.object === 'absent' ? null : kept ? 'device' : 'procedure' };
  };
  return [
    ...protect.map((operation) => use(operation, row?.protect ?? 'no')),
    ...process.map((operation) => use(operation, row?.process ?? 'no')),
  ];
}

function sideBySide(ledger: readonly Attribute[], hsm: readonly Attribute[]): AttributeView[] {
  const names = [...new Set([...ledger, ...hsm].map(({ name }) => name))];
  const of = (list: readonly Attribute[], name: string) => list.find((one) => one.name === name)?.value ?? null;
  return names.map((name) => {
    const [demanded, found] = [of(ledger, name), of(hsm, name)];
    return { name, ledger: demanded, hsm: found, differs: demanded !== null && demanded !== found };
  });
}
