/** Whether the key of a ceremony is, by what the token last reported, what the plan and its state say. */
import { ACTIVATION, differences, madeInside, withChanges } from '../lifecycle/template.ts';
import type { CeremonyState, VaultState } from './state.ts';

/** The attributes that differ, in words, or null where none does. A key that the ledger does not have differs. */
export function misreported(state: VaultState, ceremony: CeremonyState): string | null {
  const { templates, steps, key } = ceremony.plan.script;
  const made = steps.find(({ act }) => act === 'key.generate');
  const generated = templates.find(({ step }) => step === made?.id)?.template;
  const record = state.keys.keys.get(ceremony.key ?? '');
  if (!generated || !record) return 'The ledger has no such key.';
  const template = record.private === 'active' ? withChanges(generated, ACTIVATION) : generated;
  const inside = madeInside(key.mechanism);
  const found = differences(
    { private: [...template.private, ...inside.private], public: [...template.public, ...inside.public] },
    { private: [...record.attributes.private], public: [...record.attributes.public] },
  );
  return found.length === 0 ? null : `${found.map(({ half, name }) => `${name} (${half})`).join(', ')}.`;
}
