/** What the host holds while a module is open, and the one way a PKCS#11 function is called. */

import type { Module } from 'graphene-pk11';
import type { PKCS11 } from 'pkcs11js';

import type { Failure } from '../../../core/result.ts';
import type { TokenCall } from '../../../core/ledger/token-call.ts';
import type { ModuleInfo, TokenRef } from '../port.ts';
import { rvName, rvOf, rvWords } from './rv.ts';

/** Handles are 8-byte buffers and stay so: some vendors use all 64 bits of a slot id. */
export type Handle = Buffer;

export interface Login {
  readonly token: TokenRef;
  readonly slot: Handle;
  /** Kept open for as long as the login lasts; a token logs out when its last session closes. */
  readonly session: Handle;
}

/** A data object and its value. */
export interface DataObject {
  readonly handle: Handle;
  readonly value: Uint8Array;
}

export interface Context {
  /** The reference also keeps the binding's object alive: when it is collected, the library is unloaded under us. */
  readonly module: Module;
  readonly lib: PKCS11;
  readonly library: string;
  readonly info: ModuleInfo;
  readonly logins: Map<string, Login>;
  /** Data objects as the last request about them found them. Any other request but a signature makes it forget them. */
  seen: { readonly under: string; readonly objects: readonly DataObject[] } | null;
  /** Calls that can change the token or use a key, as they were made, until the next answer takes them along. */
  readonly calls: TokenCall[];
}

/** A failure on its way to the one place that answers. `rv` is the number, for decisions inside the host. */
export class HostFailure extends Error {
  readonly failure: Failure;
  readonly rv: number | null;

  constructor(failure: Failure, rv: number | null = null) {
    super(failure.message);
    this.failure = failure;
    this.rv = rv;
  }
}

export function refuse(failure: Failure): never {
  throw new HostFailure(failure);
}

/** The failure for an error that came out of `call` on `library`. Never carries an argument of the call. */
export function failureOf(call: string, library: string, error: unknown): HostFailure {
  const rv = rvOf(error);
  if (rv === null) {
    return new HostFailure({
      code: 'hsm',
      call,
      library,
      message: `The binding to the library could not carry out ${call}.`,
      hint: 'This is a defect of the application or its binding, or a library that answers against the standard.',
    });
  }
  const { message, hint } = rvWords(rv);
  return new HostFailure(
    { code: 'hsm', call, rv: rvName(rv), library, message, ...(hint === undefined ? {} : { hint }) },
    rv,
  );
}

/** Runs one PKCS#11 function; whatever the binding throws becomes a failure that names function, value and library. */
export function call<T>(context: Pick<Context, 'library'>, name: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof HostFailure) throw error;
    throw failureOf(name, context.library, error);
  }
}

/**
 * As `call`, for the functions that can change the token or use a key: each is written down, whatever it answered. They
 * are called in no other way, so that the account is whole.
 */
export function tokenCall<T>(
  context: Pick<Context, 'library' | 'calls'>,
  about: Omit<TokenCall, 'rv'>,
  run: () => T,
): T {
  let rv = 'CKR_OK';
  try {
    return call(context, about.call, run);
  } catch (error) {
    // Without a return value the binding itself failed; whether the module was reached is not known.
    rv = (error instanceof HostFailure ? error.failure.rv : undefined) ?? 'none';
    throw error;
  } finally {
    context.calls.push({ ...about, rv });
  }
}

const CKF_SERIAL_SESSION = 4;
const CKF_RW_SESSION = 2;

/**
 * Runs `use` in a session of its own and closes it whatever happens. A failed operation stays active in its session
 * (the next one would get CKR_OPERATION_ACTIVE), and a reading is only independent of what came before in a new one.
 */
export function inSession<T>(context: Context, slot: Handle, mode: 'read' | 'write', use: (session: Handle) => T): T {
  const flags = CKF_SERIAL_SESSION | (mode === 'write' ? CKF_RW_SESSION : 0);
  const session = call(context, 'C_OpenSession', () => context.lib.C_OpenSession(slot, flags));
  try {
    return use(session);
  } finally {
    try {
      context.lib.C_CloseSession(session);
    } catch {
      // The session may have died with the device; what matters was already answered or thrown.
    }
  }
}

export const tokenKey = (token: TokenRef): string => JSON.stringify([token.label, token.serial]);
