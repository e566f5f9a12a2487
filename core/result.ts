/**
 * Errors as data. Every function that can be refused returns a `Result`; nothing in core throws across a
 * boundary. An exception that does escape is a defect and is reported as `internal`.
 */

/** The closed set of error codes. A code says which kind of thing happened; `at` and `hint` say the rest. */
export type ErrorCode =
  | 'bad-input' // what came in does not have the shape or size that was agreed
  | 'refused' // a rule said no; `policy` names it
  | 'not-found'
  | 'hsm' // the PKCS#11 module answered with an error; `rv` and `call` name it
  | 'hsm-lost' // the HSM host process ended or does not answer
  | 'credential' // a key file could not be opened or used
  | 'ledger' // the journal cannot be trusted or written
  | 'evidence' // a bundle or file cannot be read, made or believed
  | 'io' // a file or folder cannot be read or written
  | 'busy' // another act is under way
  | 'internal'; // a defect; `ref` finds it in the log

/** One failure, in words a person can act on. It never carries a secret. */
export interface Failure {
  readonly code: ErrorCode;
  /** What happened, as one sentence. */
  readonly message: string;
  /** What to do about it, as one sentence. */
  readonly hint?: string;
  /** The id of the rule that refused, such as `QUORUM-2`. The same id is in the ledger, docs and tests. */
  readonly policy?: string;
  /** The PKCS#11 function that failed, such as `C_Login`. */
  readonly call?: string;
  /** The PKCS#11 return value by name, such as `CKR_PIN_INCORRECT`. */
  readonly rv?: string;
  /** The PKCS#11 library file the call went to. */
  readonly library?: string;
  /** A reference into the workstation's log, for defects. */
  readonly ref?: string;
}

export type Result<T, E = Failure> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });

export const fail = <E extends Failure>(error: E): Result<never, E> => ({ ok: false, error });

/** A failure on a way that has no place for a result. It is caught at the edge and becomes data again. */
export class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}
