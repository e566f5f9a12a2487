import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stop, ask } from '../lib/run.mjs';

/** A source file is one noun or verb; past this many lines it is two. */
const longest = 400;

const isSource = (/** @type {string} */ path) => /\.(ts|mjs|js|svelte)$/.test(path);

/**
 * Text that must not stand in any file of the repository. The patterns are put together from pieces so that this file
 * passes its own check.
 * @type {readonly {pattern: RegExp, why: string, only?: (path: string) => boolean}[]}
 */
const forbidden = [
  { pattern: new RegExp(['\\.\\.', 'shared\\b'].join('/')), why: 'names a place outside the repository' },
  {
    pattern: new RegExp(['', 'work', '(main|shared|\\.library)\\b'].join('/')),
    why: 'names a folder of the machine it was written on',
  },
  {
    pattern: new RegExp(
      [
        ['registry', '(npmjs|yarnpkg|npmmirror)'],
        ['npmjs', 'org'],
        ['(deb|ftp|security)', 'debian', 'org'],
        ['archive', 'ubuntu', 'com'],
        ['proxy', 'golang', 'org'],
      ]
        .map((words) => words.join('\\.'))
        .join('|'),
    ),
    why: 'names the host of a package registry',
  },
  {
    pattern: new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`),
    why: 'leaves work behind',
    only: isSource,
  },
];

/**
 * Finds what a file may not be or contain.
 * @param {string} path Relative to the root.
 * @param {string} text
 * @returns {string[]} One line for each finding.
 */
export function fileFindings(path, text) {
  const lines = text.split('\n');
  const findings = forbidden
    .filter(({ only }) => only?.(path) ?? true)
    .flatMap(({ pattern, why }) =>
      lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${why}`] : [])),
    );
  const length = text.endsWith('\n') ? lines.length - 1 : lines.length;
  if (isSource(path) && length > longest) findings.push(`${path} has ${length} lines; ${longest} is the limit`);
  return findings;
}

/**
 * Checks every text file that git knows or would add.
 * @param {string} folder The root of a git work tree.
 * @returns {string[]}
 */
export function checkFiles(folder) {
  const list = ask('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: folder });
  if (list === undefined) throw new Stop('git cannot list the files of this work tree.');
  return list
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(folder, path)))
    .flatMap((path) => {
      const bytes = readFileSync(join(folder, path));
      return bytes.includes(0) ? [] : fileFindings(path, bytes.toString());
    });
}
