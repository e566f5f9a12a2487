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

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

/** Optional packages that a lock file names by exact version and does not hold: `npm ci` refuses such a lock file. */
function absentOptional({ packages }: Lock): string[] {
  const resolved = (from: string, name: string): string | undefined => {
    const folders = from.split(/\/?node_modules\//).slice(1);
    for (let depth = folders.length; depth >= 0; depth -= 1) {
      const path = [...folders.slice(0, depth), name].map((each) => `node_modules/${each}`).join('/');
      const found = packages[path];
      if (found !== undefined) return found.version;
    }
    return undefined;
  };
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name, range]) => /^\d/.test(range) && resolved(path, name) !== range)
      .map(([name, range]) => `${path}: ${name}@${range}`),
  );
}

test('the lock file holds every optional package for every platform, so that a clean installation accepts it', () => {
  expect(absentOptional(JSON.parse(text('package-lock.json')) as Lock)).toEqual([]);
});

test('a lock file without a package for another platform is found out', () => {
  const lock: Lock = {
    packages: {
      'node_modules/a': { version: '1.0.0', optionalDependencies: { 'a-one': '1.0.0', 'a-two': '1.0.0' } },
      'node_modules/a-one': { version: '1.0.0' },
      'node_modules/a-two': { version: '0.9.0' },
    },
  };
  expect(absentOptional(lock)).toEqual(['node_modules/a: a-two@1.0.0']);
});
