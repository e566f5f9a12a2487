/** Initialises tokens, logs in and out. The only file of the host that handles PINs. */

import { randomInt } from 'node:crypto';

import type { InitialisedToken, InitTokenRequest, LoginRequest, RehearsalToken, TokenRef } from '../port.ts';
import { call, type Context, type Handle, HostFailure, inSession, refuse, tokenCall, tokenKey } from './context.ts';
import { CKF, tokenFlags } from './flags.ts';
import { dropLogin, findToken, rawToken, refOf, slotList } from './slots.ts';
import { RV } from './rv.ts';

const CKU_SO = 0;
const CKU_USER = 1;
const CKF_SERIAL_RW = 6;

/**
 * The PIN as the string the binding insists on. The bytes are zeroed here; the string cannot be, which is why the host
 * process is ended at logout.
 */
function pinText(pin: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(pin);
  } catch {
    return refuse({ code: 'bad-input', message: 'The PIN is not text in UTF-8.' });
  } finally {
    pin.fill(0);
  }
}

export function login(context: Context, request: LoginRequest): { flags: string[] } {
  const pin = pinText(request.pin);
  const { slot, raw } = findToken(context, request.token);
  if ((raw.flags & CKF.CKF_PROTECTED_AUTHENTICATION_PATH) !== 0) {
    // The device wants a NULL PIN and then asks for it on its own pad. The binding can only pass a pointer.
    refuse({
      code: 'refused',
      policy: 'HSM-7',
      call: 'C_Login',
      library: context.library,
      message: 'The token wants its PIN on its own pad, which this application cannot ask for yet.',
      hint: 'Use a token or a partition that takes its PIN from the application.',
    });
  }
  const held = context.logins.get(tokenKey(request.token));
  if (held !== undefined) dropLogin(context, held);
  // Sessions of an earlier, lost login would keep the token logged in, and a wrong PIN would then pass unnoticed.
  try {
    context.lib.C_CloseAllSessions(slot);
  } catch {
    // Nothing was open.
  }
  const session = call(context, 'C_OpenSession', () => context.lib.C_OpenSession(slot, CKF_SERIAL_RW));
  try {
    const about = { call: 'C_Login', user: 'user' } as const;
    tokenCall(context, about, () => context.lib.C_Login(session, CKU_USER, pin));
  } catch (error) {
    try {
      context.lib.C_CloseSession(session);
    } catch {
      // The device may be gone.
    }
    if (error instanceof HostFailure) throw withTries(context, slot, error);
    throw error;
  }
  context.logins.set(tokenKey(request.token), { token: request.token, slot, session });
  return { flags: tokenFlags(rawToken(context, slot).flags) };
}

/** Adds to a wrong PIN what the token says about the tries that are left. */
function withTries(context: Context, slot: Handle, error: HostFailure): HostFailure {
  if (error.rv !== RV.PIN_INCORRECT) return error;
  let flags: number;
  try {
    flags = rawToken(context, slot).flags;
  } catch {
    return error;
  }
  const hint =
    (flags & CKF.CKF_USER_PIN_LOCKED) !== 0
      ? 'The PIN is now locked. The security officer can set a new one, by the vendor’s procedure.'
      : (flags & CKF.CKF_USER_PIN_FINAL_TRY) !== 0
        ? 'One try is left: after another wrong PIN the token locks.'
        : (flags & CKF.CKF_USER_PIN_COUNT_LOW) !== 0
          ? 'Wrong PINs were entered since the last login. The token locks after a few more.'
          : undefined;
  return hint === undefined ? error : new HostFailure({ ...error.failure, hint }, error.rv);
}

export function logout(context: Context, token: TokenRef | undefined): null {
  const leaving =
    token === undefined
      ? [...context.logins.values()]
      : [...context.logins.values()].filter((l) => tokenKey(l.token) === tokenKey(token));
  let problem: HostFailure | undefined;
  for (const held of leaving) {
    try {
      call(context, 'C_Logout', () => context.lib.C_Logout(held.session));
    } catch (error) {
      // The others are still logged out; the first problem is reported.
      if (!(error instanceof HostFailure)) throw error;
      problem ??= error;
    }
    dropLogin(context, held);
  }
  if (problem !== undefined) throw problem;
  return null;
}

export function slotById(context: Context, id: string): Handle {
  const slot = slotList(context, false).find((handle) => handle.toString('hex') === id);
  return (
    slot ??
    refuse({
      code: 'not-found',
      call: 'C_GetSlotList',
      library: context.library,
      message: 'The library has no slot with this id.',
      hint: 'List the slots again; slot ids change when a token is initialised.',
    })
  );
}

export function initToken(context: Context, request: InitTokenRequest): InitialisedToken {
  const soPin = pinText(request.soPin);
  const userPin = pinText(request.userPin);
  return initialise(context, request.slot, request.label, soPin, userPin);
}

/** Digits, because people type them; as long as the token allows up to twelve. */
function randomPin(min: number, max: number): Uint8Array {
  const length = Math.max(min, Math.min(12, max === 0 ? 12 : max));
  return Uint8Array.from({ length }, () => 0x30 + randomInt(10));
}

export function initRehearsalToken(
  context: Context,
  request: { readonly slot: string; readonly label: string },
): RehearsalToken {
  const slot = slotById(context, request.slot);
  const { minPinLen, maxPinLen } = rawToken(context, slot);
  const soPin = randomPin(minPinLen, maxPinLen);
  const userPin = randomPin(minPinLen, maxPinLen);
  const made = initialise(context, request.slot, request.label, pinText(soPin.slice()), pinText(userPin.slice()));
  return { ...made, soPin, userPin };
}

function initialise(context: Context, id: string, label: string, soPin: string, userPin: string): InitialisedToken {
  const { lib } = context;
  const slot = slotById(context, id);
  if ((rawToken(context, slot).flags & CKF.CKF_TOKEN_INITIALIZED) !== 0) {
    refuse({
      code: 'refused',
      policy: 'HSM-5',
      call: 'C_InitToken',
      library: context.library,
      message: 'The token in this slot is already initialised; doing it again would destroy every object on it.',
      hint: 'Choose an uninitialised token.',
    });
  }
  const before = new Set(tokens(context).map((t) => tokenKey(t.ref)));
  // The field is 32 bytes and the standard wants it padded with blanks; the binding passes a pointer to whatever it
  // got, so a shorter label would be read past its end. Bytes are counted, not characters.
  const bytes = new TextEncoder().encode(label).length;
  tokenCall(context, { call: 'C_InitToken' }, () => lib.C_InitToken(slot, soPin, label + ' '.repeat(32 - bytes)));

  // The slot's id may change now, so the token is found as the one that was not there before.
  const fresh = tokens(context).filter((t) => t.initialised && t.ref.label === label && !before.has(tokenKey(t.ref)));
  const [made] = fresh;
  if (made === undefined || fresh.length !== 1) {
    return refuse({
      code: 'hsm',
      call: 'C_InitToken',
      rv: 'CKR_OK',
      library: context.library,
      message: 'The library reports success, but the token with the new label cannot be told from the others.',
      hint: 'List the slots and look at the device before it is used.',
    });
  }
  inSession(context, made.slot, 'write', (session) => {
    const officer = { call: 'C_Login', user: 'security-officer' } as const;
    tokenCall(context, officer, () => lib.C_Login(session, CKU_SO, soPin));
    // Some modules accept any SO PIN at C_Login and object only here, so this call is the one that authenticates.
    tokenCall(context, { call: 'C_InitPIN' }, () => lib.C_InitPIN(session, userPin));
    call(context, 'C_Logout', () => lib.C_Logout(session));
  });
  return { slot: made.slot.toString('hex'), token: made.ref };
}

function tokens(context: Context): { slot: Handle; ref: TokenRef; initialised: boolean }[] {
  const found = [];
  for (const slot of slotList(context, true)) {
    try {
      const raw = rawToken(context, slot);
      found.push({ slot, ref: refOf(raw), initialised: (raw.flags & CKF.CKF_TOKEN_INITIALIZED) !== 0 });
    } catch {
      // A slot whose token cannot be read is not the one that is initialised here.
    }
  }
  return found;
}
