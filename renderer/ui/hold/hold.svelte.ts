/**
 * The logic of a held button, apart from its markup. An irreversible act needs a continuous press for its whole
 * duration; anything less does nothing at all.
 */
export type HoldState = 'rest' | 'held' | 'released';

export class Hold {
  state = $state<HoldState>('rest');
  /** Milliseconds held so far in this press. */
  elapsed = $state(0);

  readonly #duration: () => number;
  readonly #complete: () => void;
  readonly #releasedEarly: () => void;
  #durationMs = 0;
  #since = 0;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(durationMs: () => number, complete: () => void, releasedEarly: () => void) {
    this.#duration = durationMs;
    this.#complete = complete;
    this.#releasedEarly = releasedEarly;
  }

  /** 0 to 1. */
  get progress(): number {
    return this.#durationMs === 0 ? 0 : Math.min(1, this.elapsed / this.#durationMs);
  }

  get millisecondsLeft(): number {
    return Math.max(0, this.#durationMs - this.elapsed);
  }

  press(): void {
    if (this.state === 'held') return;
    this.state = 'held';
    this.elapsed = 0;
    this.#durationMs = this.#duration();
    this.#since = performance.now();
    // The timer decides, the frames only paint: painting may be throttled, the decision may not depend on it.
    this.#timer = setTimeout(() => this.#finish(), this.#durationMs);
    this.#paint();
  }

  /** Let go, or cancelled: nothing happens, and the button says so. */
  release(): void {
    if (this.state !== 'held') return;
    this.#clear();
    this.elapsed = 0;
    this.state = 'released';
    this.#releasedEarly();
  }

  rest(): void {
    this.#clear();
    this.elapsed = 0;
    this.state = 'rest';
  }

  #paint(): void {
    this.#frame = requestAnimationFrame(() => {
      if (this.state !== 'held') return;
      this.elapsed = performance.now() - this.#since;
      this.#paint();
    });
  }

  #finish(): void {
    this.rest();
    this.#complete();
  }

  #clear(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    cancelAnimationFrame(this.#frame);
  }
}
