/** Which bundle another screen wants to see verified. It is asked for once and then forgotten. */
class ChosenBundle {
  #sha256: string | undefined;

  ask(sha256: string | undefined): void {
    this.#sha256 = sha256;
  }

  take(): string | undefined {
    const sha256 = this.#sha256;
    this.#sha256 = undefined;
    return sha256;
  }
}

export const chosenBundle = new ChosenBundle();
