/** What the first-run screen shows. Everything about a module was reported by it. */
export interface FirstRunView {
  readonly step: {
    readonly number: number;
    readonly of: number;
    readonly name: string;
    readonly then: readonly string[];
  };
  readonly writesAt: number;
  readonly modules: readonly ModuleView[];
  /** The rehearsal vault is always offered; its id is the value of its radio. */
  readonly rehearsal: { readonly id: string };
  readonly chosen: string | undefined;
  readonly detail: ModuleDetail | undefined;
  readonly failure?: FailureView | undefined;
  readonly working?: string | undefined;
}

export interface ModuleView {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly tokens: number;
  /** The label of its token, or why there is none. */
  readonly note: string;
}

export interface ModuleDetail {
  readonly name: string;
  readonly slots: readonly SlotView[];
  readonly moduleVersion: string;
  readonly sha256: string;
  readonly abilities: readonly Ability[];
}

export interface SlotView {
  readonly id: string;
  readonly token:
    | {
        readonly label: string;
        readonly serial: string;
        readonly manufacturer: string;
        readonly model: string;
        readonly firmware: string;
        readonly flags: readonly string[];
        readonly pin: 'normal' | 'low' | 'final' | 'locked';
        readonly mechanisms: readonly string[];
      }
    | undefined;
}

export type Ability =
  | { readonly kind: 'generate'; readonly algorithms: readonly string[] }
  | { readonly kind: 'keep-private' }
  | { readonly kind: 'checkpoints'; readonly algorithm: string }
  | { readonly kind: 'no-attestation' }
  | { readonly kind: 'software-only' };

export interface FailureView {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly policy?: string | undefined;
  readonly call?: string | undefined;
  readonly rv?: string | undefined;
  readonly library?: string | undefined;
  readonly ref?: string | undefined;
}

export interface FirstRunActions {
  readonly choose: (id: string) => void;
  readonly openModule: (path: string) => void;
  readonly chooseSlot: (slot: string) => void;
  readonly use: () => void;
}
