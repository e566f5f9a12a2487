import type { EnrolledPerson, PeopleView } from '../../../../renderer/screens/people/view.ts';
import type { PlanView } from '../../../../renderer/screens/plan/view.ts';
import { FINGERPRINT, PLAN } from './status.ts';

const person = (id: string, role: EnrolledPerson['role'], name: string): EnrolledPerson => ({
  id,
  role,
  name,
  initials: id,
  key: FINGERPRINT,
  medium: `/media/ceremony/${id.toLowerCase()}`,
});

export const people: PeopleView = {
  step: { number: 2, of: 4, then: ['Ledger', 'Seal'] },
  people: [
    person('RH', 'administrator', 'Ruth Halvorsen'),
    person('IO', 'custodian', 'Idris Okonjo'),
    person('MS', 'custodian', 'Mei Sato'),
  ],
  needed: [
    { role: 'administrator', count: 1 },
    { role: 'custodian', count: 3 },
    { role: 'witness', count: 1 },
  ],
  mediaFolder: '/media/ceremony',
  missing: ['one custodian', 'a witness'],
};

export const plan: PlanView = {
  algorithms: [
    { value: 'ec-p384', label: 'ECDSA P-384' },
    { value: 'rsa-4096', label: 'RSA 4096' },
  ],
  purpose: 'Sign, and nothing else',
  recipe: 'Generate a signing key',
  hsm: { label: 'ALDERMOOR-CS-A', serial: '7A20-4471' },
  people: people.people,
  quorum: { required: 2, members: 3 },
  frozen: {
    sha256: PLAN,
    at: '2026-03-18 09:10:04',
    expires: '2026-03-19 09:10',
    label: 'ALD-CS-2026-A',
    algorithm: 'ECDSA P-384',
    initialState: 'pre-active',
    recovery: 'A new key is certified if this one is lost.',
  },
};
