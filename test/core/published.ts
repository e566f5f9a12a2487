/** Counts the published vectors that passed in one test file and prints the count when the file is done. */
import { afterAll } from 'vitest';

const passed = new Map<string, number>();

/** Called by a test after the last thing it expects of one vector. */
export function publishedVector(source: string): void {
  passed.set(source, (passed.get(source) ?? 0) + 1);
}

/** Called once in a test file that has such vectors. */
export function countPublishedVectors(): void {
  afterAll(() => {
    const counts = [...passed].map(([source, count]) => `${source} ${count}`).join(', ');
    process.stdout.write(`Published vectors that passed: ${counts}.\n`);
  });
}
