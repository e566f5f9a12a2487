/** Answers requests, strictly one after the other: every handler is synchronous, so the process does nothing else. */

import * as v from 'valibot';

import { fail, type Failure, ok, type Result } from '../../../core/result.ts';
import type { TokenCall } from '../../../core/ledger/token-call.ts';
import type { TokenRef } from '../port.ts';
import { type Context, HostFailure, refuse } from './context.ts';
import { createData, destroyData, readData } from './data.ts';
import { destroyListed, listObjects } from './inventory.ts';
import { generateKey, generateKeyPair, publicKeySpki } from './keys.ts';
import { closeModule, openModule } from './module.ts';
import { destroyObject, findKeys, readAttributes, setAttributes } from './objects.ts';
import { probeKey, removeProbeKey } from './probe-key.ts';
import { probeSigning } from './probe.ts';
import {
  describeIssues,
  isMethod,
  type Method,
  omitted,
  omittedOfSecret,
  REQUESTS,
  type RequestOf,
} from './request.ts';
import { sign } from './sign.ts';
import { listSlots, withLogin } from './slots.ts';
import { use } from './use.ts';
import { initRehearsalToken, initToken, login, logout } from './token.ts';

/** One answer. `id` is the request's, or null where the request had none. */
export interface Reply {
  readonly id: number | null;
  readonly result: Result<unknown>;
  readonly loggedIn: readonly TokenRef[];
  /** Calls of this request that can change the token or use a key. */
  readonly calls: readonly TokenCall[];
}

type Handlers = { readonly [M in Method]: (request: RequestOf<M>) => unknown };

function handlers(): {
  readonly handle: Handlers;
  readonly forget: () => void;
  readonly loggedIn: () => TokenRef[];
  readonly takeCalls: () => TokenCall[];
} {
  let context: Context | null = null;
  const opened = (): Context =>
    context ?? refuse({ code: 'refused', message: 'No PKCS#11 module is open.', hint: 'Open one first.' });

  const handle: Handlers = {
    open(request) {
      if (context !== null) {
        if (context.library === request.library) return context.info;
        // Unloading a library that still has threads or handlers of its own crashes; a new process does not.
        refuse({
          code: 'refused',
          message: 'Another PKCS#11 module is open in this host.',
          hint: 'Start the host anew to open another module.',
        });
      }
      context = openModule(request);
      return context.info;
    },
    slots: () => listSlots(opened()),
    initToken: (request) => initToken(opened(), request),
    initRehearsalToken: (request) => initRehearsalToken(opened(), request),
    login: (request) => login(opened(), request),
    logout: (request) => logout(opened(), request.token),
    generateKeyPair(request) {
      allExplicit(omitted(request));
      return generateKeyPair(opened(), request);
    },
    generateKey(request) {
      allExplicit(omittedOfSecret(request));
      return generateKey(opened(), request);
    },
    findKeys: (request) => findKeys(opened(), request),
    readAttributes: (request) => readAttributes(opened(), request),
    publicKeySpki: (request) => publicKeySpki(opened(), request.token, request.ckaId),
    setAttributes: (request) => setAttributes(opened(), request),
    sign: (request) => sign(opened(), request),
    use: (request) => use(opened(), request),
    destroyObject: (request) => destroyObject(opened(), request),
    probeSigning: (request) => probeSigning(opened(), request),
    readData: (request) => readData(opened(), request),
    createData: (request) => createData(opened(), request),
    destroyData: (request) => destroyData(opened(), request),
    listObjects: (request) => listObjects(opened(), request),
    destroyListed: (request) => destroyListed(opened(), request),
    probeKey: (request) => probeKey(opened(), request),
    removeProbeKey: ({ token, ckaId }) =>
      withLogin(opened(), token, ({ slot }) => removeProbeKey(opened(), slot, ckaId)),
    end() {
      if (context !== null) closeModule(context);
      context = null;
      return null;
    },
  };
  return {
    handle,
    forget() {
      if (context !== null) context.seen = null;
    },
    loggedIn: () => [...(context?.logins.values() ?? [])].map((l) => l.token),
    takeCalls: () => context?.calls.splice(0) ?? [],
  };
}

function allExplicit(missing: readonly string[]): void {
  if (missing.length === 0) return;
  refuse({
    code: 'refused',
    policy: 'HSM-1',
    message: `The template leaves these attributes to the module: ${missing.join(', ')}.`,
    hint: 'State every usage and protection attribute; most modules take an omitted one as true.',
  });
}

/** Requests between which nothing can come that concerns data objects. */
const KEEPS: ReadonlySet<Method> = new Set(['sign', 'readData', 'createData', 'destroyData']);

/** Returns the function that answers one message. It never throws, whatever the message is. */
export function createServer(): (message: unknown) => Reply {
  const { handle, forget, loggedIn, takeCalls } = handlers();

  const run = (method: unknown, args: unknown): Result<unknown> => {
    if (!isMethod(method)) return bad('The HSM host has no such method.');
    if (!KEEPS.has(method)) forget();
    const parsed = v.safeParse(REQUESTS[method], args);
    if (!parsed.success) return bad(describeIssues(parsed.issues));
    try {
      // The method and its request belong together by construction of REQUESTS and Handlers.
      return ok((handle[method] as (request: unknown) => unknown)(parsed.output));
    } catch (error) {
      if (error instanceof HostFailure) return fail(error.failure);
      return fail({
        code: 'internal',
        message: `The HSM host could not carry out ${method}, for a reason of its own.`,
      } satisfies Failure);
    }
  };

  return (message) => {
    const { id, method, args } = envelope(message);
    let result: Result<unknown>;
    try {
      result = run(method, args);
    } catch {
      result = bad('The request cannot be read.');
    }
    wipe(args);
    return { id, result, loggedIn: loggedIn(), calls: takeCalls() };
  };
}

const bad = (message: string): Result<never> => fail({ code: 'bad-input', message });

function envelope(message: unknown): { id: number | null; method: unknown; args: unknown } {
  if (typeof message !== 'object' || message === null) return { id: null, method: undefined, args: undefined };
  const { id, method, args } = message as Record<string, unknown>;
  return { id: typeof id === 'number' ? id : null, method, args };
}

/** Also after a refusal: a PIN that was never used must not lie in memory either. */
function wipe(args: unknown): void {
  if (typeof args !== 'object' || args === null) return;
  for (const name of ['pin', 'soPin', 'userPin']) {
    const value = (args as Record<string, unknown>)[name];
    if (value instanceof Uint8Array) value.fill(0);
  }
}

/** Zeroes the PINs of a rehearsal token once the owner has its copy of the answer. */
export function wipeSecrets(result: Result<unknown>): void {
  if (result.ok) wipe(result.value);
}
