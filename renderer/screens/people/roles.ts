import type { PersonView } from '../../../contract/views.ts';
import type { Role } from '../../../core/people/person.ts';

/** The places that a set-up offers: an administrator, three custodians, a witness. */
export const PLACES: readonly { readonly role: Role; readonly count: number }[] = [
  { role: 'administrator', count: 1 },
  { role: 'custodian', count: 3 },
  { role: 'witness', count: 1 },
];

export const ROLES: readonly Role[] = ['administrator', 'custodian', 'witness', 'auditor'];

/** The first role with an open place; a custodian when all are filled. */
export const nextRole = (people: readonly PersonView[]): Role =>
  PLACES.find(({ role, count }) => people.filter((one) => one.role === role).length < count)?.role ?? 'custodian';
