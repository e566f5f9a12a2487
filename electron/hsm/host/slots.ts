/** Lists slots and finds the token a caller means. */

import type { TokenInfo as RawTokenInfo } from 'pkcs11js';

import type { MechanismInfo, SlotInfo, TokenInfo, TokenRef } from '../port.ts';
import { call, type Context, type Handle, HostFailure, type Login, refuse, tokenKey } from './context.ts';
import { CKF, mechanismFlags, mechanismName, slotFlags, tokenFlags } from './flags.ts';
import { padded } from './module.ts';
import { ENDS_LOGIN } from './rv.ts';

export const slotList = (context: Context, withToken: boolean): Handle[] =>
  call(context, 'C_GetSlotList', () => context.lib.C_GetSlotList(withToken));

export const rawToken = (context: Context, slot: Handle): RawTokenInfo =>
  call(context, 'C_GetTokenInfo', () => context.lib.C_GetTokenInfo(slot));

export const refOf = (raw: RawTokenInfo): TokenRef => ({ label: padded(raw.label), serial: padded(raw.serialNumber) });

const version = (v: { readonly major: number; readonly minor: number }): string => `${v.major}.${v.minor}`;

/** One mechanism the token cannot describe is left out; it could not be used either. */
export function mechanisms(context: Context, slot: Handle): MechanismInfo[] {
  const types = call(context, 'C_GetMechanismList', () => context.lib.C_GetMechanismList(slot));
  const found: MechanismInfo[] = [];
  for (const type of types) {
    try {
      const info = context.lib.C_GetMechanismInfo(slot, type);
      found.push({
        type,
        name: mechanismName(type),
        minKeySize: info.minKeySize,
        maxKeySize: info.maxKeySize,
        flags: mechanismFlags(info.flags),
      });
    } catch {
      // See above.
    }
  }
  return found;
}

export function describeToken(context: Context, slot: Handle): TokenInfo {
  const raw = rawToken(context, slot);
  const has = (bit: number): boolean => (raw.flags & bit) !== 0;
  return {
    ...refOf(raw),
    manufacturer: padded(raw.manufacturerID),
    model: padded(raw.model),
    hardwareVersion: version(raw.hardwareVersion),
    firmwareVersion: version(raw.firmwareVersion),
    flags: tokenFlags(raw.flags),
    initialized: has(CKF.CKF_TOKEN_INITIALIZED),
    minPinLength: raw.minPinLen,
    maxPinLength: raw.maxPinLen,
    pinPad: has(CKF.CKF_PROTECTED_AUTHENTICATION_PATH),
    mechanisms: mechanisms(context, slot),
  };
}

export function listSlots(context: Context): SlotInfo[] {
  const slots = slotList(context, false);
  if (slots.length === 0) {
    refuse({
      code: 'not-found',
      call: 'C_GetSlotList',
      library: context.library,
      message: 'The library offers no slot.',
      hint: 'Connect the device, and check the library’s own configuration.',
    });
  }
  return slots.map((slot) => describeSlot(context, slot));
}

function describeSlot(context: Context, slot: Handle): SlotInfo {
  const raw = call(context, 'C_GetSlotInfo', () => context.lib.C_GetSlotInfo(slot));
  const about = {
    id: slot.toString('hex'),
    description: padded(raw.slotDescription),
    manufacturer: padded(raw.manufacturerID),
    flags: slotFlags(raw.flags),
  };
  if ((raw.flags & CKF.CKF_TOKEN_PRESENT) === 0) {
    return { ...about, problem: `There is no token in this slot (C_GetSlotInfo of ${context.library}).` };
  }
  try {
    const token = describeToken(context, slot);
    if (token.initialized) return { ...about, token };
    return {
      ...about,
      token,
      problem: `The token in this slot is not initialised (C_GetTokenInfo of ${context.library}).`,
    };
  } catch (error) {
    if (!(error instanceof HostFailure)) throw error;
    const { call: failed, rv, message } = error.failure;
    return { ...about, problem: `${message} (${failed ?? 'C_GetTokenInfo'}: ${rv ?? 'no value'}, ${context.library})` };
  }
}

const noSuchToken = (context: Context, token: TokenRef): never =>
  refuse({
    code: 'not-found',
    call: 'C_GetTokenInfo',
    library: context.library,
    message: `There is no token with the label “${token.label}” and the serial number “${token.serial}”.`,
    hint: 'Insert the token, and list the slots to see which tokens there are.',
  });

/** The slot of the token with this label and serial number. Exactly one must fit, and it must be initialised. */
export function findToken(context: Context, token: TokenRef): { readonly slot: Handle; readonly raw: RawTokenInfo } {
  const found = [];
  for (const slot of slotList(context, true)) {
    let raw: RawTokenInfo;
    try {
      raw = rawToken(context, slot);
    } catch {
      continue; // A slot whose token cannot be read cannot be the one that is meant.
    }
    const ref = refOf(raw);
    if (ref.label === token.label && ref.serial === token.serial) found.push({ slot, raw });
  }
  const [only] = found;
  if (only === undefined) return noSuchToken(context, token);
  if (found.length > 1) {
    refuse({
      code: 'refused',
      policy: 'HSM-6',
      call: 'C_GetTokenInfo',
      library: context.library,
      message: `${found.length} tokens carry the label “${token.label}” and the serial number “${token.serial}”.`,
      hint: 'Remove all but the one that is meant.',
    });
  }
  if ((only.raw.flags & CKF.CKF_TOKEN_INITIALIZED) === 0) {
    refuse({
      code: 'hsm',
      call: 'C_GetTokenInfo',
      library: context.library,
      message: 'The token is not initialised.',
      hint: 'Initialise it first, by the ceremony’s own recipe or the vendor’s procedure.',
    });
  }
  return only;
}

/**
 * The login a call is to use. The token in the slot must still be the one that was logged in to: a card can be
 * exchanged between two calls.
 */
export function loginFor(context: Context, token: TokenRef): Login {
  const login = context.logins.get(tokenKey(token));
  if (login === undefined) {
    return refuse({
      code: 'hsm',
      call: 'C_Login',
      rv: 'CKR_USER_NOT_LOGGED_IN',
      library: context.library,
      message: `Nobody is logged in to the token “${token.label}”.`,
      hint: 'Log in and try again.',
    });
  }
  const there = refOf(rawToken(context, login.slot));
  if (there.label !== token.label || there.serial !== token.serial) {
    dropLogin(context, login);
    noSuchToken(context, token);
  }
  return login;
}

export function dropLogin(context: Context, login: Login): void {
  context.logins.delete(tokenKey(login.token));
  try {
    context.lib.C_CloseSession(login.session);
  } catch {
    // It may have gone with the device.
  }
}

/** Runs a call that needs a login, and forgets the login when the failure says that it is gone. */
export function withLogin<T>(context: Context, token: TokenRef, use: (login: Login) => T): T {
  try {
    return use(loginFor(context, token));
  } catch (error) {
    const login = context.logins.get(tokenKey(token));
    if (error instanceof HostFailure && error.rv !== null && ENDS_LOGIN.has(error.rv) && login) {
      dropLogin(context, login);
    }
    throw error;
  }
}
