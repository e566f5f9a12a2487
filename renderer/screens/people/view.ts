import type { FailureView } from '../first-run/view.ts';

export type RoleName = 'administrator' | 'custodian' | 'witness' | 'auditor';

export interface PeopleView {
  readonly step: { readonly number: number; readonly of: number; readonly then: readonly string[] };
  readonly people: readonly EnrolledPerson[];
  /** How many of each role the policy asks for. */
  readonly needed: readonly { readonly role: RoleName; readonly count: number }[];
  readonly mediaFolder: string;
  readonly missing: readonly string[];
  readonly working?: string | undefined;
  readonly failure?: FailureView | undefined;
}

export interface EnrolledPerson {
  readonly id: string;
  readonly role: RoleName;
  readonly name: string;
  readonly initials: string;
  /** SHA-256 of the public key, hex. */
  readonly key: string;
  readonly medium: string;
}

export interface PeopleActions {
  /** The passphrase is zeroed by the receiver after use. */
  readonly enrol: (input: { readonly role: RoleName; readonly name: string; readonly passphrase: Uint8Array }) => void;
  readonly remove: (id: string) => void;
  readonly next: () => void;
}
