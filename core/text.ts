/**
 * Text that people type and that is later printed, read aloud and signed: labels, names, notes and reasons. What stands
 * on paper must be what was hashed, in the order in which it was hashed, so characters that cannot be seen are refused.
 */
import * as v from 'valibot';

/**
 * Characters that are not seen or that change how others are: control and format characters (the bidirectional
 * overrides and isolates among them, UAX #9), line and paragraph separators, private use, half surrogate pairs, and
 * what Unicode lets a font ignore (variation selectors, the Hangul filler). Unassigned code points are not among them:
 * which those are depends on the Unicode version of whoever asks.
 */
const HIDDEN = '[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]';
const hidden = new RegExp(HIDDEN, 'u');
const everyHidden = new RegExp(HIDDEN, 'gu');

/** True where every character of the text can be seen. */
export const isVisible = (text: string): boolean => !hidden.test(text);

/** The text with `?` in the place of each character that cannot be seen. */
export const withoutHidden = (text: string): string => text.replace(everyHidden, '?');

/** Said where a text is refused for what cannot be seen in it. */
export const HIDDEN_REFUSED = 'The text holds a character that cannot be seen or that turns the direction of others.';

/** As typed into a field of several lines: line breaks and tabs stand between words and become spaces. */
export const oneLine = (text: string): string => text.replace(/[ \t\r\n]+/g, ' ').trim();

/** A sentence or a few from 1 to `max` characters, on one line, with nothing hidden in it. */
export const FreeText = (max: number) =>
  v.pipe(v.string(), v.maxLength(max), v.transform(oneLine), v.minLength(1), v.check(isVisible, HIDDEN_REFUSED));
