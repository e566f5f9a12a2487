/**
 * The privileged side of the boundary. A call reaches its handler only when its sender, number of arguments, size and
 * shape are right; any other is answered with a refusal (`IPC-1`), recorded, and its secrets are zeroed. What a handler
 * throws is a defect: the screen gets a reference into the log and never the words of the exception.
 */
import { Serializer } from 'node:v8';
import * as v from 'valibot';
import { inputs, MAX_CALL_BYTES, METHODS, type Method } from '../../contract/schema.ts';
import { Failed, fail, type ErrorCode, type Result } from '../../core/result.ts';
import { HIDDEN_REFUSED } from '../../core/text.ts';
import type { Application } from '../application-ports.ts';
import type { Log } from '../workstation/log.ts';
import { channelOf } from './channels.ts';
import { zeroSecrets } from './secrets.ts';
import { isOurPage, type CallEvent } from './sender.ts';

export interface Boundary {
  readonly application: Pick<Application, 'handlers' | 'refusedCall'>;
  readonly log: Log;
  /** Whether a sender (Electron's WebContents) belongs to a window that the application opened for its pages. */
  readonly knows: (sender: object) => boolean;
}

/** Of Electron's `ipcMain` what is used. */
export interface CallReceiver {
  handle(channel: string, listener: (event: CallEvent, ...args: unknown[]) => Promise<unknown>): void;
}

/** Registers one channel a method. */
export function serve(receiver: CallReceiver, boundary: Boundary): void {
  for (const method of METHODS) {
    receiver.handle(channelOf(method), (event, ...args) => answer(boundary, method, event, args));
  }
}

/** Answers one call. Never rejects. */
export async function answer(
  boundary: Boundary,
  method: Method,
  event: CallEvent,
  args: readonly unknown[],
): Promise<Result<unknown>> {
  try {
    const input = isOurPage(event, boundary.knows)
      ? read(method, args)
      : refusal('refused', `The call ${method} did not come from a page of Conclave.`);
    if (!input.ok) {
      await boundary.application.refusedCall(method);
      return input;
    }
    // One handler a method: TypeScript cannot follow the pairing through a union, so it is stated here.
    const handler = boundary.application.handlers[method] as (input: unknown) => Promise<Result<unknown>>;
    return await handler(input.value);
  } catch (error) {
    return fail(error instanceof Failed ? error.failure : boundary.log.internal(method, error));
  } finally {
    // Refused, or used: nobody needs the bytes of this call any more.
    zeroSecrets(args);
  }
}

/** The one argument of a call, if it has the agreed size and shape. */
function read(method: Method, args: readonly unknown[]): Result<unknown> {
  const [input] = args;
  if (args.length !== 1 || !isPlainObject(input)) {
    return refusal('bad-input', `The call ${method} takes one object.`);
  }
  const size = sizeOf(input);
  if (size === null || size > MAX_CALL_BYTES) {
    return refusal('bad-input', `The call ${method} is larger than ${MAX_CALL_BYTES} bytes, or is no plain data.`);
  }
  const parsed = v.safeParse(inputs[method], input, { abortEarly: true });
  if (parsed.success) return { ok: true, value: parsed.output };
  // The one fault of shape that a person can type or paste: it is said in words.
  return parsed.issues[0].message === HIDDEN_REFUSED
    ? fail({ code: 'bad-input', message: HIDDEN_REFUSED, hint: 'Type the text by hand.', policy: 'IPC-1' })
    : refusal('bad-input', `The call ${method} does not have the agreed shape.`);
}

/** The schemas would take an empty array or map for an empty object. */
const isPlainObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/**
 * Bytes of the structured clone, with the whole buffer under every view. The plain `serialize` of node:v8 counts only
 * the visible part of a buffer. Null for what cannot be cloned.
 */
export function sizeOf(value: unknown): number | null {
  try {
    const serializer = new Serializer();
    serializer.writeHeader();
    serializer.writeValue(value);
    return serializer.releaseBuffer().length;
  } catch {
    return null;
  }
}

const refusal = (code: ErrorCode, message: string): Result<never> => fail({ code, message, policy: 'IPC-1' });
