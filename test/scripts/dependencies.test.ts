import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Names in the first column of the tables. */
const documented = (markdown: string): string[] =>
  [...markdown.matchAll(/^\| `([^`]+)` *\|(.*)\|$/gm)].flatMap(([, name = '', why = '']) =>
    why.trim() === '' ? [] : [name],
  );

interface PackageJson {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const packageJson = JSON.parse(text('package.json')) as PackageJson;
const all = { ...packageJson.dependencies, ...packageJson.devDependencies };

test('every dependency has one line that says why it is here, and every line has its dependency', () => {
  expect(documented(text('docs/dependencies.md')).sort()).toEqual(Object.keys(all).sort());
});

test('a line without a reason does not count', () => {
  expect(documented('| `one` | because |\n| `two` |  |\n')).toEqual(['one']);
});

test('every dependency is pinned to one exact version', () => {
  for (const version of Object.values(all)) expect(version).toMatch(/^(npm:[a-z-]+@)?\d+\.\d+\.\d+$/);
});
