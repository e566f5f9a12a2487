/** A call on a token that is accounted for: one that can change the token, or uses a key. */

/** What a probe leaves on the token for a moment carries this label. */
export const PROBE_LABEL = 'conclave-probe';

/** PKCS#11 functions that can change the token or use a key, as far as this software calls them. */
export const TOKEN_CALLS = [
  'C_InitToken',
  'C_InitPIN',
  'C_Login',
  'C_GenerateKey',
  'C_GenerateKeyPair',
  'C_SetAttributeValue',
  'C_Sign',
  'C_Verify',
  'C_Encrypt',
  'C_Decrypt',
  'C_WrapKey',
  'C_UnwrapKey',
  'C_DeriveKey',
  'C_CreateObject',
  'C_CopyObject',
  'C_DestroyObject',
] as const;
export type TokenCallName = (typeof TOKEN_CALLS)[number];

/** One call as the HSM host made it. It holds no secret and no serial. */
export interface TokenCall {
  readonly call: TokenCallName;
  /** `CKR_OK`, or what the module answered. */
  readonly rv: string;
  /** C_Login: as whom. */
  readonly user?: 'user' | 'security-officer';
  /** CKA_ID of the key, hex. */
  readonly key?: string;
  /** CKA_LABEL of a data object, or of a key that was made. */
  readonly label?: string;
  /** The key lives in one session only (CKA_TOKEN false): nothing was written. */
  readonly session?: boolean;
  /** SHA-256, hex: of the message that was signed or put in, or of the data object's value. */
  readonly sha256?: string;
}

/** Whether the call writes to the token's memory, which wears by it. Two objects of a key pair are one call. */
export const isWrite = ({ call, session }: TokenCall): boolean => session !== true && !USES.has(call);

/** Calls that use what is there. Keys that are unwrapped or derived by this software live in one session only. */
const USES: ReadonlySet<TokenCallName> = new Set([
  'C_Login',
  'C_Sign',
  'C_Verify',
  'C_Encrypt',
  'C_Decrypt',
  'C_WrapKey',
  'C_UnwrapKey',
  'C_DeriveKey',
]);
