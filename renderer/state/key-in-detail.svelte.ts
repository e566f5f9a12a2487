import { untrack } from 'svelte';
import { call } from '../api.ts';
import type { KeyDetailView } from '../../contract/key-views.ts';

/** One key in full, as the application last told it. */
export class KeyInDetail {
  detail = $state.raw<KeyDetailView>();
  /** The ledger has no such key. */
  missing = $state(false);
  #turn = 0;

  /** Asks for a key, or for none. What is shown stays until the answer is there, where it is the same key. */
  async follow(key: string | undefined): Promise<void> {
    const turn = ++this.#turn;
    // Who follows within an effect must not depend on the answer: each answer would ask again, without end.
    if (key !== untrack(() => this.detail?.key)) this.detail = undefined;
    this.missing = false;
    if (key === undefined) return;
    const reply = await call('keys.detail', { key });
    if (turn !== this.#turn) return;
    this.detail = reply.ok ? reply.value : undefined;
    this.missing = !reply.ok;
  }
}
