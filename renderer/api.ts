import type { Bridge, Input, Method, Replies } from '../contract/schema.ts';
import type { AppView } from '../contract/views.ts';
import type { Failure, Result } from '../core/result.ts';

declare global {
  interface Window {
    /** Put there by the preload script; absent in the component gallery. */
    readonly conclave?: Bridge;
  }
}

const unreachable: Failure = {
  code: 'internal',
  message: 'The privileged part of the application does not answer.',
  hint: 'Close the application and start it again. The ledger is read in full at every start.',
};

/**
 * Calls one method of the privileged side. This file is the only user of the bridge. A rejected promise is a defect of
 * the boundary; it is turned into data like every other failure, so that a screen never hangs on it.
 */
export async function call<M extends Method>(method: M, input: Input<M>): Promise<Result<Replies[M]>> {
  const bridge = window.conclave;
  if (bridge === undefined) return { ok: false, error: unreachable };
  try {
    // One function per method: TypeScript cannot follow the pairing through a union, so it is stated here.
    const send = bridge[method] as unknown as (given: Input<M>) => Promise<Result<Replies[M]>>;
    return await send(input);
  } catch {
    return { ok: false, error: unreachable };
  }
}

/** Hands every new snapshot to the listener; the returned function ends that. */
export const onChanged = (listener: (app: AppView) => void): (() => void) =>
  window.conclave?.onChanged(listener) ?? (() => undefined);
