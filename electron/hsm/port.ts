/**
 * What the ceremony engine may ask of an HSM. Every call answers with a `Result`; nothing throws. All shapes are plain
 * data that survive a structured clone. The work itself happens in the HSM host, a process of its own, one call at a
 * time; this side stays responsive and survives the host's death.
 *
 * Failures: `hsm` (the module answered with an error: `call`, `rv`, `library`, a message in words, a hint),
 * `hsm-lost` (the host process ended; whether the call took effect is unknown and must be found out on the token),
 * `bad-input` (refused before the module was touched), `refused` (a rule of this room, with its policy id),
 * `not-found` (no such token or object).
 *
 * Policies of this room:
 * - `HSM-1` a generation template leaves a usage or protection attribute to the module's default;
 * - `HSM-2` more than one object answers to a CKA_ID and class where exactly one is meant;
 * - `HSM-3` the CKA_ID of a key to be generated is already on the token;
 * - `HSM-4` the label of a key to be generated is already on the token;
 * - `HSM-5` a token to be initialised already is initialised;
 * - `HSM-6` a token reference (label and serial) fits more than one slot;
 * - `HSM-7` the token wants its PIN on its own pad, which the binding cannot ask for.
 */

import type { EventOf } from '../../core/ledger/event.ts';
import type { ListedObject } from '../../core/inventory/object.ts';
import type { Result } from '../../core/result.ts';
import type { TokenCall } from '../../core/ledger/token-call.ts';
import type { AttributeName } from './attribute.ts';
import type { TokenRef, OpenRequest, ModuleInfo, SlotInfo } from './slot.ts';

export type { AttributeName } from './attribute.ts';
export type * from './slot.ts';

export type ObjectClass = 'private-key' | 'public-key' | 'secret-key' | 'certificate' | 'data';

export type SecretMechanism = 'aes-128' | 'aes-192' | 'aes-256' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';

export type KeyMechanism = 'ed25519' | 'ec-p256' | 'ec-p384' | 'ec-p521' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096';

/** A digest longer than the curve's order is cut to its length (FIPS 186-5 section 6.4.1), a shorter one is taken whole. */
export type SignAlgorithm =
  | 'ed25519'
  | 'ecdsa-sha256'
  | 'ecdsa-sha384'
  | 'ecdsa-sha512'
  | 'rsa-pss-sha256'
  | 'rsa-pss-sha384'
  | 'rsa-pkcs1-sha256';

/** What a key can be asked to do, by the attribute that allows it (CKA_SIGN and so on). */
export type UseOperation = 'sign' | 'verify' | 'encrypt' | 'decrypt' | 'wrap' | 'unwrap' | 'derive';

/**
 * OAEP with SHA-1, which is all that some modules can; its security does not rest on collisions (RFC 8017 section B.1).
 * AES-GCM and AES-CBC put a random IV before what they return and take it from there. AES key wrap is RFC 3394.
 * `aes-cbc-derive` is CKM_AES_CBC_ENCRYPT_DATA, `ecdh` gives the shared secret with no key derivation function.
 */
export type UseAlgorithm =
  | SignAlgorithm
  | 'rsa-oaep-sha1'
  | 'aes-gcm'
  | 'aes-cbc-pad'
  | 'aes-cmac'
  | 'aes-kw'
  | 'aes-cbc-derive'
  | 'ecdh'
  | 'hmac-sha256'
  | 'hmac-sha384'
  | 'hmac-sha512';

/** CK_BBOOL as boolean, CK_ULONG as number, text and CK_DATE (`YYYYMMDD`) as string, anything else as bytes. */
export type AttributeValue = boolean | number | string | Uint8Array;

export interface TemplateAttribute {
  readonly name: AttributeName;
  readonly value: AttributeValue;
}

/**
 * One attribute as the token reports it. `unavailable`: the module answered that it cannot be read for another reason
 * (`rv` says which), or reported no value. `malformed`: bytes came back that do not have the attribute's type.
 */
export interface AttributeReading {
  readonly name: AttributeName;
  readonly status: 'read' | 'unavailable' | 'sensitive' | 'invalid-type' | 'malformed';
  /** Lower-case hex of the value's bytes as the module returned them. */
  readonly raw?: string;
  readonly value?: AttributeValue;
  readonly rv?: string;
}

export interface InitTokenRequest {
  readonly slot: string;
  readonly label: string;
  /** Both are zeroed as soon as they were handed to the host. */
  readonly soPin: Uint8Array;
  readonly userPin: Uint8Array;
}

export interface InitialisedToken {
  readonly slot: string;
  readonly token: TokenRef;
}

/** The PINs are ASCII digits, to be shown once and zeroed by whoever showed them. */
export interface RehearsalToken extends InitialisedToken {
  readonly soPin: Uint8Array;
  readonly userPin: Uint8Array;
}

export interface LoginRequest {
  readonly token: TokenRef;
  /** UTF-8. Zeroed as soon as it was handed to the host. */
  readonly pin: Uint8Array;
}

export interface GenerateRequest {
  readonly token: TokenRef;
  readonly mechanism: KeyMechanism;
  /** 20 bytes, shared by both halves. */
  readonly ckaId: Uint8Array;
  /** Shared by both halves. */
  readonly label: string;
  /**
   * Without CKA_CLASS, CKA_KEY_TYPE, CKA_ID, CKA_LABEL and the key's parameters, which follow from the fields above.
   * Must name every usage attribute (PRIVATE_USAGE, PUBLIC_USAGE in attribute.ts), CKA_TOKEN, CKA_PRIVATE and, for the
   * private half, CKA_SENSITIVE and CKA_EXTRACTABLE; otherwise `HSM-1`.
   */
  readonly privateTemplate: readonly TemplateAttribute[];
  readonly publicTemplate: readonly TemplateAttribute[];
}

export interface GenerateSecretRequest {
  readonly token: TokenRef;
  readonly mechanism: SecretMechanism;
  /** 20 bytes. */
  readonly ckaId: Uint8Array;
  readonly label: string;
  /**
   * Without CKA_CLASS, CKA_KEY_TYPE, CKA_ID, CKA_LABEL and CKA_VALUE_LEN. Must name every usage attribute of a secret key
   * (SECRET_USAGE) and its protection attributes (PRIVATE_PROTECTION); otherwise `HSM-1`.
   */
  readonly template: readonly TemplateAttribute[];
}

export interface ObjectSummary {
  readonly class: ObjectClass | 'other';
  readonly label: string;
  readonly ckaId: Uint8Array;
  /** `CKK_EC`, `CKK_RSA`, …; absent for objects that are no keys. */
  readonly keyType?: string;
}

export interface FindRequest {
  readonly token: TokenRef;
  readonly ckaId?: Uint8Array;
  readonly label?: string;
  readonly class?: ObjectClass;
}

/** Names exactly one object. None: `not-found`. Several: `HSM-2`. */
export interface ObjectRequest {
  readonly token: TokenRef;
  readonly ckaId: Uint8Array;
  readonly class: ObjectClass;
}

export interface ReadAttributesRequest extends ObjectRequest {
  readonly names: readonly AttributeName[];
}

export interface SetAttributesRequest extends ObjectRequest {
  readonly attributes: readonly TemplateAttribute[];
}

export interface SignRequest {
  readonly token: TokenRef;
  readonly ckaId: Uint8Array;
  readonly algorithm: SignAlgorithm;
  /** The message itself; it is hashed as the algorithm says. */
  readonly data: Uint8Array;
}

/**
 * One use of one key, to test that it can do what it is made for and nothing else. No key leaves by it: a key that is
 * wrapped is one that is made of `data` for this call, and of a key that is unwrapped or derived only the SHA-256 of its
 * value comes back.
 */
export interface UseRequest {
  readonly token: TokenRef;
  readonly ckaId: Uint8Array;
  readonly class: 'private-key' | 'public-key' | 'secret-key';
  readonly operation: UseOperation;
  readonly algorithm: UseAlgorithm;
  /**
   * What is signed, verified, encrypted or decrypted; for `wrap` the value of the key that is wrapped; for `unwrap` the
   * wrapped key; for `ecdh` the other side's uncompressed point; for `aes-cbc-derive` 32 bytes.
   */
  readonly data: Uint8Array;
  /** For `verify` alone, in the form that `sign` returns. */
  readonly signature?: Uint8Array;
}

export interface ProbeSigningRequest {
  readonly token: TokenRef;
  readonly mechanism: KeyMechanism;
  readonly algorithm: SignAlgorithm;
  /** What the probe signs. Whoever asks verifies the signature: a token that lists a mechanism may still not have it. */
  readonly data: Uint8Array;
}

export interface ListRequest {
  readonly token: TokenRef;
  readonly from: number;
  readonly limit: number;
}

export interface ObjectPage {
  /** Objects on the list, as many as there were when it was begun. */
  readonly total: number;
  readonly objects: readonly ListedObject[];
  /** Where the next page begins; null where this is the last. */
  readonly next: number | null;
}

/** `ckaId` is empty where the object has none; `sha256` is that of the object as it was listed. */
export interface DestroyListedRequest {
  readonly token: TokenRef;
  readonly class: ObjectClass;
  readonly ckaId: Uint8Array;
  readonly sha256: string;
}

export interface ProbeKeyRequest {
  readonly token: TokenRef;
  readonly mechanism: KeyMechanism;
  readonly algorithm: SignAlgorithm;
  /** 20 bytes. */
  readonly ckaId: Uint8Array;
}

/** What a throw-away key showed, as the ledger records it. */
export type Enforcement = Omit<EventOf<'token.enforcement'>['data'], 'token' | 'mechanism'>;

/** A data object (CKO_DATA) by what it is found by. Several may carry the same two names. */
export interface DataRef {
  readonly token: TokenRef;
  readonly label: string;
  readonly application: string;
}

export interface CreateDataRequest extends DataRef {
  readonly value: Uint8Array;
  /** CKA_PRIVATE: whether it is seen only after a login. */
  readonly private: boolean;
}

/** Names the one data object whose value has this SHA-256 (hex). None: `not-found`. Several: `HSM-2`. */
export interface DestroyDataRequest extends DataRef {
  readonly sha256: string;
}

export interface HsmStatus {
  /**
   * `closed`: no module is open. `open`: a module is open and nothing is under way. `busy`: a call is under way.
   * `lost`: the host process ended unasked; `restart()` starts another. `ended`: `end()` was called.
   */
  readonly state: 'closed' | 'open' | 'busy' | 'lost' | 'ended';
  /** The method under way, if any, and how many wait behind it. */
  readonly running?: string;
  readonly waiting: number;
  readonly module?: ModuleInfo;
  /** Tokens this host is logged in to. */
  readonly loggedIn: readonly TokenRef[];
  readonly pid?: number;
}

/** Why the host ended: its exit code, or the signal's name where there was one. */
export interface Lost {
  readonly reason: string;
  /** The method that was under way when it ended, whose outcome is therefore unknown. */
  readonly running?: string;
}

export interface Hsm {
  /** Loads and initialises a module. One host holds one module; opening another ends in `refused` until `restart()`. */
  open(request: OpenRequest): Promise<Result<ModuleInfo>>;
  slots(): Promise<Result<readonly SlotInfo[]>>;
  /** Initialises an uninitialised token (C_InitToken, SO login, C_InitPIN). An initialised one is refused: `HSM-5`. */
  initToken(request: InitTokenRequest): Promise<Result<InitialisedToken>>;
  /** The same for a rehearsal, with random PINs made inside the host. TEST ONLY: meant for software tokens. */
  initRehearsalToken(request: { readonly slot: string; readonly label: string }): Promise<Result<RehearsalToken>>;
  /** As CKU_USER. Several tokens of the module may be logged in to at once. The answer carries the token's flags after. */
  login(request: LoginRequest): Promise<Result<{ readonly flags: readonly string[] }>>;
  /** Of one token, or of all. To forget a PIN for certain, `end()` the host: the binding takes PINs as strings. */
  logout(request?: { readonly token: TokenRef }): Promise<Result<null>>;
  /** Both halves are re-read by CKA_ID, each must be there once. */
  generateKeyPair(
    request: GenerateRequest,
  ): Promise<Result<{ readonly privateKey: ObjectSummary; readonly publicKey: ObjectSummary }>>;
  /** A secret key, re-read by CKA_ID: it must be there once. */
  generateKey(request: GenerateSecretRequest): Promise<Result<ObjectSummary>>;
  findKeys(request: FindRequest): Promise<Result<readonly ObjectSummary[]>>;
  /** One by one, in a session opened for this call, in the order asked for. */
  readAttributes(request: ReadAttributesRequest): Promise<Result<readonly AttributeReading[]>>;
  /** DER SubjectPublicKeyInfo (RFC 5280; RFC 5480 for EC), rebuilt from the public object's own attributes. */
  publicKeySpki(request: { readonly token: TokenRef; readonly ckaId: Uint8Array }): Promise<Result<Uint8Array>>;
  /**
   * All at once (one C_SetAttributeValue), then re-read in a fresh session. The answer is what was read; a value that
   * reads otherwise than it was set is a failure with `rv` CKR_OK. One that cannot be read is answered as such.
   */
  setAttributes(request: SetAttributesRequest): Promise<Result<readonly AttributeReading[]>>;
  /** Ed25519: 64 bytes. ECDSA: minimal DER with low S. RSA: the raw signature; PSS salt length is the hash length. */
  sign(request: SignRequest): Promise<Result<Uint8Array>>;
  /**
   * Lets one key do one thing, in a session of its own. The answer is the signature, the ciphertext, the plaintext, the
   * wrapped key, or the SHA-256 of the unwrapped or derived value. `verify` answers with no bytes; a signature that is not
   * right is a failure with CKR_SIGNATURE_INVALID. A session that goes with the answer leaves nothing active or behind.
   */
  use(request: UseRequest): Promise<Result<Uint8Array>>;
  /** Destroys exactly one object and looks again: it must be gone. */
  destroyObject(request: ObjectRequest): Promise<Result<null>>;
  /** Makes a key pair that lives in one session only (CKA_TOKEN false), signs with it, and lets it go. */
  probeSigning(
    request: ProbeSigningRequest,
  ): Promise<Result<{ readonly spki: Uint8Array; readonly signature: Uint8Array }>>;
  /** The values of all data objects with these names. Without a login only those that are not private are seen. */
  readData(request: DataRef): Promise<Result<readonly Uint8Array[]>>;
  /** Creates a data object that cannot be modified, and reads it again in a fresh session. */
  createData(request: CreateDataRequest): Promise<Result<null>>;
  /** Destroys exactly one data object and looks again: it must be gone. */
  destroyData(request: DestroyDataRequest): Promise<Result<null>>;
  /** A page of every object that this login sees. `from` 0 begins a list, and ends one that was begun before. */
  listObjects(request: ListRequest): Promise<Result<ObjectPage>>;
  /** Destroys the one object that a list told of, named by all that was told of it, and looks again: it must be gone. */
  destroyListed(request: DestroyListedRequest): Promise<Result<null>>;
  /** Makes a key pair on the token, finds out what the token enforces of its attributes, and destroys it. */
  probeKey(request: ProbeKeyRequest): Promise<Result<Enforcement>>;
  /** Destroys what a probe left behind that was interrupted. Answers how many objects there were. */
  removeProbeKey(request: Pick<ProbeKeyRequest, 'token' | 'ckaId'>): Promise<Result<number>>;
  /** Logs out, finalises the module and ends the host process. */
  end(): Promise<Result<null>>;

  /**
   * The calls that changed the token or used a key since this was asked last, in their order. Those of a host that died
   * before it answered are not among them. Null where nobody keeps that account.
   */
  takeCalls(): readonly TokenCall[] | null;
  status(): HsmStatus;
  /** Called once for each host that ended unasked. Returns the function that unsubscribes. */
  onLost(listener: (lost: Lost) => void): () => void;
  /** Kills the host at once, whatever it is doing. Pending calls end with `hsm-lost`, listeners hear of it. */
  abort(): void;
  /** Starts a new host after a loss, an abort or `end()`. Module and logins must be opened anew. */
  restart(): Promise<Result<null>>;
}
