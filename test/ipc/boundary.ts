/** A boundary with handlers that only count, for tests without Electron. */
import { deserialize, serialize } from 'node:v8';
import { METHODS, type Method } from '../../contract/schema.ts';
import type { Handlers } from '../../electron/application-ports.ts';
import { answer, type Boundary } from '../../electron/ipc/serve.ts';
import type { CallEvent, SenderFrame } from '../../electron/ipc/sender.ts';
import type { Result } from '../../core/result.ts';

export const contents = { mainFrame: { frameTreeNodeId: 7 } };

export const mainFrame: SenderFrame = {
  url: 'conclave://app/',
  origin: 'conclave://app',
  parent: null,
  frameTreeNodeId: 7,
};

export const ourPage: CallEvent = { senderFrame: mainFrame, sender: contents };

export interface Recorder extends Boundary {
  readonly handled: { readonly method: Method; readonly input: unknown }[];
  readonly refused: string[];
  readonly defects: unknown[];
}

/** @param handle What every handler does; by default it answers with what it got. */
export function recorder(handle: (input: unknown) => unknown = (input) => input): Recorder {
  const handled: Recorder['handled'] = [];
  const refused: string[] = [];
  const defects: unknown[] = [];
  const handlers = Object.fromEntries(
    METHODS.map((method) => [
      method,
      (input: unknown) => {
        handled.push({ method, input });
        return Promise.resolve({ ok: true, value: handle(input) });
      },
    ]),
  ) as unknown as Handlers;
  return {
    handled,
    refused,
    defects,
    application: {
      handlers,
      refusedCall: (method) => {
        refused.push(method);
        return Promise.resolve();
      },
    },
    log: {
      write: () => 'ABCD-EFGH',
      internal: (_where, error) => {
        defects.push(error);
        return { code: 'internal', message: 'Conclave met a defect of its own.', ref: 'ABCD-EFGH' };
      },
    },
    knows: (sender) => sender === contents,
  };
}

/** A call as it comes out of Electron: a structured clone. */
export function call(
  boundary: Boundary,
  method: Method,
  args: readonly unknown[],
  event: CallEvent = ourPage,
): Promise<Result<unknown>> {
  return answer(boundary, method, event, args);
}

export const clone = (value: unknown): unknown => deserialize(serialize(value));
