/** A growing row of positions in a file, 8 bytes each. */
export class Places {
  #values: Float64Array;
  length: number;

  constructor(values: Float64Array = new Float64Array(0)) {
    this.#values = values;
    this.length = values.length;
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(Math.max(64, this.length * 2));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  /** Where the thing before `index` ends, which is where the thing at `index` begins. */
  before(index: number): number {
    return index === 0 ? 0 : this.#values[index - 1]!;
  }

  values(): Float64Array {
    return this.#values.slice(0, this.length);
  }
}
