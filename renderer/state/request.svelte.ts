import { call } from '../api.ts';
import type { Input, Method, Replies } from '../../contract/schema.ts';
import { fail, type Failure, type Result } from '../../core/result.ts';

/**
 * The calls of one screen, one at a time: whether one is under way, and how the last one failed. The failure stays until
 * the next call or until it is dismissed, so that a person can read it.
 */
export class Request {
  busy = $state(false);
  failure = $state.raw<Failure>();

  async run<M extends Method>(method: M, input: Input<M>): Promise<Result<Replies[M]>> {
    if (this.busy) return fail({ code: 'busy', message: 'Another call of this screen is under way.' });
    this.busy = true;
    this.failure = undefined;
    const reply = await call(method, input);
    this.busy = false;
    if (!reply.ok) this.failure = reply.error;
    return reply;
  }

  dismiss(): void {
    this.failure = undefined;
  }
}
