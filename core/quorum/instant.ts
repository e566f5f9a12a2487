/**
 * The instant a written time means, in milliseconds since 1970, or NaN where there is no such time. `Date.parse` alone
 * is not enough: it takes 30 February for 2 March, and other readers of the same evidence would not.
 *
 * NaN compares false with everything, so every condition on times must be written as what has to hold.
 */
export function instant(text: string): number {
  const milliseconds = Date.parse(text);
  if (!Number.isFinite(milliseconds)) return NaN;
  const written = new Date(milliseconds).toISOString();
  return text === written || text === written.replace('.000Z', 'Z') ? milliseconds : NaN;
}
