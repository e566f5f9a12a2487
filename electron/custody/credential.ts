/**
 * What a person signs with: a key file on ceremony-issued media, or a card behind the same interface. Every call
 * answers with a `Result`; nothing throws. Private keys and passphrases are opened in the credential host, a process
 * of its own that serves one request and ends.
 *
 * Failures have the code `credential` and one of these ids:
 * - `CRED-1` the passphrase does not open the key file;
 * - `CRED-2` the file is not a key file, or is damaged;
 * - `CRED-3` the key is another person's; the message names the fingerprint that was expected;
 * - `CRED-4` the file or its medium is not there;
 * - `CRED-5` the passphrase of a new key file breaks the rule (passphrase.ts);
 * - `CRED-6` a file of that name is there already; nothing is ever overwritten;
 * - `CRED-7` the file or folder is not what a medium holds (a symbolic link, a folder, a wrong size or name), or the
 *   operating system does not permit the access;
 * - `CRED-8` this kind of credential cannot be used by this version;
 * - `CRED-9` the credential host ended, or was ended by the time limit, before it answered.
 * Other codes: `bad-input` (a request of the wrong shape), `io` (the medium is full, read-only or failing). A failure of
 * a card's module carries its call and return value.
 */
import type { Result } from '../../core/result.ts';

/** One `.age` file in the folder that stands for a person's medium. */
export interface KeyFileCredential {
  readonly kind: 'key-file';
  /** Absolute path of the `.age` file. */
  readonly path: string;
}

/** A P-256 key pair on a second PKCS#11 token. Where it is stands in a file on the person's medium (card-file.ts). */
export interface CardCredential {
  readonly kind: 'card';
  /** Absolute path of the PKCS#11 library. */
  readonly library: string;
  readonly token: { readonly label: string; readonly serial: string };
  /** CKA_ID of the key pair, lower-case hex. */
  readonly ckaId: string;
}

export type Credential = KeyFileCredential | CardCredential;

export interface CreateRequest {
  /** Absolute path of an existing folder: the medium. */
  readonly folder: string;
  /** Ends in `.age`; lower-case letters, digits, dot, dash and underscore. */
  readonly fileName: string;
  /** Written in the clear beside the key so that people can tell media apart, such as `custodian-1 Ada Lovelace`. */
  readonly person: string;
  /** UTF-8. Zeroed as soon as it was handed to the host. */
  readonly passphrase: Uint8Array;
}

/** A card whose key a person is to sign with. */
export interface AdoptRequest {
  /** Absolute path of the PKCS#11 library. */
  readonly library: string;
  readonly token: { readonly label: string; readonly serial: string };
  /** CKA_LABEL of a key that is made here. */
  readonly person: string;
  /** UTF-8, zeroed. */
  readonly pin: Uint8Array;
}

export interface AdoptedCard {
  /** CKA_ID of the key pair, lower-case hex. */
  readonly ckaId: string;
  /** SubjectPublicKeyInfo of the P-256 key, DER (RFC 5480). */
  readonly spki: Uint8Array;
}

export interface CreatedCredential {
  readonly credential: KeyFileCredential;
  /** SubjectPublicKeyInfo of the Ed25519 key, DER (RFC 8410). */
  readonly spki: Uint8Array;
  /** SHA-256 of `spki`, lower-case hex: the fingerprint that is read aloud, `Person.key`. */
  readonly keyId: string;
}

/**
 * What can be said of a credential without its passphrase. All of it but `workFactor` is what the cleartext file
 * beside the key claims; only opening the key proves it.
 */
export interface CredentialDescription {
  readonly kind: 'key-file';
  readonly format: 'age-encryption.org/v1';
  readonly keyId: string;
  readonly spki: Uint8Array;
  readonly person: string;
  /** age recipient (`age1…`) to which shares can be encrypted. */
  readonly recipient: string;
  /** UTC, when the key was made. */
  readonly created: string;
  /** Base-2 logarithm of the scrypt cost N, read from the age header. */
  readonly workFactor: number;
}

export interface SignRequest {
  readonly credential: Credential;
  /** UTF-8; for a card its PIN. Zeroed as soon as it was handed to the host. */
  readonly passphrase: Uint8Array;
  /** The exact bytes to sign, for a DSSE envelope its pre-authentication encoding. */
  readonly payloads: readonly Uint8Array[];
  /** `Person.key` of the person who is signing. Another key is refused with `CRED-3` and signs nothing. */
  readonly expectedKeyId: string;
}

export interface Credentials {
  /** Makes a new key and its file. On success the file was synced, read back and opened with the passphrase. */
  create(request: CreateRequest): Promise<Result<CreatedCredential>>;
  /** Finds the P-256 key of a card, and makes one where there is none. Several are refused: `CRED-8`. */
  adoptCard(request: AdoptRequest): Promise<Result<AdoptedCard>>;
  /** Of a key file only: nothing can be said of a card without its PIN. */
  describe(credential: Credential): Promise<Result<CredentialDescription>>;
  /**
   * In the order of the payloads, each verified before it is returned. Key file: Ed25519 (RFC 8032), 64 bytes. Card:
   * ECDSA on P-256 over SHA-256, ASN.1 DER.
   */
  sign(request: SignRequest): Promise<Result<readonly Uint8Array[]>>;
}
