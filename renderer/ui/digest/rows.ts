import { digestRows as coreRows, natoSpelling } from '../../../core/digest/words.ts';

/** One row of a digest: four groups of two bytes, each with the two words that are read aloud for it. */
export interface DigestRow {
  readonly letter: string;
  readonly groups: readonly { readonly hex: string; readonly words: readonly string[] }[];
}

/** A SHA-256 digest as rows A to D. What is not 64 hex digits has no rows, so that a screen never breaks over it. */
export function digestRows(hex: string): DigestRow[] {
  const plain = hex.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(plain)) return [];
  return coreRows(plain).map(({ row, groups }) => ({ letter: row, groups }));
}

/** Every group of a row spelled in the NATO alphabet, in the order in which it is read. */
export const rowSpelling = (row: DigestRow): string[] => row.groups.map((group) => natoSpelling(group.hex));

/** The same digest in one line, shortened, for places where it is only recognised: `35a6 8d73 … 827f`. */
export function shortDigest(hex: string): string {
  const groups = hexGroups(hex);
  if (groups.length <= 3) return groups.join(' ');
  return `${groups[0]} ${groups[1]}\u200a…\u200a${groups[groups.length - 1]}`;
}

export const hexGroups = (hex: string): string[] => hex.toLowerCase().match(/[0-9a-f]{1,4}/g) ?? [];
