/** What a PKCS#11 module says of itself, of its slots and of the tokens in them. */

/** A token by what it says of itself. Slot ids change when a token is initialised, so they never identify one. */
export interface TokenRef {
  readonly label: string;
  readonly serial: string;
}

export interface OpenRequest {
  /** Absolute path of the PKCS#11 library. */
  readonly library: string;
  /** Set in the host before the library is loaded. Nothing else of the environment can be chosen from here. */
  readonly env?: { readonly SOFTHSM2_CONF?: string };
}

/** A reason why production should not trust what lies between it and the device, such as a tracing proxy. */
export interface ModuleWarning {
  readonly kind: 'pkcs11-spy' | 'p11-kit-proxy';
  readonly message: string;
}

export interface ModuleInfo {
  /** The path as asked for, and after symbolic links were followed. */
  readonly path: string;
  readonly realPath: string;
  /** SHA-256 of the library file, lower-case hex, taken just before it was loaded. */
  readonly fileSha256: string;
  readonly cryptokiVersion: string;
  readonly manufacturer: string;
  readonly description: string;
  readonly version: string;
  readonly flags: number;
  readonly warnings: readonly ModuleWarning[];
}

export interface MechanismInfo {
  readonly type: number;
  /** `CKM_…`, or `CKM_0x…` for one this application has no name for. */
  readonly name: string;
  readonly minKeySize: number;
  readonly maxKeySize: number;
  /** Names of the CKF_ flags that are set, such as `CKF_SIGN`. */
  readonly flags: readonly string[];
}

export interface TokenInfo extends TokenRef {
  readonly manufacturer: string;
  readonly model: string;
  readonly hardwareVersion: string;
  readonly firmwareVersion: string;
  /** Names of the CKF_ flags that are set, such as `CKF_USER_PIN_FINAL_TRY`. */
  readonly flags: readonly string[];
  readonly initialized: boolean;
  readonly minPinLength: number;
  readonly maxPinLength: number;
  readonly mechanisms: readonly MechanismInfo[];
  /** The PIN is to be entered on the device itself (CKF_PROTECTED_AUTHENTICATION_PATH), which the binding cannot ask for. */
  readonly pinPad: boolean;
}

export interface SlotInfo {
  /** Hex of the slot's 8-byte handle. Valid until a token is initialised or the module is reopened. */
  readonly id: string;
  readonly description: string;
  readonly manufacturer: string;
  readonly flags: readonly string[];
  readonly token?: TokenInfo;
  /** In words, with call and return value, where a slot's token could not be read although it says there is one. */
  readonly problem?: string;
}
