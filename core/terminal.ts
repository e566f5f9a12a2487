/** Text for a terminal, as the verifiers print their reports. */
import { withoutHidden } from './text.ts';

/** What was read from a bundle or a ledger may hold anything; a terminal gets printable characters only. */
export const printable = withoutHidden;

/** Lines of at most `width` characters, where words allow. */
export function linesOf(width: number) {
  /** Breaks text at spaces; every line is indented. */
  function wrap(text: string, indent: string): string[] {
    const lines: string[] = [];
    let line = '';
    for (const word of text.split(' ')) {
      if (line !== '' && indent.length + line.length + 1 + word.length > width) {
        lines.push(indent + line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, indent + line];
  }
  /** A label and its text beside it, printable, wrapped below itself. */
  function labelled(label: string, text: string): string[] {
    const [first = '', ...rest] = wrap(printable(text), ' '.repeat(20));
    return [`    ${label.padEnd(16)}${first.trimStart()}`, ...rest];
  }
  return { wrap, labelled };
}
