/** Whether a key is, by what the token last reported, what its plan and its state say. */
import type { KeyRecord } from '../lifecycle/replay.ts';
import type { Profile } from '../lifecycle/profile.ts';
import { differences, expectedOf, isUsage, type Difference } from '../lifecycle/template.ts';
import { sameDrift, type Drift } from '../inventory/drift.ts';
import { CLASS_OF_HALF } from '../inventory/expectation.ts';
import { isAgreement } from '../plan/recipes.ts';
import type { CeremonyState, VaultState } from './state.ts';

/** Where the token's last report of a key and its state differ. */
export const differencesOf = (profile: Profile, record: KeyRecord): Difference[] =>
  differences(expectedOf(profile, record.label, record.mechanism, record, record.objects), record.attributes);

/** A right that the state forbids and the token did not take away: people keep to the state by procedure. */
export const isByProcedure = ({ enforced }: KeyRecord, { half, name }: Difference): boolean =>
  enforced === 'procedure' && isUsage(half, name);

/** An attribute whose value people decided to live with. */
const isAccepted = ({ agreement }: VaultState, { key }: KeyRecord, { half, name, found }: Difference): boolean =>
  agreement.accepted.some(
    (one) => one.key === key && one.class === CLASS_OF_HALF[half] && one.name === name && one.value === found,
  );

/** Whether the last inventory found it, and nobody resolved it since. */
export const isFinding = ({ agreement }: VaultState, drift: Drift): boolean =>
  agreement.findings.some((finding) => sameDrift(finding, drift));

/** What is left of the findings that a ceremony was to resolve, in words; null where nothing is, or it is of another kind. */
export function unresolved(state: VaultState, { plan: { script } }: CeremonyState): string | null {
  if (!isAgreement(script)) return null;
  const left = script.items.filter(({ finding }) => isFinding(state, finding)).length;
  return left === 0 ? null : `${left} of ${script.items.length} findings of the plan are not resolved.`;
}

/** The attributes that differ, in words, or null where none does. A key that the ledger does not have differs. */
export function misreported(state: VaultState, key: string | null): string | null {
  const { keys } = state;
  const record = keys.keys.get(key ?? '');
  if (!record) return 'The ledger has no such key.';
  const found = differencesOf(keys.profile, record).filter(
    (difference) => !isByProcedure(record, difference) && !isAccepted(state, record, difference),
  );
  return found.length === 0 ? null : `${found.map(({ half, name }) => `${name} (${half})`).join(', ')}.`;
}
