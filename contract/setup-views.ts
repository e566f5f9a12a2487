/** What the set-up screens may see, and what is shown once. */
import type { ProfileId } from '../core/lifecycle/states.ts';
import type { Role } from '../core/people/person.ts';
import type { PresetId } from '../core/quorum/preset.ts';

/** The set-up as far as it has come. Nothing is written to the HSM or the ledger before `setup.seal`. */
export interface SetupView {
  readonly step: 'hsm' | 'people' | 'ledger' | 'seal';
  /** Modules that were looked at. The rehearsal choice is always there. */
  readonly modules: readonly ModuleView[];
  readonly choice: SetupChoice | null;
  readonly people: readonly PersonView[];
  readonly required: number;
  /** Whether every ceremony ends with cosignatures of the ledger's head. */
  readonly cosign: boolean;
  /** The lifecycle profile chosen for the vault. */
  readonly profile: ProfileId;
  /** Which keys its policy will let be made. */
  readonly preset: PresetId;
  readonly vaultName: string;
  /** The folder under which media folders are made, as text. */
  readonly mediaFolder: string;
  /** What still stands in the way of the next step, in words. */
  readonly missing: readonly string[];
  /** An earlier set-up that did not finish. */
  readonly unfinished: boolean;
  /** The ledger that the new one goes on from, and who of its custodians agreed; null for a vault of its own. */
  readonly predecessor: null | {
    readonly origin: string;
    readonly size: number;
    readonly root: string;
    readonly by: 'log-key' | 'quorum';
    /** Entries that a receipt shows to be missing. */
    readonly missing: number;
    readonly required: number;
    readonly custodians: readonly { readonly person: string; readonly name: string; readonly approved: boolean }[];
    /** Whether the new ledger may begin. */
    readonly agreed: boolean;
  };
}

export type SetupChoice =
  | { readonly kind: 'rehearsal' }
  | {
      readonly kind: 'token';
      readonly library: string;
      readonly label: string;
      readonly serial: string;
      readonly root: { readonly label: string; readonly serial: string };
    };

export interface ModuleView {
  readonly library: string;
  readonly sha256: string;
  readonly manufacturer: string;
  readonly description: string;
  readonly version: string;
  readonly cryptoki: string;
  /** True for a token in software: TEST ONLY. */
  readonly software: boolean;
  readonly slots: readonly SlotView[];
  /** What went wrong, in words, with library and call named. */
  readonly problem: { readonly message: string; readonly hint: string } | null;
}

export interface SlotView {
  readonly slot: string;
  readonly description: string;
  readonly token: null | {
    readonly label: string;
    readonly serial: string;
    readonly model: string;
    readonly manufacturer: string;
    readonly hardware: string;
    readonly firmware: string;
    readonly flags: readonly string[];
    readonly initialized: boolean;
    readonly mechanisms: readonly string[];
    /** The product's own words: what can be done here. */
    readonly can: readonly { readonly ok: boolean; readonly text: string }[];
  };
  readonly problem: { readonly message: string; readonly hint: string } | null;
}

export interface PersonView {
  readonly person: string;
  readonly role: Role;
  readonly name: string;
  readonly initials: string;
  /** SHA-256 of the public key, hex: the fingerprint that is read back. */
  readonly key: string;
  readonly medium: string;
  /** What they sign with: a passphrase opens a key file, a PIN a card. */
  readonly credential: 'key-file' | 'card';
}

/** Made by set-up for a rehearsal token and shown once. */
export interface RehearsalPinsOnce {
  readonly userPin: Uint8Array;
  readonly soPin: Uint8Array;
  readonly rootUserPin: Uint8Array;
  readonly rootSoPin: Uint8Array;
}
