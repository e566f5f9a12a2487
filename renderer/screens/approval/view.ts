import type { Failure } from '../../../core/result.ts';
import type { KeyState } from '../../ui/state/key-state.ts';

export interface ApprovalView {
  readonly custodian: { readonly initials: string; readonly name: string; readonly seat: string };
  /** Where the key file was found. */
  readonly medium: string;
  /** Whether the custodian's key is on a card, which asks for a PIN. */
  readonly card?: boolean;
  readonly title: string;
  readonly key: {
    readonly label: string;
    readonly description: string;
    readonly from?: KeyState | undefined;
    /** Absent where no single key changes its state. */
    readonly to?: KeyState | undefined;
  };
  /** The step that acts, once the quorum has approved. */
  readonly actingStep: number;
  /** What the workstation itself knows will follow. */
  readonly consequences: readonly Consequence[];
  /** What the plan claims; nobody here checked it. */
  readonly claims: readonly { readonly words: string; readonly by: string }[];
  readonly plan: { readonly name: string; readonly sha256: string };
  /** Two groups that the application chose; row and place count from 0. Empty until it did. */
  readonly typed: readonly { readonly row: number; readonly place: number }[];
  readonly quorum: {
    readonly required: number;
    readonly members: number;
    readonly approvals: readonly { readonly name: string; readonly time: string }[];
  };
  /** `notYet` says what this decision alone does not do. */
  readonly act: {
    readonly label: string;
    readonly notYet: string;
    readonly hold: 2 | 3;
    readonly danger: boolean;
  };
  readonly working?: string | undefined;
  readonly done?: string | undefined;
  readonly failure?: Failure | undefined;
}

export interface Consequence {
  readonly kind: 'loss' | 'fact' | 'record';
  readonly words: string;
  readonly strong?: string | undefined;
}

export interface ApprovalActions {
  /** The passphrase is zeroed by the receiver after use. */
  readonly approve: (input: { readonly passphrase: Uint8Array; readonly typed: readonly string[] }) => void;
  readonly decline: (input: { readonly passphrase: Uint8Array; readonly reason: string }) => void;
  /** Leaves the desk without a decision. */
  readonly leave: () => void;
  readonly dismiss: () => void;
}
