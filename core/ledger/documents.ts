/** Which documents beside the journal an entry names, by their SHA-256 in hex. */
import type { Event } from './event.ts';

export function documentsOf(event: Event): readonly string[] {
  switch (event.type) {
    case 'person.enrolled':
      return [event.data.proof];
    case 'policy.set':
      return [event.data.policy];
    case 'genesis.sealed':
      return [event.data.genesis, event.data.operatorRoot, event.data.attestationKey];
    case 'plan.frozen':
      return [event.data.plan];
    case 'approval.given':
    case 'approval.declined':
      return [event.data.envelope];
    case 'act.result':
    case 'act.recovered':
      return event.data.blobs ?? [];
    case 'inventory.taken':
      return [event.data.inventory];
    default:
      return [];
  }
}
