/** Who has cosigned and taken home which head of the ledger. */
import { cosignaturesDue, openingRule } from '../../core/ceremony/decide-cosign.ts';
import { COSIGNING_ROLES } from '../../core/ledger/cosigner.ts';
import type { CosignView } from '../../contract/receipt-views.ts';
import { rootIn, type Vault } from '../ceremony/vault.ts';

export function cosignView(vault: Vault): CosignView {
  const { state, journal } = vault;
  const newest = journal.latestCheckpoint();
  const due = cosignaturesDue(state);
  return {
    head: newest && { size: newest.size, root: rootIn(newest.note) },
    due: due && { custodians: due.custodians, witnesses: due.witnesses },
    opening: state.opening,
    required: openingRule(state) !== null,
    people: [...state.people.values()].map(({ person, role, name, credential }) => {
      const cosigned = state.cosignatures.findLast((one) => one.person === person);
      const receipt = state.receipts.get(person);
      return {
        person,
        role,
        name,
        credential,
        cosigns: (COSIGNING_ROLES as readonly string[]).includes(role),
        cosigned: cosigned ? { size: cosigned.size, time: cosigned.time, signedOn: cosigned.signedOn } : null,
        receipt: receipt ? { size: receipt.size, time: receipt.time } : null,
      };
    }),
  };
}
