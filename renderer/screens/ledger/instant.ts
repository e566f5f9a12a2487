/**
 * A moment in UTC as a person types it: `2026-04-22`, or `2026-04-22 09:30`. As the beginning of a range it is that moment,
 * as its end the first moment after that day or minute, so that both ends are included. Empty is no limit (undefined);
 * null is what is no moment.
 */
export function instantOf(typed: string, as: 'begin' | 'end'): string | undefined | null {
  const text = typed.trim();
  if (text === '') return undefined;
  const [, day, minute] = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}))?Z?$/.exec(text) ?? [];
  if (day === undefined) return null;
  const at = Date.parse(`${day}T${minute ?? '00:00'}:00.000Z`);
  // The 31st of a month that has none is read as the next month.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(day)) return null;
  const length = as === 'begin' ? 0 : minute === undefined ? 86_400_000 : 60_000;
  return new Date(at + length).toISOString();
}

/** A second in UTC as a person types it, `2026-04-22 09:30:05`, in the form of RFC 3339; null for what is none. */
export function secondOf(typed: string): string | null {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})Z?$/.exec(typed.trim()) ?? [];
  if (day === undefined || time === undefined) return null;
  const text = `${day}T${time}Z`;
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString() === text.replace('Z', '.000Z') ? text : null;
}
