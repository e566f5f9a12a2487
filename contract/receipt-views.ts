/** What the receipts page may see: the sealed head, who cosigned it, and who has it at home. */
import type { Role } from '../core/people/person.ts';

/** The newest sealed head, and who has signed and taken it. */
export interface CosignView {
  /** Null before the first head is sealed. */
  readonly head: { readonly size: number; readonly root: string } | null;
  /** What the open ceremony needs before it closes; null where it needs nothing. */
  readonly due: {
    readonly custodians: { readonly required: number; readonly given: number };
    readonly witnesses: { readonly required: number; readonly given: number };
  } | null;
  /** Whether an earlier receipt was shown since the vault was opened, and whether one has to be. */
  readonly opening: 'made' | 'asked' | 'presented' | 'skipped';
  readonly required: boolean;
  readonly people: readonly CosignerView[];
}

export interface CosignerView {
  readonly person: string;
  readonly role: Role;
  readonly name: string;
  /** Whether this person may cosign at all. Everyone may take a receipt. */
  readonly cosigns: boolean;
  /** Whether a passphrase or a PIN is asked for. */
  readonly credential: 'key-file' | 'card';
  /** The newest head that they cosigned. */
  readonly cosigned: {
    readonly size: number;
    readonly time: string;
    readonly signedOn: 'ceremony-workstation' | 'off-host';
  } | null;
  /** The newest receipt that they took. */
  readonly receipt: { readonly size: number; readonly time: string } | null;
}

/** Where a receipt was written. */
export interface ReceiptFilesView {
  readonly size: number;
  readonly text: string;
  /** Null where the head has more signatures than a code can hold. */
  readonly code: string | null;
  readonly sheet: string;
}

/** What the comparison with an earlier receipt found. */
export interface ReceiptCheckView {
  readonly found: string;
  readonly proves: string;
  readonly doesNotProve: string;
}
