/** What was found for one row: not yet compared, the same on paper and screen, or different. */
export type RowMark = 'waiting' | 'matches' | 'differs';

/** Comparing a digest row by row. A changed digest forgets every mark. */
export class DigestComparison {
  marks = $state<RowMark[]>([]);
  current = $state(0);
  #hex: string | undefined;

  /** Call with the digest on screen; a digest other than the last one starts over. */
  show(hex: string, rows: number): void {
    if (hex === this.#hex) return;
    this.#hex = hex;
    this.marks = Array.from({ length: rows }, () => 'waiting');
    this.current = 0;
  }

  move(step: 1 | -1): void {
    this.current = Math.max(0, Math.min(this.marks.length - 1, this.current + step));
  }

  /** Ticks or unticks the current row. After a tick the next row that still waits becomes current. */
  tick(row: number): void {
    this.current = row;
    const ticked = this.marks[row] !== 'matches';
    this.marks[row] = ticked ? 'matches' : 'waiting';
    if (!ticked) return;
    const next = this.marks.findIndex((mark, index) => index > row && mark === 'waiting');
    if (next >= 0) this.current = next;
  }

  differ(row: number): void {
    this.current = row;
    this.marks[row] = 'differs';
  }

  get matched(): number {
    return this.marks.filter((mark) => mark === 'matches').length;
  }

  get complete(): boolean {
    return this.marks.length > 0 && this.matched === this.marks.length;
  }

  get differs(): boolean {
    return this.marks.includes('differs');
  }

  /** The letters of the rows that still wait. */
  get open(): string[] {
    return this.marks.flatMap((mark, index) => (mark === 'waiting' ? [String.fromCharCode(65 + index)] : []));
  }
}
