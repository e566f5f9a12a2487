/** Which bundle another screen wants to see verified. It is asked for once and then forgotten. */
interface Wanted {
  readonly sha256: string | undefined;
  /** Where only the ceremony is known: its newest bundle. */
  readonly ceremony: string | undefined;
}

class ChosenBundle {
  #wanted: Wanted | undefined;

  ask(sha256: string | undefined, ceremony?: string): void {
    this.#wanted = { sha256, ceremony };
  }

  take(): Wanted | undefined {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    return wanted;
  }
}

export const chosenBundle = new ChosenBundle();
