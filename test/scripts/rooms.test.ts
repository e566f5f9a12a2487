import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** A house of small files: each is a path, an import, and what the lint must say about it (null: nothing). */
const cases: readonly (readonly [path: string, statement: string, rule: string | null])[] = [
  ['core/pure.ts', "import * as v from 'valibot';\nexport const a = v;", null],
  ['core/pure-valibot.ts', "import * as v from 'valibot';\nexport const a = v;", null],
  ['core/inner/deep.ts', "import * as v from '../pure.ts';\nexport const a = v;", null],
  ['core/files.ts', "import * as v from 'node:fs';\nexport const a = v;", 'no-restricted-imports'],
  ['core/bare-files.ts', "import * as v from 'fs';\nexport const a = v;", 'no-restricted-imports'],
  ['core/other-package.ts', "import * as v from 'svelte';\nexport const a = v;", 'no-restricted-imports'],
  ['core/up.ts', "import * as v from '../contract/good.ts';\nexport const a = v;", 'boundaries/dependencies'],
  ['contract/good.ts', "import * as v from '../core/pure.ts';\nexport const a = v;", null],
  ['contract/up.ts', "import * as v from '../electron/good.ts';\nexport const a = v;", 'boundaries/dependencies'],
  ['contract/files.ts', "import * as v from 'node:fs';\nexport const a = v;", 'no-restricted-imports'],
  ['electron/good.ts', "import * as v from '../contract/good.ts';\nexport const a = v;", null],
  ['electron/side.ts', "import * as v from '../renderer/good.ts';\nexport const a = v;", 'boundaries/dependencies'],
  ['electron/ceremony/window.ts', "import * as v from 'electron';\nexport const a = v;", 'no-restricted-imports'],
  ['electron/ceremony/token.ts', "import * as v from 'pkcs11js';\nexport const a = v;", 'no-restricted-imports'],
  [
    'electron/ceremony/graphene.ts',
    "import * as v from 'graphene-pk11';\nexport const a = v;",
    'no-restricted-imports',
  ],
  ['electron/ledger/journal.ts', "import * as v from 'sql.js';\nexport const a = v;", 'no-restricted-imports'],
  ['electron/ledger/sqlite.ts', "import * as v from 'sql.js';\nexport const a = v;", null],
  ['electron/hsm/host/load.ts', "import * as v from 'pkcs11js';\nexport const a = v;", null],
  ['electron/hsm/host/window.ts', "import * as v from 'electron';\nexport const a = v;", 'no-restricted-imports'],
  ['electron/window/open.ts', "import * as v from 'electron';\nexport const a = v;", null],
  ['electron/window/token.ts', "import * as v from 'pkcs11js';\nexport const a = v;", 'no-restricted-imports'],
  ['renderer/good.ts', "import * as v from '../contract/good.ts';\nexport const a = v;", null],
  ['renderer/side.ts', "import * as v from '../electron/good.ts';\nexport const a = v;", 'boundaries/dependencies'],
  ['renderer/bridge.ts', "import * as v from 'electron';\nexport const a = v;", 'no-restricted-imports'],
  [
    'renderer/Side.svelte',
    '<script lang="ts">\nimport * as v from \'../electron/good.ts\';\nconst a = v;\n</script>\n<p>{String(a)}</p>',
    'boundaries/dependencies',
  ],
  [
    'renderer/Files.svelte',
    '<script lang="ts">\nimport * as v from \'node:fs\';\nconst a = v;\n</script>\n<p>{String(a)}</p>',
    'no-restricted-imports',
  ],
  ['renderer/Html.svelte', '<script lang="ts">\nconst a = \'\';\n</script>\n{@html a}', 'svelte/no-at-html-tags'],
  ['standalone/good.ts', "import * as v from '../core/pure.ts';\nexport const a = v;", null],
  ['standalone/side.ts', "import * as v from '../electron/good.ts';\nexport const a = v;", 'boundaries/dependencies'],
];

const root = fileURLToPath(new URL('../..', import.meta.url));
let house: string;
let findings: Map<string, string[]>;

interface Report {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string | null; readonly message: string }[];
}

/** The lint exits with 1 when it finds something, and prints the same report. */
function lint(folder: string): readonly Report[] {
  const eslint = join(root, 'node_modules', 'eslint', 'bin', 'eslint.js');
  const args = [eslint, '--format=json', 'core', 'contract', 'electron', 'renderer', 'standalone'];
  try {
    return JSON.parse(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })) as Report[];
  } catch (error) {
    return JSON.parse((error as { stdout: string }).stdout) as Report[];
  }
}

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'conclave-rooms-'));
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'));
  const rooms = ['core', 'contract', 'electron', 'renderer', 'standalone'].map((room) => `${room}/tsconfig.json`);
  const rules = ['eslint.config.js', 'tsconfig.json', 'tsconfig.base.json', 'package.json', 'scripts/check/rooms.mjs'];
  for (const path of [...rooms, ...rules]) {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    cpSync(join(root, path), join(house, path));
  }
  for (const [path, statement] of cases) {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    writeFileSync(join(house, path), `${statement}\n`);
  }
  const told = lint(house).map(
    ({ filePath, messages }) => [filePath, messages.map(({ ruleId, message }) => ruleId ?? message)] as const,
  );
  findings = new Map(told);
}, 120_000);

afterAll(() => {
  rmSync(house, { recursive: true, force: true });
});

/** Findings that are about imports and markup; the planted files are not otherwise well written. */
const about = /^(no-restricted-imports|boundaries\/|svelte\/no-at-html-tags)|Parsing error/;

test.each(cases)('the lint reads %s (%j) and says: %s', (path, _statement, rule) => {
  const found = findings.get(join(house, path))?.filter((each) => about.test(each));
  expect(found).toEqual(rule === null ? [] : [rule]);
});
