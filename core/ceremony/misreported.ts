/** Whether a key is, by what the token last reported, what its plan and its state say. */
import type { KeyRecord } from '../lifecycle/replay.ts';
import type { Profile } from '../lifecycle/profile.ts';
import { differences, expectedOf, isUsage, type Difference } from '../lifecycle/template.ts';
import type { VaultState } from './state.ts';

/** Where the token's last report of a key and its state differ. */
export const differencesOf = (profile: Profile, record: KeyRecord): Difference[] =>
  differences(expectedOf(profile, record.label, record.mechanism, record, record.objects), record.attributes);

/** A right that the state forbids and the token did not take away: people keep to the state by procedure. */
export const isByProcedure = ({ enforced }: KeyRecord, { half, name }: Difference): boolean =>
  enforced === 'procedure' && isUsage(half, name);

/** The attributes that differ, in words, or null where none does. A key that the ledger does not have differs. */
export function misreported({ keys }: VaultState, key: string | null): string | null {
  const record = keys.keys.get(key ?? '');
  if (!record) return 'The ledger has no such key.';
  const found = differencesOf(keys.profile, record).filter((difference) => !isByProcedure(record, difference));
  return found.length === 0 ? null : `${found.map(({ half, name }) => `${name} (${half})`).join(', ')}.`;
}
