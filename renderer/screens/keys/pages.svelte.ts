import type { KeyPageView, KeyRowView } from '../../../contract/key-views.ts';
import type { Input } from '../../../contract/schema.ts';
import type { Failure, Result } from '../../../core/result.ts';
import type { KeyFilter } from './view.ts';

/** Rows that are asked for at once. */
const PAGE = 100;

/**
 * The keys as far as they are in sight: pages that are asked for when the list comes to them. After a change of the keys
 * or of the filter what is shown stays until the new rows are there, so that the list does not blink.
 */
export class KeyPages {
  /** The newest answer, for what it says of all keys. */
  head = $state.raw<KeyPageView>();
  filter = $state.raw<KeyFilter>({});
  failure = $state.raw<Failure>();
  #rows = $state.raw<Readonly<Record<number, readonly KeyRowView[]>>>({});
  #asked: Record<number, true> = {};
  #turn = 0;
  #sight: readonly [from: number, to: number] = [0, PAGE];

  constructor(private readonly read: (input: Input<'keys.page'>) => Promise<Result<KeyPageView>>) {}

  row(index: number): KeyRowView | undefined {
    return this.#rows[Math.floor(index / PAGE)]?.[index % PAGE];
  }

  /** Asks for the rows in sight that were not asked for. */
  need(from: number, to: number): void {
    this.#sight = [from, to];
    for (let page = Math.floor(from / PAGE); page <= Math.floor(Math.max(from, to - 1) / PAGE); page++) {
      if (!this.#asked[page]) void this.#ask(page);
    }
  }

  /** Asks anew: a key has changed. `find`: a key whose place in the list is wanted; the answer is that place. */
  async again(find?: string): Promise<number | null> {
    this.#turn += 1;
    this.#asked = {};
    const head = find === undefined ? null : await this.#ask(0, find);
    this.need(...this.#sight);
    return head?.at ?? null;
  }

  choose(filter: KeyFilter): void {
    this.filter = filter;
    this.#sight = [0, PAGE];
    void this.again();
  }

  async #ask(page: number, find?: string): Promise<KeyPageView | null> {
    this.#asked[page] = true;
    const turn = this.#turn;
    const { state, only, text } = this.filter;
    const reply = await this.read({
      offset: page * PAGE,
      limit: PAGE,
      ...(state === undefined ? {} : { state }),
      ...(only === undefined ? {} : { only }),
      ...(text === undefined || text.trim() === '' ? {} : { text: text.trim() }),
      ...(find === undefined ? {} : { find }),
    });
    // A later question has taken the place of this one.
    if (turn !== this.#turn) return null;
    if (!reply.ok) {
      this.failure = reply.error;
      return null;
    }
    this.failure = undefined;
    // The first answer after a change takes the place of all that was there.
    const kept = this.#of === turn ? this.#rows : {};
    this.#of = turn;
    this.head = reply.value;
    this.#rows = { ...kept, [page]: reply.value.rows };
    return reply.value;
  }

  /** Which question the rows are of. */
  #of = -1;
}
