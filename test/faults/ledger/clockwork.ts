/**
 * The one thing that decides when the power fails. Every step of the fake disk and the fake token asks it; at the chosen
 * step the world stops: nothing that is asked afterwards ever answers, as for a process that is gone.
 */
export interface Cut {
  /** Which step, counted from 1 since the last start. */
  readonly at: number;
  /** Whether the step itself still took effect. `half`: a write or a key pair got as far as its middle. */
  readonly when: 'before' | 'half' | 'after';
  /** What of the bytes that were never fsynced is on the medium: none, all, a number of them, or zeros in their place. */
  readonly keep: 'none' | 'all' | 'zeros' | number;
  /** Whether names that were made without an fsync of their folder are there. */
  readonly names: 'kept' | 'lost';
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export class Clockwork {
  /** Names of the steps since the last start. */
  steps: string[] = [];
  #cut: Cut | null = null;
  #dead = false;
  #died!: () => void;
  /** Resolves when the power fails. */
  death!: Promise<void>;

  constructor() {
    this.start(null);
  }

  start(cut: Cut | null): void {
    this.steps = [];
    this.#cut = cut;
    this.#dead = false;
    this.death = new Promise((resolve) => (this.#died = resolve));
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Runs one step that changes something, with what it does at once, in its middle, and after. */
  step<T>(name: string, effect: () => T, half: () => void = () => undefined): Promise<T> {
    if (this.#dead) return never();
    this.steps.push(name);
    if (this.#cut?.at !== this.steps.length) return this.#answer(effect);
    if (this.#cut.when === 'half') half();
    if (this.#cut.when === 'after') effect();
    this.#dead = true;
    this.#died();
    return never();
  }

  /** Something that changes nothing. */
  look<T>(read: () => T): Promise<T> {
    return this.#dead ? never() : this.#answer(read);
  }

  #answer<T>(run: () => T): Promise<T> {
    return new Promise((resolve) => resolve(run()));
  }
}
